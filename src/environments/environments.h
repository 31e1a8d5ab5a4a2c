#pragma once

// Environments: running instances of function versions. A Fleet keeps them warm per version, starts more
// under concurrent load, gives each one invocation at a time through the Runtime API, measures it, kills what
// exceeds its timeout, and writes what it prints to a LogSink. It knows sandboxes and the Runtime API, not
// the Lambda control plane. Lives on the loop.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"

namespace martlet::environments {

/// Everything that defines an environment of one function version. Immutable once made and shared:
/// environments of the same Spec object are interchangeable, a changed function gets a new Spec.
struct Spec {
  std::string account;
  std::string region;
  std::string function_name;
  /// "$LATEST" or a number.
  std::string version = "$LATEST";
  /// Unqualified ARN of the function.
  std::string function_arn;
  /// "python3.12", "nodejs20.x", "provided.al2023", ...
  std::string runtime;
  std::string handler;
  /// Host directory with the unpacked code, shown as /var/task.
  std::string code_directory;
  /// Keeps that directory in being for as long as the Spec lives; may be null.
  std::shared_ptr<const void> code_lease;
  /// Host directories of layers, merged into /opt in this order.
  std::vector<std::string> layer_directories;
  std::map<std::string, std::string> variables;
  std::uint32_t memory_mb = 128;
  std::uint32_t ephemeral_storage_mb = 512;
  std::chrono::seconds timeout{3};
  std::string log_group;
  /// Credentials and endpoint settings (AWS_ACCESS_KEY_ID, ...), fetched when an environment starts.
  std::map<std::string, std::string> credentials;
};

/// One event for a function.
struct Invocation {
  std::string request_id;
  std::string payload;
  /// The ARN by which the function was called, qualifier included.
  std::string invoked_function_arn;
  /// JSON; empty when there is none.
  std::string client_context;
  std::string cognito_identity;
  std::string trace_id;
};

/// What became of an invocation.
struct Outcome {
  enum class Kind {
    kSuccess,
    kHandledError,    ///< the function reported an error (X-Amz-Function-Error: Unhandled in today's API for
                      ///< both kinds)
    kTimeout,         ///< Sandbox.Timedout
    kCrash,           ///< Runtime.ExitError
    kOutOfMemory,     ///< Runtime.OutOfMemory
    kInitError,       ///< the code could not be initialised
    kInvalidRuntime,  ///< no interpreter for this runtime on the machine, or none at all
    kThrottled,       ///< no environment could be had
  };
  Kind kind = Kind::kSuccess;
  /// The function's answer, or the JSON error document {"errorType", "errorMessage", ...}.
  std::string payload;
  /// The last 4 KiB of what it logged, START to REPORT.
  std::string log_tail = {};
  std::chrono::microseconds duration{0};
  std::chrono::microseconds billed_duration{0};
  /// Only where this invocation started the environment.
  std::optional<std::chrono::microseconds> init_duration = {};
  std::uint64_t peak_memory_bytes = 0;

  [[nodiscard]] bool succeeded() const { return kind == Kind::kSuccess; }
};

struct LogEvent {
  std::int64_t timestamp_ms = 0;
  std::string message = {};
};

/// Takes what functions print. Calls for one stream come in order.
class LogSink {
 public:
  virtual ~LogSink() = default;
  /// Makes group and stream when absent. Failures are the sink's to log; they never fail an invocation.
  virtual Task<> write(const Spec& spec, const std::string& stream, std::vector<LogEvent> events) = 0;
};

}  // namespace martlet::environments
