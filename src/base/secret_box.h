#pragma once

// SecretBox: keeps secrets unreadable at rest. What it seals can be opened only with the same 32-byte key,
// and only in the place it was sealed for. AES-256-GCM over OpenSSL. Whoever stores secrets is given one; it
// is free of threads and loops.

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace martlet {

/// Thrown by SecretBox::open(): the bytes were sealed with another key, for another place, or were changed.
class SecretUnreadable : public std::runtime_error {
 public:
  SecretUnreadable() : std::runtime_error("a stored secret cannot be opened with this server's secret key") {}
};

class SecretBox {
 public:
  static constexpr std::size_t kKeySize = 32;
  /// By so many bytes is what is sealed longer than the secret.
  static constexpr std::size_t kOverhead = 29;

  /// Throws std::invalid_argument unless `key` has kKeySize bytes.
  explicit SecretBox(std::string key);

  /// Encrypts `secret`. `place` says where it belongs ("access-key/AKIA..."): it is not stored, but must be
  /// given to open() again, so that a sealed secret is worth nothing elsewhere. Each call gives other bytes.
  [[nodiscard]] std::string seal(std::string_view secret, std::string_view place) const;
  /// What was sealed. Throws SecretUnreadable.
  [[nodiscard]] std::string open(std::string_view sealed, std::string_view place) const;

 private:
  std::string key_;
};

}  // namespace martlet
