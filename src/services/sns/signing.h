#pragma once

// Signing: the signatures by which subscribers tell that a message is from here. One RSA key with a
// self-signed certificate, made at first use and kept in the store; everybody may fetch the certificate at
// the path in SigningCertURL. Owned by the service; lives on the loop.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/blocking_pool.h"
#include "base/task.h"
#include "services/sns/records.h"
#include "store/store.h"

namespace martlet::sns {

/// Paths of certificates are below it.
inline constexpr std::string_view kCertificateFolder = "/_martlet/sns/";

/// "1": SHA-1, "2": SHA-256, both with RSA (PKCS #1 v1.5).
enum class SignatureVersion { kOne, kTwo };
SignatureVersion signature_version(std::string_view text);

/// What is signed of a message, as AWS documents it: names and values, each followed by a line break.
/// `subscribe_url` is that of confirmations.
std::string string_to_sign(const Notification& notification, std::string_view subscribe_url);

/// A new RSA key with a self-signed certificate. Takes a while.
SigningKeyRecord make_signing_key();

/// A key that can sign.
class SigningKey {
 public:
  /// Throws std::runtime_error when the record is none.
  explicit SigningKey(const SigningKeyRecord& record);
  ~SigningKey();
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;

  /// Base64.
  [[nodiscard]] std::string sign(std::string_view text, SignatureVersion version) const;
  /// PEM.
  [[nodiscard]] const std::string& certificate() const { return certificate_; }
  /// "/_martlet/sns/SimpleNotificationService-0123….pem", another for each key.
  [[nodiscard]] const std::string& certificate_path() const { return path_; }

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  std::string certificate_;
  std::string path_;
};

class Signing {
 public:
  Signing(store::Store& store, BlockingPool& pool) : store_(store), pool_(pool) {}

  /// The key, made if there is none yet. It stays good for who holds it.
  Task<std::shared_ptr<const SigningKey>> key();
  /// Forgets what memory holds (when the store is cleared).
  void reset() { key_.reset(); }

 private:
  store::Store& store_;
  BlockingPool& pool_;
  std::shared_ptr<const SigningKey> key_;
};

}  // namespace martlet::sns
