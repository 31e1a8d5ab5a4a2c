#pragma once

// Environments: running instances of function versions. A Fleet keeps them warm per version, starts more
// under concurrent load, gives each one invocation at a time through the Runtime API, measures it, kills what
// exceeds its timeout, and writes what it prints to a LogSink. It knows sandboxes and the Runtime API, not
// the Lambda control plane. Lives on the loop.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "sandbox/sandbox.h"

namespace martlet::environments {

/// How a function's log is written: LoggingConfig of the Lambda API.
struct Logging {
  enum class Format { kText, kJson };
  Format format = Format::kText;
  /// "TRACE" to "FATAL", for what the function prints; only with JSON.
  std::string application_level = "INFO";
  /// "DEBUG", "INFO" or "WARN", for what the platform says; only with JSON.
  std::string system_level = "INFO";
};

/// A container image, unpacked.
struct Image {
  /// Host directory with the root file system; the Spec's code lease keeps it in being.
  std::string directory;
  /// ENTRYPOINT and CMD, the function's ImageConfig applied.
  std::vector<std::string> entry_point;
  std::vector<std::string> command;
  std::string working_directory;
  /// ENV of the image; the function's variables go over it.
  std::map<std::string, std::string> variables;
};

/// How an environment came to be: AWS_LAMBDA_INITIALIZATION_TYPE.
enum class InitializationType { kOnDemand, kProvisionedConcurrency, kSnapStart };

/// How long the credentials that an environment starts with are good.
inline constexpr Duration kCredentialsLifetime = std::chrono::hours(12);

/// Credentials of the function's role as environment variables (AWS_ACCESS_KEY_ID, ...), for the environment
/// of that tag alone, good for `lifetime`. They end with it: see FleetOptions::environment_ended.
using CredentialsForEnvironment =
    std::function<Task<std::map<std::string, std::string>>(std::string environment, Duration lifetime)>;

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
  /// Host directory with the layers merged, shown as /opt; empty when there are none.
  std::string opt_directory;
  std::shared_ptr<const void> opt_lease;
  /// Set for PackageType Image; runtime, handler and code_directory are empty then.
  std::optional<Image> image;
  std::map<std::string, std::string> variables;
  std::uint32_t memory_mb = 128;
  std::uint32_t ephemeral_storage_mb = 512;
  std::chrono::seconds timeout{3};
  std::string log_group;
  Logging logging;
  /// "PassThrough" or "Active".
  std::string tracing_mode = "PassThrough";
  /// SnapStart ApplyOn PublishedVersions, and this is a published version.
  bool snap_start = false;
  /// Events that one environment takes at a time; 1 for ordinary functions.
  std::uint32_t concurrency = 1;
  /// TenancyConfig PER_TENANT: events go to Specs with a tenant, one for each tenant.
  bool per_tenant = false;
  /// The only tenant whose events these environments take; empty for functions without tenant isolation.
  std::string tenant_id;
  sandbox::Egress egress;
  /// The execution role, as which it acts and writes its log.
  std::string role_arn;
  CredentialsForEnvironment credentials;
};

/// Takes an answer as it comes (InvokeWithResponseStream, function URLs with RESPONSE_STREAM). Whoever calls
/// waits for each call to end: that is how a slow reader slows the function down.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  /// Before the first piece: the Content-Type the runtime gave its answer.
  virtual Task<> begin(std::string content_type) = 0;
  virtual Task<> write(std::string piece) = 0;
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
  /// Whose event it is, with tenant isolation: the Spec is that tenant's. Else empty.
  std::string tenant_id = {};
  /// Where the answer goes when the caller wants it piece by piece; null: all of it into Outcome::payload.
  std::shared_ptr<ResponseSink> sink = nullptr;
};

/// Why an invocation was throttled: Reason of TooManyRequestsException.
enum class ThrottleReason {
  kConcurrentInvocationLimitExceeded,                  ///< the account's concurrency, or this host's room
  kReservedFunctionConcurrentInvocationLimitExceeded,  ///< the function's reserved concurrency
  kFunctionInvocationRateLimitExceeded,  ///< environments are not made faster than AWS makes them
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
    kRestoreError,    ///< SnapStartException: an after-restore hook failed
    kRestoreTimeout,  ///< SnapStartTimeoutException: the Restore phase took longer than 10 s
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
  /// Only where this is the first invocation after a restore (SnapStart).
  std::optional<std::chrono::microseconds> restore_duration = {};
  std::uint64_t peak_memory_bytes = 0;
  /// With kThrottled.
  ThrottleReason throttle_reason = ThrottleReason::kConcurrentInvocationLimitExceeded;
  /// The answer, or its beginning, went to Invocation::sink. An error that came after that is a midstream
  /// error: `kind` and `payload` tell it.
  bool streamed = false;

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
