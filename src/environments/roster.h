#pragma once

// Roster: which environments there are, which of them can take an event, and whether there is room for
// another. Pure bookkeeping of the fleet; lives on the loop.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
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
  using Members = std::unordered_map<std::string, std::shared_ptr<Environment>>;

  explicit Roster(Room room) : room_(room) {}

  /// A new environment. Until release() it belongs to the invocation that starts it.
  void add(const std::shared_ptr<Environment>& environment);
  void release(Environment& environment);
  /// Whether it was on the roster.
  bool remove(Environment& environment);

  /// It waits for an event. Returns whether others than its starter may have it.
  bool became_idle(Environment& environment);
  /// An environment of `spec` that takes an event now, the most recently used first; null when there is none.
  std::shared_ptr<Environment> take(const Spec* spec);

  /// Whether one more of this memory size keeps the bounds. One always has room.
  [[nodiscard]] bool fits(const Spec& spec) const;
  /// Ends the environment that has been idle longest, unless enough of them are ending already.
  void make_room(const Spec& spec);

  /// By tag.
  [[nodiscard]] const Members& members() const { return members_; }
  /// The same, to be gone through while environments may end.
  [[nodiscard]] std::vector<std::shared_ptr<Environment>> all() const;
  [[nodiscard]] std::uint64_t reserved_memory() const { return reserved_memory_; }

 private:
  /// The environments of one Spec.
  struct Pool {
    std::vector<std::shared_ptr<Environment>> members;
    std::vector<Environment*> idle;
  };

  Room room_;
  Members members_;
  std::unordered_map<const Spec*, Pool> pools_;
  std::unordered_set<const Environment*> starting_;
  std::uint64_t reserved_memory_ = 0;
};

}  // namespace martlet::environments
