// Roles that belong to a service: CreateServiceLinkedRole, DeleteServiceLinkedRole,
// GetServiceLinkedRoleDeletionStatus.

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "api/iam/values.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "services/iam/roles.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

struct LinkedService {
  std::string_view principal;
  /// The role is called "AWSServiceRoleFor" and this.
  std::string_view role;
  /// Whether an account may have several, told apart by a suffix.
  bool takes_suffix = false;
};

/// By principal.
constexpr std::array<LinkedService, 22> kServices{{
    {"apidestinations.events.amazonaws.com", "AmazonEventBridgeApiDestinations"},
    {"application-autoscaling.amazonaws.com", "ApplicationAutoScaling"},
    {"autoscaling.amazonaws.com", "AutoScaling", true},
    {"cloudwatch-crossaccount.amazonaws.com", "CloudWatchCrossAccount"},
    {"dynamodb.application-autoscaling.amazonaws.com", "ApplicationAutoScaling_DynamoDBTable"},
    {"ecs.amazonaws.com", "ECS"},
    {"elasticache.amazonaws.com", "ElastiCache"},
    {"elasticloadbalancing.amazonaws.com", "ElasticLoadBalancing"},
    {"events.amazonaws.com", "CloudWatchEvents"},
    {"kafka.amazonaws.com", "Kafka"},
    {"lambda.amazonaws.com", "Lambda"},
    {"lambda.application-autoscaling.amazonaws.com", "ApplicationAutoScaling_LambdaConcurrency"},
    {"lex.amazonaws.com", "LexBots"},
    {"lexv2.amazonaws.com", "LexV2Bots", true},
    {"ops.apigateway.amazonaws.com", "APIGateway"},
    {"opensearchservice.amazonaws.com", "AmazonOpenSearchService"},
    {"organizations.amazonaws.com", "Organizations"},
    {"rds.amazonaws.com", "RDS"},
    {"replicator.lambda.amazonaws.com", "LambdaReplicator"},
    {"spot.amazonaws.com", "EC2Spot"},
    {"sso.amazonaws.com", "SSO"},
    {"xray.amazonaws.com", "XRay"},
}};

const LinkedService& service_of(const std::string& principal) {
  const auto found = std::find_if(kServices.begin(), kServices.end(), [&](const LinkedService& service) {
    return service.principal == principal;
  });
  if (found == kServices.end())
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

Task<CreateServiceLinkedRoleResponse> Roles::CreateServiceLinkedRole(wire::Context& context,
                                                                     CreateServiceLinkedRoleRequest input) {
  const LinkedService& service = service_of(input.aws_service_name);
  if (input.custom_suffix && !service.takes_suffix)
    throw invalid_input("Custom suffix is not allowed for " + input.aws_service_name);
  std::string name = fmt::format("AWSServiceRoleFor{}", service.role);
  if (input.custom_suffix) name += "_" + *input.custom_suffix;
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
