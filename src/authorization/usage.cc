#include "authorization/usage.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace martlet::authorization {

namespace {

/// Services are written in lower case in policies, though some do otherwise in their messages
/// ("SNS:Publish").
std::string written(std::string_view action) {
  const std::size_t colon = std::min(action.find(':'), action.size());
  return to_lower(action.substr(0, colon)).append(action.substr(colon));
}

/// "arn:…:log-group:NAME:log-stream:…" as policies have it: "arn:…:log-group:NAME:*".
std::string whole_group(std::string_view resource) {
  constexpr std::string_view kStream = ":log-stream:";
  const std::size_t stream = resource.find(kStream);
  const bool of_logs = resource.find(":logs:") < resource.find(":log-group:");
  if (stream == std::string_view::npos || !of_logs) return std::string(resource);
  return std::string(resource.substr(0, stream)).append(":*");
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
  std::string of = whole_group(resource);
  std::string did = written(action);
  const auto at = uses.by_resource.find(of);
  if (at != uses.by_resource.end() && at->second.contains(did)) return;
  if (uses.count >= kMaxUsesOfOne) {
    ++left_out_;
    return;
  }
  uses.by_resource[std::move(of)].insert(std::move(did));
  ++uses.count;
}

Usage::Seen Usage::seen(std::string_view session_name) const {
  Seen seen;
  for (const auto& [session, uses] : sessions_) {
    if (std::string_view(session).substr(session.rfind('/') + 1) != session_name) continue;
    seen.sessions.insert(session);
    for (const auto& [resource, actions] : uses.by_resource)
      seen.by_resource[resource].insert(actions.begin(), actions.end());
  }
  return seen;
}

void Usage::clear(TimePoint now) {
  sessions_.clear();
  left_out_ = 0;
  since_ = now;
}

}  // namespace martlet::authorization
