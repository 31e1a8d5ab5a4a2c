#pragma once

// An asynchronous invocation as it waits in its function's queue.

#include <cstdint>
#include <string>

#include "services/lambda/function_name.h"

namespace martlet::lambda {

struct AsyncEvent {
  static constexpr std::uint32_t kVersion = 1;

  std::string request_id;
  std::string partition = "aws";
  /// As it was called: the qualifier may be empty.
  std::string account;
  std::string region;
  std::string name;
  std::string qualifier;
  std::string payload;
  std::string trace_header;
  /// Empty but for functions with tenant isolation.
  std::string tenant_id;
  std::int64_t accepted_ms = 0;
  /// How often the function failed at it.
  std::uint32_t failures = 0;
  /// How often it was tried, throttles and system errors included.
  std::uint32_t attempts = 0;

  void fields(auto& field) {
    field(1, request_id);
    field(2, account);
    field(3, region);
    field(4, name);
    field(5, qualifier);
    field(6, payload);
    field(7, trace_header);
    field(8, accepted_ms);
    field(9, failures);
    field(10, attempts);
    field(11, partition);
    field(12, tenant_id);
  }

  [[nodiscard]] FunctionName function() const { return {account, region, name, qualifier}; }
};

/// What became of one attempt.
struct AsyncAttempt {
  enum class Kind {
    kSuccess,
    kFunctionError,  ///< the function failed, or timed out, or its runtime ended
    kNotNow,         ///< throttled, or the platform failed: does not count as an attempt of the function
    kGone,           ///< there is no such function, version or alias any more
  };
  Kind kind = Kind::kSuccess;
  /// The function's answer or its error document; with kNotNow the error's message.
  std::string payload;
  std::string executed_version = {};
  /// The status that a synchronous invocation would have had.
  int status = 200;
};

}  // namespace martlet::lambda
