#pragma once

// What IAM stores about devices for multi-factor authentication, certificates and service-specific
// credentials; credential_store.h says under which keys.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/iam/records.h"

namespace martlet::iam {

/// A virtual device for multi-factor authentication.
struct MfaDeviceRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string path;
  std::string name;
  /// Its serial number.
  std::string arn;
  /// The seed in base32, sealed for the place "mfa-device/ARN".
  std::string sealed_seed;
  /// Whose it is, in lower case; empty while it is nobody's.
  std::string user;
  std::int64_t enabled_ms = 0;
  /// By how many steps its clock is ahead of ours (totp.h).
  std::int64_t drift = 0;
  /// The step of the last code that was accepted: only later ones count.
  std::int64_t last_step = 0;
  std::vector<TagRecord> tags;

  void fields(auto& f) {
    f(1, path);
    f(2, name);
    f(3, arn);
    f(4, sealed_seed);
    f(5, user);
    f(6, enabled_ms);
    f(7, drift);
    f(8, last_step);
    f(9, tags);
  }
};

struct ServerCertificateRecord : NamedRecord {
  static constexpr std::string_view kNoun = "server-certificate";
  static constexpr std::string_view kIdPrefix = "ASCA";
  /// PEM, as the caller gave it.
  std::string body;
  std::optional<std::string> chain;
  /// The private key in PEM, sealed for the place "server-certificate/ID".
  std::string sealed_key;
  std::int64_t expires_ms = 0;
  std::vector<TagRecord> tags;

  void fields(auto& f) {
    NamedRecord::fields(f);
    f(6, body);
    f(7, chain);
    f(8, sealed_key);
    f(9, expires_ms);
    f(10, tags);
  }
};

/// An X.509 certificate of a user.
struct SigningCertificateRecord {
  static constexpr std::uint32_t kVersion = 1;
  /// 32 characters.
  std::string id;
  /// PEM, as the caller gave it.
  std::string body;
  /// Of what the PEM encodes: hexadecimal SHA-256.
  std::string fingerprint;
  bool active = true;
  std::int64_t uploaded_ms = 0;
  /// When the status last changed.
  std::int64_t changed_ms = 0;

  void fields(auto& f) {
    f(1, id);
    f(2, body);
    f(3, fingerprint);
    f(4, active);
    f(5, uploaded_ms);
    f(6, changed_ms);
  }
};

/// A name and a password, or an API key, that one user has for one service.
struct ServiceCredentialRecord {
  static constexpr std::uint32_t kVersion = 1;
  /// "ACCA" and 17 characters.
  std::string id;
  /// "codecommit.amazonaws.com"
  std::string service;
  /// "jane-at-123456789012": ServiceUserName, or ServiceCredentialAlias of an API key.
  std::string service_user;
  bool active = true;
  std::int64_t created_ms = 0;
  /// Of API keys that expire.
  std::optional<std::int64_t> expires_ms;
  /// The password or the API key, sealed for the place "service-credential/ID".
  std::string sealed_secret;

  void fields(auto& f) {
    f(1, id);
    f(2, service);
    f(3, service_user);
    f(4, active);
    f(5, created_ms);
    f(6, expires_ms);
    f(7, sealed_secret);
  }
};

}  // namespace martlet::iam
