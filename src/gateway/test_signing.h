#pragma once

// For this room's tests: signs requests as a client does that knows the key of the signed vectors.

#include <string>
#include <string_view>
#include <utility>

#include "base/strings.h"
#include "gateway/sigv4.h"
#include "gateway/sigv4_vectors.h"

namespace martlet::gateway {

/// How a test wants its request signed.
struct Signing {
  std::string scope = "AKIDEXAMPLE/20231114/us-east-1/lambda/aws4_request";
  /// What stands for the body; empty: its hash.
  std::string payload_hash = {};
  /// Covered besides the host and what begins with x-amz-: "date".
  std::string more_headers = {};
  /// When it is signed.
  std::string date = "20231114T221320Z";
};

inline PathStyle path_style_of(const Signature& signature) {
  return signature.scope.service == "s3" ? PathStyle::kS3 : PathStyle::kOther;
}

/// The signature that belongs to a request which names everything but that.
inline std::string right_signature(const Message& message, const Signing& signing) {
  const Signature signature = parse_signature(message.head);
  const std::string hash =
      signing.payload_hash.empty() ? to_hex(as_view(sha256(message.body))) : signing.payload_hash;
  const std::string text = string_to_sign(
      signature,
      canonical_request(message.head, signature, hash, path_style_of(signature), Canonicalisation::kEncoded));
  return to_hex(as_view(hmac_sha256(as_view(signing_key(kVectorSecret, signature.scope)), text)));
}

/// The message with an Authorization field.
inline Message signed_by_header(Message message, const Signing& signing = {}) {
  net::Headers& headers = message.head.headers;
  if (!headers.find("host")) headers.add("Host", "localhost:4566");
  headers.set("X-Amz-Date", signing.date);
  if (!signing.payload_hash.empty()) headers.set("X-Amz-Content-SHA256", signing.payload_hash);
  std::string names = "host";
  for (const auto& [name, value] : headers)
    if (to_lower(name).starts_with("x-amz-")) names += ";" + to_lower(name);
  if (!signing.more_headers.empty()) names += ";" + signing.more_headers;
  const std::string start =
      "AWS4-HMAC-SHA256 Credential=" + signing.scope + ", SignedHeaders=" + names + ", Signature=";
  headers.set("Authorization", start + std::string(64, '0'));
  headers.set("Authorization", start + right_signature(message, signing));
  return message;
}

/// The message with a signature in its query.
inline Message signed_by_query(Message message, const Signing& signing = {},
                               const std::string& expires = "60") {
  if (!message.head.headers.find("host")) message.head.headers.add("Host", "localhost:4566");
  std::string& target = message.head.target;
  target += target.find('?') == std::string::npos ? "?" : "&";
  target += "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + percent_encode(signing.scope) +
            "&X-Amz-Date=" + signing.date + "&X-Amz-SignedHeaders=host";
  if (!expires.empty()) target += "&X-Amz-Expires=" + expires;
  target += "&X-Amz-Signature=" + right_signature(message, signing);
  return message;
}

}  // namespace martlet::gateway
