#include "server/enforcement.h"

#include <utility>

#include "api/iam/model.h"
#include "api/lambda/model.h"
#include "api/logs/model.h"
#include "api/sqs/model.h"
#include "api/sts/model.h"
#include "policy/evaluate.h"
#include "services/lambda/authorization.h"
#include "services/logs/authorization.h"
#include "services/sqs/authorization.h"
#include "services/sts/authorization.h"

namespace martlet::server {

namespace {

using policy::PrincipalKind;

PrincipalKind kind_of(wire::Caller::Kind kind) {
  switch (kind) {
    case wire::Caller::Kind::kRoot:
      return PrincipalKind::kRoot;
    case wire::Caller::Kind::kUser:
      return PrincipalKind::kUser;
    case wire::Caller::Kind::kAssumedRole:
      return PrincipalKind::kRoleSession;
    case wire::Caller::Kind::kService:
      return PrincipalKind::kService;
    case wire::Caller::Kind::kAnonymous:
      break;
  }
  return PrincipalKind::kAnonymous;
}

authorization::Caller caller_of(const wire::Caller& caller, const gateway::Credentials* credentials) {
  authorization::Caller out;
  out.principal = {.kind = kind_of(caller.kind),
                   .arn = caller.arn,
                   .account = caller.account,
                   .user_id = caller.user_id,
                   .entity_arn = caller.arn};
  if (caller.kind == wire::Caller::Kind::kUser)
    out.principal.user_name = caller.arn.substr(caller.arn.rfind('/') + 1);
  if (credentials == nullptr) return out;
  if (!credentials->entity_arn.empty()) out.principal.entity_arn = credentials->entity_arn;
  out.session_policies = credentials->session_policies;
  out.session_tags = credentials->session_tags;
  out.token_issued = credentials->issued;
  return out;
}

}  // namespace

std::vector<RuledService> rules_of_services(iam::Names& names) {
  std::vector<RuledService> services;
  services.push_back({&iam::model(), iam::authorization_rules(names)});
  services.push_back({&lambda::model(), lambda::authorization_rules()});
  services.push_back({&logs::model(), logs::authorization_rules()});
  services.push_back({&sqs::model(), sqs::authorization_rules()});
  services.push_back({&sts::model(), sts::authorization_rules()});
  return services;
}

Enforcement::Enforcement(Parts parts)
    : parts_(parts),
      iam_names_(parts.directory),
      identities_(parts.directory),
      authorizer_(parts.clock, parts.mode, identities_) {
  for (RuledService& service : rules_of_services(iam_names_))
    authorizer_.add_service(*service.model, std::move(service.rules));
}

void Enforcement::add(lambda::LambdaService& lambda, sqs::SqsService& sqs) {
  authorizer_.add_resource_policies("lambda", lambda.policies());
  authorizer_.add_resource_policies("sqs", sqs.policies());
}

Task<> Enforcement::authorize(const gateway::Credentials* credentials, const wire::Context& context,
                              const wire::ServiceModel& service, const wire::Operation& operation,
                              const void* input) {
  const authorization::Caller caller = caller_of(context.caller, credentials);
  co_await authorizer_.authorize(caller, context, service, operation, input);
}

Task<bool> Enforcement::trusts(std::string role_arn, std::string service) {
  const auto role = co_await parts_.directory.identity(role_arn);
  if (!role || role->trust_policy.empty()) co_return false;
  const policy::Principal principal{.kind = PrincipalKind::kService, .service = std::move(service)};
  policy::PolicySet policies{.resource_rule = policy::ResourceRule::kRoleTrust};
  try {
    policies.resource = policy::Policy::parse(role->trust_policy);
  } catch (const policy::InvalidPolicy&) {
    co_return false;
  }
  const policy::Request request{
      .principal = &principal, .action = "sts:AssumeRole", .resource = role_arn, .now = parts_.clock.now()};
  co_return policy::evaluate(request, policies).allowed();
}

}  // namespace martlet::server
