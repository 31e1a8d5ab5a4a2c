#pragma once

// RuntimeApi: the HTTP interfaces between environments and the processes in them. One server answers all
// environments; the listener that a request arrived on tells which. This file has the Runtime API, version
// 2018-06-01, as the Lambda developer guide's "runtimes-api", "runtimes-custom" (response streaming) and
// "snapstart-runtime-hooks-custom" pages describe it; what else lives on the port has files of its own, and
// answer() shares the requests out by their path's beginning. Lives on the loop; owned by the fleet.

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/task.h"
#include "environments/answer_stream.h"
#include "net/http.h"
#include "net/server.h"

namespace martlet::environments {

class ExtensionsHost;
class TelemetryHost;

/// Most bytes of a buffered answer (6 MB and what AWS allows for its envelope).
inline constexpr std::size_t kMaxResponseBytes = 6'291'556;
/// Most bytes of a streamed answer: 200 MB.
inline constexpr std::size_t kMaxStreamedBytes = 200 << 20;

/// An event on its way to a function.
struct Event {
  net::Headers headers;
  std::string payload;
};

/// What a function answers.
struct Answer {
  std::string payload;
  std::string content_type;
  /// All of it went through RuntimeHost::stream().
  bool streamed = false;
};

/// A failure that a runtime reports.
struct RuntimeError {
  /// The header Lambda-Runtime-Function-Error-Type; may be empty.
  std::string type;
  /// The error document as sent.
  std::string document;
};

/// How the environment took a message of its runtime.
enum class Verdict {
  kAccepted,
  kUnknownRequest,  ///< no invocation of that id is under way
  kWrongState,      ///< not now: an init error after initialisation, a second /next during an invocation
};

/// One environment as its runtime sees it.
class RuntimeHost {
 public:
  virtual ~RuntimeHost() = default;

  /// The runtime is ready: waits for an event. nullopt when it will get none, because the environment ends,
  /// an invocation is still under way, or another call has taken this one's place.
  virtual Task<std::optional<Event>> next() = 0;
  virtual Task<Verdict> respond(std::string request_id, Answer answer) = 0;
  /// The answer was longer than `limit`.
  virtual Task<Verdict> respond_too_large(std::string request_id, std::size_t limit) = 0;
  /// The runtime begins to stream its answer: where the pieces go. Null when the caller wants it whole.
  virtual std::expected<std::shared_ptr<AnswerStream>, Verdict> stream(const std::string& request_id) = 0;
  /// The stream ended in the middle: the runtime has a moment to say why, or is gone.
  virtual void stream_broke(const std::string& request_id) = 0;
  /// Before the first piece of an answer or after it: a midstream error.
  virtual Task<Verdict> fail(std::string request_id, RuntimeError error) = 0;
  virtual Task<Verdict> fail_init(RuntimeError error) = 0;

  /// SnapStart: initialisation is over, before-snapshot hooks included. Waits for the restore.
  virtual Task<Verdict> restore_next() = 0;
  virtual Task<Verdict> fail_restore(RuntimeError error) = 0;
  /// The credentials endpoint's answer to one who shows `token`; nullopt when that is not the right one.
  virtual Task<std::optional<std::string>> credentials(std::string token) = 0;

  /// What answers the Extensions API, and the Telemetry and Logs APIs.
  virtual std::shared_ptr<ExtensionsHost> extensions_host() = 0;
  virtual std::shared_ptr<TelemetryHost> telemetry_host() = 0;
};

/// A runtime without a function yet (see preboot.h).
class WaitingRuntime {
 public:
  virtual ~WaitingRuntime() = default;
  /// Its bootstrap asks which function it is to be: waits for that. nullopt when it will be none.
  virtual Task<std::optional<std::string>> function() = 0;
};

class RuntimeApi {
 public:
  RuntimeApi(Executor executor, Clock& clock);
  ~RuntimeApi();

  /// Answers what arrives on that listening socket (taken over) for `host`, until detach(tag). Tags are
  /// unique.
  void attach(int listening_fd, const std::string& tag, std::weak_ptr<RuntimeHost> host);
  /// The same for a runtime that waits for its function, and what makes that the runtime of `host`.
  void attach_waiting(int listening_fd, const std::string& tag, std::weak_ptr<WaitingRuntime> waiting);
  void hand_over(const std::string& tag, std::weak_ptr<RuntimeHost> host);
  void detach(const std::string& tag);
  /// Closes every connection and waits until nothing runs.
  Task<> stop();

 private:
  struct Attached {
    std::uint64_t listener = 0;
    std::weak_ptr<RuntimeHost> host{};
    std::weak_ptr<WaitingRuntime> waiting{};
  };

  Task<> answer(net::Request& request, net::ResponseWriter& writer);

  std::unordered_map<std::string, Attached> attached_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace martlet::environments
