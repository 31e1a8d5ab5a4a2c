#include "base/secret_box.h"

#include <openssl/evp.h>

#include <memory>
#include <utility>

#include "base/crypto.h"

namespace martlet {

namespace {

// Sealed: one byte of format, the nonce, the ciphertext, the tag.
constexpr char kFormat = 1;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
static_assert(SecretBox::kOverhead == 1 + kNonceSize + kTagSize);

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

int length(std::string_view text) { return static_cast<int>(text.size()); }

Cipher new_cipher() { return {EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free}; }

}  // namespace

SecretBox::SecretBox(std::string key) : key_(std::move(key)) {
  if (key_.size() != kKeySize) throw std::invalid_argument("a secret key has 32 bytes");
}

std::string SecretBox::seal(std::string_view secret, std::string_view place) const {
  const std::string nonce = random_bytes(kNonceSize);
  std::string ciphertext(secret.size(), '\0');
  std::string tag(kTagSize, '\0');
  const Cipher cipher = new_cipher();
  int written = 0;
  const bool done =
      cipher != nullptr &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(std::string_view(key_)),
                         bytes(std::string_view(nonce))) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &written, bytes(place), length(place)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), bytes(ciphertext), &written, bytes(secret), length(secret)) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), bytes(ciphertext) + written, &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagSize), tag.data()) == 1;
  if (!done) throw std::runtime_error("a secret could not be encrypted");
  return kFormat + nonce + ciphertext + tag;
}

std::string SecretBox::open(std::string_view sealed, std::string_view place) const {
  if (sealed.size() < kOverhead || sealed.front() != kFormat) throw SecretUnreadable();
  const std::string_view nonce = sealed.substr(1, kNonceSize);
  const std::string_view ciphertext = sealed.substr(1 + kNonceSize, sealed.size() - kOverhead);
  std::string tag(sealed.substr(sealed.size() - kTagSize));
  std::string secret(ciphertext.size(), '\0');
  const Cipher cipher = new_cipher();
  int written = 0;
  const bool done =
      cipher != nullptr &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(std::string_view(key_)),
                         bytes(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &written, bytes(place), length(place)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), bytes(secret), &written, bytes(ciphertext), length(ciphertext)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagSize), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), bytes(secret) + written, &written) == 1;
  if (!done) throw SecretUnreadable();
  return secret;
}

}  // namespace martlet
