#include "flow/visibility_queue.h"

#include <algorithm>
#include <utility>

#include "flow/visibility_impl.h"
#include "store/key.h"

namespace martlet::flow {

namespace {

/// So many sequence numbers are reserved at a time.
constexpr std::uint64_t kReserved = 65'536;

}  // namespace

VisibilityQueue::Impl::Impl(Executor on, store::Store& in, Clock& by, Ids& ids, const std::string& prefix,
                            VisibilityQueueSettings with)
    : executor(on),
      store(in),
      clock(by),
      keys(prefix),
      settings(with),
      next_lease(std::stoull(ids.hex(15), nullptr, 16)),
      waiters(on),
      tasks(on) {
  if (settings.fifo) {
    window = std::make_unique<GroupWindow>();
  } else {
    window = std::make_unique<FairWindow>();
  }
}

std::uint64_t VisibilityQueue::Impl::next_sequence(store::Txn& txn) {
  const std::uint64_t sequence = next++;
  if (sequence >= reserved) {
    // Written without having been read, so that senders do not meet conflicts; every one of them writes it
    // until one has committed.
    const std::uint64_t end = sequence + kReserved;
    txn.put(keys.reserved(), store::Key(end).str());
    txn.after_commit([this, end] { reserved = std::max(reserved, end); });
  }
  return sequence;
}

std::uint64_t VisibilityQueue::Impl::send(store::Txn& txn, NewMessage message) {
  const std::uint64_t sequence = next_sequence(txn);
  const std::int64_t sent_ms = to_epoch_ms(message.sent);
  const std::int64_t due_ms = to_epoch_ms(message.due);
  const bool waits = due_ms > now_ms();
  const std::int64_t delayed_ms = waits && !settings.fifo ? due_ms : 0;
  const bool aged = delayed_ms != 0 || sent_ms < latest_sent_ms;
  if (!aged) latest_sent_ms = sent_ms;

  const MessageState state{
      .group = std::move(message.group), .due_ms = waits ? due_ms : 0, .aged_ms = aged ? sent_ms : 0};
  txn.put(keys.message(sequence), encode_message({.payload = std::move(message.payload),
                                                  .sent_ms = sent_ms,
                                                  .delayed_ms = state.due_ms,
                                                  .aged = aged}));
  txn.put(delayed_ms != 0 ? keys.delayed(due_ms, sequence) : keys.state(sequence), encode_state(state));
  if (aged) txn.put(keys.age(sent_ms, sequence), {});
  txn.after_commit([this, sequence, group = state.group, sent_ms, due = state.due_ms, delayed_ms, aged] {
    if (aged) {
      aged_from_ms = std::min(aged_from_ms, sent_ms);
    } else {
      ages_from = std::min(ages_from, sequence);
    }
    plan_ages(sent_ms);
    sent(sequence, group, due, delayed_ms);
  });
  return sequence;
}

void VisibilityQueue::Impl::sent(std::uint64_t sequence, const std::string& group, std::int64_t due_ms,
                                 std::int64_t delayed_ms) {
  ++total;
  if (due_ms != 0) delays.add(due_ms, now_ms());
  if (delayed_ms != 0) {
    const DelayedPlace place(delayed_ms, sequence);
    if (!taken.contains(sequence) && (!delayed_horizon || place <= *delayed_horizon)) {
      delayed.emplace(place, group);
      limit_delayed();
    }
  } else if (!taken.contains(sequence)) {
    add(sequence, group, {.due_ms = due_ms});
  }
  wake();
  if (due_ms != 0) plan();
}

VisibilityQueue::VisibilityQueue(Executor executor, store::Store& store, Clock& clock, Ids& ids,
                                 std::string prefix, VisibilityQueueSettings settings)
    : impl_(std::make_shared<Impl>(std::move(executor), store, clock, ids, prefix, settings)) {}

VisibilityQueue::~VisibilityQueue() { close(); }

Task<> VisibilityQueue::open() { return impl_->open(); }

void VisibilityQueue::configure(VisibilityQueueSettings settings) {
  settings.fifo = impl_->settings.fifo;
  impl_->settings = settings;
  impl_->next_expiry_ms = 0;
  impl_->wake();
  impl_->plan();
}

std::uint64_t VisibilityQueue::send(store::Txn& txn, NewMessage message) {
  return impl_->send(txn, std::move(message));
}

Task<std::vector<ReceivedMessage>> VisibilityQueue::receive(ReceiveOptions options) {
  return Impl::receive(impl_, std::move(options));
}

Task<Settled> VisibilityQueue::erase(store::Txn& txn, Receipt receipt) { return impl_->erase(txn, receipt); }

Task<Settled> VisibilityQueue::change_visibility(store::Txn& txn, Receipt receipt, TimePoint due) {
  return impl_->change_visibility(txn, receipt, due);
}

Task<> VisibilityQueue::purge() { return Impl::purge(impl_); }

Task<QueueCounts> VisibilityQueue::counts() { co_return impl_->counts(); }

Task<std::optional<TimePoint>> VisibilityQueue::oldest() {
  const auto impl = impl_;
  const auto oldest_ms = co_await Impl::settle_ages(impl);
  std::optional<TimePoint> oldest;
  if (oldest_ms) oldest = from_epoch_ms(*oldest_ms);
  co_return oldest;
}

void VisibilityQueue::recheck() { impl_->waiters.wake_all(); }

void VisibilityQueue::close() { impl_->close(); }

}  // namespace martlet::flow
