#include "base/ids.h"

#include <memory>
#include <random>

#include "base/crypto.h"

namespace martlet {

namespace {

/// Secure bytes in blocks: one call of the generator serves many identifiers.
struct SecurePool {
  std::string block;
  std::size_t used = 0;

  std::string take(std::size_t count) {
    if (count > 256) return random_bytes(count);
    if (block.size() - used < count) {
      block = random_bytes(1024);
      used = 0;
    }
    used += count;
    return block.substr(used - count, count);
  }
};

}  // namespace

Ids::Ids()
    : source_([pool = std::make_shared<SecurePool>()](std::size_t count) { return pool->take(count); }) {}

Ids::Ids(std::uint64_t seed)
    : source_([engine = std::make_shared<std::mt19937_64>(seed)](std::size_t count) {
        std::string out(count, '\0');
        for (char& c : out) c = static_cast<char>((*engine)() & 0xFF);
        return out;
      }) {}

std::string Ids::bytes(std::size_t count) { return source_(count); }

std::string Ids::uuid() {
  std::string raw = source_(16);
  raw[6] = static_cast<char>((raw[6] & 0x0F) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3F) | 0x80);
  std::string text = to_hex(raw);
  for (const std::size_t at : {20, 16, 12, 8}) text.insert(at, "-");
  return text;
}

std::string Ids::hex(std::size_t count) { return to_hex(source_((count + 1) / 2)).substr(0, count); }

std::string Ids::base32(std::size_t count) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out = source_(count);
  for (char& c : out) c = kAlphabet[static_cast<unsigned char>(c) & 31];
  return out;
}

}  // namespace martlet
