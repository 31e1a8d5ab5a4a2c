#pragma once

// Signature Version 4: what a request says about who signed it, and the texts and keys from which a signature
// is made. Parsing never fails hard: a request that is not signed well is described as such, and what becomes
// of it depends on the authentication mode. Verification is verifier.h's.
//
// After "Create a signed AWS API request" of the IAM User Guide, and for S3 "Authenticating Requests (AWS
// Signature Version 4)".

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "net/http.h"

namespace martlet::gateway {

/// Where the signature is.
enum class SignatureKind {
  kNone,       ///< no signature of version 4
  kHeader,     ///< Authorization field
  kPresigned,  ///< X-Amz-Signature and its companions in the query
};

/// What the signature says about the body.
enum class PayloadKind {
  kWhole,            ///< a hash of it, given in x-amz-content-sha256 or computed
  kUnsigned,         ///< UNSIGNED-PAYLOAD
  kChunks,           ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD
  kChunksTrailer,    ///< STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
  kUnsignedTrailer,  ///< STREAMING-UNSIGNED-PAYLOAD-TRAILER
};

/// AKID/20130524/us-east-1/s3/aws4_request
struct CredentialScope {
  std::string access_key_id;
  /// yyyymmdd
  std::string date;
  /// Empty for Signature Version 4A, whose scopes have none.
  std::string region;
  std::string service;

  /// Without the key: "20130524/us-east-1/s3/aws4_request".
  [[nodiscard]] std::string str() const;
  /// nullopt unless there are five parts of which the last is "aws4_request". Access keys may contain
  /// slashes.
  static std::optional<CredentialScope> parse(std::string_view text);
};

struct Signature {
  SignatureKind kind = SignatureKind::kNone;
  CredentialScope scope;
  /// Lower-case names in the order given.
  std::vector<std::string> signed_headers;
  /// 64 hexadecimal digits.
  std::string signature;
  /// "20130524T000000Z" from X-Amz-Date or, for kHeader, converted from Date. Empty when there is none.
  std::string timestamp;
  /// Seconds a presigned request is good for.
  std::optional<std::int64_t> expires;
  std::string security_token;
  PayloadKind payload = PayloadKind::kWhole;
  /// Of x-amz-content-sha256; empty when not sent.
  std::string content_sha256;
  /// What is wrong with it, as AWS words it; empty when nothing is. The fields above hold what could be read.
  std::string problem;
};

/// Reads the signature of a request. Other schemes ("Bearer ...") are kNone; other algorithms of Signature
/// Version 4, such as that of Signature Version 4A, are read as far as they can be and have a problem.
Signature parse_signature(const net::RequestHead& head);

/// "20130524T000000Z" as seconds since the epoch.
std::optional<std::int64_t> parse_amz_date(std::string_view text);

/// How the path and the query enter the canonical request.
enum class Canonicalisation {
  kAsSent,   ///< path and query taken as they are (S3), sorted
  kEncoded,  ///< decoded and encoded again, sorted
};
/// Without "." and ".." segments and doubled slashes, as RFC 3986 has it for hierarchical paths. Escapes stay
/// as they are.
std::string normalise_path(std::string_view path);

/// S3 neither normalises a path nor encodes it twice; every other service does both.
enum class PathStyle { kS3, kOther };

std::string canonical_request(const net::RequestHead& head, const Signature& signature,
                              std::string_view payload_hash, PathStyle path_style, Canonicalisation form);

std::string string_to_sign(const Signature& signature, std::string_view canonical_request);

/// The key of one day, region and service.
Sha256 signing_key(std::string_view secret, const CredentialScope& scope);

/// Whether the body is in chunks of its own (content coding aws-chunked), signed or not.
bool is_aws_chunked(const Signature& signature, const net::RequestHead& head);

}  // namespace martlet::gateway
