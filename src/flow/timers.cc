#include "flow/timers.h"

#include "store/key.h"
#include "store/record.h"

namespace martlet::flow {

namespace {

/// Below the prefix: ("queue", position…) names the timer that is due then, ("timer", name) holds it.
struct TimerRecord {
  static constexpr std::uint32_t kVersion = 1;
  std::int64_t due_ms = 0;
  std::uint64_t number = 0;
  std::uint64_t boot = 0;
  std::string payload;

  void fields(auto& f) {
    f(1, due_ms);
    f(2, number);
    f(3, boot);
    f(4, payload);
  }
  [[nodiscard]] Position position() const { return {.due_ms = due_ms, .number = number, .boot = boot}; }
};

}  // namespace

Timers::Timers(Executor executor, store::Store& store, Clock& clock, Ids& ids, const std::string& prefix)
    : store_(store),
      prefix_(prefix),
      queue_(std::move(executor), store, clock, ids, prefix + store::Key("queue").str()) {}

std::string Timers::key_of(const std::string& name) const {
  return prefix_ + store::Key("timer", name).str();
}

Task<> Timers::set(store::Txn& txn, std::string name, TimePoint due, std::string payload) {
  co_await cancel(txn, name);
  const Position position = queue_.put(txn, name, due);
  txn.put(key_of(name), store::encode(TimerRecord{.due_ms = position.due_ms,
                                                  .number = position.number,
                                                  .boot = position.boot,
                                                  .payload = std::move(payload)}));
}

Task<bool> Timers::cancel(store::Txn& txn, std::string name) {
  const auto timer = co_await find(txn, name);
  if (!timer) co_return false;
  queue_.erase(txn, timer->position);
  txn.erase(key_of(name));
  co_return true;
}

Task<std::optional<Timer>> Timers::find(store::Txn& txn, std::string name) {
  const auto stored = co_await txn.get(key_of(name));
  if (!stored) co_return std::nullopt;
  auto record = store::decode<TimerRecord>(*stored);
  co_return Timer{.name = std::move(name),
                  .payload = std::move(record.payload),
                  .due = from_epoch_ms(record.due_ms),
                  .position = record.position()};
}

Task<std::optional<Timer>> Timers::next() {
  while (auto message = co_await queue_.take()) {
    auto timer = co_await store_.transact([&](store::Txn& txn) -> Task<std::optional<Timer>> {
      auto found = co_await find(txn, message->body);
      const bool current = found && found->position == message->position;
      if (!current) queue_.erase(txn, *message);  // cancelled or set anew since it was taken
      co_return current ? std::move(found) : std::nullopt;
    });
    if (timer) co_return timer;
  }
  co_return std::nullopt;
}

Task<bool> Timers::done(store::Txn& txn, Timer timer) {
  const auto found = co_await find(txn, timer.name);
  queue_.erase(txn, timer.position);
  if (!found || found->position != timer.position) co_return false;
  txn.erase(key_of(timer.name));
  co_return true;
}

void Timers::release(const Timer& timer) { queue_.release({.position = timer.position, .body = timer.name}); }

}  // namespace martlet::flow
