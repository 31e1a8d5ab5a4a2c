#pragma once

// Roster: which environments there are, which of them can take an event, what memory they hold, and whether
// there is room for another. Pure bookkeeping of the fleet; lives on the loop.
//
// Room is counted by what is used. An environment that waits for an event counts what it was last measured to
// hold. One that starts or works counts the most that environments of its Spec were seen to hold; before
// anything is known of them, a share of the configured size. None counts more than its configured size.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "environments/environment.h"

namespace martlet::environments {

/// Bounds of all environments together.
struct Room {
  std::uint64_t memory_bytes = 0;
  std::size_t environments = 0;
};

class Roster {
 public:
  explicit Roster(Room room) : room_(room) {}

  /// A new environment. Until release() it belongs to the one that starts it.
  void add(const std::shared_ptr<Environment>& environment, InitializationType type);
  void release(Environment& environment);
  /// Whether it was on the roster.
  bool remove(Environment& environment);

  /// It waits for an event. Returns whether others than its starter may have it.
  bool became_idle(Environment& environment);
  /// It has been measured.
  void measured(Environment& environment);

  /// Whether take() would give a provisioned environment.
  [[nodiscard]] bool offers_provisioned(const Spec* spec) const;
  /// An environment of `spec` that takes an event now: provisioned ones first, of each kind the most recently
  /// used; null when there is none. It counts as busy from now on.
  std::shared_ptr<Environment> take(const Spec* spec);
  /// Whether one waits for an event.
  [[nodiscard]] bool has_idle(const Spec* spec) const;

  /// How many that function (unqualified ARN) has that belong to a tenant.
  [[nodiscard]] std::size_t of_tenants(const std::string& function_arn) const;

  /// Whether one more keeps the bounds. One always has room.
  [[nodiscard]] bool fits(const Spec& spec) const;
  /// Ends the environment that has been idle longest, unless enough of them are ending already.
  void make_room(const Spec& spec);
  /// Ends those that have been idle longest until about `bytes` will be free again. Returns how much that is.
  std::uint64_t shed(std::uint64_t bytes);
  /// By how much the bound of memory is exceeded, those that end left out.
  [[nodiscard]] std::uint64_t excess() const;
  /// Memory within the same bound that others than environments hold.
  void set_aside(std::uint64_t bytes) { aside_ = bytes; }

  /// Null when there is none of that tag.
  [[nodiscard]] std::shared_ptr<Environment> find(const std::string& tag) const;
  /// All of them, to be gone through while environments may end.
  [[nodiscard]] std::vector<std::shared_ptr<Environment>> all() const;
  [[nodiscard]] bool provisioned(const Environment& environment) const;
  /// What all of them count.
  [[nodiscard]] std::uint64_t memory() const { return memory_; }

 private:
  struct Entry {
    std::shared_ptr<Environment> environment;
    InitializationType type = InitializationType::kOnDemand;
    bool starting = true;
    std::uint64_t counted = 0;
  };
  /// The environments of one Spec.
  struct Pool {
    std::vector<std::shared_ptr<Environment>> members;
    std::vector<Environment*> idle;
    std::vector<Environment*> idle_provisioned;
    /// Most that one of them was seen to hold; 0 before anything is known.
    std::uint64_t most_held = 0;
  };

  [[nodiscard]] std::uint64_t expected(const Spec& spec) const;
  void count(Entry& entry, std::uint64_t bytes);
  [[nodiscard]] Environment* longest_idle() const;

  Room room_;
  std::unordered_map<const Environment*, Entry> entries_;
  std::unordered_map<std::string, Environment*> tags_;
  std::unordered_map<const Spec*, Pool> pools_;
  std::uint64_t memory_ = 0;
  std::uint64_t aside_ = 0;
};

}  // namespace martlet::environments
