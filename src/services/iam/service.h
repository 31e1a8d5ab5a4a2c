#pragma once

// The IAM service: users, groups, roles, policies, credentials, identity providers and settings of accounts.
// IAM is global: everything belongs to an account, in no region. Operations are grouped by noun, one class
// and header for each group, each class deriving from the one before: operations.h, users.h, groups.h,
// roles.h, policies.h. Lives on the loop.

#include "base/task_group.h"
#include "services/iam/last_accessed_details.h"

namespace martlet::iam {

class IamService final : public LastAccessedDetails {
 public:
  using LastAccessedDetails::LastAccessedDetails;

  /// IAM as those see it who have to decide.
  Directory& directory() { return directory_; }
  /// What is told of everybody's calls.
  LastAccessed& last_accessed() { return last_accessed_; }

  /// Brings what an earlier version stored up to date. Before anything else is called.
  Task<> restore();
  /// Starts what runs in the background.
  void start(TaskGroup& tasks);
  /// Writes what was noted and not stored. After the background has ended.
  Task<> stop();
  /// The store has been cleared.
  void reset();
};

}  // namespace martlet::iam
