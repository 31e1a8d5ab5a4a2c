#include "services/iam/totp.h"

#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <chrono>

#include "base/clock.h"
#include "base/crypto.h"

namespace martlet::iam {

namespace {

constexpr std::int64_t kStepMs = 30'000;
constexpr std::uint32_t kCodes = 1'000'000;
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr unsigned kBitsPerCharacter = 5;

/// RFC 4226, 5.3: four bytes at a place that the last byte tells.
std::uint32_t truncated(const std::array<unsigned char, EVP_MAX_MD_SIZE>& digest, unsigned size) {
  const std::size_t at = digest[size - 1] & 0xF;
  return (digest[at] & 0x7FU) << 24 | static_cast<std::uint32_t>(digest[at + 1]) << 16 |
         static_cast<std::uint32_t>(digest[at + 2]) << 8 | digest[at + 3];
}

}  // namespace

TotpStep totp_step(TimePoint time) { return to_epoch_ms(time) / kStepMs; }

std::string totp_code(std::string_view seed, TotpStep step) {
  std::array<unsigned char, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i)
    counter[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (8 * (7 - i)));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha1(), seed.data(), static_cast<int>(seed.size()), counter.data(), counter.size(), digest.data(),
       &size);
  return fmt::format("{:06}", truncated(digest, size) % kCodes);
}

std::optional<TotpStep> find_totp_step(std::string_view seed, std::string_view code, TotpStep first,
                                       TotpStep last) {
  std::optional<TotpStep> found;
  for (TotpStep step = first; step <= last; ++step)
    if (equal_in_constant_time(totp_code(seed, step), code)) found = step;
  return found;
}

std::optional<TotpStep> find_totp_pair(std::string_view seed, std::string_view code1, std::string_view code2,
                                       TotpStep around, TotpStep reach) {
  const auto shows = [&](TotpStep second) {
    return totp_code(seed, second) == code2 && totp_code(seed, second - 1) == code1;
  };
  for (TotpStep away = 0; away <= reach; ++away) {
    if (shows(around - away)) return around - away;
    if (shows(around + away)) return around + away;
  }
  return std::nullopt;
}

std::optional<std::string> base32_decode(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned have = 0;
  for (const char letter : text) {
    const auto value = kBase32.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << kBitsPerCharacter | static_cast<std::uint32_t>(value);
    have += kBitsPerCharacter;
    if (have < 8) continue;
    have -= 8;
    bytes += static_cast<char>(bits >> have & 0xFF);
    bits &= (1U << have) - 1;
  }
  if (have >= kBitsPerCharacter || bits != 0) return std::nullopt;
  return bytes;
}

}  // namespace martlet::iam
