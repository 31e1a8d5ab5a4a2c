#pragma once

// GroupCommit: brings committed versions to the disk, many with one fsync, and runs what waits for that: a
// transaction's after_commit actions, in the order of commits, and those who wait to acknowledge. While an
// fsync runs on a thread of its own, commits gather for the next one. Lives on the loop.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "store/history.h"

namespace martlet::store {

using Actions = std::vector<std::function<void()>>;

/// Runs each of `actions`; one that throws is logged and does not keep the others from running.
void run_actions(const Actions& actions);

class GroupCommit {
 public:
  GroupCommit(Executor executor, std::shared_ptr<History> history);
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  /// Starts to bring `version`, just committed, to the disk; runs `actions` when it is there, whoever waits
  /// or not.
  void add(Version version, Actions actions);

  /// Waits until `version` is on the disk. Throws std::runtime_error when the disk has failed.
  Task<> wait_for(Version version);

  /// Throws std::runtime_error when the disk has failed: what was written since may be lost, so nothing more
  /// is accepted.
  void check() const;

 private:
  struct State;
  static Task<> sync_until_done(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace martlet::store
