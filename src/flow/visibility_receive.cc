// Visibility queues: receiving.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "flow/visibility_impl.h"

namespace martlet::flow {

/// Messages on their way to whoever asked for them. Those that do not get there return to their places.
struct VisibilityQueue::Impl::Taking {
  Taking(Impl& in, std::size_t most)
      : queue(in), candidates(in.window->take(most, in.now_ms())), first_lease(in.next_lease) {
    queue.next_lease += candidates.size();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto& [sequence, entry] = candidates[i];
      queue.taken[sequence] = {.group = entry.group, .lease = first_lease + i};
    }
  }
  ~Taking() {
    if (queue.closed) return;
    for (std::size_t i = 0; i < candidates.size(); ++i) give_back(candidates[i], first_lease + i);
    queue.pass_time();
    queue.wake();
    queue.plan();
  }
  Taking(const Taking&) = delete;
  Taking& operator=(const Taking&) = delete;

  /// The store has another opinion of this one than memory; memory's does not count.
  void drop(std::uint64_t sequence) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (candidates[i].sequence != sequence || !on_the_way(sequence, first_lease + i)) continue;
      MessageGroup* group = candidates[i].entry.group;
      queue.taken.erase(sequence);
      queue.window->ended(group);
    }
  }

  [[nodiscard]] bool on_the_way(std::uint64_t sequence, std::uint64_t lease) const {
    const auto found = queue.taken.find(sequence);
    return found != queue.taken.end() && found->second.lease == lease && found->second.due_ms == INT64_MAX;
  }

  void give_back(const Candidate& candidate, std::uint64_t lease) {
    const auto& [sequence, entry] = candidate;
    if (!on_the_way(sequence, lease)) return;
    queue.taken.erase(sequence);
    if (entry.delayed_ms != 0 || !queue.horizon || sequence <= *queue.horizon)
      queue.window->add(sequence, entry);
    queue.window->ended(entry.group);
    queue.limit_window();
  }

  Impl& queue;
  std::vector<Candidate> candidates;
  std::uint64_t first_lease;
};

std::size_t VisibilityQueue::Impl::room() const {
  return settings.most_in_flight - std::min(settings.most_in_flight, taken.size());
}

Task<std::vector<ReceivedMessage>> VisibilityQueue::Impl::receive(std::shared_ptr<Impl> self,
                                                                  ReceiveOptions options) {
  Impl& queue = *self;
  const std::int64_t until_ms = options.wait_until ? to_epoch_ms(*options.wait_until) : INT64_MAX;
  // Whatever ends this one, what it was woken for is for the next one.
  const std::unique_ptr<Impl, void (*)(Impl*)> pass_on(&queue, [](Impl* impl) { impl->wake(); });
  const auto abandoned = [&] { return options.abandoned && options.abandoned(); };
  for (bool waited = false; !queue.closed; waited = true) {
    if (waited && abandoned()) break;
    while (true) {
      queue.pass_time();
      if (queue.must_load_delayed()) {
        co_await queue.load_delayed();
      } else if (queue.must_load()) {
        co_await queue.load();
      } else if (queue.room() == 0 || !queue.window->available()) {
        break;
      } else {
        auto messages = co_await queue.take(options);
        if (!messages.empty()) co_return messages;
        co_await boost::asio::post(queue.executor, boost::asio::use_awaitable);
      }
      if (queue.closed) co_return std::vector<ReceivedMessage>();
    }
    if (until_ms <= queue.now_ms()) {
      if (queue.room() == 0 && !queue.settings.fifo && queue.window->available()) throw TooManyInFlight();
      break;
    }
    if (!waited && abandoned()) break;
    queue.plan(std::min(until_ms, queue.next_visible_ms()));
    co_await queue.waiters.wait(until_ms);
  }
  co_return std::vector<ReceivedMessage>();
}

Task<std::vector<ReceivedMessage>> VisibilityQueue::Impl::take(const ReceiveOptions& options) {
  Taking taking(*this, std::min(options.most, room()));
  wake();
  Round round = co_await store.transact([&](store::Txn& txn) -> Task<Round> {
    Round attempt;
    attempt.messages.reserve(taking.candidates.size());
    std::uint64_t lease = taking.first_lease;
    for (const Candidate& candidate : taking.candidates)
      co_await receive_one(txn, candidate, options, lease++, attempt);
    co_return attempt;
  });
  for (const std::uint64_t sequence : round.strays) taking.drop(sequence);
  co_return std::move(round.messages);
}

Task<> VisibilityQueue::Impl::receive_one(store::Txn& txn, const Candidate& candidate,
                                          const ReceiveOptions& options, std::uint64_t lease, Round& round) {
  const auto& [sequence, entry] = candidate;
  const bool first_of_delayed = entry.delayed_ms != 0;
  const auto bytes =
      co_await txn.get(first_of_delayed ? keys.delayed(entry.delayed_ms, sequence) : keys.state(sequence));
  auto stored = co_await txn.get(keys.message(sequence));
  MessageState state;
  if (bytes) state = store::decode<MessageState>(*bytes);
  if (!bytes || !stored || state.receives != entry.receives) {
    round.strays.push_back(sequence);
    co_return;
  }
  StoredMessage message = decode_message(std::move(*stored));
  const bool too_old = expired(message.sent_ms);
  const bool too_often = options.most_receives != 0 && state.receives >= options.most_receives;
  if (too_old || too_often) {
    erase_keys(txn, sequence, entry.delayed_ms, state.aged_ms);
    txn.after_commit([this, sequence] { erased(sequence, 0); });
    if (too_old) co_return;
  } else {
    const std::int64_t received_ms = now_ms();
    if (first_of_delayed) txn.erase(keys.delayed(entry.delayed_ms, sequence));
    if (state.receives == 0) state.first_received_ms = received_ms;
    ++state.receives;
    state.changed_ms = received_ms;
    state.due_ms = received_ms + std::chrono::floor<std::chrono::milliseconds>(options.visibility).count();
    state.lease = lease;
    txn.put(keys.state(sequence), store::encode(state));
    txn.after_commit([this, sequence, state] { received(sequence, state); });
  }
  ReceivedMessage given{.sequence = sequence,
                        .payload = std::move(message.payload),
                        .group = state.group,
                        .sent_ms = message.sent_ms,
                        .first_received_ms = state.first_received_ms,
                        .receives = state.receives,
                        .receipt = {.sequence = sequence, .due_ms = state.due_ms, .lease = state.lease}};
  if (!too_often) {
    round.messages.push_back(std::move(given));
  } else if (options.exceeded) {
    co_await options.exceeded(txn, std::move(given));
  }
}

void VisibilityQueue::Impl::received(std::uint64_t sequence, const MessageState& state) {
  auto found = taken.find(sequence);
  if (found == taken.end()) {
    // Found when the queue is opened, or returned to its place by a receive() that was cancelled while its
    // commit was under way.
    found = taken.emplace(sequence, Taken{.group = window->group(state.group)}).first;
    window->started(found->second.group);
    window->remove(sequence);
  } else if (found->second.due_ms != INT64_MAX) {
    timeouts.erase({found->second.due_ms, sequence});
  }
  found->second.lease = state.lease;
  found->second.due_ms = state.due_ms;
  found->second.receives = state.receives;
  timeouts.emplace(state.due_ms, sequence);
}

}  // namespace martlet::flow
