#include "services/iam/authorization.h"

#include <string_view>
#include <utility>
#include <vector>

#include "services/iam/rule_tables.h"

namespace martlet::iam {

namespace {

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
      {{"iam:DeleteServiceLinkedRole"},
       {"iam:GetRolePolicy"},
       {"iam:ListAttachedRolePolicies"},
       {"iam:ListInstanceProfilesForRole"},
       {"iam:ListRolePolicies"},
       {"iam:ListRoleTags"}});
  add(rules, kTheRole,
      {{"iam:DeleteRole"},
       {"iam:DeleteRolePolicy"},
       {"iam:GetRole"},
       {"iam:PutRolePolicy"},
       {"iam:UpdateAssumeRolePolicy"},
       {"iam:UpdateRole"},
       {"iam:UpdateRoleDescription"}},
      with_boundary(kBoundary, false));
  add(rules, kTheRole, {{"iam:AttachRolePolicy"}, {"iam:DetachRolePolicy"}}, with_boundary(kBoundary, true));
  add(rules, kTheRole, {{"iam:DeleteRolePermissionsBoundary"}}, with_boundary(kBoundary, false));
  add(rules, kTheRole, {{"iam:PutRolePermissionsBoundary"}},
      {{"iam:PermissionsBoundary", "{PermissionsBoundary}"}});
  add_tagging(rules, kTheRole, {"iam:TagRole"}, {"iam:UntagRole"});
  add(rules, "{AWSServiceName|linked-role}", {{"iam:CreateServiceLinkedRole"}},
      {{"iam:AWSServiceName", "{AWSServiceName}"}});
  add(rules, "{DeletionTaskId|role-of-task}", {{"iam:GetServiceLinkedRoleDeletionStatus"}});

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
  add(rules, "{Arn}",
      {{"iam:GenerateServiceLastAccessedDetails"}, {"iam:ListPoliciesGrantingServiceAccess"}});
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
       {"iam:GetServiceLastAccessedDetails"},
       {"iam:GetServiceLastAccessedDetailsWithEntities"},
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

}  // namespace martlet::iam
