#pragma once

// Who calls. Functions prove who they are in every mode. For others there are three: *open* believes every
// request (a development machine), *enforce* verifies signatures as AWS does, *audit* verifies but only
// reports what it would have refused. Lives on the loop.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "gateway/auth_errors.h"
#include "gateway/aws_chunked.h"
#include "gateway/sigv4.h"
#include "gateway/verifier.h"
#include "net/http.h"
#include "wire/context.h"
#include "wire/service.h"

namespace martlet::gateway {

enum class AuthMode { kOpen, kAudit, kEnforce };

/// What belongs to an access key id.
struct Credentials {
  std::string secret_access_key;
  /// Empty for long-term keys.
  std::string session_token;
  /// Only for temporary credentials.
  std::optional<TimePoint> expires;
  wire::Caller caller;
  /// Those of a function: the environment they were given to. In other environments they are nobody's.
  std::string environment = {};
  /// The function itself, without a qualifier; empty where they are no function's.
  std::string function_arn = {};
  /// Those of a federated user: the unique id ("AIDA…") of the user whose policies it has; empty for root's.
  std::string entity_id = {};
};

/// Where access keys are looked up; IAM and STS fill it.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  /// `session_token`: what the request carries beside the key; empty when nothing. nullopt when the key is
  /// nobody's or inactive, or the token is needed to know it and is not good.
  virtual Task<std::optional<Credentials>> find(std::string access_key_id, std::string session_token) = 0;
};

/// May the caller do this? Called for every operation once its input is read; throws aws::Error when not.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  /// Whether it wants to be asked about calls with these credentials; null when they are not known.
  [[nodiscard]] virtual bool concerns(const Credentials* /*credentials*/) const { return true; }
  /// `credentials`: what the caller signed with; null when that is not known. `input`: as in
  /// wire::Admission::admit().
  virtual Task<> authorize(const Credentials* credentials, const wire::Context& context,
                           const wire::ServiceModel& service, const wire::Operation& operation,
                           const void* input) = 0;
};

/// Whose error codes apply to callers of `service` in `protocol`.
Dialect dialect_of(wire::Protocol protocol, const wire::ServiceModel* service);

/// The root user of an account, which an open server takes every unknown caller for.
wire::Caller root_of(const std::string& account, const std::string& partition);

/// One request on its way through authentication. The head outlives it.
struct Claim {
  const net::RequestHead& head;
  const Signature& signature;
  Dialect dialect;
  std::string partition;
  /// The environment from inside which it comes; empty when it comes from elsewhere.
  std::string environment = {};
  /// The signing name of the service that the host names; empty when it names none.
  std::string named_service = {};
  /// Whether the operation may be called without a signature.
  bool unsigned_allowed = false;
  /// Filled by identify().
  wire::Caller caller = {};
  std::optional<Credentials> credentials = {};
  /// Whether it is signed by the function inside which it was made: that is verified in every mode.
  bool own = false;
};

class Authenticator {
 public:
  /// `source` may be null: then no key is known.
  Authenticator(const Clock& clock, AuthMode mode, std::string default_account, CredentialSource* source);

  /// Everything that can be said before the body is there: form and time of the signature, its key, its
  /// token. Sets `claim.caller` or throws aws::Error.
  Task<> identify(Claim& claim);

  /// Checks the signature over the body, and takes off the coding aws-chunked, in which S3 takes bodies,
  /// where it has that.
  DecodedBody verify(const Claim& claim, std::string body);

  [[nodiscard]] AuthMode mode() const { return mode_; }
  /// Requests that enforcement would have refused (audit).
  [[nodiscard]] std::uint64_t refused_in_audit() const { return refused_in_audit_; }

 private:
  /// What a request has to satisfy under enforcement. Throws aws::Error.
  void check(const Claim& claim) const;
  /// What one from inside an environment has to satisfy in every mode: whoever claims to be a function is the
  /// one in that environment. Throws aws::Error.
  void check_origin(Claim& claim) const;
  /// In audit, runs `checks` and reports what it throws; under enforcement lets it through; when open does
  /// nothing.
  template <class Checks>
  void enforce(const Claim& claim, Checks checks);

  const Clock& clock_;
  AuthMode mode_;
  std::string default_account_;
  CredentialSource* source_;
  Verifier verifier_;
  std::uint64_t refused_in_audit_ = 0;
};

}  // namespace martlet::gateway
