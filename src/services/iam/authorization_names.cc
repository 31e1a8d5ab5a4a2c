// How requests name what belongs to IAM, and the policies of users and roles.

#include <optional>
#include <string_view>
#include <utility>

#include "services/iam/authorization.h"
#include "services/iam/credential_records.h"
#include "services/iam/service_linked_roles.h"

namespace martlet::iam {

namespace {

using authorization::Call;

/// "arn:aws:iam::123456789012:user/path/name"
std::string made_of(const wire::Context& context, std::string_view noun, std::string_view path,
                    std::string_view name) {
  std::string arn = "arn:" + context.partition + ":iam::" + context.account + ":";
  return arn.append(noun).append(path.empty() ? "/" : path).append(name);
}

/// The role that CreateServiceLinkedRole would make.
std::string linked_role(const wire::Context& context, const std::string& principal,
                        const std::string& suffix) {
  const LinkedService* service = find_linked_service(principal);
  const std::string name =
      service == nullptr ? "*"
                         : linked_role_name(*service, suffix.empty() ? std::nullopt : std::optional(suffix));
  return made_of(context, kRole, "/aws-service-role/" + principal + "/", name);
}

/// The role in "task/aws-service-role/SERVICE/ROLE/ID".
std::string role_of_task(const wire::Context& context, std::string_view task) {
  constexpr std::string_view kStart = "task/";
  const auto end = task.rfind('/');
  if (!task.starts_with(kStart) || end < kStart.size()) return made_of(context, kRole, "/", "*");
  return made_of(context, kRole, "/", task.substr(kStart.size(), end - kStart.size()));
}

/// "/path/" of such an ARN.
std::string path_of(const std::string& arn, std::string_view noun) {
  const auto start = arn.find(std::string(":") + std::string(noun) + "/");
  if (start == std::string::npos) return "/";
  const auto slash = start + 1 + noun.size();
  return arn.substr(slash, arn.rfind('/') + 1 - slash);
}

/// The member in which a thing of this kind is given another name.
std::string_view new_name_of(std::string_view noun) {
  if (noun == kUser) return "NewUserName";
  return noun == kGroup ? "NewGroupName" : "NewServerCertificateName";
}

/// What follows "new-", "renamed-", "boundary-of-".
std::optional<std::string_view> after(std::string_view kind, std::string_view prefix) {
  if (!kind.starts_with(prefix)) return std::nullopt;
  return kind.substr(prefix.size());
}

}  // namespace

Task<std::string> Names::stored(const wire::Context& context, std::string_view noun, std::string name) {
  std::shared_ptr<const Identity> found;
  if (noun == kUser) found = co_await directory_.user(context.account, name);
  if (noun == kGroup) found = co_await directory_.group(context.account, name);
  if (noun == kRole) found = co_await directory_.role(context.account, name);
  if (noun == InstanceProfileRecord::kNoun) {
    const auto profile = co_await directory_.instance_profile(context.account, name);
    if (profile) co_return profile->arn;
  }
  co_return found ? found->arn : made_of(context, noun, "/", name);
}

Task<std::string> Names::boundary(const wire::Context& context, std::string_view noun, std::string name) {
  std::shared_ptr<const Identity> found;
  if (noun == kRole) found = co_await directory_.role(context.account, name);
  if (noun == kUser) found = co_await directory_.user(context.account, name);
  co_return found && found->boundary ? found->boundary->arn : std::string();
}

Task<std::string> Names::complete(Call call, std::string_view kind, std::string value) {
  const wire::Context& context = call.context;
  if (kind == kUser && value.empty()) co_return context.caller.arn;
  if (kind == kUser || kind == kGroup || kind == kRole || kind == InstanceProfileRecord::kNoun)
    co_return co_await stored(context, kind, value);
  if (kind == ServerCertificateRecord::kNoun) {
    const std::string arn = co_await directory_.server_certificate_arn(context.account, value);
    co_return arn.empty() ? made_of(context, kind, "/", value) : arn;
  }
  if (kind == "host") co_return value.substr(value.starts_with("https://") ? 8 : 0);
  if (kind == "key-owner") {
    const auto key = co_await directory_.access_key(value);
    co_return key ? key->user_arn : "*";
  }
  if (kind == "linked-role") co_return linked_role(context, value, call.member("CustomSuffix"));
  if (kind == "role-of-task") co_return role_of_task(context, value);
  if (const auto noun = after(kind, "boundary-of-")) co_return co_await boundary(context, *noun, value);
  if (const auto noun = after(kind, "renamed-")) {
    std::string path = call.member("NewPath");
    if (path.empty()) path = path_of(co_await complete(call, *noun, value), *noun);
    const std::string renamed = call.member(new_name_of(*noun));
    co_return made_of(context, *noun, path, renamed.empty() ? value : renamed);
  }
  const auto noun = after(kind, "new-");
  co_return made_of(context, noun.value_or(kind), call.member("Path"), value);
}

namespace {

authorization::IdentityPolicy named(const IdentityPolicy& policy) {
  if (!policy.arn.empty()) return {policy.document, policy.arn};
  return {policy.document, std::string(policy.noun) + "/" + policy.owner + "/" + policy.name};
}

}  // namespace

Task<std::optional<authorization::Identity>> PolicySource::find(std::string arn) {
  const auto found = co_await directory_.identity(std::move(arn));
  if (!found) co_return std::nullopt;
  authorization::Identity identity;
  identity.id = found->id;
  for (const IdentityPolicy& policy : found->policies) identity.policies.push_back(named(policy));
  if (found->boundary) identity.boundary = named(*found->boundary);
  for (const TagRecord& tag : found->tags) identity.tags.emplace_back(tag.key, tag.value);
  co_return identity;
}

}  // namespace martlet::iam
