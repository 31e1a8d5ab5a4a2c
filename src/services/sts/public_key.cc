#include "services/sts/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>

#include "services/sts/identity_token.h"

namespace martlet::sts {

namespace {

constexpr int kMinRsaBits = 2048;

struct Algorithm {
  std::string_view name;
  /// Empty for RSA.
  std::string_view curve;
  const EVP_MD* (*digest)();
  /// Of one of the two numbers of an ECDSA signature.
  std::size_t number_bytes;
};

constexpr std::array kAlgorithms{
    Algorithm{"RS256", "", &EVP_sha256, 0},       Algorithm{"RS384", "", &EVP_sha384, 0},
    Algorithm{"RS512", "", &EVP_sha512, 0},       Algorithm{"ES256", "P-256", &EVP_sha256, 32},
    Algorithm{"ES384", "P-384", &EVP_sha384, 48}, Algorithm{"ES512", "P-521", &EVP_sha512, 66}};

template <class T, void (*free)(T*)>
struct Free {
  void operator()(T* object) const { free(object); }
};
template <class T, void (*free)(T*)>
using Owned = std::unique_ptr<T, Free<T, free>>;
using Number = Owned<BIGNUM, BN_free>;
using Builder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number number(std::string_view bytes) {
  return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::shared_ptr<EVP_PKEY> from_parameters(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return nullptr;
  return {key, &EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> rsa_key(const Jwk& jwk) {
  const auto n = base64url_decode(jwk.n);
  const auto e = base64url_decode(jwk.e);
  if (!n || !e || n->empty() || e->empty()) return nullptr;
  const Number modulus = number(*n);
  const Number exponent = number(*e);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
    return nullptr;
  auto key = from_parameters("RSA", builder.get());
  return key && EVP_PKEY_get_bits(key.get()) >= kMinRsaBits ? key : nullptr;
}

std::shared_ptr<EVP_PKEY> ec_key(const Jwk& jwk) {
  const auto x = base64url_decode(jwk.x);
  const auto y = base64url_decode(jwk.y);
  if (!x || !y || x->empty() || x->size() != y->size()) return nullptr;
  const std::string point = "\x04" + *x + *y;  // both coordinates in full
  const Builder builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, jwk.curve.c_str(), 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1)
    return nullptr;
  return from_parameters("EC", builder.get());
}

/// An ECDSA signature as OpenSSL wants it: two numbers in DER in place of two numbers side by side. Empty
/// when it has another length.
std::string to_der(std::string_view signature, std::size_t number_bytes) {
  if (signature.size() != 2 * number_bytes) return {};
  const Owned<ECDSA_SIG, ECDSA_SIG_free> pair(ECDSA_SIG_new());
  Number r = number(signature.substr(0, number_bytes));
  Number s = number(signature.substr(number_bytes));
  if (!pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace

std::optional<PublicKey> PublicKey::make(const Jwk& jwk) {
  const bool known_curve = std::any_of(
      kAlgorithms.begin(), kAlgorithms.end(),
      [&](const Algorithm& algorithm) { return !algorithm.curve.empty() && algorithm.curve == jwk.curve; });
  std::shared_ptr<EVP_PKEY> key;
  if (jwk.type == "RSA") key = rsa_key(jwk);
  if (jwk.type == "EC" && known_curve) key = ec_key(jwk);
  if (!key) return std::nullopt;
  return PublicKey(jwk.id, jwk.type == "EC" ? jwk.curve : std::string(), std::move(key));
}

bool PublicKey::verifies(std::string_view algorithm, std::string_view bytes,
                         std::string_view signature) const {
  const auto* const how = std::find_if(kAlgorithms.begin(), kAlgorithms.end(),
                                       [&](const Algorithm& each) { return each.name == algorithm; });
  if (how == kAlgorithms.end() || how->curve != curve_) return false;
  const std::string given = curve_.empty() ? std::string(signature) : to_der(signature, how->number_bytes);
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  return context && !given.empty() &&
         EVP_DigestVerifyInit(context.get(), nullptr, how->digest(), nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(given), given.size(), bytes_of(bytes), bytes.size()) == 1;
}

}  // namespace martlet::sts
