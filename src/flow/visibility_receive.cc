// Visibility queues: receiving.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "base/log.h"
#include "flow/visibility_impl.h"

namespace martlet::flow {

/// Messages on their way to whoever asked for them. Those that do not get there return to their places.
struct VisibilityQueue::Impl::Taking {
  Taking(Impl& in, std::size_t most)
      : queue(in), candidates(in.window->take(most, in.now_ms())), lease(in.next_lease) {
    queue.next_lease += candidates.size();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto& [sequence, entry] = candidates[i];
      queue.taken[sequence] = {.group = entry.group, .lease = lease + i};
    }
  }
  ~Taking() {
    if (queue.closed) return;
    if (committing) {
      // Cancelled, or failed, at a point at which the commit may have happened.
      queue.tasks.spawn("visibility queue", find_out(queue.shared_from_this(), std::move(candidates), lease));
      return;
    }
    for (std::size_t i = 0; i < candidates.size(); ++i) queue.give_back(candidates[i], lease + i);
    queue.pass_time();
    queue.wake();
    queue.plan();
  }
  Taking(const Taking&) = delete;
  Taking& operator=(const Taking&) = delete;

  Impl& queue;
  std::vector<Candidate> candidates;
  /// Of the first one; the others have those that follow.
  std::uint64_t lease;
  bool committing = false;
};

/// What one attempt of the transaction has done.
struct VisibilityQueue::Impl::Round {
  std::vector<ReceivedMessage> messages;
  std::vector<std::pair<std::uint64_t, MessageState>> received;
  /// Too old, or received too often.
  std::vector<std::uint64_t> erased;
  /// Not in the store, or not as memory has them: sequence and lease.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> strays;
};

bool VisibilityQueue::Impl::on_the_way(std::uint64_t sequence, std::uint64_t lease) const {
  const auto found = taken.find(sequence);
  return found != taken.end() && found->second.lease == lease && found->second.due_ms == INT64_MAX;
}

void VisibilityQueue::Impl::give_back(const Candidate& candidate, std::uint64_t lease) {
  const auto& [sequence, entry] = candidate;
  if (!on_the_way(sequence, lease)) return;
  taken.erase(sequence);
  if (entry.delayed_ms != 0 || !horizon || sequence <= *horizon) window->add(sequence, entry);
  window->ended(entry.group);
  limit_window();
}

void VisibilityQueue::Impl::drop(std::uint64_t sequence, std::uint64_t lease) {
  if (!on_the_way(sequence, lease)) return;
  const auto found = taken.find(sequence);
  MessageGroup* group = found->second.group;
  taken.erase(found);
  window->ended(group);
}

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
        // A FIFO queue may have to read much: others in between.
        if (queue.must_load()) co_await boost::asio::post(queue.executor, boost::asio::use_awaitable);
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
  const auto round = co_await store.transact([&](store::Txn& txn) -> Task<std::shared_ptr<Round>> {
    taking.committing = false;
    auto attempt = std::make_shared<Round>();
    attempt->messages.reserve(taking.candidates.size());
    attempt->received.reserve(taking.candidates.size());
    std::uint64_t lease = taking.lease;
    for (const Candidate& candidate : taking.candidates)
      co_await receive_one(txn, candidate, lease++, options, *attempt);
    txn.after_commit([this, attempt] { committed(*attempt); });
    taking.committing = true;
    co_return attempt;
  });
  taking.committing = false;
  for (const auto& [sequence, lease] : round->strays) drop(sequence, lease);
  co_return std::move(round->messages);
}

// Of a message that was never received memory and the message itself tell everything.
Task<MessageState> VisibilityQueue::Impl::state_of(store::Txn& txn, Candidate candidate,
                                                   const StoredMessage& message) {
  MessageState state;
  if (candidate.entry.receives == 0) {
    if (candidate.entry.group != nullptr) state.group = candidate.entry.group->name;
    state.aged_ms = message.aged ? message.sent_ms : 0;
  } else if (const auto bytes = co_await txn.get(keys.state(candidate.sequence))) {
    state = decode_state(*bytes);
  }
  co_return state;
}

Task<> VisibilityQueue::Impl::receive_one(store::Txn& txn, Candidate candidate, std::uint64_t lease,
                                          const ReceiveOptions& options, Round& round) {
  const auto& [sequence, entry] = candidate;
  auto stored = co_await txn.get(keys.message(sequence));
  StoredMessage message;
  MessageState state;
  if (stored) {
    message = decode_message(std::move(*stored));
    state = co_await state_of(txn, candidate, message);
  }
  if (!stored || state.receives != entry.receives) {
    round.strays.emplace_back(sequence, lease);
    co_return;
  }
  const bool too_often = options.most_receives != 0 && state.receives >= options.most_receives;
  const bool too_old = expired(message.sent_ms);
  if (too_often || too_old) {
    erase_keys(txn, sequence, entry.delayed_ms, state.aged_ms);
    round.erased.push_back(sequence);
    if (too_old) co_return;
  } else {
    if (entry.delayed_ms != 0) txn.erase(keys.delayed(entry.delayed_ms, sequence));
    state.changed_ms = now_ms();
    if (++state.receives == 1) state.first_received_ms = state.changed_ms;
    state.due_ms =
        state.changed_ms + std::chrono::floor<std::chrono::milliseconds>(options.visibility).count();
    state.lease = lease;
    txn.put(keys.state(sequence), encode_state(state));
    round.received.emplace_back(sequence, state);
  }
  ReceivedMessage given{.sequence = sequence,
                        .payload = std::move(message.payload),
                        .group = std::move(state.group),
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

void VisibilityQueue::Impl::committed(Round& round) {
  for (const std::uint64_t sequence : round.erased) erased(sequence, 0);
  for (const auto& [sequence, state] : round.received) received(sequence, state);
}

/// When this returns, what it read is as durable as promised: actions of that commit have run. A store that
/// fails is asked again: without an answer the message would be nobody's.
Task<bool> VisibilityQueue::Impl::was_received(std::uint64_t sequence, std::uint64_t lease) {
  while (!closed) {
    try {
      co_return co_await store.transact([&](store::Txn& txn) -> Task<bool> {
        const auto bytes = co_await txn.get(keys.state(sequence));
        co_return bytes&& decode_state(*bytes).lease == lease;
      });
    } catch (const boost::system::system_error&) {
      throw;  // cancelled
    } catch (const std::exception& error) {
      log::error("a queue could not find out whether a message was received; it tries again",
                 {{"error", error.what()}});
    }
    co_await clock.sleep_elapsed(kPauseAfterFailure);
  }
  co_return false;
}

Task<> VisibilityQueue::Impl::find_out(std::shared_ptr<Impl> self, std::vector<Candidate> candidates,
                                       std::uint64_t lease) {
  Impl& queue = *self;
  for (const Candidate& candidate : candidates) {
    const bool committed = co_await queue.was_received(candidate.sequence, lease);
    if (queue.closed) co_return;
    if (!committed) queue.give_back(candidate, lease);
    ++lease;
  }
  queue.pass_time();
  queue.wake();
  queue.plan();
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
