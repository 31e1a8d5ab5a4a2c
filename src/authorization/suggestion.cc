#include "authorization/suggestion.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/strings.h"
#include "wire/timestamp.h"

namespace martlet::authorization {

namespace {

using Statements = std::map<Usage::Actions, std::vector<std::string>>;

/// Characters, white space apart, of all inline policies of a role together.
constexpr std::size_t kMaxInline = 10'240;

/// What the policy that most functions have allows.
constexpr const char* kBasicRole = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
const Usage::Actions& actions_of_basic_role() {
  static const Usage::Actions kActions{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"};
  return kActions;
}

bool is_covered_by_basic_role(const Usage::Actions& actions) {
  return std::includes(actions_of_basic_role().begin(), actions_of_basic_role().end(), actions.begin(),
                       actions.end());
}

/// Resources with the same actions share a statement.
Statements group(const Usage::Seen& seen) {
  Statements statements;
  for (const auto& [resource, actions] : seen.by_resource) statements[actions].push_back(resource);
  return statements;
}

std::string lines(std::string_view member, const auto& texts) {
  std::string out = "      \"" + std::string(member) + "\": [";
  bool first = true;
  for (const std::string& text : texts) {
    out += (first ? "\n        " : ",\n        ") + quote_json(text);
    first = false;
  }
  return out + "\n      ]";
}

std::string document_of(const Statements& statements) {
  std::string list;
  for (const auto& [actions, resources] : statements)
    list += std::string(list.empty() ? "" : ",") + "\n    {\n      \"Effect\": \"Allow\",\n" +
            lines("Action", actions) + ",\n" + lines("Resource", resources) + "\n    }";
  return "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [" + list + "\n  ]\n}";
}

/// "ROLE" of "arn:aws:sts::123456789012:assumed-role/ROLE/FUNCTION"
std::string_view role_of(std::string_view session) {
  session = session.substr(0, session.rfind('/'));
  return session.substr(session.rfind('/') + 1);
}

std::string joined_roles(const Usage::Seen& seen) {
  std::string roles;
  for (const std::string& session : seen.sessions)
    (roles += roles.empty() ? "" : ", ").append(role_of(session));
  return roles;
}

}  // namespace

Suggestion suggest(const Usage& usage, std::string_view function) {
  const Usage::Seen seen = usage.seen(function);
  Suggestion out;
  const std::string since = wire::format_timestamp(usage.since(), wire::TimeFormat::kDateTime);
  if (seen.by_resource.empty()) {
    out.notes.push_back("Nothing was seen of " + std::string(function) + " since " + since + ".");
    return out;
  }
  const Statements statements = group(seen);
  out.policy = document_of(statements);
  out.notes.push_back("What " + std::string(function) + " was seen to do as " + joined_roles(seen) +
                      " since " + since +
                      ", when the server was started or reset; what it did before, or would do on other "
                      "paths through its code, is not in it.");
  const bool basic = std::any_of(statements.begin(), statements.end(), [](const auto& statement) {
    return is_covered_by_basic_role(statement.first);
  });
  if (basic)
    out.notes.push_back("The managed policy AWSLambdaBasicExecutionRole (" + std::string(kBasicRole) +
                        ") covers what it does to its logs: attach that and leave the statement out.");
  const auto is_space = [](char c) { return c == ' ' || c == '\n'; };
  if (out.policy.size() -
          static_cast<std::size_t>(std::count_if(out.policy.begin(), out.policy.end(), is_space)) >
      kMaxInline)
    out.notes.push_back("It is longer than the inline policies of a role may be: shorten it by wildcards.");
  if (usage.left_out() > 0)
    out.notes.push_back("There was no room to remember " + std::to_string(usage.left_out()) +
                        " other uses, of this or other functions.");
  return out;
}

}  // namespace martlet::authorization
