#pragma once

// What IAM stores; iam_store.h says under which keys.

#include <cstdint>
#include <string>
#include <vector>

#include "store/record.h"

namespace martlet::iam {

struct TagRecord {
  std::string key;
  std::string value;

  void fields(auto& f) {
    f(1, key);
    f(2, value);
  }
};

struct RoleRecord {
  static constexpr std::uint32_t kVersion = 1;
  /// In the letters it was created with.
  std::string name;
  std::string path;
  /// "AROA" and 17 characters.
  std::string id;
  std::string arn;
  std::int64_t created_ms = 0;
  /// The document as the caller wrote it.
  std::string trust_policy;
  std::optional<std::string> description;
  std::int32_t max_session_seconds = 0;
  /// The ARN of a managed policy.
  std::optional<std::string> permissions_boundary;
  std::vector<TagRecord> tags;

  void fields(auto& f) {
    f(1, name);
    f(2, path);
    f(3, id);
    f(4, arn);
    f(5, created_ms);
    f(6, trust_policy);
    f(7, description);
    f(8, max_session_seconds);
    f(9, permissions_boundary);
    f(10, tags);
  }
};

/// A policy that is part of one role.
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

/// A managed policy that is attached to a role.
struct AttachmentRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string policy_arn;

  void fields(auto& f) { f(1, policy_arn); }
};

}  // namespace martlet::iam
