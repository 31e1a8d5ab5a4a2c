// Roles that belong to a service: CreateServiceLinkedRole, DeleteServiceLinkedRole,
// GetServiceLinkedRoleDeletionStatus.

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "api/iam/values.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "services/iam/roles.h"
#include "services/iam/service_linked_roles.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

/// By principal.
constexpr std::array<LinkedService, 22> kServices{{
    {"apidestinations.events.amazonaws.com", "AmazonEventBridgeApiDestinations",
     "AmazonEventBridgeApiDestinationsServiceRolePolicy"},
    {"application-autoscaling.amazonaws.com", "ApplicationAutoScaling"},
    {"autoscaling.amazonaws.com", "AutoScaling", "", true},
    {"cloudwatch-crossaccount.amazonaws.com", "CloudWatchCrossAccount", "CloudWatch-CrossAccountAccess"},
    {"dynamodb.application-autoscaling.amazonaws.com", "ApplicationAutoScaling_DynamoDBTable",
     "AWSApplicationAutoscalingDynamoDBTablePolicy"},
    {"ecs.amazonaws.com", "ECS"},
    {"elasticache.amazonaws.com", "ElastiCache"},
    {"elasticloadbalancing.amazonaws.com", "ElasticLoadBalancing"},
    {"events.amazonaws.com", "CloudWatchEvents", "CloudWatchEventsServiceRolePolicy"},
    {"kafka.amazonaws.com", "Kafka", "KafkaServiceRolePolicy"},
    {"lambda.amazonaws.com", "Lambda", "AWSLambdaServiceRolePolicy"},
    {"lambda.application-autoscaling.amazonaws.com", "ApplicationAutoScaling_LambdaConcurrency",
     "AWSApplicationAutoscalingLambdaConcurrencyPolicy"},
    {"lex.amazonaws.com", "LexBots"},
    {"lexv2.amazonaws.com", "LexV2Bots", "", true},
    {"ops.apigateway.amazonaws.com", "APIGateway", "APIGatewayServiceRolePolicy"},
    {"opensearchservice.amazonaws.com", "AmazonOpenSearchService"},
    {"organizations.amazonaws.com", "Organizations"},
    {"rds.amazonaws.com", "RDS"},
    {"replicator.lambda.amazonaws.com", "LambdaReplicator", "AWSLambdaReplicator"},
    {"spot.amazonaws.com", "EC2Spot"},
    {"sso.amazonaws.com", "SSO"},
    {"xray.amazonaws.com", "XRay"},
}};

const LinkedService& service_of(const std::string& principal) {
  const LinkedService* found = find_linked_service(principal);
  if (found == nullptr)
    throw invalid_input(fmt::format("Service role template for {} is not known.", principal));
  return *found;
}

std::string trust_in(const std::string& principal) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{}"}},)"
      R"("Action":"sts:AssumeRole"}}]}})",
      principal);
}

bool is_linked(const RoleRecord& role) { return role.path.starts_with("/aws-service-role/"); }

}  // namespace

std::string LinkedService::policy_arn() const {
  return policy.empty() ? std::string() : fmt::format("arn:aws:iam::aws:policy/aws-service-role/{}", policy);
}

const LinkedService* find_linked_service(std::string_view principal) {
  const auto found = std::ranges::find(kServices, principal, &LinkedService::principal);
  return found == kServices.end() ? nullptr : &*found;
}

std::string linked_role_name(const LinkedService& service, const std::optional<std::string>& suffix) {
  return fmt::format("AWSServiceRoleFor{}{}{}", service.role, suffix ? "_" : "", suffix.value_or(""));
}

Task<CreateServiceLinkedRoleResponse> Roles::CreateServiceLinkedRole(wire::Context& context,
                                                                     CreateServiceLinkedRoleRequest input) {
  const LinkedService& service = service_of(input.aws_service_name);
  if (input.custom_suffix && !service.takes_suffix)
    throw invalid_input("Custom suffix is not allowed for " + input.aws_service_name);
  const std::string name = linked_role_name(service, input.custom_suffix);
  auto role = new_record<RoleRecord>(context, name, "/aws-service-role/" + input.aws_service_name + "/");
  role.trust_policy = trust_in(input.aws_service_name);
  role.description = input.description;
  role.max_session_seconds = kDefaultSessionSeconds;
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto existing = co_await load<RoleRecord>(txn, {context.account, name});
    if (existing)
      throw invalid_input(
          fmt::format("Service role name {} has been taken in this account, please try a "
                      "different suffix.",
                      name));
    co_await create(txn, context.account, role, kRoles);
    if (!service.policy.empty())
      attach(txn, {.noun = kRole, .account = context.account, .name = name}, service.policy_arn());
  };
  co_await change(body);
  CreateServiceLinkedRoleResponse output;
  output.role = brief_role(role);
  co_return output;
}

// No service keeps resources that would need the role longer, so it is gone at once, and the task is done.
Task<DeleteServiceLinkedRoleResponse> Roles::DeleteServiceLinkedRole(wire::Context& context,
                                                                     DeleteServiceLinkedRoleRequest input) {
  const Name name{context.account, input.role_name};
  const std::string uuid = with_.ids.uuid();
  auto body = [&](store::Txn& txn) -> Task<std::string> {
    const auto role = co_await require<RoleRecord>(txn, name);
    if (!is_linked(role)) throw not_found(kRole, name.name);
    const std::string task = "task" + role.path + role.name + "/" + uuid;
    store::put_record(txn, keys::role_deletion(name.account, task),
                      RoleDeletionRecord{.task_id = task,
                                         .status = std::string(values::DeletionTaskStatusType::kSucceeded)});
    const Principal itself{.noun = kRole, .account = name.account, .name = role.name};
    for (const std::string& policy : co_await list_attached(txn, itself, "")) detach(txn, itself, policy);
    last_accessed_.forget(txn, role.id);
    erase<RoleRecord>(txn, name);
    co_return task;
  };
  DeleteServiceLinkedRoleResponse output;
  output.deletion_task_id = co_await change(body);
  co_return output;
}

Task<GetServiceLinkedRoleDeletionStatusResponse> Roles::GetServiceLinkedRoleDeletionStatus(
    wire::Context& context, GetServiceLinkedRoleDeletionStatusRequest input) {
  auto body = [&](store::Txn& txn) -> Task<std::optional<RoleDeletionRecord>> {
    return store::get_record<RoleDeletionRecord>(
        txn, keys::role_deletion(context.account, input.deletion_task_id));
  };
  const auto task = co_await read(body);
  if (!task) throw no_such_entity(fmt::format("Deletion task {} cannot be found.", input.deletion_task_id));
  GetServiceLinkedRoleDeletionStatusResponse output;
  output.status = task->status;
  co_return output;
}

}  // namespace martlet::iam
