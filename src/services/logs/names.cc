#include "services/logs/names.h"

#include "base/arn.h"
#include "services/logs/errors.h"

namespace martlet::logs {

GroupName group_named(const wire::Context& context, std::string name) {
  return {context.account, context.region, std::move(name)};
}

GroupName group_identified(const wire::Context& context, const std::string& identifier) {
  if (!identifier.starts_with("arn:")) return group_named(context, identifier);
  std::optional<GroupName> group = group_of_arn(identifier);
  if (!group) throw invalid_parameter("The specified log group identifier is invalid.");
  if (group->account != context.account || group->region != context.region) throw group_not_found();
  return std::move(*group);
}

GroupName group_of_request(const wire::Context& context, const std::optional<std::string>& name,
                           const std::optional<std::string>& identifier) {
  if (name && identifier) {
    throw invalid_parameter("LogGroupName and LogGroupIdentifier cannot be specified at the same time.");
  }
  if (name) return group_named(context, *name);
  if (identifier) return group_identified(context, *identifier);
  throw invalid_parameter("One of LogGroupName or LogGroupIdentifier must be specified.");
}

std::optional<GroupName> group_of_arn(std::string_view text) {
  constexpr std::string_view kKind = "log-group:";
  std::optional<Arn> arn = Arn::parse(text);
  if (!arn || arn->service != "logs" || !arn->resource.starts_with(kKind)) return std::nullopt;
  std::string name = arn->resource.substr(kKind.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  if (name.empty() || name.find(':') != std::string::npos) return std::nullopt;
  return GroupName{arn->account, arn->region, std::move(name)};
}

std::string group_arn(const wire::Context& context, const std::string& name) {
  return context.arn("logs", "log-group:" + name);
}

}  // namespace martlet::logs
