#pragma once

// Enforcement: the authorizer of the server, with the rules and policies of all services. Between the
// gateway, which knows who signed, and the authorizer, which knows what they may. Where everybody may do
// everything it only watches functions. Lives on the loop; what it is given outlives it.

#include <string>
#include <string_view>
#include <vector>

#include "authorization/authorization_message.h"
#include "authorization/authorizer.h"
#include "base/clock.h"
#include "base/secret_box.h"
#include "gateway/auth.h"
#include "server/credentials.h"
#include "services/iam/authorization.h"
#include "services/iam/directory.h"
#include "services/lambda/authorization_names.h"
#include "services/lambda/service.h"
#include "services/logs/service.h"
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

class UseRecorder;

class Enforcement final : public gateway::Authorizer, public sts::Trust {
 public:
  struct Parts {
    const Clock& clock;
    authorization::Mode mode;
    iam::Directory& directory;
    const Credentials& credentials;
    const SecretBox& secrets;
    store::Store& store;
    /// Told what roles do inside the server.
    UseRecorder& uses;
  };

  explicit Enforcement(Parts parts);
  /// Services whose resources have policies or tags. Before the first request.
  void add(lambda::LambdaService& lambda, logs::LogsService& logs, sns::SnsService& sns,
           sqs::SqsService& sqs);

  [[nodiscard]] bool concerns(const gateway::Credentials* credentials) const override;
  Task<> authorize(const gateway::Credentials* credentials, const wire::Context& context,
                   const wire::ServiceModel& service, const wire::Operation& operation,
                   const void* input) override;

  Task<std::optional<authorization::Denial>> refusal(sts::RoleAsk ask) override;
  Task<std::optional<authorization::Denial>> refusal(sts::RoleAsk ask, std::string provider_arn) override;

  /// Somebody who wants to call a function by its URL.
  struct UrlCaller {
    /// The request, with its caller; nobody where the URL's AuthType is NONE.
    wire::Context context;
    bool is_function = false;
    /// Of a federated user: the unique id of the user whose policies it has.
    std::string entity_id = {};
  };
  /// Whether that one may: lambda:InvokeFunctionUrl, and lambda:InvokeFunction by way of the URL, are both
  /// needed on the function ("arn:…:function:NAME", an alias's with its qualifier).
  Task<bool> may_call_url(UrlCaller who, std::string function_arn, std::string auth_type);

  /// Whether the role exists and its trust policy lets the service ("lambda.amazonaws.com") assume it.
  Task<bool> trusts(std::string role_arn, std::string service);

  /// Whether who delivers may deliver there. Throws aws::Error when not.
  Task<> admit(const targets::Delivery& delivery);

  /// Why a function may not do something as its role; empty when it may.
  Task<std::string> role_refusal(std::string role_arn, std::string function, std::string action,
                                 std::string resource);
  /// Why who makes a call may not do something else; empty when it may.
  Task<std::string> caller_refusal(const wire::Context& context, std::string action, std::string resource);

  /// Whether a function may do something with its log as its role; `resource` is a stream of it.
  Task<bool> may_log(std::string role_arn, std::string function, std::string action, std::string resource);

  authorization::Authorizer& authorizer() { return authorizer_; }

 private:
  /// Sessions of users are good for IAM only where a second factor has confirmed them, and for little of
  /// STS. Throws aws::Error.
  void check_session(const wire::Caller& caller, const wire::ServiceModel& service,
                     const wire::Operation& operation) const;
  [[nodiscard]] bool only_watches() const { return parts_.mode == authorization::Mode::kObserve; }
  /// A session of the role; without an identity when there is no such role, or nobody asks for it.
  Task<authorization::Caller> session_of(std::string role_arn, std::string name);

  Parts parts_;
  iam::Names iam_names_;
  lambda::Names lambda_names_;
  iam::PolicySource identities_;
  iam::TagSource iam_tags_;
  authorization::AuthorizationMessages messages_;
  authorization::Authorizer authorizer_;
};

}  // namespace martlet::server
