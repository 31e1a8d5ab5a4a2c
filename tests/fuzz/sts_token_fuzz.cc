// What strangers give STS: tokens of identity providers, which anybody may send, keys that they are to be
// verified with, and session tokens.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/ids.h"
#include "base/secret_box.h"
#include "services/sts/identity_token.h"
#include "services/sts/public_key.h"
#include "services/sts/session_tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet;
  using namespace martlet::sts;
  if (size == 0) return 0;
  static const SecretBox secrets(std::string(SecretBox::kKeySize, 'k'));
  static Ids ids(1);
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      try {
        const IdentityToken token = IdentityToken::parse(text);
        if (token.audiences.empty() || token.subject.empty() || token.issuer.empty()) std::abort();
      } catch (const aws::Error&) {
      }
      break;
    case 1:
    case 2: {
      const bool rsa = data[0] % 4 == 1;
      const std::size_t half = text.size() / 2;
      const auto key = PublicKey::make({.type = rsa ? "RSA" : "EC",
                                        .id = "one",
                                        .n = text.substr(0, half),
                                        .e = text.substr(half),
                                        .curve = "P-256",
                                        .x = text.substr(0, half),
                                        .y = text.substr(half)});
      if (key && key->verifies(rsa ? "RS256" : "ES256", "bytes", text)) std::abort();
      break;
    }
    default:
      // No bytes are a token, but those that were sealed with the key.
      if (SessionTokens(secrets, ids, Callers::kVerified).open("ASIA0123456789ABCDEF", text)) std::abort();
      account_in_key(text);
  }
  return 0;
}
