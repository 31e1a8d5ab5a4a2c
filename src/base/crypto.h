#pragma once

// Hashes, MACs and encodings, over OpenSSL.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace martlet {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
std::array<std::uint8_t, 16> md5(std::string_view bytes);

/// SHA-256 of a stream of pieces.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  void update(std::string_view bytes);
  Sha256 finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Continues from `start`, the checksum of what came before.
std::uint32_t crc32(std::string_view bytes, std::uint32_t start = 0);

/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);
std::string base64_encode(std::string_view bytes);
/// Standard alphabet; padding is required. nullopt when malformed.
std::optional<std::string> base64_decode(std::string_view text);

/// Compares without revealing, by the time it takes, where the two differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// Cryptographically secure random bytes.
std::string random_bytes(std::size_t count);

template <std::size_t N>
std::string_view as_view(const std::array<std::uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace martlet
