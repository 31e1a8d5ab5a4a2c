#pragma once

// A public key out of a JSON Web Key (RFC 7517), and the signatures that it verifies (RFC 7518): RS256,
// RS384, RS512 with RSA keys, ES256, ES384, ES512 with keys on the curve that belongs to each. Over OpenSSL.
// Immutable; free of threads.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

using EVP_PKEY = struct evp_pkey_st;

namespace martlet::sts {

/// The members of a JSON Web Key that matter, as they are written there.
struct Jwk {
  /// "RSA" or "EC"
  std::string type;
  std::string id;
  /// Of RSA: modulus and exponent.
  std::string n;
  std::string e;
  /// Of EC: "P-256", and the point.
  std::string curve;
  std::string x;
  std::string y;
};

class PublicKey {
 public:
  /// nullopt when it is no usable key of these kinds.
  static std::optional<PublicKey> make(const Jwk& jwk);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] bool verifies(std::string_view algorithm, std::string_view bytes,
                              std::string_view signature) const;

 private:
  PublicKey(std::string id, std::string curve, std::shared_ptr<EVP_PKEY> key)
      : id_(std::move(id)), curve_(std::move(curve)), key_(std::move(key)) {}

  std::string id_;
  /// Empty for RSA.
  std::string curve_;
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace martlet::sts
