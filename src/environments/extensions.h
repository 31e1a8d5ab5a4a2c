#pragma once

// Extensions: those of one environment, what each of them has registered for, which of them are at work, and
// the events they are given. It follows the Lambda developer guide's "runtimes-extensions-api" page; the
// environment decides what becomes of an extension that fails. Made by its environment when there is the
// first one; lives on the loop.

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/signal.h"
#include "base/task.h"
#include "environments/environments.h"
#include "sandbox/sandbox.h"

namespace martlet::environments {

/// AWS's limit.
inline constexpr std::size_t kMaxExtensions = 10;

/// The extensions that a function brings: names of the programs in its /opt/extensions, sorted.
std::vector<std::string> external_extensions_of(const Spec& spec);

/// A random UUID (version 4).
std::string make_identifier();

/// shutdownReason of the Shutdown event.
enum class ShutdownReason { kSpindown, kTimeout, kFailure };

/// Why a call of the API is refused: all with status 403.
struct ExtensionRefusal {
  std::string type;
  std::string message;
};

/// What an extension is told of an invocation.
struct InvokeEvent {
  std::int64_t deadline_ms = 0;
  std::string_view request_id;
  std::string_view invoked_function_arn;
  std::string_view trace_id;
};

class Extensions : public std::enable_shared_from_this<Extensions> {
 public:
  struct Member {
    /// kRunning: it has an event, or is to get one, and has not asked for the next.
    enum class State { kStarted, kRegistered, kReady, kRunning, kInitError, kExitError, kExited };
    std::string name;
    /// Lambda-Extension-Identifier.
    std::string id;
    /// A program of its own, from /opt/extensions; else part of the runtime's process.
    bool external = false;
    State state = State::kStarted;
    /// "INVOKE", "SHUTDOWN", as registered.
    std::vector<std::string> events;
    /// The event that waits for its call of /event/next; JSON.
    std::string pending;
    std::uint64_t calls = 0;
    std::unique_ptr<sandbox::Process> process;

    [[nodiscard]] bool wants(std::string_view event) const;
    [[nodiscard]] bool failed() const { return state >= State::kInitError; }
  };

  struct Watchers {
    /// One has asked for its next event, or has ended.
    std::function<void()> progressed;
    /// One says that it cannot go on; `type` is Extension.InitError or Extension.ExitError, `reason` what it
    /// reports.
    std::function<void(const Member& member, std::string type, std::string reason)> failed;
  };

  Extensions(Executor executor, Watchers watchers);

  /// A program about to be started. The reference stays good.
  Member& add_external(std::string name);

  // The API. Identifiers and names are whatever the caller sent.

  /// Registration of an external one that was started, or of an internal one while `internal_ones_may`.
  std::expected<std::string, ExtensionRefusal> enrol(std::string name, std::vector<std::string> events,
                                                     bool internal_ones_may);
  /// Waits for the next event.
  Task<std::expected<std::string, ExtensionRefusal>> next(std::string id);
  std::expected<void, ExtensionRefusal> fail_init(const std::string& id, const std::string& reason);
  std::expected<void, ExtensionRefusal> fail_exit(const std::string& id, const std::string& reason);
  /// The registered extension with that identifier, if it has one.
  std::expected<Member*, ExtensionRefusal> find(std::string_view id);

  // The environment's side.

  void post_invoke(const InvokeEvent& event);
  void post_shutdown(ShutdownReason reason, std::int64_t deadline_ms);
  /// Every program that was started has registered.
  [[nodiscard]] bool all_registered() const;
  /// Every one has asked for its first event.
  [[nodiscard]] bool all_ready() const;
  /// One that registered for INVOKE has not finished with the last event.
  [[nodiscard]] bool busy() const;
  [[nodiscard]] bool has_external() const;
  [[nodiscard]] bool has_internal() const;
  /// Every program has ended.
  [[nodiscard]] bool all_exited() const;
  /// The process of `member` has ended.
  void exited(Member& member);
  [[nodiscard]] std::deque<Member>& members() { return members_; }

 private:
  std::expected<void, ExtensionRefusal> fail(const std::string& id, Member::State state,
                                             const std::string& reason);

  Watchers watchers_;
  Signal changed_;
  std::deque<Member> members_;
};

}  // namespace martlet::environments
