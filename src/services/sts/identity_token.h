#pragma once

// The token of an OpenID Connect provider: a JSON Web Token (RFC 7519), read but not trusted until one of the
// provider's keys has verified it. Values.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::sts {

struct IdentityToken {
  /// "RS256", "ES256"
  std::string algorithm;
  /// Empty when it names none.
  std::string key_id;
  /// What is signed, and the signature's bytes.
  std::string signed_part;
  std::string signature;

  std::string issuer;
  std::string subject;
  std::vector<std::string> audiences;
  /// The claim azp; empty when absent.
  std::string authorized_party;
  std::vector<std::string> methods;
  /// Seconds since 1970.
  std::int64_t expires = 0;
  std::optional<std::int64_t> not_before;
  /// Claims that AWS defines: tags and source identity of the session.
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<std::string> transitive_tag_keys;
  std::string source_identity;

  /// Throws aws::Error InvalidIdentityToken when the text is no such token or lacks a claim that AWS asks
  /// for.
  static IdentityToken parse(std::string_view text);
};

/// The bytes of base64url without padding; nullopt when malformed.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace martlet::sts
