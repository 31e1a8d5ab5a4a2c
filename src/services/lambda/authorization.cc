#include "services/lambda/authorization.h"

#include <utility>

#include "base/arn.h"
#include "base/strings.h"
#include "services/lambda/attachments.h"
#include "services/lambda/function_name.h"
#include "services/lambda/layers_store.h"
#include "services/lambda/resource_policy.h"
#include "services/lambda/tags.h"

namespace martlet::lambda {

namespace {

using authorization::ActionRule;
using authorization::OperationRule;

// Kinds of Names.
constexpr const char* kFunction = "{FunctionName|function}";  // with its qualifier
constexpr const char* kWhole = "{FunctionName|whole}";        // without
constexpr const char* kLayer = "{LayerName|layer}";
constexpr const char* kLayerVersion = "{LayerName|layer-version}";
constexpr const char* kSigning = "{CodeSigningConfigArn}";
constexpr const char* kMapping = "event-source-mapping:{UUID}";
constexpr const char* kOfMapping = "{UUID|function-of-mapping}";

OperationRule simple(std::string_view operation, std::string_view action, std::string_view resource) {
  return {operation, {{action, resource}}};
}

void add_functions(std::vector<OperationRule>& rules) {
  const ActionRule pass_role{
      "iam:PassRole",
      "{Role?}",
      {{"iam:PassedToService", "lambda.amazonaws.com"}, {"iam:AssociatedResourceArn", kWhole}}};
  const ActionRule use_layers{"lambda:GetLayerVersion", "{Layers?}"};
  const std::vector<authorization::KeyRule> settings{
      {"lambda:Layer", "{Layers}"},
      {"lambda:VpcIds", "{VpcConfig.SubnetIds|vpc}"},
      {"lambda:SubnetIds", "{VpcConfig.SubnetIds}"},
      {"lambda:SecurityGroupIds", "{VpcConfig.SecurityGroupIds}"}};
  std::vector<authorization::KeyRule> at_creation = settings;
  at_creation.push_back({"lambda:CodeSigningConfigArn", kSigning});
  rules.push_back({"CreateFunction",
                   {{"lambda:CreateFunction", kWhole, at_creation},
                    {"lambda:TagResource", kWhole, {}, "Tags"},
                    pass_role,
                    use_layers},
                   "Tags"});
  rules.push_back({"UpdateFunctionConfiguration",
                   {{"lambda:UpdateFunctionConfiguration", kWhole, settings}, pass_role, use_layers}});
  rules.push_back(simple("InvokeWithResponseStream", "lambda:InvokeFunction", kFunction));
  rules.push_back(simple("Invoke", "lambda:InvokeFunction", kFunction));
  for (const auto& [operation, action] : std::initializer_list<std::pair<const char*, const char*>>{
           {"DeleteFunction", "lambda:DeleteFunction"},
           {"DeleteFunctionEventInvokeConfig", "lambda:DeleteFunctionEventInvokeConfig"},
           {"DeleteProvisionedConcurrencyConfig", "lambda:DeleteProvisionedConcurrencyConfig"},
           {"GetFunction", "lambda:GetFunction"},
           {"GetFunctionConfiguration", "lambda:GetFunctionConfiguration"},
           {"GetFunctionEventInvokeConfig", "lambda:GetFunctionEventInvokeConfig"},
           {"GetFunctionScalingConfig", "lambda:GetFunctionScalingConfig"},
           {"GetPolicy", "lambda:GetPolicy"},
           {"GetProvisionedConcurrencyConfig", "lambda:GetProvisionedConcurrencyConfig"},
           {"GetRuntimeManagementConfig", "lambda:GetRuntimeManagementConfig"},
           {"PutFunctionEventInvokeConfig", "lambda:PutFunctionEventInvokeConfig"},
           {"PutFunctionScalingConfig", "lambda:PutFunctionScalingConfig"},
           {"PutProvisionedConcurrencyConfig", "lambda:PutProvisionedConcurrencyConfig"},
           {"PutRuntimeManagementConfig", "lambda:PutRuntimeManagementConfig"},
           {"UpdateFunctionEventInvokeConfig", "lambda:UpdateFunctionEventInvokeConfig"}})
    rules.push_back(simple(operation, action, kFunction));
}

/// Operations on a function as a whole.
void add_whole_functions(std::vector<OperationRule>& rules) {
  for (const auto& [operation, action] : std::initializer_list<std::pair<const char*, const char*>>{
           {"CreateAlias", "lambda:CreateAlias"},
           {"DeleteAlias", "lambda:DeleteAlias"},
           {"DeleteFunctionCodeSigningConfig", "lambda:DeleteFunctionCodeSigningConfig"},
           {"DeleteFunctionConcurrency", "lambda:DeleteFunctionConcurrency"},
           {"GetAlias", "lambda:GetAlias"},
           {"GetFunctionCodeSigningConfig", "lambda:GetFunctionCodeSigningConfig"},
           {"GetFunctionConcurrency", "lambda:GetFunctionConcurrency"},
           {"GetFunctionRecursionConfig", "lambda:GetFunctionRecursionConfig"},
           {"InvokeAsync", "lambda:InvokeAsync"},
           {"ListAliases", "lambda:ListAliases"},
           {"ListFunctionEventInvokeConfigs", "lambda:ListFunctionEventInvokeConfigs"},
           {"ListFunctionUrlConfigs", "lambda:ListFunctionUrlConfigs"},
           {"ListProvisionedConcurrencyConfigs", "lambda:ListProvisionedConcurrencyConfigs"},
           {"ListVersionsByFunction", "lambda:ListVersionsByFunction"},
           {"PublishVersion", "lambda:PublishVersion"},
           {"PutFunctionConcurrency", "lambda:PutFunctionConcurrency"},
           {"PutFunctionRecursionConfig", "lambda:PutFunctionRecursionConfig"},
           {"UpdateAlias", "lambda:UpdateAlias"},
           {"UpdateFunctionCode", "lambda:UpdateFunctionCode"}})
    rules.push_back(simple(operation, action, kWhole));
}

void add_permissions_and_urls(std::vector<OperationRule>& rules) {
  rules.push_back(
      {"AddPermission",
       {{"lambda:AddPermission",
         kFunction,
         {{"lambda:Principal", "{Principal}"}, {"lambda:FunctionUrlAuthType", "{FunctionUrlAuthType}"}}}}});
  rules.push_back({"RemovePermission",
                   {{"lambda:RemovePermission",
                     kFunction,
                     {{"lambda:Principal", "{StatementId|principal}"},
                      {"lambda:FunctionUrlAuthType", "{StatementId|url-auth-type-of-statement}"}}}}});
  rules.push_back({"CreateFunctionUrlConfig",
                   {{"lambda:CreateFunctionUrlConfig",
                     kFunction,
                     {{"lambda:FunctionUrlAuthType", "{AuthType}"}, {"lambda:FunctionArn", kWhole}}}}});
  // What the URL is to be, where that is said; otherwise what it is.
  rules.push_back(
      {"UpdateFunctionUrlConfig",
       {{"lambda:UpdateFunctionUrlConfig",
         kFunction,
         {{"lambda:FunctionUrlAuthType", "{AuthType|url-auth-type}"}, {"lambda:FunctionArn", kWhole}}}}});
  for (const auto& [operation, action] : std::initializer_list<std::pair<const char*, const char*>>{
           {"DeleteFunctionUrlConfig", "lambda:DeleteFunctionUrlConfig"},
           {"GetFunctionUrlConfig", "lambda:GetFunctionUrlConfig"}})
    rules.push_back(
        {operation,
         {{action,
           kFunction,
           {{"lambda:FunctionUrlAuthType", "{|url-auth-type}"}, {"lambda:FunctionArn", kWhole}}}}});
}

void add_layers_and_signing(std::vector<OperationRule>& rules) {
  for (const auto& [operation, action] : std::initializer_list<std::pair<const char*, const char*>>{
           {"AddLayerVersionPermission", "lambda:AddLayerVersionPermission"},
           {"DeleteLayerVersion", "lambda:DeleteLayerVersion"},
           {"GetLayerVersion", "lambda:GetLayerVersion"},
           {"GetLayerVersionPolicy", "lambda:GetLayerVersionPolicy"},
           {"RemoveLayerVersionPermission", "lambda:RemoveLayerVersionPermission"}})
    rules.push_back(simple(operation, action, kLayerVersion));
  rules.push_back(simple("GetLayerVersionByArn", "lambda:GetLayerVersion", "{Arn}"));
  rules.push_back(simple("PublishLayerVersion", "lambda:PublishLayerVersion", kLayer));
  rules.push_back(simple("ListLayerVersions", "lambda:ListLayerVersions", "*"));
  rules.push_back(simple("ListLayers", "lambda:ListLayers", "*"));

  rules.push_back(
      {"CreateCodeSigningConfig",
       {{"lambda:CreateCodeSigningConfig"}, {"lambda:TagResource", "code-signing-config:*", {}, "Tags"}},
       "Tags"});
  for (const auto& [operation, action] : std::initializer_list<std::pair<const char*, const char*>>{
           {"DeleteCodeSigningConfig", "lambda:DeleteCodeSigningConfig"},
           {"GetCodeSigningConfig", "lambda:GetCodeSigningConfig"},
           {"ListFunctionsByCodeSigningConfig", "lambda:ListFunctionsByCodeSigningConfig"},
           {"UpdateCodeSigningConfig", "lambda:UpdateCodeSigningConfig"}})
    rules.push_back(simple(operation, action, kSigning));
  rules.push_back(simple("ListCodeSigningConfigs", "lambda:ListCodeSigningConfigs", "*"));
  rules.push_back(
      {"PutFunctionCodeSigningConfig",
       {{"lambda:PutFunctionCodeSigningConfig", kWhole, {{"lambda:CodeSigningConfigArn", kSigning}}},
        {"lambda:PutFunctionCodeSigningConfig", kSigning, {{"lambda:CodeSigningConfigArn", kSigning}}}}});
}

void add_mappings_and_tags(std::vector<OperationRule>& rules) {
  rules.push_back({"CreateEventSourceMapping",
                   {{"lambda:CreateEventSourceMapping", "*", {{"lambda:FunctionArn", kFunction}}},
                    {"lambda:TagResource", "event-source-mapping:*", {}, "Tags"}},
                   "Tags"});
  for (const auto& [operation, action] : std::initializer_list<std::pair<const char*, const char*>>{
           {"DeleteEventSourceMapping", "lambda:DeleteEventSourceMapping"},
           {"GetEventSourceMapping", "lambda:GetEventSourceMapping"}})
    rules.push_back({operation, {{action, kMapping, {{"lambda:FunctionArn", kOfMapping}}}}});
  // Who gives a mapping to another function needs the right to both.
  rules.push_back(
      {"UpdateEventSourceMapping",
       {{"lambda:UpdateEventSourceMapping", kMapping, {{"lambda:FunctionArn", kOfMapping}}},
        {"lambda:UpdateEventSourceMapping", kMapping, {{"lambda:FunctionArn", kFunction}}, "FunctionName"}}});
  for (const auto& [operation, action] : std::initializer_list<std::pair<const char*, const char*>>{
           {"GetAccountSettings", "lambda:GetAccountSettings"},
           {"ListEventSourceMappings", "lambda:ListEventSourceMappings"},
           {"ListFunctions", "lambda:ListFunctions"}})
    rules.push_back(simple(operation, action, "*"));
  rules.push_back(simple("ListTags", "lambda:ListTags", "{Resource}"));
  rules.push_back({"TagResource", {{"lambda:TagResource", "{Resource}"}}, "Tags"});
  rules.push_back({"UntagResource", {{"lambda:UntagResource", "{Resource}"}}, "TagKeys"});
}

/// The function, version or alias with this ARN; nullopt when it is none's.
std::optional<FunctionName> function_of(const Arn& arn) {
  const auto parts = split(arn.resource, ':');
  if (parts.size() < 2 || parts.size() > 3 || parts[0] != "function") return std::nullopt;
  FunctionName name{
      .account = arn.account, .region = arn.region, .name = std::string(parts[1]), .qualifier = {}};
  if (parts.size() == 3) name.qualifier = parts[2];
  return name;
}

}  // namespace

authorization::ServiceRules authorization_rules() {
  authorization::ServiceRules table{.arn_service = "lambda"};
  add_functions(table.operations);
  add_whole_functions(table.operations);
  add_permissions_and_urls(table.operations);
  add_layers_and_signing(table.operations);
  add_mappings_and_tags(table.operations);
  return table;
}

Task<std::optional<std::string>> PolicySource::find(std::string text) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "lambda") co_return std::nullopt;
  const auto layer = parse_layer_version_arn(text);
  const auto function = function_of(*arn);
  if (!layer && !function) co_return std::nullopt;
  const auto policy = co_await store_.transact([&](store::Txn& txn) -> Task<std::optional<ResourcePolicy>> {
    if (function) co_return co_await load_policy(txn, *function);
    const auto version = co_await load_layer_version(txn, layer->layer, layer->version);
    co_return version ? version->policy : std::nullopt;
  });
  if (!policy || policy->statements.empty()) co_return std::nullopt;
  co_return policy_json(*policy, text, arn->partition);
}

Task<authorization::TaggedResource> TagSource::find(std::string text) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "lambda") co_return authorization::TaggedResource();
  const Tags tags =
      co_await store_.transact([&](store::Txn& txn) -> Task<Tags> { return load_tags(txn, *arn); });
  co_return authorization::TaggedResource{.tags = {tags.begin(), tags.end()}};
}

}  // namespace martlet::lambda
