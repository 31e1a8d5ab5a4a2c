// Visibility queues: from the store into memory.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "flow/visibility_impl.h"
#include "store/key.h"

namespace martlet::flow {

namespace {

/// Keys read at once while the whole queue is looked through.
constexpr std::size_t kOpenChunk = 1024;

/// So many of the newest messages are looked at for one that is not in the index of ages.
constexpr std::size_t kMostNewest = 64;

/// A FIFO queue looks for groups that are available among so many of its first messages.
/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/avoid-backlog-with-the-same-message-group-id.html
constexpr std::size_t kFifoLooksAt = 120'000;

}  // namespace

Task<> VisibilityQueue::Impl::open() {
  const auto number = co_await store.transact([&](store::Txn& txn) -> Task<std::optional<std::string>> {
    co_return co_await txn.get(keys.reserved());
  });
  if (!number) co_return;  // nothing was ever sent
  next = reserved = std::get<0>(store::unpack<std::uint64_t>(*number));
  co_await open_latest();
  co_await open_states();
  if (!settings.fifo) {
    co_await correct_delays();
    co_await open_delayed();
  }
  next_expiry_ms = 0;
  plan();
}

// The newest message that is not in the index of ages is the youngest of its kind.
Task<> VisibilityQueue::Impl::open_latest() {
  store::Range range = keys.messages();
  for (std::size_t seen = 0; seen < kMostNewest;) {
    const auto found = co_await store.transact([&](store::Txn& txn) -> Task<std::vector<store::KeyValue>> {
      co_return co_await txn.scan(range, {.limit = 4, .order = store::Order::kDescending});
    });
    if (found.empty()) co_return;
    for (const auto& [key, value] : found) {
      const StoredMessage message = decode_message(value);
      if (!message.aged) {
        latest_sent_ms = message.sent_ms;
        co_return;
      }
    }
    seen += found.size();
    range = store::before(std::move(range), found.back().key);
  }
  latest_sent_ms = INT64_MAX;  // not known: all that follow go into the index
}

Task<> VisibilityQueue::Impl::open_states() {
  using Opened = std::vector<std::pair<std::uint64_t, MessageState>>;
  store::Range range = keys.states();
  for (bool more = true; more;) {
    const Opened opened = co_await store.transact([&](store::Txn& txn) -> Task<Opened> {
      Opened states;
      for (const auto& [key, value] : co_await txn.scan(range, {.limit = kOpenChunk})) {
        auto state = decode_state(value);
        // The clock is behind what it was (a test had moved it ahead): the timeout keeps its length.
        if (const std::int64_t back_ms = state.changed_ms - now_ms(); back_ms > 0) {
          state.changed_ms -= back_ms;
          state.due_ms -= back_ms;
          txn.put(key, encode_state(state));
        }
        states.emplace_back(keys.sequence_of(key), std::move(state));
      }
      co_return states;
    });
    for (const auto& [sequence, state] : opened) opened_state(sequence, state);
    more = opened.size() == kOpenChunk;
    if (more) range = store::after(std::move(range), keys.state(opened.back().first));
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
}

void VisibilityQueue::Impl::opened_state(std::uint64_t sequence, const MessageState& state) {
  ++total;
  const bool later = state.due_ms > now_ms();
  if (later && state.receives != 0) {
    received(sequence, state);
    return;
  }
  if (later) delays.add(state.due_ms, now_ms());
  if (horizon) return;
  window->add(sequence,
              {.group = window->group(state.group), .due_ms = state.due_ms, .receives = state.receives});
  if (window->size() >= settings.window) horizon = sequence;
}

// As for timeouts: messages that seem to be sent in the future keep the length of their delays.
Task<> VisibilityQueue::Impl::correct_delays() {
  store::Range range = keys.delayed();
  for (bool more = true; more;) {
    DelayedPlace last;
    more = co_await store.transact([&](store::Txn& txn) -> Task<bool> {
      const auto found = co_await txn.scan(range, {.limit = kOpenChunk});
      for (const auto& [key, value] : found) {
        last = keys.place_of(key);
        if (auto state = decode_state(value); state.aged_ms > now_ms())
          co_await correct_delay(txn, last, std::move(state));
      }
      co_return found.size() == kOpenChunk;
    });
    if (more) range = store::after(std::move(range), keys.delayed(last.first, last.second));
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
}

Task<> VisibilityQueue::Impl::correct_delay(store::Txn& txn, DelayedPlace place, MessageState state) {
  const auto [delayed_ms, sequence] = place;
  auto stored = co_await txn.get(keys.message(sequence));
  if (!stored) co_return;
  StoredMessage message = decode_message(std::move(*stored));
  erase_keys(txn, sequence, delayed_ms, state.aged_ms);
  const std::int64_t now = now_ms();
  message.delayed_ms = state.due_ms = now + delayed_ms - message.sent_ms;
  message.sent_ms = state.aged_ms = now;
  txn.put(keys.message(sequence), encode_message(std::move(message)));
  txn.put(keys.delayed(state.due_ms, sequence), encode_state(state));
  txn.put(keys.age(now, sequence), {});
}

Task<> VisibilityQueue::Impl::open_delayed() {
  using Opened = std::vector<std::pair<DelayedPlace, std::string>>;
  store::Range range = keys.delayed();
  for (bool more = true; more;) {
    DelayedPlace last;
    const Opened opened = co_await store.transact([&](store::Txn& txn) -> Task<Opened> {
      Opened found;
      for (const auto& [key, value] : co_await txn.scan(range, {.limit = kOpenChunk})) {
        last = keys.place_of(key);
        found.emplace_back(last, decode_state(value).group);
      }
      co_return found;
    });
    for (const auto& [place, group] : opened) {
      ++total;
      if (place.first > now_ms()) delays.add(place.first, now_ms());
      if (delayed_horizon) continue;
      delayed.emplace(place, group);
      if (delayed.size() >= settings.window) delayed_horizon = place;
    }
    more = opened.size() == kOpenChunk;
    if (more) range = store::after(std::move(range), keys.delayed(last.first, last.second));
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
}

bool VisibilityQueue::Impl::must_load() const {
  if (!horizon) return false;
  if (settings.fifo) return !window->available() && window->size() + taken.size() < kFifoLooksAt;
  return window->size() < few() || window->first() > horizon;
}

std::size_t VisibilityQueue::Impl::few() const { return std::min<std::size_t>(16, settings.window); }

bool VisibilityQueue::Impl::must_load_delayed() const { return delayed_horizon && delayed.empty(); }

// Memory changes inside the body, at the very time at which the store is read: nothing comes between. A body
// that only reads is never run again.
Task<> VisibilityQueue::Impl::load() {
  co_await store.transact([&](store::Txn& txn) -> Task<> {
    const std::size_t limit = settings.window;
    store::Range range = keys.states();
    range = store::after(std::move(range), keys.state(*horizon));
    const auto found = co_await txn.scan(std::move(range), {.limit = limit});
    for (const auto& [key, value] : found) {
      const std::uint64_t sequence = keys.sequence_of(key);
      horizon = sequence;
      if (taken.contains(sequence)) continue;
      const auto state = decode_state(value);
      window->add(sequence,
                  {.group = window->group(state.group), .due_ms = state.due_ms, .receives = state.receives});
    }
    if (found.size() < limit) horizon = std::nullopt;
    window_grown = window->size();
  });
}

Task<> VisibilityQueue::Impl::load_delayed() {
  co_await store.transact([&](store::Txn& txn) -> Task<> {
    const std::size_t limit = settings.window;
    store::Range range = keys.delayed();
    range = store::after(std::move(range), keys.delayed(delayed_horizon->first, delayed_horizon->second));
    const auto found = co_await txn.scan(std::move(range), {.limit = limit});
    for (const auto& [key, value] : found) {
      const DelayedPlace place = keys.place_of(key);
      delayed_horizon = place;
      if (!taken.contains(place.second)) delayed.emplace(place, decode_state(value).group);
    }
    if (found.size() < limit) delayed_horizon = std::nullopt;
  });
}

void VisibilityQueue::Impl::add(std::uint64_t sequence, const std::string& group, WindowEntry entry) {
  if (horizon && sequence > *horizon) {
    // Read when its turn comes. But a quiet group's message gets ahead of others' backlog.
    if (settings.fifo || group.empty() || window->size() >= 2 * settings.window) return;
    if (window->waiting(group) >= few()) return;
  }
  entry.group = window->group(group);
  window->add(sequence, entry);
  limit_window();
}

void VisibilityQueue::Impl::limit_window() {
  if (window->size() <= std::max(2 * settings.window, window_grown + settings.window)) return;
  window_grown = 0;
  const auto cut = window->cut(settings.window);
  if (cut && (!horizon || *cut <= *horizon)) horizon = *cut - 1;
}

void VisibilityQueue::Impl::limit_delayed() {
  if (delayed.size() <= 2 * settings.window) return;
  delayed.erase(std::next(delayed.begin(), static_cast<std::ptrdiff_t>(settings.window)), delayed.end());
  delayed_horizon = delayed.rbegin()->first;
}

}  // namespace martlet::flow
