#pragma once

// Provisioner: provisioned concurrency. Keeps as many environments of a Spec initialised as were asked for,
// starts another when one ends, and knows what became of the request ("Configuring provisioned concurrency
// for a function"). The roster hands them out before others. Owned by the fleet; lives on the loop.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "base/task_group.h"
#include "environments/concurrency.h"
#include "environments/fleet.h"
#include "environments/launcher.h"
#include "environments/roster.h"
#include "environments/runtimes.h"

namespace martlet::environments {

class Provisioner {
 public:
  /// All of it outlives the provisioner.
  struct Parts {
    Executor executor;
    Clock& clock;
    TaskGroup& tasks;
    Launcher& launcher;
    Roster& roster;
    Concurrency& concurrency;
    Runtimes& runtimes;
    Duration init_timeout;
    /// How long one environment waits for room on this host before the request fails.
    Duration patience;
    /// Waits until there may be room, or it is that time.
    std::function<Task<>(Duration)> wait_for_room;
    /// An environment is there for whoever wants it.
    std::function<void(Environment&)> ready;
  };
  explicit Provisioner(Parts parts) : with_(std::move(parts)) {}

  /// See Fleet::provision. Asking again after a failure tries again.
  void set(const std::shared_ptr<const Spec>& spec, std::uint32_t count);
  /// A provisioned environment has ended.
  void ended(const Environment& environment);
  /// Forgets every request; the environments are the caller's to end.
  void clear();

  [[nodiscard]] Fleet::Provisioned of(const Spec& spec) const;
  [[nodiscard]] Fleet::Provisioned of_all() const;

 private:
  struct Request {
    std::shared_ptr<const Spec> spec;
    std::uint32_t count = 0;
    /// Initialised ones.
    std::vector<std::shared_ptr<Environment>> environments;
    std::uint32_t starting = 0;
    std::string failure;
  };

  void fill(const std::shared_ptr<Request>& request);
  Task<> start_one(std::shared_ptr<Request> request);
  /// The reason when there is none.
  Task<std::expected<std::shared_ptr<Environment>, std::string>> make_one(std::shared_ptr<Request> request);
  [[nodiscard]] static bool wants_more(const Request& request);
  static void release_surplus(Request& request);
  static Fleet::Provisioned told(const Request& request);

  Parts with_;
  std::unordered_map<const Spec*, std::shared_ptr<Request>> requests_;
};

}  // namespace martlet::environments
