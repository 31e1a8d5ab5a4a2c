#include "services/iam/authorization.h"

#include <string_view>
#include <utility>
#include <vector>

#include "services/iam/credential_records.h"
#include "services/iam/rule_tables.h"

namespace martlet::iam {

namespace {

using authorization::Call;

// Kinds of Names.
constexpr const char* kTheGroup = "{GroupName|group}";
constexpr const char* kTheRole = "{RoleName|role}";
constexpr const char* kTheCaller = "{|user}";
constexpr const char* kProfile = "{InstanceProfileName|instance-profile}";
constexpr const char* kPolicy = "{PolicyArn}";
constexpr const char* kOidc = "{OpenIDConnectProviderArn}";
constexpr const char* kSaml = "{SAMLProviderArn}";

/// The condition keys of operations on a user's or role's policies: the policy, and the boundary that it has.
std::vector<KeyRule> with_boundary(const char* boundary, bool managed) {
  std::vector<KeyRule> keys{{"iam:PermissionsBoundary", boundary}};
  if (managed) keys.push_back({"iam:PolicyARN", kPolicy});
  return keys;
}

void add_users(std::vector<OperationRule>& rules) {
  constexpr const char* kNew = "{UserName|new-user}";
  constexpr const char* kBoundary = "{UserName|boundary-of-user}";
  rules.push_back({"CreateUser",
                   {{"iam:CreateUser", kNew, {{"iam:PermissionsBoundary", "{PermissionsBoundary}"}}},
                    {"iam:TagUser", kNew, {}, "Tags"}},
                   "Tags"});
  // Who renames a user needs the right to both names.
  rules.push_back({"UpdateUser",
                   {{"iam:UpdateUser", kTheUser},
                    {"iam:UpdateUser", "{UserName|renamed-user}", {}, "NewUserName"},
                    {"iam:UpdateUser", "{UserName|renamed-user}", {}, "NewPath"}}});
  add(rules, kTheUser,
      {{"iam:CreateAccessKey"},    {"iam:CreateLoginProfile"}, {"iam:DeleteAccessKey"},
       {"iam:DeleteLoginProfile"}, {"iam:DeleteSSHPublicKey"}, {"iam:DeleteUser"},
       {"iam:GetLoginProfile"},    {"iam:GetSSHPublicKey"},    {"iam:GetUser"},
       {"iam:GetUserPolicy"},      {"iam:ListAccessKeys"},     {"iam:ListAttachedUserPolicies"},
       {"iam:ListGroupsForUser"},  {"iam:ListSSHPublicKeys"},  {"iam:ListUserPolicies"},
       {"iam:ListUserTags"},       {"iam:UpdateAccessKey"},    {"iam:UpdateLoginProfile"},
       {"iam:UpdateSSHPublicKey"}, {"iam:UploadSSHPublicKey"}});
  add(rules, kTheCaller, {{"iam:ChangePassword"}});
  add(rules, "{AccessKeyId|key-owner}", {{"iam:GetAccessKeyLastUsed"}});
  add(rules, kTheUser, {{"iam:DeleteUserPolicy"}, {"iam:PutUserPolicy"}}, with_boundary(kBoundary, false));
  add(rules, kTheUser, {{"iam:AttachUserPolicy"}, {"iam:DetachUserPolicy"}}, with_boundary(kBoundary, true));
  add(rules, kTheUser, {{"iam:DeleteUserPermissionsBoundary"}}, with_boundary(kBoundary, false));
  add(rules, kTheUser, {{"iam:PutUserPermissionsBoundary"}},
      {{"iam:PermissionsBoundary", "{PermissionsBoundary}"}});
  add_tagging(rules, kTheUser, {"iam:TagUser"}, {"iam:UntagUser"});
}

void add_groups(std::vector<OperationRule>& rules) {
  rules.push_back({"CreateGroup", {{"iam:CreateGroup", "{GroupName|new-group}"}}});
  rules.push_back({"UpdateGroup",
                   {{"iam:UpdateGroup", kTheGroup},
                    {"iam:UpdateGroup", "{GroupName|renamed-group}", {}, "NewGroupName"},
                    {"iam:UpdateGroup", "{GroupName|renamed-group}", {}, "NewPath"}}});
  add(rules, kTheGroup,
      {{"iam:AddUserToGroup"},
       {"iam:DeleteGroup"},
       {"iam:DeleteGroupPolicy"},
       {"iam:GetGroup"},
       {"iam:GetGroupPolicy"},
       {"iam:ListAttachedGroupPolicies"},
       {"iam:ListGroupPolicies"},
       {"iam:PutGroupPolicy"},
       {"iam:RemoveUserFromGroup"}});
  add(rules, kTheGroup, {{"iam:AttachGroupPolicy"}, {"iam:DetachGroupPolicy"}}, {{"iam:PolicyARN", kPolicy}});
}

void add_roles(std::vector<OperationRule>& rules) {
  constexpr const char* kNew = "{RoleName|new-role}";
  constexpr const char* kBoundary = "{RoleName|boundary-of-role}";
  rules.push_back({"CreateRole",
                   {{"iam:CreateRole", kNew, {{"iam:PermissionsBoundary", "{PermissionsBoundary}"}}},
                    {"iam:TagRole", kNew, {}, "Tags"}},
                   "Tags"});
  add(rules, kTheRole,
      {{"iam:DeleteRole"},
       {"iam:DeleteServiceLinkedRole"},
       {"iam:GetRole"},
       {"iam:GetRolePolicy"},
       {"iam:ListAttachedRolePolicies"},
       {"iam:ListInstanceProfilesForRole"},
       {"iam:ListRolePolicies"},
       {"iam:ListRoleTags"},
       {"iam:UpdateAssumeRolePolicy"},
       {"iam:UpdateRole"},
       {"iam:UpdateRoleDescription"}});
  add(rules, kTheRole, {{"iam:DeleteRolePolicy"}, {"iam:PutRolePolicy"}}, with_boundary(kBoundary, false));
  add(rules, kTheRole, {{"iam:AttachRolePolicy"}, {"iam:DetachRolePolicy"}}, with_boundary(kBoundary, true));
  add(rules, kTheRole, {{"iam:DeleteRolePermissionsBoundary"}}, with_boundary(kBoundary, false));
  add(rules, kTheRole, {{"iam:PutRolePermissionsBoundary"}},
      {{"iam:PermissionsBoundary", "{PermissionsBoundary}"}});
  add_tagging(rules, kTheRole, {"iam:TagRole"}, {"iam:UntagRole"});
  add(rules, "role/aws-service-role/{AWSServiceName}/*", {{"iam:CreateServiceLinkedRole"}},
      {{"iam:AWSServiceName", "{AWSServiceName}"}});
  add(rules, "*", {{"iam:GetServiceLinkedRoleDeletionStatus"}});

  rules.push_back({"CreateInstanceProfile",
                   {{"iam:CreateInstanceProfile", "{InstanceProfileName|new-instance-profile}"},
                    {"iam:TagInstanceProfile", "{InstanceProfileName|new-instance-profile}", {}, "Tags"}},
                   "Tags"});
  rules.push_back({"AddRoleToInstanceProfile",
                   {{"iam:AddRoleToInstanceProfile", kProfile},
                    {"iam:PassRole", kTheRole, {{"iam:PassedToService", "ec2.amazonaws.com"}}}}});
  add(rules, kProfile,
      {{"iam:DeleteInstanceProfile"},
       {"iam:GetInstanceProfile"},
       {"iam:ListInstanceProfileTags"},
       {"iam:RemoveRoleFromInstanceProfile"}});
  add_tagging(rules, kProfile, {"iam:TagInstanceProfile"}, {"iam:UntagInstanceProfile"});
}

void add_policies(std::vector<OperationRule>& rules) {
  rules.push_back({"CreatePolicy",
                   {{"iam:CreatePolicy", "{PolicyName|new-policy}"},
                    {"iam:TagPolicy", "{PolicyName|new-policy}", {}, "Tags"}},
                   "Tags"});
  add(rules, kPolicy,
      {{"iam:CreatePolicyVersion"},
       {"iam:DeletePolicy"},
       {"iam:DeletePolicyVersion"},
       {"iam:GetPolicy"},
       {"iam:GetPolicyVersion"},
       {"iam:ListEntitiesForPolicy"},
       {"iam:ListPolicyTags"},
       {"iam:ListPolicyVersions"},
       {"iam:SetDefaultPolicyVersion"}});
  add_tagging(rules, kPolicy, {"iam:TagPolicy"}, {"iam:UntagPolicy"});
  add(rules, "{PolicySourceArn}",
      {{"iam:GetContextKeysForPrincipalPolicy"}, {"iam:SimulatePrincipalPolicy"}});
  add(rules, "{Arn}", {{"iam:ListPoliciesGrantingServiceAccess"}});
}

void add_providers(std::vector<OperationRule>& rules) {
  rules.push_back({"CreateOpenIDConnectProvider",
                   {{"iam:CreateOpenIDConnectProvider", "oidc-provider/{Url|host}"},
                    {"iam:TagOpenIDConnectProvider", "oidc-provider/{Url|host}", {}, "Tags"}},
                   "Tags"});
  add(rules, kOidc,
      {{"iam:AddClientIDToOpenIDConnectProvider"},
       {"iam:DeleteOpenIDConnectProvider"},
       {"iam:GetOpenIDConnectProvider"},
       {"iam:ListOpenIDConnectProviderTags"},
       {"iam:RemoveClientIDFromOpenIDConnectProvider"},
       {"iam:UpdateOpenIDConnectProviderThumbprint"}});
  add_tagging(rules, kOidc, {"iam:TagOpenIDConnectProvider"}, {"iam:UntagOpenIDConnectProvider"});
  rules.push_back({"CreateSAMLProvider",
                   {{"iam:CreateSAMLProvider", "saml-provider/{Name}"},
                    {"iam:TagSAMLProvider", "saml-provider/{Name}", {}, "Tags"}},
                   "Tags"});
  add(rules, kSaml,
      {{"iam:DeleteSAMLProvider"},
       {"iam:GetSAMLProvider"},
       {"iam:ListSAMLProviderTags"},
       {"iam:UpdateSAMLProvider"}});
  add_tagging(rules, kSaml, {"iam:TagSAMLProvider"}, {"iam:UntagSAMLProvider"});
}

void add_account(std::vector<OperationRule>& rules) {
  add(rules, "*",
      {{"iam:CreateAccountAlias"},
       {"iam:DeleteAccountAlias"},
       {"iam:DeleteAccountPasswordPolicy"},
       {"iam:GenerateCredentialReport"},
       {"iam:GetAccountAuthorizationDetails"},
       {"iam:GetAccountPasswordPolicy"},
       {"iam:GetAccountSummary"},
       {"iam:GetContextKeysForCustomPolicy"},
       {"iam:GetCredentialReport"},
       {"iam:ListAccountAliases"},
       {"iam:ListGroups"},
       {"iam:ListInstanceProfiles"},
       {"iam:ListOpenIDConnectProviders"},
       {"iam:ListPolicies"},
       {"iam:ListRoles"},
       {"iam:ListSAMLProviders"},
       {"iam:ListUsers"},
       {"iam:SimulateCustomPolicy"},
       {"iam:UpdateAccountPasswordPolicy"}});
}

/// "arn:aws:iam::123456789012:user/path/name"
std::string made_of(const wire::Context& context, std::string_view noun, std::string_view path,
                    std::string_view name) {
  std::string arn = "arn:" + context.partition + ":iam::" + context.account + ":";
  return arn.append(noun).append(path.empty() ? "/" : path).append(name);
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

authorization::ServiceRules authorization_rules(Names& names) {
  authorization::ServiceRules table{
      .arn_service = "iam", .global = true, .denied_code = "AccessDenied", .naming = &names};
  add_users(table.operations);
  add_credential_rules(table.operations);
  add_groups(table.operations);
  add_roles(table.operations);
  add_policies(table.operations);
  add_providers(table.operations);
  add_account(table.operations);
  return table;
}

Task<std::string> Names::stored(const wire::Context& context, std::string_view noun, std::string name) {
  std::shared_ptr<const Identity> found;
  if (noun == kUser) found = co_await directory_.user(context.account, name);
  if (noun == kGroup) found = co_await directory_.group(context.account, name);
  if (noun == kRole) found = co_await directory_.role(context.account, name);
  co_return found ? found->arn : made_of(context, noun, "/", name);
}

Task<std::string> Names::boundary(const wire::Context& context, std::string_view noun, std::string name) {
  const auto found = noun == kRole ? co_await directory_.role(context.account, std::move(name))
                                   : co_await directory_.user(context.account, std::move(name));
  co_return found && found->boundary ? found->boundary->arn : std::string();
}

Task<std::string> Names::complete(Call call, std::string_view kind, std::string value) {
  const wire::Context& context = call.context;
  if (kind == kUser && value.empty()) co_return context.caller.arn;
  if (kind == kUser || kind == kGroup || kind == kRole) co_return co_await stored(context, kind, value);
  if (kind == ServerCertificateRecord::kNoun) {
    const std::string arn = co_await directory_.server_certificate_arn(context.account, value);
    co_return arn.empty() ? made_of(context, kind, "/", value) : arn;
  }
  if (kind == "host") co_return value.substr(value.starts_with("https://") ? 8 : 0);
  if (kind == "key-owner") {
    const auto key = co_await directory_.access_key(value);
    co_return key ? key->user_arn : "*";
  }
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

Task<std::optional<authorization::Identity>> PolicySource::find(std::string arn) {
  const auto found = co_await directory_.identity(std::move(arn));
  if (!found) co_return std::nullopt;
  authorization::Identity identity;
  identity.id = found->id;
  for (const IdentityPolicy& policy : found->policies) identity.policies.push_back(policy.document);
  if (found->boundary) identity.boundary = found->boundary->document;
  for (const TagRecord& tag : found->tags) identity.tags.emplace_back(tag.key, tag.value);
  co_return identity;
}

}  // namespace martlet::iam
