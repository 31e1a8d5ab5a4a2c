#pragma once

// Encoded authorization messages: the details of a refusal, which who was refused may carry but not read.
// They are sealed with the server's key, for the account whose affair the refusal is;
// sts:DecodeAuthorizationMessage opens them, for whom that account lets.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret_box.h"

namespace martlet::authorization {

/// The header of the answer that carries the message of a refusal.
inline constexpr const char* kAuthorizationMessageHeader = "x-martlet-authorization-message";

class AuthorizationMessages {
 public:
  /// STS takes messages of 10,240 characters; a header of that size many proxies and clients do not take.
  static constexpr std::size_t kMaxCharacters = 3072;
  /// Bytes of details that fit.
  static constexpr std::size_t kMaxDetails = kMaxCharacters / 4 * 3 - SecretBox::kOverhead;

  /// Outlives it.
  explicit AuthorizationMessages(const SecretBox& secrets) : secrets_(secrets) {}

  /// In letters, digits, '-' and '_'.
  [[nodiscard]] std::string encode(std::string_view details, std::string_view account) const;
  /// What was encoded for that account; nullopt when it was not, or not here, or was changed.
  [[nodiscard]] std::optional<std::string> decode(std::string_view message, std::string_view account) const;

 private:
  const SecretBox& secrets_;
};

}  // namespace martlet::authorization
