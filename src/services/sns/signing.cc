#include "services/sns/signing.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdexcept>

#include "base/crypto.h"
#include "services/sns/documents.h"
#include "services/sns/sns_store.h"

namespace martlet::sns {

namespace {

constexpr unsigned kKeyBits = 2048;
constexpr long kCertificateSeconds = 20L * 365 * 24 * 3600;

template <auto release>
struct Releaser {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, Releaser<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Releaser<X509_free>>;
using Bio = std::unique_ptr<BIO, Releaser<BIO_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Releaser<EVP_MD_CTX_free>>;

void require(bool succeeded) {
  if (!succeeded) throw std::runtime_error("OpenSSL refused to sign, or to make a key to sign with");
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

Certificate certify(EVP_PKEY* key) {
  Certificate certificate(X509_new());
  require(certificate != nullptr);
  X509* made = certificate.get();
  X509_set_version(made, 2);
  const std::string serial = random_bytes(8);
  std::uint64_t number = 0;
  for (const char byte : serial) number = number << 8 | static_cast<unsigned char>(byte);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), number >> 1);
  X509_gmtime_adj(X509_getm_notBefore(made), -24L * 3600);
  X509_gmtime_adj(X509_getm_notAfter(made), kCertificateSeconds);
  X509_NAME* subject = X509_get_subject_name(made);
  const auto add = [&](const char* field, const char* value) {
    X509_NAME_add_entry_by_txt(subject, field, MBSTRING_ASC, reinterpret_cast<const unsigned char*>(value),
                               -1, -1, 0);
  };
  add("O", "Martlet");
  add("CN", "sns.amazonaws.com");
  X509_set_issuer_name(made, subject);
  X509_set_pubkey(made, key);
  require(X509_sign(made, key, EVP_sha256()) != 0);
  return certificate;
}

void append_pair(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += '\n';
  out += value;
  out += '\n';
}

}  // namespace

SignatureVersion signature_version(std::string_view text) {
  return text == "2" ? SignatureVersion::kTwo : SignatureVersion::kOne;
}

std::string string_to_sign(const Notification& notification, std::string_view subscribe_url) {
  std::string out;
  const bool is_confirmation = notification.type != "Notification";
  append_pair(out, "Message", notification.message);
  append_pair(out, "MessageId", notification.message_id);
  if (is_confirmation)
    append_pair(out, "SubscribeURL", subscribe_url);
  else if (!notification.subject.empty())
    append_pair(out, "Subject", notification.subject);
  append_pair(out, "Timestamp", iso8601(notification.timestamp_ms));
  if (is_confirmation) append_pair(out, "Token", notification.token);
  append_pair(out, "TopicArn", notification.topic_arn);
  append_pair(out, "Type", notification.type);
  return out;
}

SigningKeyRecord make_signing_key() {
  const PrivateKey key(EVP_RSA_gen(kKeyBits));
  require(key != nullptr);
  const Certificate certificate = certify(key.get());
  const Bio private_text(BIO_new(BIO_s_mem()));
  const Bio certificate_text(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PrivateKey(private_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
          1);
  require(PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1);
  return {text_of(private_text.get()), text_of(certificate_text.get())};
}

struct SigningKey::Handle {
  PrivateKey key;
};

SigningKey::SigningKey(const SigningKeyRecord& record)
    : handle_(std::make_unique<Handle>()),
      certificate_(record.certificate),
      path_(std::string(kCertificateFolder) + "SimpleNotificationService-" +
            to_hex(as_view(md5(record.certificate))) + ".pem") {
  const Bio text(BIO_new_mem_buf(record.private_key.data(), static_cast<int>(record.private_key.size())));
  handle_->key.reset(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
  require(handle_->key != nullptr);
}

SigningKey::~SigningKey() = default;

std::string SigningKey::sign(std::string_view text, SignatureVersion version) const {
  const DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* digest = version == SignatureVersion::kTwo ? EVP_sha256() : EVP_sha1();
  require(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, handle_->key.get()) == 1);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::string signature(kKeyBits / 8, '\0');
  std::size_t size = signature.size();
  require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                         text.size()) == 1);
  signature.resize(size);
  return base64_encode(signature);
}

Task<std::shared_ptr<const SigningKey>> Signing::key() {
  if (key_) co_return key_;
  std::optional<SigningKeyRecord> record =
      co_await store_.transact([](store::Txn& txn) -> Task<std::optional<SigningKeyRecord>> {
        co_return co_await load_signing_key(txn);
      });
  if (!record) {
    const SigningKeyRecord made = co_await pool_.run(&make_signing_key);
    record = co_await store_.transact([&](store::Txn& txn) -> Task<std::optional<SigningKeyRecord>> {
      // Another task may have been quicker.
      std::optional<SigningKeyRecord> there = co_await load_signing_key(txn);
      if (there) co_return there;
      save_signing_key(txn, made);
      co_return made;
    });
  }
  if (!key_) key_ = std::make_shared<SigningKey>(*record);
  co_return key_;
}

}  // namespace martlet::sns
