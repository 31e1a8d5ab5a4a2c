#pragma once

// What IAM stores about credentials, identity providers and accounts; iam_store.h says under which keys.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/iam/records.h"

namespace martlet::iam {

struct AccessKeyRecord {
  static constexpr std::uint32_t kVersion = 1;
  /// "AKIA" and 16 characters.
  std::string id;
  std::string account;
  /// In lower case.
  std::string user;
  bool active = true;
  std::int64_t created_ms = 0;
  /// The secret access key, sealed for the place "access-key/ID".
  std::string sealed_secret;

  void fields(auto& f) {
    f(1, id);
    f(2, account);
    f(3, user);
    f(4, active);
    f(5, created_ms);
    f(6, sealed_secret);
  }
};

struct LoginProfileRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::int64_t created_ms = 0;
  bool reset_required = false;
  std::int64_t password_changed_ms = 0;
  std::string salt;
  /// The salted hash of the password, sealed for the place "login/USER ID".
  std::string sealed_hash;

  void fields(auto& f) {
    f(1, created_ms);
    f(2, reset_required);
    f(3, password_changed_ms);
    f(4, salt);
    f(5, sealed_hash);
  }
};

struct PasswordPolicyRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::int32_t minimum_length = 6;
  bool symbols = false;
  bool numbers = false;
  bool uppercase = false;
  bool lowercase = false;
  bool users_may_change = false;
  /// Days; absent when passwords do not expire.
  std::optional<std::int32_t> max_age_days;
  std::optional<std::int32_t> reuse_prevention;
  bool hard_expiry = false;

  void fields(auto& f) {
    f(1, minimum_length);
    f(2, symbols);
    f(3, numbers);
    f(4, uppercase);
    f(5, lowercase);
    f(6, users_may_change);
    f(7, max_age_days);
    f(8, reuse_prevention);
    f(9, hard_expiry);
  }
};

struct OidcProviderRecord {
  static constexpr std::uint32_t kVersion = 1;
  /// Without "https://".
  std::string url;
  std::string arn;
  std::int64_t created_ms = 0;
  std::vector<std::string> client_ids;
  std::vector<std::string> thumbprints;
  std::vector<TagRecord> tags;

  void fields(auto& f) {
    f(1, url);
    f(2, arn);
    f(3, created_ms);
    f(4, client_ids);
    f(5, thumbprints);
    f(6, tags);
  }
};

struct SamlProviderRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string name;
  std::string arn;
  std::string uuid;
  std::int64_t created_ms = 0;
  /// The XML document as the caller gave it.
  std::string metadata;
  std::vector<TagRecord> tags;

  void fields(auto& f) {
    f(1, name);
    f(2, arn);
    f(3, uuid);
    f(4, created_ms);
    f(5, metadata);
    f(6, tags);
  }
};

struct SshKeyRecord {
  static constexpr std::uint32_t kVersion = 1;
  /// "APKA" and 17 characters.
  std::string id;
  std::string fingerprint;
  std::string body;
  bool active = true;
  std::int64_t uploaded_ms = 0;

  void fields(auto& f) {
    f(1, id);
    f(2, fingerprint);
    f(3, body);
    f(4, active);
    f(5, uploaded_ms);
  }
};

/// How the deletion of a service-linked role went.
struct RoleDeletionRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string task_id;
  /// As DeletionTaskStatusType: "SUCCEEDED".
  std::string status;

  void fields(auto& f) {
    f(1, task_id);
    f(2, status);
  }
};

struct CredentialReportRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::int64_t generated_ms = 0;
  /// CSV.
  std::string content;

  void fields(auto& f) {
    f(1, generated_ms);
    f(2, content);
  }
};

}  // namespace martlet::iam
