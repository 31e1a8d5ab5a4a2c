#include "gateway/auth.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/error.h"
#include "base/log.h"

namespace martlet::gateway {

namespace {

/// How the ids of temporary access keys begin.
constexpr std::string_view kTemporaryKeys = "ASIA";

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Dialect dialect_of(wire::Protocol protocol, const wire::ServiceModel* service) {
  switch (protocol) {
    case wire::Protocol::kQuery:
      return Dialect::kQuery;
    case wire::Protocol::kRestJson:
      return Dialect::kRestJson;
    case wire::Protocol::kRestXml:
      return service == nullptr || service->signing_name == "s3" ? Dialect::kS3 : Dialect::kQuery;
    default:
      return Dialect::kJson;
  }
}

wire::Caller root_of(const std::string& account, const std::string& partition) {
  wire::Caller caller;
  caller.kind = wire::Caller::Kind::kRoot;
  caller.account = account;
  caller.arn = "arn:" + partition + ":iam::" + account + ":root";
  caller.user_id = account;
  return caller;
}

Authenticator::Authenticator(const Clock& clock, AuthMode mode, std::string default_account,
                             CredentialSource* source)
    : clock_(clock),
      mode_(mode),
      default_account_(std::move(default_account)),
      source_(source),
      verifier_(clock) {}

template <class Checks>
void Authenticator::enforce(const Claim& claim, Checks checks) {
  if (mode_ == AuthMode::kEnforce || claim.own) return checks();
  if (mode_ != AuthMode::kAudit) return;
  try {
    checks();
  } catch (const aws::Error& error) {
    ++refused_in_audit_;
    log::warning("enforcement would refuse this request",
                 {{"method", claim.head.method}, {"path", claim.head.path()}, {"error", error.what()}});
  }
}

void Authenticator::check_origin(Claim& claim) const {
  if (claim.environment.empty()) return;
  const bool temporary = claim.signature.scope.access_key_id.starts_with(kTemporaryKeys);
  const bool of_a_function = claim.credentials && !claim.credentials->environment.empty();
  if (of_a_function ? claim.credentials->environment != claim.environment : temporary && !claim.credentials)
    throw auth_error(claim.dialect, AuthFault::kUnknownKey);
  claim.own = of_a_function;
}

void Authenticator::check(const Claim& claim) const {
  if (claim.signature.kind == SignatureKind::kNone && claim.unsigned_allowed) return;
  // A function signs by the machine's clock, which the server's may have been moved ahead of.
  if (claim.own && mode_ != AuthMode::kEnforce)
    verifier_.check_parts(claim.head, claim.signature, claim.dialect);
  else
    verifier_.check_form(claim.head, claim.signature, claim.dialect);
  if (!claim.named_service.empty() && claim.named_service != claim.signature.scope.service)
    throw auth_error(claim.dialect, AuthFault::kMismatch,
                     "Credential should be scoped to correct service: '" + claim.named_service + "'.");
  if (!claim.credentials) throw auth_error(claim.dialect, AuthFault::kUnknownKey);
  if (!equal_in_constant_time(claim.credentials->session_token, claim.signature.security_token))
    throw auth_error(claim.dialect, AuthFault::kInvalidToken);
  if (claim.credentials->expires && *claim.credentials->expires <= clock_.now())
    throw auth_error(claim.dialect, AuthFault::kExpiredToken);
}

Task<> Authenticator::identify(Claim& claim) {
  const std::string& key = claim.signature.scope.access_key_id;
  if (source_ != nullptr && !key.empty())
    claim.credentials = co_await source_->find(key, claim.signature.security_token);
  check_origin(claim);
  enforce(claim, [&] { check(claim); });
  if (claim.credentials) {
    claim.caller = claim.credentials->caller;
  } else if (mode_ != AuthMode::kEnforce) {
    claim.caller = root_of(is_account(key) ? key : default_account_, claim.partition);
  }
  claim.caller.access_key_id = key;
}

DecodedBody Authenticator::verify(const Claim& claim, std::string body) {
  const bool checked = (mode_ != AuthMode::kOpen || claim.own) && claim.credentials &&
                       claim.signature.kind != SignatureKind::kNone;
  if (checked) {
    enforce(claim, [&] {
      verifier_.check_signature(claim.head, claim.signature, claim.credentials->secret_access_key, body,
                                claim.dialect);
    });
  }
  if (claim.dialect != Dialect::kS3 || !is_aws_chunked(claim.signature, claim.head))
    return {.data = std::move(body)};
  std::optional<ChunkSigner> signer;
  if (checked && (mode_ == AuthMode::kEnforce || claim.own))
    signer.emplace(verifier_.key_for(claim.credentials->secret_access_key, claim.signature.scope),
                   claim.signature);
  return decode_aws_chunked(body, ChunkedBody::of(claim.head, claim.signature), signer ? &*signer : nullptr);
}

}  // namespace martlet::gateway
