#pragma once

// What the Lambda service stores. The keys are spelled in functions_store.cc, nowhere else.

#include <cstdint>
#include <map>
#include <string>

#include "store/blobs.h"

namespace martlet::lambda {

/// A function's $LATEST: code and configuration. (The numbers of its fields are never used again: see
/// store/record.h.)
struct FunctionRecord {
  static constexpr std::uint32_t kVersion = 1;

  std::string name;
  std::string runtime;
  std::string handler;
  std::string role;
  std::string description;
  std::int32_t timeout_seconds = 0;
  std::int32_t memory_mb = 0;
  std::int32_t ephemeral_storage_mb = 0;
  std::map<std::string, std::string> variables;
  /// "x86_64" or "arm64".
  std::string architecture;
  /// "PassThrough" or "Active".
  std::string tracing_mode;
  /// "Text" or "JSON".
  std::string log_format;
  std::string log_group;
  /// The zip file. Its SHA-256 also names the directory it is unpacked into.
  store::BlobRef code;
  std::int64_t last_modified_ms = 0;
  std::string revision_id;
  std::map<std::string, std::string> tags;

  void fields(auto& field) {
    field(1, name);
    field(2, runtime);
    field(3, handler);
    field(4, role);
    field(5, description);
    field(6, timeout_seconds);
    field(7, memory_mb);
    field(8, ephemeral_storage_mb);
    field(9, variables);
    field(10, architecture);
    field(11, tracing_mode);
    field(12, log_format);
    field(13, log_group);
    field(14, code);
    field(15, last_modified_ms);
    field(16, revision_id);
    field(17, tags);
  }
};

}  // namespace martlet::lambda
