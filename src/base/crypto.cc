#include "base/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <zlib.h>

#include <stdexcept>

namespace martlet {

namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool success) {
  if (!success) throw std::runtime_error("the cryptographic library failed");
}

// The library's one-call forms look an algorithm up by its name each time, which takes longer than hashing a
// request does. So each thread keeps a context.

class Hasher {
 public:
  Hasher() { require(algorithm_ != nullptr && context_ != nullptr); }
  ~Hasher() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  Sha256 hash(std::string_view bytes) {
    Sha256 digest;
    require(EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1 &&
            EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1 &&
            EVP_DigestFinal_ex(context_, digest.data(), nullptr) == 1);
    return digest;
  }

 private:
  EVP_MD* algorithm_ = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context_ = EVP_MD_CTX_new();
};

class MacMaker {
 public:
  MacMaker() {
    require(context_ != nullptr);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    require(EVP_MAC_CTX_set_params(context_, parameters) == 1);
  }
  ~MacMaker() {
    EVP_MAC_CTX_free(context_);
    EVP_MAC_free(algorithm_);
  }
  MacMaker(const MacMaker&) = delete;
  MacMaker& operator=(const MacMaker&) = delete;

  Sha256 mac(std::string_view key, std::string_view bytes) {
    // A null pointer would stand for the last key.
    if (key.data() == nullptr) key = "";
    Sha256 code;
    std::size_t length = 0;
    require(EVP_MAC_init(context_, bytes_of(key), key.size(), nullptr) == 1 &&
            EVP_MAC_update(context_, bytes_of(bytes), bytes.size()) == 1 &&
            EVP_MAC_final(context_, code.data(), &length, code.size()) == 1);
    return code;
  }

 private:
  EVP_MAC* algorithm_ = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* context_ = EVP_MAC_CTX_new(algorithm_);
};

}  // namespace

Sha256 sha256(std::string_view bytes) {
  thread_local Hasher hasher;
  return hasher.hash(bytes);
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  thread_local MacMaker maker;
  return maker.mac(key, bytes);
}

std::array<std::uint8_t, 16> md5(std::string_view bytes) {
  std::array<std::uint8_t, 16> digest;
  unsigned int length = digest.size();
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_md5(), nullptr);
  return digest;
}

std::uint32_t crc32(std::string_view bytes, std::uint32_t start) {
  return static_cast<std::uint32_t>(crc32_z(start, bytes_of(bytes), bytes.size()));
}

struct Sha256Stream::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256Stream::Sha256Stream() : context_(std::make_unique<Context>()) {
  EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr);
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::update(std::string_view bytes) {
  EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size());
}

Sha256 Sha256Stream::finish() {
  Sha256 digest;
  unsigned int length = digest.size();
  EVP_DigestFinal_ex(context_->evp, digest.data(), &length);
  return digest;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '\0');
  // EVP writes a terminating NUL, which std::string has room for.
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes),
                  static_cast<int>(bytes.size()));
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return std::string();
  // EVP tolerates white space and counts padding as data: both are settled here.
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  for (const char c : text.substr(0, text.size() - padding))
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '/') return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(text),
                                     static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1)
    throw std::runtime_error("the system's random number generator failed");
  return out;
}

}  // namespace martlet
