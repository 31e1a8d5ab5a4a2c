#pragma once

// Resolver: finds out whether what a transaction read was written by another one that committed after the
// transaction's snapshot. It remembers the write sets of recent commits, newest version by key, until it is
// told that nobody can ask about them any more. Lives on the loop.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "store/engine.h"

namespace martlet::store {

/// Counts commits; the state of the store after commit n is version n.
using Version = std::uint64_t;

/// What a transaction has seen: single keys, present or not, and ranges, gaps included.
struct ReadSet {
  std::vector<std::string> keys;
  std::vector<Range> ranges;

  [[nodiscard]] bool empty() const { return keys.empty() && ranges.empty(); }
};

class Resolver {
 public:
  /// Remembers that `version` wrote `batch`. Versions come in rising order.
  void add(Version version, const Batch& batch);

  /// The newest remembered version that wrote something of `reads`; 0 when none did. Every version after the
  /// last one given to forget() is remembered.
  [[nodiscard]] Version newest_write(const ReadSet& reads) const;

  /// Drops every version up to and including `version`.
  void forget(Version version);

  /// Remembered writes, one for each key or range of each commit.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// The oldest remembered version; 0 when there is none.
  [[nodiscard]] Version oldest() const { return commits_.empty() ? 0 : commits_.front().version; }

 private:
  struct Commit {
    Version version;
    std::vector<std::string> keys;
    std::vector<Range> erased;
  };
  [[nodiscard]] Version newest_write(const std::string& key) const;
  [[nodiscard]] Version newest_write(const Range& range) const;

  std::deque<Commit> commits_;
  /// The newest remembered version that wrote each key on its own.
  std::map<std::string, Version, std::less<>> newest_;
  /// How many of `commits_` erased ranges: usually none, and then nothing is searched.
  std::size_t with_erased_ = 0;
  std::size_t size_ = 0;
};

}  // namespace martlet::store
