#include "services/logs/authorization.h"

#include <optional>
#include <utility>

#include "base/arn.h"
#include "services/logs/names.h"

namespace martlet::logs {

namespace {

using authorization::Call;
using authorization::OperationRule;

// AWS asks for a group as for a stream without a name, so that policies say "log-group:NAME:*".
constexpr const char* kGroup = "{|group}";
constexpr const char* kStream = "{|stream}";

/// Groups are named by logGroupName or by logGroupIdentifier, a name or an ARN, which may be of another
/// account.
class Names final : public authorization::Naming {
 public:
  Task<std::string> complete(Call call, std::string_view kind, std::string) override {
    std::string group = call.member("logGroupName");
    if (group.empty()) group = call.member("logGroupIdentifier");
    std::string arn = Arn::parse(group) ? group : group_arn(call.context, group);
    if (arn.ends_with(":*")) arn.resize(arn.size() - 2);
    co_return arn + ":log-stream:" + (kind == "stream" ? call.member("logStreamName") : "");
  }
};

}  // namespace

authorization::ServiceRules authorization_rules() {
  static Names names;
  std::vector<OperationRule> rules{
      {"CreateLogGroup", {{"logs:CreateLogGroup", kGroup}, {"logs:TagResource", kGroup, {}, "tags"}}, "tags"},
      {"CreateLogStream", {{"logs:CreateLogStream", kStream}}},
      {"DeleteLogGroup", {{"logs:DeleteLogGroup", kGroup}}},
      {"DeleteLogStream", {{"logs:DeleteLogStream", kStream}}},
      {"DeleteRetentionPolicy", {{"logs:DeleteRetentionPolicy", kGroup}}},
      {"DescribeLogGroups", {{"logs:DescribeLogGroups", "log-group::log-stream:"}}},
      {"DescribeLogStreams", {{"logs:DescribeLogStreams", kGroup}}},
      {"FilterLogEvents", {{"logs:FilterLogEvents", kGroup}}},
      {"GetLogEvents", {{"logs:GetLogEvents", kStream}}},
      {"ListTagsForResource", {{"logs:ListTagsForResource", "{resourceArn}"}}},
      {"ListTagsLogGroup", {{"logs:ListTagsLogGroup", kGroup}}},
      {"PutLogEvents", {{"logs:PutLogEvents", kStream}}},
      {"PutLogGroupDeletionProtection", {{"logs:PutLogGroupDeletionProtection", kGroup}}},
      {"PutRetentionPolicy", {{"logs:PutRetentionPolicy", kGroup}}},
      {"TagLogGroup", {{"logs:TagLogGroup", kGroup}}, "tags"},
      {"TagResource", {{"logs:TagResource", "{resourceArn}"}}, "tags"},
      {"UntagLogGroup", {{"logs:UntagLogGroup", kGroup}}, "tags"},
      {"UntagResource", {{"logs:UntagResource", "{resourceArn}"}}, "tagKeys"},
  };
  return {.arn_service = "logs", .denied_status = 400, .operations = std::move(rules), .naming = &names};
}

}  // namespace martlet::logs
