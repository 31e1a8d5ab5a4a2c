// Visibility queues: messages that have reached the end of their retention, and the age of the oldest.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "base/log.h"
#include "flow/visibility_impl.h"
#include "store/key.h"

namespace martlet::flow {

namespace {

/// Messages looked at in one transaction; each may have a payload of a MiB.
constexpr std::size_t kChunk = 16;

/// Between two rounds of erasing, so that many messages that expire one after the other share one. They are
/// not given out meanwhile.
constexpr std::int64_t kPauseMs = 1000;

}  // namespace

bool VisibilityQueue::Impl::expired(std::int64_t sent_ms) const {
  return sent_ms + std::chrono::floor<std::chrono::milliseconds>(settings.retention).count() <= now_ms();
}

void VisibilityQueue::Impl::plan_ages(std::int64_t oldest_ms) {
  const std::int64_t expiry_ms =
      std::max(oldest_ms + std::chrono::floor<std::chrono::milliseconds>(settings.retention).count(),
               erased_expired_ms + kPauseMs);
  if (expiry_ms >= next_expiry_ms) return;
  next_expiry_ms = expiry_ms;
  plan();
}

// Those sent with a delay are in the index of ages; all others have a state, in memory or behind the horizon.
std::uint64_t VisibilityQueue::Impl::least_sequence() const {
  std::uint64_t least = horizon ? *horizon + 1 : next;
  if (const auto first = window->first()) least = std::min(least, *first);
  for (const auto& [sequence, message] : taken) least = std::min(least, sequence);
  return least;
}

Task<std::optional<std::int64_t>> VisibilityQueue::Impl::settle_ages(std::shared_ptr<Impl> self) {
  std::optional<std::int64_t> oldest_ms;
  for (bool more = true; more && !self->closed;) {
    more = false;
    self->next_expiry_ms = INT64_MAX;
    oldest_ms = co_await self->settle_messages(more);
    const auto aged_ms = co_await self->settle_index(more);
    if (aged_ms && (!oldest_ms || *aged_ms < *oldest_ms)) oldest_ms = aged_ms;
    if (more) co_await boost::asio::post(self->executor, boost::asio::use_awaitable);
  }
  if (oldest_ms) self->plan_ages(*oldest_ms);
  co_return oldest_ms;
}

Task<std::optional<std::int64_t>> VisibilityQueue::Impl::settle_messages(bool& more) {
  const std::uint64_t from = std::max(ages_from, least_sequence());
  // Taken back when the transaction fails.
  std::unique_ptr<Impl, std::function<void(Impl*)>> restore(
      this, [from](Impl* impl) { impl->ages_from = std::min(impl->ages_from, from); });
  std::optional<std::int64_t> oldest_ms;
  more |= co_await store.transact([&](store::Txn& txn) -> Task<bool> {
    oldest_ms = std::nullopt;
    const auto found = co_await txn.scan({keys.message(from), keys.messages().end}, {.limit = kChunk});
    for (const auto& [key, value] : found) {
      const std::uint64_t sequence = keys.sequence_of(key);
      const StoredMessage message = decode_message(value);
      if (message.aged) continue;
      if (!expired(message.sent_ms)) {
        oldest_ms = message.sent_ms;
        co_return false;
      }
      erase_keys(txn, sequence, 0, 0);
      txn.after_commit([this, sequence, delayed_ms = message.delayed_ms] { erased(sequence, delayed_ms); });
    }
    // What comes next is looked at in the next round. Whoever sends meanwhile sets this back.
    if (!found.empty()) ages_from = keys.sequence_of(found.back().key) + 1;
    co_return found.size() == kChunk;
  });
  restore.release();  // NOLINT(bugprone-unused-return-value)
  co_return oldest_ms;
}

Task<std::optional<std::int64_t>> VisibilityQueue::Impl::settle_index(bool& more) {
  std::optional<std::int64_t> oldest_ms;
  const std::int64_t from_ms = aged_from_ms;
  more |= co_await store.transact([&](store::Txn& txn) -> Task<bool> {
    oldest_ms = std::nullopt;
    store::Range range = keys.ages();
    if (from_ms != INT64_MIN) range.begin = keys.age(from_ms, 0);
    const auto found = co_await txn.scan(std::move(range), {.limit = kChunk});
    for (const auto& [key, value] : found) {
      const auto [sent_ms, sequence] = keys.place_of(key);
      aged_from_ms = sent_ms;
      if (!expired(sent_ms)) {
        oldest_ms = sent_ms;
        co_return false;
      }
      const auto stored = co_await txn.get(keys.message(sequence));
      if (!stored) continue;
      const std::int64_t delayed_ms = decode_message(*stored).delayed_ms;
      erase_keys(txn, sequence, delayed_ms, sent_ms);
      txn.after_commit([this, sequence, delayed_ms] { erased(sequence, delayed_ms); });
    }
    co_return found.size() == kChunk;
  });
  co_return oldest_ms;
}

Task<> VisibilityQueue::Impl::erase_expired(std::shared_ptr<Impl> self) {
  const std::unique_ptr<Impl, void (*)(Impl*)> done(self.get(), [](Impl* impl) {
    impl->erasing_expired = false;
    impl->plan();
  });
  try {
    co_await settle_ages(self);
    co_return;
  } catch (const boost::system::system_error&) {
    throw;  // cancelled
  } catch (const std::exception& error) {
    log::error("a queue could not erase what has expired; it tries again", {{"error", error.what()}});
  }
  const auto pause_ms = std::chrono::floor<std::chrono::milliseconds>(kPauseAfterFailure).count();
  self->next_expiry_ms = std::min(self->next_expiry_ms, self->now_ms() + pause_ms);
}

}  // namespace martlet::flow
