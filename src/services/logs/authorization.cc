#include "services/logs/authorization.h"

#include <optional>
#include <string_view>
#include <utility>

#include "services/logs/names.h"

namespace martlet::logs {

namespace {

using authorization::Call;
using authorization::OperationRule;

// AWS asks for a group as for a stream without a name, so that policies say "log-group:NAME:*".
constexpr const char* kGroup = "{|group}";
constexpr const char* kStream = "{|stream}";
constexpr const char* kTagged = "{|tags}";

/// What follows a group's ARN in those of its streams.
constexpr std::string_view kOfStreams = ":log-stream:";

/// Groups are named by logGroupName, or by logGroupIdentifier or resourceArn: a name or an ARN, which may be
/// of another account.
class Names final : public authorization::Naming {
 public:
  Task<std::string> complete(Call call, std::string_view kind, std::string) override {
    std::string text = call.member("logGroupName");
    if (text.empty()) text = call.member("logGroupIdentifier");
    if (text.empty()) text = call.member("resourceArn");
    std::string arn = group_arn(call.context, text);
    if (const auto group = group_of_arn(text)) {
      wire::Context owner = call.context;
      owner.account = group->account;
      owner.region = group->region;
      arn = group_arn(owner, group->name);
    }
    // Tags are asked about on the group itself.
    if (kind == "tags") co_return arn;
    co_return std::move(arn).append(kOfStreams) + (kind == "stream" ? call.member("logStreamName") : "");
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
      {"ListTagsForResource", {{"logs:ListTagsForResource", kTagged}}},
      {"ListTagsLogGroup", {{"logs:ListTagsLogGroup", kGroup}}},
      {"PutLogEvents", {{"logs:PutLogEvents", kStream}}},
      {"PutLogGroupDeletionProtection", {{"logs:PutLogGroupDeletionProtection", kGroup}}},
      {"PutRetentionPolicy", {{"logs:PutRetentionPolicy", kGroup}}},
      {"TagLogGroup", {{"logs:TagLogGroup", kGroup}}, "tags"},
      {"TagResource", {{"logs:TagResource", kTagged}}, "tags"},
      {"UntagLogGroup", {{"logs:UntagLogGroup", kGroup}}, "tags"},
      {"UntagResource", {{"logs:UntagResource", kTagged}}, "tagKeys"},
  };
  return {.arn_service = "logs", .denied_status = 400, .operations = std::move(rules), .naming = &names};
}

Task<authorization::TaggedResource> TagSource::find(std::string arn) {
  authorization::TaggedResource found;
  const std::string_view text = arn;
  const auto name = group_of_arn(text.substr(0, text.find(kOfStreams)));
  if (!name) co_return found;
  const auto group = co_await store_.transact(
      [&](store::Txn& txn) -> Task<std::optional<GroupRecord>> { return load_group(txn, *name); });
  if (group) found.tags.assign(group->tags.begin(), group->tags.end());
  co_return found;
}

}  // namespace martlet::logs
