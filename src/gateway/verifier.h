#pragma once

// Verifier tells whether a request was signed with a given secret, recently, and covers what it must. It
// keeps the signing keys of the day, since deriving one costs four MACs. Lives on the loop.

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/crypto.h"
#include "gateway/auth_errors.h"
#include "gateway/sigv4.h"
#include "net/http.h"

namespace martlet::gateway {

class Verifier {
 public:
  explicit Verifier(const Clock& clock) : clock_(clock) {}

  /// Checks all that does not need the secret: that the signature is whole, covers the headers it must, and
  /// is of now. Throws aws::Error in `dialect`.
  void check_form(const net::RequestHead& head, const Signature& signature, Dialect dialect) const;
  /// The same but for the time.
  static void check_parts(const net::RequestHead& head, const Signature& signature, Dialect dialect);

  /// Checks the signature itself. `body` is the request's whole body as sent. Throws aws::Error in `dialect`.
  void check_signature(const net::RequestHead& head, const Signature& signature, std::string_view secret,
                       std::string_view body, Dialect dialect);

  /// The key by which the chunks of a body are signed.
  Sha256 key_for(std::string_view secret, const CredentialScope& scope);

 private:
  void check_time(const Signature& signature, Dialect dialect) const;

  const Clock& clock_;
  std::unordered_map<std::string, Sha256> keys_;
};

}  // namespace martlet::gateway
