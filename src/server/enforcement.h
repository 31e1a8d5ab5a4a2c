#pragma once

// Enforcement: the authorizer of a server that does not let everybody do everything, with the rules and
// policies of all services. Between the gateway, which knows who signed, and the authorizer, which knows what
// they may. Lives on the loop; what it is given outlives it.

#include <string>
#include <string_view>
#include <vector>

#include "authorization/authorizer.h"
#include "base/clock.h"
#include "gateway/auth.h"
#include "services/iam/authorization.h"
#include "services/iam/directory.h"
#include "services/lambda/authorization_names.h"
#include "services/lambda/service.h"
#include "services/sns/service.h"
#include "services/sqs/service.h"
#include "services/sts/dependencies.h"
#include "targets/targets.h"

namespace martlet::server {

/// The rules of a service, with its model.
struct RuledService {
  const wire::ServiceModel* model = nullptr;
  authorization::ServiceRules rules;
};
/// Of every service that there is.
std::vector<RuledService> rules_of_services(iam::Names& iam_names, lambda::Names& lambda_names);

class Enforcement final : public gateway::Authorizer, public sts::Trust {
 public:
  struct Parts {
    const Clock& clock;
    authorization::Mode mode;
    iam::Directory& directory;
    store::Store& store;
  };

  explicit Enforcement(Parts parts);
  /// Services whose resources have policies. Before the first request.
  void add(lambda::LambdaService& lambda, sns::SnsService& sns, sqs::SqsService& sqs);

  Task<> authorize(const gateway::Credentials* credentials, const wire::Context& context,
                   const wire::ServiceModel& service, const wire::Operation& operation,
                   const void* input) override;

  Task<std::optional<std::string>> refusal(sts::RoleAsk ask) override;
  Task<std::optional<std::string>> refusal(sts::RoleAsk ask, std::string provider_arn) override;

  /// Whether the role exists and its trust policy lets the service ("lambda.amazonaws.com") assume it.
  Task<bool> trusts(std::string role_arn, std::string service);

  /// Whether who delivers may deliver there. Throws aws::Error when not.
  Task<> admit(const targets::Delivery& delivery);

  /// Why a function may not do something as its role; empty when it may.
  Task<std::string> role_refusal(std::string role_arn, std::string function, std::string action,
                                 std::string resource);

  authorization::Authorizer& authorizer() { return authorizer_; }

 private:
  /// Tells IAM that credentials were used.
  void note_use(const authorization::Caller& caller, const wire::Context& context, std::string_view service);
  /// Sessions of users, that nobody has confirmed by a second factor, are not good for everything. Throws
  /// aws::Error.
  void check_session(const wire::Caller& caller, const wire::ServiceModel& service,
                     const wire::Operation& operation) const;
  /// A session of the role; without an identity when there is no such role.
  Task<authorization::Caller> session_of(std::string role_arn, std::string name);

  Parts parts_;
  iam::Names iam_names_;
  lambda::Names lambda_names_;
  iam::PolicySource identities_;
  authorization::Authorizer authorizer_;
};

}  // namespace martlet::server
