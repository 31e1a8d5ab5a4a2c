#pragma once

// What IAM stores about identities and policies; iam_store.h says under which keys. Records of things that
// have a name in their account share the numbers of `name` (1), `path` (2), `id` (3), `arn` (4) and
// `created_ms` (5), and kNoun, which is what they are called in keys and errors. account_records.h has the
// rest.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/record.h"

namespace martlet::iam {

inline constexpr std::string_view kUser = "user";
inline constexpr std::string_view kGroup = "group";
inline constexpr std::string_view kRole = "role";

struct TagRecord {
  std::string key;
  std::string value;

  void fields(auto& f) {
    f(1, key);
    f(2, value);
  }
};

/// What every named record begins with: enough to know that it is there and where it is.
struct NamedRecord {
  static constexpr std::uint32_t kVersion = 1;
  /// In the letters it was created with.
  std::string name;
  /// "/" or "/a/b/".
  std::string path;
  /// The prefix of its kind and 17 characters: "AROA...".
  std::string id;
  std::string arn;
  std::int64_t created_ms = 0;

  void fields(auto& f) {
    f(1, name);
    f(2, path);
    f(3, id);
    f(4, arn);
    f(5, created_ms);
  }
};

struct UserRecord : NamedRecord {
  static constexpr std::string_view kNoun = iam::kUser;
  static constexpr std::string_view kIdPrefix = "AIDA";
  /// The ARN of a managed policy.
  std::optional<std::string> permissions_boundary;
  std::vector<TagRecord> tags;

  void fields(auto& f) {
    NamedRecord::fields(f);
    f(9, permissions_boundary);
    f(10, tags);
  }
};

struct GroupRecord : NamedRecord {
  static constexpr std::string_view kNoun = iam::kGroup;
  static constexpr std::string_view kIdPrefix = "AGPA";
};

struct RoleRecord : NamedRecord {
  static constexpr std::string_view kNoun = iam::kRole;
  static constexpr std::string_view kIdPrefix = "AROA";
  /// The document as the caller wrote it.
  std::string trust_policy;
  std::optional<std::string> description;
  std::int32_t max_session_seconds = 0;
  /// The ARN of a managed policy.
  std::optional<std::string> permissions_boundary;
  std::vector<TagRecord> tags;

  void fields(auto& f) {
    NamedRecord::fields(f);
    f(6, trust_policy);
    f(7, description);
    f(8, max_session_seconds);
    f(9, permissions_boundary);
    f(10, tags);
  }
};

struct InstanceProfileRecord : NamedRecord {
  static constexpr std::string_view kNoun = "instance-profile";
  static constexpr std::string_view kIdPrefix = "AIPA";
  /// The name of its role, in lower case.
  std::optional<std::string> role;
  std::vector<TagRecord> tags;

  void fields(auto& f) {
    NamedRecord::fields(f);
    f(6, role);
    f(10, tags);
  }
};

/// A customer managed policy; its documents are PolicyVersionRecords.
struct PolicyRecord : NamedRecord {
  static constexpr std::string_view kNoun = "policy";
  static constexpr std::string_view kIdPrefix = "ANPA";
  std::optional<std::string> description;
  std::int64_t updated_ms = 0;
  std::uint32_t default_version = 1;
  /// The number that the next version gets: numbers of deleted versions do not come back.
  std::uint32_t next_version = 2;
  std::vector<TagRecord> tags;

  void fields(auto& f) {
    NamedRecord::fields(f);
    f(6, description);
    f(7, updated_ms);
    f(8, default_version);
    f(9, next_version);
    f(10, tags);
  }
};

struct PolicyVersionRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::uint32_t number = 0;
  /// The document as the caller wrote it.
  std::string document;
  std::int64_t created_ms = 0;

  void fields(auto& f) {
    f(1, number);
    f(2, document);
    f(3, created_ms);
  }
};

/// A policy that is part of one user, group or role.
struct InlinePolicyRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string name;
  /// The document as the caller wrote it.
  std::string document;

  void fields(auto& f) {
    f(1, name);
    f(2, document);
  }
};

/// A managed policy that is attached to a user, group or role.
struct AttachmentRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string policy_arn;

  void fields(auto& f) { f(1, policy_arn); }
};

/// Who uses a managed policy: the other direction of attachments and permissions boundaries.
struct PolicyUseRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string policy_arn;
  /// "attachment" or "boundary".
  std::string usage;
  /// kUser, kGroup or kRole.
  std::string noun;
  /// Of the user, group or role; in lower case.
  std::string name;

  void fields(auto& f) {
    f(1, policy_arn);
    f(2, usage);
    f(3, noun);
    f(4, name);
  }
};

/// That one thing belongs to another: a user to a group, a key to a user. The name is in lower case.
struct LinkRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string name;

  void fields(auto& f) { f(1, name); }
};

}  // namespace martlet::iam
