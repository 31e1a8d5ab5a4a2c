#pragma once

// X.509 certificates as people upload them, in PEM: read, looked at, and matched with private keys and with
// those who signed them. Over OpenSSL. Immutable; free of threads and loops. Nothing here says whether
// somebody is to be trusted.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

using X509 = struct x509_st;
using EVP_PKEY = struct evp_pkey_st;

namespace martlet::iam {

/// A private key that is not encrypted.
class PrivateKey {
 public:
  /// nullopt unless the text is one such key in PEM.
  static std::optional<PrivateKey> parse(std::string_view pem);

 private:
  friend class Certificate;
  explicit PrivateKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}
  std::shared_ptr<EVP_PKEY> key_;
};

class Certificate {
 public:
  /// nullopt unless the text is exactly one certificate in PEM; white space around it does not matter.
  static std::optional<Certificate> parse(std::string_view pem);
  /// Certificates that follow one another. nullopt as above, for none, and for more than kMaxChain.
  static std::optional<std::vector<Certificate>> parse_chain(std::string_view pem);
  static constexpr std::size_t kMaxChain = 100;

  [[nodiscard]] TimePoint not_before() const { return not_before_; }
  [[nodiscard]] TimePoint not_after() const { return not_after_; }
  /// Hexadecimal SHA-256 of the certificate's DER form.
  [[nodiscard]] std::string fingerprint() const;
  [[nodiscard]] bool matches(const PrivateKey& key) const;
  /// Whether `issuer` is named as the issuer, and its key has made the signature.
  [[nodiscard]] bool is_signed_by(const Certificate& issuer) const;

 private:
  Certificate(std::shared_ptr<X509> certificate, TimePoint not_before, TimePoint not_after)
      : certificate_(std::move(certificate)), not_before_(not_before), not_after_(not_after) {}

  std::shared_ptr<X509> certificate_;
  TimePoint not_before_;
  TimePoint not_after_;
};

}  // namespace martlet::iam
