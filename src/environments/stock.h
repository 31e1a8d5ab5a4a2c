#pragma once

// Stock: pre-booted runtimes, a few of each that functions use. A runtime's stock begins when its first
// function appears and is refilled while nothing else starts, one at a time; it is given up when no function
// of the runtime has started for a while, or memory is short. Owned by the fleet; lives on the loop.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/task.h"
#include "base/task_group.h"
#include "environments/environment.h"
#include "environments/fleet.h"
#include "environments/policy.h"
#include "environments/preboot.h"
#include "environments/runtimes.h"

namespace martlet::environments {

class Stock {
 public:
  /// All of it outlives the stock.
  struct Parts {
    Executor executor;
    Clock& clock;
    Ids& ids;
    TaskGroup& tasks;
    Environment::Surroundings& around;
    Ports ports;
    /// Whether nothing starts now; the stock is filled only then.
    std::function<bool()> calm;
    /// What it holds has changed.
    std::function<void()> changed;
  };
  Stock(Parts parts, StockOptions options);

  /// Whether environments of that Spec may come from a stock.
  static bool serves(const Runtime& runtime, const Spec& spec);
  /// A function of this runtime is there: its stock is kept from now on.
  void expect(const std::shared_ptr<const Runtime>& runtime);
  /// One for that Spec, which may still be booting; null when there is none. The runtime has been used.
  std::shared_ptr<Preboot> take(const std::shared_ptr<const Runtime>& runtime, const Spec& spec);
  /// Fills up, when it is calm.
  void tend();
  /// Gives up what was not used for long; returns when to look again.
  std::optional<Duration> expire();
  /// Ends all, and keeps none until a function is used again.
  void give_up();

  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::size_t booting() const;
  [[nodiscard]] std::uint64_t memory() const;
  /// Environments that came from it.
  [[nodiscard]] std::uint64_t taken() const { return taken_; }

 private:
  /// All Runtimes that are started alike.
  struct Shelf {
    std::shared_ptr<const Runtime> runtime;
    std::vector<std::shared_ptr<Preboot>> preboots;
    Duration used_at{0};
    std::uint64_t bytes_each = 0;
    int failures = 0;
  };

  Task<> fill();
  Task<> boot(std::shared_ptr<Shelf> shelf);
  std::shared_ptr<Shelf> next_to_fill();
  static std::string key(const Runtime& runtime);
  void empty(Shelf& shelf);

  Parts with_;
  StockOptions options_;
  std::map<std::string, std::shared_ptr<Shelf>> shelves_;
  bool filling_ = false;
  std::uint64_t taken_ = 0;
};

}  // namespace martlet::environments
