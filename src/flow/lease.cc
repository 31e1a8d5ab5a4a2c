#include "flow/lease.h"

#include "store/record.h"

namespace martlet::flow {

namespace {

struct LeaseRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::string holder;
  std::int64_t until_ms = 0;

  void fields(auto& f) {
    f(1, holder);
    f(2, until_ms);
  }
};

Task<LeaseRecord> load(store::Txn& txn, std::string key) {
  const auto stored = co_await txn.get(std::move(key));
  co_return stored ? store::decode<LeaseRecord>(*stored) : LeaseRecord{};
}

}  // namespace

Lease::Lease(store::Store& store, Clock& clock, std::string key, std::string holder, Duration duration)
    : store_(store), clock_(clock), key_(std::move(key)), holder_(std::move(holder)), duration_(duration) {}

Task<bool> Lease::acquire() {
  co_return co_await store_.transact([&](store::Txn& txn) -> Task<bool> {
    const LeaseRecord found = co_await load(txn, key_);
    const TimePoint now = clock_.now();
    if (found.holder != holder_ && found.until_ms > to_epoch_ms(now)) co_return false;
    txn.put(key_, store::encode(LeaseRecord{.holder = holder_, .until_ms = to_epoch_ms(now + duration_)}));
    co_return true;
  });
}

Task<> Lease::wait() {
  while (!co_await acquire()) {
    const LeaseRecord found = co_await store_.transact(
        [&](store::Txn& txn) -> Task<LeaseRecord> { co_return co_await load(txn, key_); });
    co_await clock_.sleep_until(from_epoch_ms(found.until_ms));
  }
}

Task<> Lease::release() {
  co_await store_.transact([&](store::Txn& txn) -> Task<> {
    const LeaseRecord found = co_await load(txn, key_);
    if (found.holder == holder_) txn.erase(key_);
  });
}

Task<bool> Lease::held_in(store::Txn& txn) {
  const LeaseRecord found = co_await load(txn, key_);
  co_return found.holder == holder_&& found.until_ms > to_epoch_ms(clock_.now());
}

}  // namespace martlet::flow
