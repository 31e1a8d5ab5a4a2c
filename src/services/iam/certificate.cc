#include "services/iam/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <utility>

#include "base/crypto.h"

namespace martlet::iam {

namespace {

using Input = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kCurve = "-----BEGIN EC PARAMETERS-----";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr std::string_view kSpace = " \t\r\n";

/// OpenSSL keeps a list of errors for each thread: what failed here is no news to who comes next.
struct ErrorsForgotten {
  ErrorsForgotten() = default;
  ErrorsForgotten(const ErrorsForgotten&) = delete;
  ErrorsForgotten& operator=(const ErrorsForgotten&) = delete;
  ~ErrorsForgotten() { ERR_clear_error(); }
};

Input input_of(std::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

/// Keys that need a password are refused, rather than asked for at the server's terminal.
int no_password(char*, int, int, void*) { return -1; }

/// The first PEM block of `rest`, which is taken from it; empty unless it stands there, white space aside.
std::string_view take_block(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kSpace), rest.size()));
  if (!rest.starts_with(kBegin)) return {};
  const auto end = rest.find(kEnd);
  if (end == std::string_view::npos) return {};
  const auto close = rest.find(kDashes, end + kEnd.size());
  if (close == std::string_view::npos) return {};
  const std::string_view block = rest.substr(0, close + kDashes.size());
  rest.remove_prefix(block.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(kSpace), rest.size()));
  return block;
}

/// Times that a TimePoint cannot hold (9999 is how certificates say "never") become its last one.
std::optional<TimePoint> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  constexpr auto kLast = std::chrono::floor<std::chrono::seconds>(TimePoint::max().time_since_epoch());
  return TimePoint(std::clamp(std::chrono::seconds(timegm(&parts)), -kLast, kLast));
}

}  // namespace

std::optional<PrivateKey> PrivateKey::parse(std::string_view pem) {
  const ErrorsForgotten forgotten;
  std::string_view block = take_block(pem);
  // "openssl ecparam -genkey" writes the curve before the key, which names it again.
  if (block.starts_with(kCurve)) block = take_block(pem);
  if (block.empty() || !pem.empty()) return std::nullopt;
  const Input input = input_of(block);
  const std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(input.get(), nullptr, &no_password, nullptr),
                                      &EVP_PKEY_free);
  if (!key) return std::nullopt;
  return PrivateKey(key);
}

std::optional<Certificate> Certificate::parse(std::string_view pem) {
  auto chain = parse_chain(pem);
  if (!chain || chain->size() != 1) return std::nullopt;
  return std::move(chain->front());
}

std::optional<std::vector<Certificate>> Certificate::parse_chain(std::string_view pem) {
  const ErrorsForgotten forgotten;
  std::vector<Certificate> chain;
  do {
    const std::string_view block = take_block(pem);
    if (block.empty() || chain.size() == kMaxChain) return std::nullopt;
    const Input input = input_of(block);
    const std::shared_ptr<X509> found(PEM_read_bio_X509(input.get(), nullptr, &no_password, nullptr),
                                      &X509_free);
    if (!found) return std::nullopt;
    const auto not_before = time_of(X509_get0_notBefore(found.get()));
    const auto not_after = time_of(X509_get0_notAfter(found.get()));
    if (!not_before || !not_after) return std::nullopt;
    chain.push_back(Certificate(found, *not_before, *not_after));
  } while (!pem.empty());
  return chain;
}

std::string Certificate::fingerprint() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate_.get(), EVP_sha256(), digest.data(), &size);
  return to_hex({reinterpret_cast<const char*>(digest.data()), size});
}

bool Certificate::matches(const PrivateKey& key) const {
  const ErrorsForgotten forgotten;
  return X509_check_private_key(certificate_.get(), key.key_.get()) == 1;
}

bool Certificate::is_signed_by(const Certificate& issuer) const {
  const ErrorsForgotten forgotten;
  if (X509_check_issued(issuer.certificate_.get(), certificate_.get()) != X509_V_OK) return false;
  return X509_verify(certificate_.get(), X509_get0_pubkey(issuer.certificate_.get())) == 1;
}

}  // namespace martlet::iam
