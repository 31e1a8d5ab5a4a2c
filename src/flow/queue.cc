#include "flow/queue.h"

#include <iterator>
#include <vector>

#include "store/key.h"

namespace martlet::flow {

Queue::Queue(Executor executor, store::Store& store, Clock& clock, Ids& ids, std::string prefix,
             QueueOptions options)
    : store_(store),
      clock_(clock),
      prefix_(std::move(prefix)),
      options_(options),
      boot_(std::stoull(ids.hex(15), nullptr, 16)),
      waking_(std::make_shared<Waking>(executor)),
      sleepers_(executor) {}

Queue::~Queue() = default;

std::string Queue::key_of(const Position& position) const {
  return prefix_ + store::Key(position.due_ms, position.number, position.boot).str();
}

Position Queue::put(store::Txn& txn, std::string body, TimePoint due) {
  const Position position{.due_ms = to_epoch_ms(due), .number = next_number_++, .boot = boot_};
  txn.put(key_of(position), std::move(body));
  txn.after_commit([this, position] { added(position); });
  return position;
}

void Queue::erase(store::Txn& txn, const Position& position) {
  txn.erase(key_of(position));
  // The window may go on naming it: take() then finds that it is gone.
  txn.after_commit([this, position] { settled(position); });
}

void Queue::put_back(store::Txn& txn, const Message& message, std::string body, TimePoint due) {
  erase(txn, message);
  put(txn, std::move(body), due);
}

void Queue::release(const Message& message) {
  settled(message.position);
  added(message.position);
}

void Queue::close() {
  closed_ = true;
  sleepers_.cancel();
  waking_->changed.notify_all();
}

void Queue::added(const Position& position) {
  if (horizon_ && position > *horizon_) {
    // It is read with the rest, when its turn comes; unless that is now, and the reading began too early.
    if (loading_) arrived_.push_back(position);
    return;
  }
  window_.insert(position);
  if (window_.size() > 2 * options_.window) {
    // The part that will be needed last is left to the store.
    window_.erase(std::next(window_.begin(), static_cast<std::ptrdiff_t>(options_.window)), window_.end());
    horizon_ = *window_.rbegin();
  }
  if (*window_.begin() == position) waking_->changed.notify_all();
}

void Queue::settled(const Position& position) { taken_.erase(position); }

/// A message on its way to whoever asked for it. One that does not get there, because the caller is cancelled
/// or the message is gone from the store, is not taken.
struct Queue::Taking {
  Taking(Queue& from, const Position& which) : queue(&from), position(which) {
    queue->window_.erase(position);
    queue->taken_.insert(position);
  }
  ~Taking() {
    if (queue == nullptr) return;
    queue->settled(position);
    if (!gone) queue->added(position);
  }
  Taking(const Taking&) = delete;
  Taking& operator=(const Taking&) = delete;

  Message done(std::string body) {
    queue = nullptr;
    return {.position = position, .body = std::move(body)};
  }

  Queue* queue;
  Position position;
  bool gone = false;
};

Task<std::optional<Message>> Queue::take() {
  while (!closed_) {
    if (window_.empty() && horizon_) {
      co_await load();
      continue;
    }
    if (window_.empty() || window_.begin()->due_ms > to_epoch_ms(clock_.now())) {
      sleep_until_due();
      co_await waking_->changed.wait();
      continue;
    }
    Taking taking(*this, *window_.begin());
    if (auto body = co_await body_of(taking.position)) co_return taking.done(std::move(*body));
    taking.gone = true;  // the store was cleared meanwhile
  }
  co_return std::nullopt;
}

Task<std::optional<std::string>> Queue::body_of(Position position) {
  co_return co_await store_.transact([&](store::Txn& txn) -> Task<std::optional<std::string>> {
    co_return co_await txn.get(key_of(position));
  });
}

Task<> Queue::load() {
  if (loading_) {
    co_await waking_->changed.wait();
    co_return;
  }
  loading_ = true;
  const std::unique_ptr<bool, void (*)(bool*)> reset(&loading_, [](bool* loading) { *loading = false; });
  const Position from = *horizon_;
  const store::Range all = store::range_below(prefix_);
  const store::Range range = from.due_ms == INT64_MIN ? all : store::after(all, key_of(from));
  const auto found = co_await store_.transact([&](store::Txn& txn) -> Task<std::vector<store::KeyValue>> {
    co_return co_await txn.scan(range, {.limit = options_.window});
  });
  for (const auto& [key, body] : found) {
    const auto [due_ms, number, boot] = store::unpack<std::int64_t, std::uint64_t, std::uint64_t>(
        std::string_view(key).substr(prefix_.size()));
    const Position position{.due_ms = due_ms, .number = number, .boot = boot};
    if (!taken_.contains(position)) window_.insert(position);
    horizon_ = position;
  }
  if (found.size() < options_.window) horizon_ = std::nullopt;
  loading_ = false;
  for (const Position& position : std::exchange(arrived_, {})) added(position);
  waking_->changed.notify_all();
}

void Queue::sleep_until_due() {
  if (window_.empty() || window_.begin()->due_ms >= waking_->planned_ms) return;
  waking_->planned_ms = window_.begin()->due_ms;
  sleepers_.spawn("queue", sleep(waking_, clock_, waking_->planned_ms));
}

Task<> Queue::sleep(std::shared_ptr<Waking> waking, Clock& clock, std::int64_t due_ms) {
  co_await clock.sleep_until(from_epoch_ms(due_ms));
  if (waking->planned_ms == due_ms) waking->planned_ms = INT64_MAX;
  waking->changed.notify_all();
}

Task<bool> Queue::empty() {
  co_return co_await store_.transact([&](store::Txn& txn) -> Task<bool> {
    co_return (co_await txn.scan(store::range_below(prefix_), {.limit = 1})).empty();
  });
}

}  // namespace martlet::flow
