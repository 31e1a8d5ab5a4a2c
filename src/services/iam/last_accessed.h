#pragma once

// LastAccessed: which services and actions each user, role and access key has used last, when, and in which
// region. Told with every call, so that telling again what is known allocates nothing and waits for nothing:
// uses are written behind, at most once in some minutes, and a crash loses the last ones. Owned by the IAM
// service. Lives on the loop.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/signal.h"
#include "services/iam/last_accessed_records.h"
#include "store/store.h"

namespace martlet::iam {

class LastAccessed {
 public:
  LastAccessed(Executor executor, store::Store& store, Clock& clock);

  /// Who `id` is ("AIDA…" of a user, "AROA…" of a role, "AKIA…" of an access key) has called `service`
  /// ("sqs") in `region`. `action` ("CreateQueue") may be empty. Of more ids at once than are kept until the
  /// next writing, the last ones are not noted.
  void note(std::string_view id, std::string_view service, std::string_view action, std::string_view region);

  /// All that is known of `id`, noted or written.
  Task<UsesRecord> uses(store::Txn& txn, std::string id);
  /// The last of them, of whichever service; without actions.
  Task<std::optional<ServiceUseRecord>> last_use(store::Txn& txn, std::string id);
  /// Whoever `id` was is gone.
  void forget(store::Txn& txn, const std::string& id);

  /// Actions of this service ("sqs") are noted, this one among them.
  void track(const std::string& service, const std::string& action) { tracked_[service].insert(action); }
  /// By service.
  [[nodiscard]] const std::map<std::string, std::set<std::string>>& tracked() const { return tracked_; }

  /// Writes uses behind, until it is cancelled.
  Task<> keep();
  /// Writes the uses that were noted and not written.
  Task<> flush();
  /// The store has been cleared.
  void reset();

 private:
  struct Noted {
    std::vector<ServiceUseRecord> services;
    bool is_written = true;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  Noted* find_or_add(std::string_view id);
  std::vector<UsesRecord> take_unwritten();

  store::Store& store_;
  Clock& clock_;
  std::map<std::string, std::set<std::string>> tracked_;
  /// What was noted since the start; what is written too stays, so that it is found again, while there is
  /// room.
  std::unordered_map<std::string, Noted, Hash, std::equal_to<>> noted_;
  std::size_t unwritten_ = 0;
  Signal used_;
};

/// Brings last uses that an earlier version wrote into the form of today.
Task<> convert_last_uses(store::Txn& txn);

}  // namespace martlet::iam
