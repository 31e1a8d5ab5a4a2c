#include "flow/deduplication.h"

#include <algorithm>
#include <utility>

#include "store/key.h"
#include "store/record.h"

namespace martlet::flow {

namespace {

/// Every so many new entries some old ones are erased, at most twice as many: the store does not grow with
/// what is over, and looking for it costs little.
constexpr int kSweepEvery = 16;
constexpr std::size_t kSwept = 32;

/// The clock may be set back by this much. If an entry seems to be younger than that, the clock had been
/// moved ahead for a test before a restart, and nobody knows how old the entry is.
constexpr std::int64_t kClockErrorMs = 60'000;

struct Entry {
  static constexpr std::uint32_t kVersion = 1;
  std::string value;
  std::int64_t expires_ms = 0;
  std::int64_t remembered_ms = 0;
  void fields(auto& f) { f(1, value), f(2, expires_ms), f(3, remembered_ms); }
};

}  // namespace

Deduplication::Deduplication(Clock& clock, std::string prefix)
    : clock_(clock), entries_(prefix + store::Key("i").str()), expiries_(prefix + store::Key("e").str()) {}

std::string Deduplication::entry_key(const std::string& id) const { return entries_ + store::Key(id).str(); }

std::string Deduplication::expiry_key(std::int64_t expires_ms, const std::string& id) const {
  return expiries_ + store::Key(expires_ms, id).str();
}

Task<std::optional<std::string>> Deduplication::find(store::Txn& txn, std::string id) {
  auto entry = co_await store::get_record<Entry>(txn, entry_key(id));
  const std::int64_t now_ms = to_epoch_ms(clock_.now());
  std::optional<std::string> value;
  if (entry && entry->expires_ms > now_ms && entry->remembered_ms <= now_ms + kClockErrorMs)
    value = std::move(entry->value);
  co_return value;
}

Task<> Deduplication::remember(store::Txn& txn, std::string id, std::string value, TimePoint expires) {
  const std::int64_t now_ms = to_epoch_ms(clock_.now());
  const std::int64_t expires_ms = to_epoch_ms(expires);
  txn.put(expiry_key(expires_ms, id), {});
  store::put_record(txn, entry_key(id),
                    Entry{.value = std::move(value), .expires_ms = expires_ms, .remembered_ms = now_ms});
  first_expiry_ms_ = std::min(first_expiry_ms_, expires_ms);
  if (++added_ < kSweepEvery || first_expiry_ms_ > now_ms) co_return;
  added_ = 0;
  co_await sweep(txn, now_ms);
}

Task<> Deduplication::sweep(store::Txn& txn, std::int64_t now_ms) {
  store::Range range = store::range_below(expiries_);
  range.begin = expiries_ + store::Key(first_expiry_ms_).str();
  range.end = expiries_ + store::Key(now_ms + 1).str();
  const auto found = co_await txn.scan(std::move(range), {.limit = kSwept});
  std::int64_t reached_ms = now_ms + 1;
  for (const auto& [key, nothing] : found) {
    const auto [expires_ms, id] =
        store::unpack<std::int64_t, std::string>(std::string_view(key).substr(expiries_.size()));
    // The id may have been remembered anew since.
    const auto entry = co_await store::get_record<Entry>(txn, entry_key(id));
    if (entry && entry->expires_ms == expires_ms) txn.erase(entry_key(id));
    txn.erase(key);
    if (found.size() == kSwept) reached_ms = expires_ms;
  }
  txn.after_commit([this, reached_ms] { first_expiry_ms_ = std::max(first_expiry_ms_, reached_ms); });
}

}  // namespace martlet::flow
