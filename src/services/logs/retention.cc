// Retention: removes what has outlived the days that its group keeps events for. Readers leave expired events
// out by themselves, so nothing depends on when this happens; it gives the space back.

#include <boost/system/system_error.hpp>
#include <exception>
#include <string>
#include <utility>

#include "base/log.h"
#include "services/logs/service.h"

namespace martlet::logs {

namespace {

constexpr std::chrono::hours kInterval{1};
constexpr std::size_t kGroupsPerFetch = 64;
/// Hours of streams removed in one transaction.
constexpr std::size_t kHoursPerTransaction = 64;

Task<> remove_again_and_again(LogsService& service, Clock& clock) {
  for (;;) {
    co_await clock.sleep_for(kInterval);
    std::string failure;
    try {
      co_await service.remove_expired();
    } catch (const boost::system::system_error&) {
      throw;  // cancelled: the server is ending
    } catch (const std::exception& error) {
      failure = error.what();
    }
    if (!failure.empty()) log::error("expired log events were not removed", {{"error", failure}});
  }
}

}  // namespace

void LogsService::start(TaskGroup& tasks) {
  tasks.spawn("logs retention", remove_again_and_again(*this, clock_));
}

Task<> LogsService::remove_expired() {
  std::string after;
  do {
    const auto body = [&](store::Txn& txn) -> Task<GroupPage> {
      co_return co_await list_all_groups(txn, after, kGroupsPerFetch);
    };
    GroupPage page = co_await store_.transact(body);
    for (GroupRecord& group : page.groups) {
      if (group.retention_days != 0) co_await remove_expired_of(std::move(group));
    }
    after = std::move(page.after);
  } while (!after.empty());
}

Task<> LogsService::remove_expired_of(GroupRecord group) {
  const std::int64_t first_kept_hour = oldest_ms(group) / kHourMs;
  const auto body = [&](store::Txn& txn) -> Task<std::size_t> {
    const auto hours =
        co_await list_hours(txn, group.id, 0, first_kept_hour - 1, {.limit = kHoursPerTransaction});
    for (const Hour& hour : hours) erase_hour(txn, group.id, hour);
    co_return hours.size();
  };
  while (co_await store_.transact(body) == kHoursPerTransaction) {
  }
}

void LogsService::reset() {
  tags_.changed();
  numbers_.reset();
  function_logs_.reset();
}

}  // namespace martlet::logs
