#pragma once

// Preboot: a sandbox in which a runtime's interpreter and Martlet's bootstrap run, but no function yet. The
// bootstrap asks GET /2018-06-01/martlet/function; the answer tells it the function's variables, and from
// then on it is an ordinary environment's process. Made by the Stock, finished by the Launcher; lives on the
// loop.

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/signal.h"
#include "base/task.h"
#include "environments/alarm.h"
#include "environments/environment.h"
#include "environments/policy.h"
#include "environments/runtime_api.h"
#include "environments/runtimes.h"
#include "sandbox/sandbox.h"

namespace martlet::environments {

/// The sandbox of a runtime that waits for its function.
sandbox::Policy preboot_policy(const Runtime& runtime, const Ports& ports, const std::string& name);
/// What such a sandbox lacks to be that function's.
sandbox::Finish finish_for(const sandbox::Policy& policy, const Runtime& runtime);
/// The answer to GET /2018-06-01/martlet/function.
std::string function_document(const Variables& variables, std::uint32_t heap_mb);

class Preboot final : public WaitingRuntime, public std::enable_shared_from_this<Preboot> {
 public:
  Preboot(Environment::Surroundings& surroundings, sandbox::Policy policy);

  /// Makes the sandbox and waits until the bootstrap asks for its function, or it is taken before. Throws
  /// std::runtime_error when either fails.
  Task<> boot();

  /// Gives the sandbox the rest of its policy in the background; finished() waits for it, and throws
  /// std::runtime_error when it, or the boot, failed.
  void finish(sandbox::Finish rest);
  Task<> finished();
  /// After finished().
  std::unique_ptr<sandbox::Sandbox> take_sandbox() { return std::move(sandbox_); }
  /// Answers the bootstrap, as soon as it asks.
  void give(std::string document);

  void kill();
  [[nodiscard]] const std::string& tag() const { return policy_.name; }
  /// After boot(); 0 where unknown.
  [[nodiscard]] std::uint64_t memory_held() const { return memory_held_; }
  [[nodiscard]] bool waiting() const { return asked_ && !ended_; }
  [[nodiscard]] bool ended() const { return ended_; }

  // WaitingRuntime
  Task<std::optional<std::string>> function() override;

 private:
  static Task<> watch(std::shared_ptr<Preboot> self);
  static Task<> complete(std::shared_ptr<Preboot> self, sandbox::Finish rest);
  void end();
  Task<std::optional<Duration>> look();

  Environment::Surroundings& around_;
  sandbox::Policy policy_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::uint64_t memory_held_ = 0;
  bool asked_ = false;
  bool ended_ = false;
  bool doomed_ = false;
  bool finished_ = false;
  bool taken_ = false;
  bool given_ = false;
  std::exception_ptr failure_;
  std::optional<std::string> document_;
  Signal changed_;
  /// Ends one that does not come to ask.
  Alarm limit_;
};

}  // namespace martlet::environments
