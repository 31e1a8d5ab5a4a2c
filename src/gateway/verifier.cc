#include "gateway/verifier.h"

#include <algorithm>

#include "base/strings.h"
#include "gateway/host.h"
#include "net/url.h"

namespace martlet::gateway {

namespace {

constexpr std::int64_t kAllowedSkew = 15 * 60;
constexpr std::int64_t kLongestPresigned = 7 * 24 * 3600;
constexpr std::size_t kMaxKeys = 1024;

std::string amz_date(std::int64_t epoch_seconds) {
  using namespace std::chrono;
  const sys_seconds time{seconds(epoch_seconds)};
  const auto midnight = floor<days>(time);
  const year_month_day date(midnight);
  const hh_mm_ss clock(time - midnight);
  const auto two = [](std::int64_t value) {
    return std::string{char('0' + value / 10 % 10), char('0' + value % 10)};
  };
  const int year = static_cast<int>(date.year());
  return two(year / 100) + two(year % 100) + two(static_cast<unsigned>(date.month())) +
         two(static_cast<unsigned>(date.day())) + "T" + two(clock.hours().count()) +
         two(clock.minutes().count()) + two(clock.seconds().count()) + "Z";
}

/// Regions and services as they may be put into names and keys.
bool is_scope_part(std::string_view text) {
  constexpr std::size_t kLongest = 32;
  return !text.empty() && text.size() <= kLongest && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool covers(const Signature& signature, std::string_view name) {
  return std::find(signature.signed_headers.begin(), signature.signed_headers.end(), name) !=
         signature.signed_headers.end();
}

/// Headers that proxies add on the way, after the request was signed.
bool is_added_on_the_way(std::string_view name, Dialect dialect) {
  return dialect != Dialect::kS3 && name == "x-amz-cf-id";
}

/// The first header that must be signed and is not; empty when there is none. What begins with x-amz- tells a
/// service what to do, as the path does.
std::string uncovered_header(const net::RequestHead& head, const Signature& signature, Dialect dialect) {
  if (!covers(signature, "host")) return "host";
  for (const auto& [name, value] : head.headers) {
    const std::string lower = to_lower(name);
    if (!lower.starts_with("x-amz-") || covers(signature, lower)) continue;
    const bool presigned_hash =
        signature.kind == SignatureKind::kPresigned && lower == "x-amz-content-sha256";
    if (!presigned_hash && !is_added_on_the_way(lower, dialect)) return lower;
  }
  return {};
}

/// Whether a header is said to be signed that is not there.
bool covers_absent_header(const net::RequestHead& head, const Signature& signature) {
  return std::any_of(signature.signed_headers.begin(), signature.signed_headers.end(),
                     [&](const std::string& name) { return !head.headers.find(name); });
}

/// Throws when the scope is for a place that is none, or not the one that the host names.
void check_region(const net::RequestHead& head, const std::string& region, Dialect dialect) {
  const auto address = net::parse_host_port(head.headers.get("host"));
  const std::string named = address ? parse_host_name(address->host).region : std::string();
  if (is_scope_part(region) && (named.empty() || named == region)) return;
  const AuthFault fault = dialect == Dialect::kS3 ? AuthFault::kIncomplete : AuthFault::kMismatch;
  throw auth_error(dialect, fault, "Credential should be scoped to a valid region, not '" + region + "'.");
}

/// What S3 asks for and other services do not.
void check_s3_parts(const Signature& signature) {
  if (signature.kind == SignatureKind::kHeader && signature.content_sha256.empty())
    throw aws::Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400);
  if (signature.kind == SignatureKind::kPresigned && !signature.expires)
    throw aws::Error("AuthorizationQueryParametersError",
                     "AWS query-string parameters must include 'X-Amz-Expires'.", 400);
}

std::string hash_of(std::string_view body) { return to_hex(as_view(sha256(body))); }

/// What stands for the body in what was signed. Only S3 takes a client's word for it, and bodies that are not
/// signed as a whole.
std::string signed_payload_hash(const Signature& signature, std::string_view body, Dialect dialect) {
  if (dialect != Dialect::kS3) return hash_of(body);
  return signature.content_sha256.empty() ? "UNSIGNED-PAYLOAD" : signature.content_sha256;
}

bool matches(const std::string& expected, const Signature& signature) {
  return equal_in_constant_time(expected, signature.signature);
}

}  // namespace

void Verifier::check_form(const net::RequestHead& head, const Signature& signature, Dialect dialect) const {
  check_parts(head, signature, dialect);
  check_time(signature, dialect);
}

void Verifier::check_parts(const net::RequestHead& head, const Signature& signature, Dialect dialect) {
  if (signature.kind == SignatureKind::kNone) throw auth_error(dialect, AuthFault::kMissing);
  if (!signature.problem.empty()) {
    if (dialect == Dialect::kS3 && signature.kind == SignatureKind::kPresigned)
      throw aws::Error("AuthorizationQueryParametersError", signature.problem, 400);
    throw auth_error(dialect, AuthFault::kIncomplete, signature.problem);
  }
  check_region(head, signature.scope.region, dialect);
  if (!is_scope_part(signature.scope.service))
    throw auth_error(dialect, AuthFault::kMismatch, "Credential should be scoped to correct service.");
  if (const std::string name = uncovered_header(head, signature, dialect); !name.empty()) {
    if (dialect == Dialect::kS3)
      throw auth_error(dialect, AuthFault::kUnsignedHeaders).with("HeadersNotSigned", name);
    const std::string shown = name == "host" ? "'Host' or ':authority'" : "'" + name + "'";
    throw auth_error(dialect, AuthFault::kIncomplete,
                     shown + " must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (dialect == Dialect::kS3) check_s3_parts(signature);
  if (covers_absent_header(head, signature)) throw auth_error(dialect, AuthFault::kMismatch);
}

void Verifier::check_time(const Signature& signature, Dialect dialect) const {
  const auto signed_at = parse_amz_date(signature.timestamp);
  if (!signed_at)
    throw auth_error(dialect, AuthFault::kIncomplete,
                     "Date must be in ISO-8601 'basic format'. Got '" + signature.timestamp +
                         "'. See http://en.wikipedia.org/wiki/ISO_8601");
  if (signature.scope.date != signature.timestamp.substr(0, 8))
    throw auth_error(
        dialect, AuthFault::kMismatch,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
            signature.scope.date + "' != '" + signature.timestamp.substr(0, 8) + "', from '" +
            signature.timestamp + "'.");
  const std::int64_t now = to_epoch_ms(clock_.now()) / 1000;
  const bool presigned = signature.kind == SignatureKind::kPresigned;
  const std::int64_t lifetime = presigned ? signature.expires.value_or(kAllowedSkew) : kAllowedSkew;
  if (presigned && (lifetime < 0 || lifetime > kLongestPresigned)) {
    const std::string text = "X-Amz-Expires must be between 0 and 604800 seconds";
    if (dialect == Dialect::kS3) throw aws::Error("AuthorizationQueryParametersError", text, 400);
    throw auth_error(dialect, AuthFault::kIncomplete, text);
  }
  if (*signed_at > now + kAllowedSkew) {
    const std::string text = "Signature not yet current: " + signature.timestamp + " is still later than " +
                             amz_date(now + kAllowedSkew) + " (" + amz_date(now) + " + 15 min.)";
    throw auth_error(dialect, AuthFault::kSkewed, dialect == Dialect::kS3 ? std::string() : text);
  }
  if (*signed_at + lifetime < now) {
    const std::string text = "Signature expired: " + signature.timestamp + " is now earlier than " +
                             amz_date(now - lifetime) + " (" + amz_date(now) + " - " +
                             std::to_string(lifetime / 60) + " min.)";
    throw auth_error(dialect, presigned ? AuthFault::kExpiredRequest : AuthFault::kSkewed,
                     dialect == Dialect::kS3 ? std::string() : text);
  }
}

void Verifier::check_signature(const net::RequestHead& head, const Signature& signature,
                               std::string_view secret, std::string_view body, Dialect dialect) {
  const Sha256 key = key_for(secret, signature.scope);
  const std::string payload_hash = signed_payload_hash(signature, body, dialect);
  const PathStyle style = dialect == Dialect::kS3 ? PathStyle::kS3 : PathStyle::kOther;
  bool good = false;
  for (const Canonicalisation form : {Canonicalisation::kAsSent, Canonicalisation::kEncoded}) {
    const std::string text =
        string_to_sign(signature, canonical_request(head, signature, payload_hash, style, form));
    good = matches(to_hex(as_view(hmac_sha256(as_view(key), text))), signature);
    if (good) break;
  }
  if (!good) throw auth_error(dialect, AuthFault::kMismatch);
  // The hash is part of what was signed, so it now has to be that of the body.
  if (dialect == Dialect::kS3 && signature.payload == PayloadKind::kWhole &&
      !signature.content_sha256.empty() && payload_hash != hash_of(body))
    throw auth_error(dialect, AuthFault::kBodyMismatch);
}

Sha256 Verifier::key_for(std::string_view secret, const CredentialScope& scope) {
  std::string name(secret);
  name += '\n';
  name += scope.str();
  const auto found = keys_.find(name);
  if (found != keys_.end()) return found->second;
  // A new day makes all keys stale at once, so the cache is emptied rather than pruned.
  if (keys_.size() >= kMaxKeys) keys_.clear();
  return keys_.emplace(std::move(name), signing_key(secret, scope)).first->second;
}

}  // namespace martlet::gateway
