#include "authorization/authorization_message.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"

namespace martlet::authorization {

namespace {

std::string place_of(std::string_view account) { return "authorization-message/" + std::string(account); }

std::string base64url_encode(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  text.resize(text.size() - static_cast<std::size_t>(std::count(text.begin(), text.end(), '=')));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

/// Takes each text that base64url_encode() gives, and no other.
std::optional<std::string> base64url_decode(std::string_view given) {
  if (given.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string text(given);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text += '=';
  std::optional<std::string> bytes = base64_decode(text);
  // The last character may hold bits that mean nothing.
  if (bytes && base64url_encode(*bytes) != given) return std::nullopt;
  return bytes;
}

}  // namespace

std::string AuthorizationMessages::encode(std::string_view details, std::string_view account) const {
  return base64url_encode(secrets_.seal(details, place_of(account)));
}

std::optional<std::string> AuthorizationMessages::decode(std::string_view message,
                                                         std::string_view account) const {
  const auto sealed = base64url_decode(message);
  if (!sealed) return std::nullopt;
  try {
    return secrets_.open(*sealed, place_of(account));
  } catch (const SecretUnreadable&) {
    return std::nullopt;
  }
}

}  // namespace martlet::authorization
