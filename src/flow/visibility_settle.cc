// Visibility queues: erasing, changing timeouts, purging.

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "flow/visibility_impl.h"
#include "store/key.h"

namespace martlet::flow {

namespace {

/// Messages that one transaction purges.
constexpr std::size_t kPurgeChunk = 1024;

}  // namespace

void VisibilityQueue::Impl::erase_keys(store::Txn& txn, std::uint64_t sequence, std::int64_t delayed_ms,
                                       std::int64_t aged_ms) {
  txn.erase(keys.message(sequence));
  txn.erase(keys.state(sequence));
  if (delayed_ms != 0 && !settings.fifo) txn.erase(keys.delayed(delayed_ms, sequence));
  if (aged_ms != 0) txn.erase(keys.age(aged_ms, sequence));
}

bool VisibilityQueue::Impl::in_flight(std::uint64_t sequence, std::uint64_t lease) const {
  const auto found = taken.find(sequence);
  return found != taken.end() && found->second.lease == lease && found->second.due_ms != INT64_MAX;
}

Task<Settled> VisibilityQueue::Impl::erase(store::Txn& txn, Receipt receipt) {
  pass_time();
  const auto bytes = co_await txn.get(keys.state(receipt.sequence));
  if (!bytes) co_return Settled::kGone;
  const auto state = decode_state(*bytes);
  if (state.lease != receipt.lease) co_return Settled::kExpired;
  if (settings.fifo && !in_flight(receipt.sequence, receipt.lease)) co_return Settled::kExpired;
  erase_keys(txn, receipt.sequence, 0, state.aged_ms);
  txn.after_commit([this, sequence = receipt.sequence] { erased(sequence, 0); });
  co_return Settled::kDone;
}

void VisibilityQueue::Impl::erased(std::uint64_t sequence, std::int64_t delayed_ms) {
  --total;
  if (delayed_ms != 0) {
    delayed.erase({delayed_ms, sequence});
    delays.remove(delayed_ms);
  }
  const auto found = taken.find(sequence);
  if (found == taken.end()) {
    window->remove(sequence);
  } else {
    if (found->second.due_ms != INT64_MAX) timeouts.erase({found->second.due_ms, sequence});
    MessageGroup* group = found->second.group;
    taken.erase(found);
    window->ended(group);
  }
  wake();
}

Task<Settled> VisibilityQueue::Impl::change_visibility(store::Txn& txn, Receipt receipt, TimePoint due) {
  pass_time();
  const std::string key = keys.state(receipt.sequence);
  const auto bytes = co_await txn.get(key);
  if (!bytes) co_return Settled::kGone;
  auto state = decode_state(*bytes);
  if (state.lease != receipt.lease || !in_flight(receipt.sequence, receipt.lease))
    co_return Settled::kExpired;
  state.due_ms = to_epoch_ms(due);
  state.changed_ms = now_ms();
  txn.put(key, encode_state(state));
  txn.after_commit(
      [this, receipt, due_ms = state.due_ms] { changed(receipt.sequence, receipt.lease, due_ms); });
  co_return Settled::kDone;
}

void VisibilityQueue::Impl::changed(std::uint64_t sequence, std::uint64_t lease, std::int64_t due_ms) {
  if (!in_flight(sequence, lease)) return;
  Taken& message = taken.at(sequence);
  timeouts.erase({message.due_ms, sequence});
  message.due_ms = due_ms;
  timeouts.emplace(due_ms, sequence);
  pass_time();
  wake();
  plan();
}

Task<> VisibilityQueue::Impl::purge(std::shared_ptr<Impl> self) {
  const std::uint64_t end = self->next;
  // Delayed ones first: what is received meanwhile has a state afterwards.
  DelayedPlace place(0, 0);
  while (!self->closed && co_await self->purge_delayed(place, end) == kPurgeChunk)
    co_await boost::asio::post(self->executor, boost::asio::use_awaitable);
  std::uint64_t from = self->least_sequence();
  while (!self->closed && co_await self->purge_states(from, end) == kPurgeChunk)
    co_await boost::asio::post(self->executor, boost::asio::use_awaitable);
  // Nothing is left up to here: what comes next is not searched among what was erased.
  if (self->horizon && *self->horizon < end - 1) self->horizon = end - 1;
}

Task<std::size_t> VisibilityQueue::Impl::purge_states(std::uint64_t& from, std::uint64_t end) {
  const std::uint64_t begin = from;
  const auto last =
      co_await store.transact([&](store::Txn& txn) -> Task<std::pair<std::size_t, std::uint64_t>> {
        const auto found = co_await txn.scan({keys.state(begin), keys.state(end)}, {.limit = kPurgeChunk});
        std::uint64_t sequence = begin;
        std::vector<std::pair<std::uint64_t, std::int64_t>> gone;
        for (const auto& [key, value] : found) {
          sequence = keys.sequence_of(key);
          const auto state = decode_state(value);
          erase_keys(txn, sequence, 0, state.aged_ms);
          gone.emplace_back(sequence, state.receives == 0 ? state.due_ms : 0);
        }
        txn.after_commit([this, gone = std::move(gone)] {
          for (const auto& [which, delayed_ms] : gone) erased(which, delayed_ms);
        });
        co_return std::pair(found.size(), sequence);
      });
  from = last.second + 1;
  co_return last.first;
}

Task<std::size_t> VisibilityQueue::Impl::purge_delayed(DelayedPlace& from, std::uint64_t end) {
  const DelayedPlace begin = from;
  const auto last =
      co_await store.transact([&](store::Txn& txn) -> Task<std::pair<std::size_t, DelayedPlace>> {
        store::Range range = keys.delayed();
        range = store::after(std::move(range), keys.delayed(begin.first, begin.second));
        const auto found = co_await txn.scan(std::move(range), {.limit = kPurgeChunk});
        DelayedPlace place = begin;
        std::vector<DelayedPlace> gone;
        for (const auto& [key, value] : found) {
          place = keys.place_of(key);
          if (place.second >= end) continue;
          erase_keys(txn, place.second, place.first, decode_state(value).aged_ms);
          gone.push_back(place);
        }
        txn.after_commit([this, gone = std::move(gone)] {
          for (const auto& [delayed_ms, sequence] : gone) erased(sequence, delayed_ms);
        });
        co_return std::pair(found.size(), place);
      });
  from = last.second;
  co_return last.first;
}

}  // namespace martlet::flow
