#include "authorization/usage.h"

#include <vector>

#include "base/strings.h"

namespace martlet::authorization {

namespace {

/// Resources of one statement share their actions.
std::string statement(const std::set<std::string, std::less<>>& actions,
                      const std::vector<std::string>& resources) {
  const auto list = [](const auto& texts) {
    std::string out;
    for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + quote_json(text);
    return "[" + out + "]";
  };
  return R"(    {"Effect": "Allow", "Action": )" + list(actions) + R"(, "Resource": )" + list(resources) +
         "}";
}

}  // namespace

void Usage::record(const std::string& session, std::string_view action, std::string_view resource) {
  auto found = sessions_.find(session);
  if (found == sessions_.end()) {
    if (sessions_.size() >= kMaxSessions) {
      ++left_out_;
      return;
    }
    found = sessions_.try_emplace(session).first;
  }
  Uses& uses = found->second;
  auto at = uses.by_resource.find(resource);
  if (at != uses.by_resource.end() && at->second.contains(action)) return;
  if (uses.count >= kMaxUsesOfOne) {
    ++left_out_;
    return;
  }
  if (at == uses.by_resource.end()) at = uses.by_resource.try_emplace(std::string(resource)).first;
  at->second.emplace(action);
  ++uses.count;
}

std::string Usage::least_policy(std::string_view session_name) const {
  std::map<std::string, Actions, std::less<>> by_resource;
  for (const auto& [session, uses] : sessions_) {
    if (std::string_view(session).substr(session.rfind('/') + 1) != session_name) continue;
    for (const auto& [resource, actions] : uses.by_resource)
      by_resource[resource].insert(actions.begin(), actions.end());
  }
  if (by_resource.empty()) return {};
  std::map<Actions, std::vector<std::string>> by_actions;
  for (const auto& [resource, actions] : by_resource) by_actions[actions].push_back(resource);
  std::string statements;
  for (const auto& [actions, resources] : by_actions)
    statements += (statements.empty() ? "" : ",\n") + statement(actions, resources);
  return "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n" + statements + "\n  ]\n}";
}

void Usage::clear() {
  sessions_.clear();
  left_out_ = 0;
}

}  // namespace martlet::authorization
