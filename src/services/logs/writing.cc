#include "services/logs/writing.h"

#include "services/logs/limits.h"
#include "services/logs/logs_store.h"

namespace martlet::logs {

namespace {

/// Numbers of one epoch; enough for centuries of a million events a second.
constexpr int kEpochShift = 44;

}  // namespace

Task<> SequenceNumbers::start() {
  if (next_ != 0) co_return;
  const std::uint64_t epoch = co_await store_.transact(
      [](store::Txn& txn) -> Task<std::uint64_t> { co_return co_await next_epoch(txn); });
  if (next_ == 0) next_ = (epoch << kEpochShift) + 1;
}

Task<Written> write_events(store::Txn& txn, SequenceNumbers& numbers, std::uint64_t group,
                           const StreamRecord& stream, const std::vector<NewEvent>& events,
                           std::int64_t now_ms, std::optional<LastHour> known) {
  Written written;
  for (auto event = events.begin(); event != events.end();) {
    Hour hour{.hour = event->timestamp_ms / kHourMs, .stream = stream.id, .record = {}};
    if (known && known->hour == hour.hour) {
      hour.record.bytes = known->bytes;
    } else {
      hour.record = co_await load_hour(txn, group, hour.hour, stream.id);
    }
    hour.record.stream_name = stream.name;
    for (; event != events.end() && event->timestamp_ms / kHourMs == hour.hour; ++event) {
      written.last_sequence = numbers.next();
      save_event(txn, group, stream.id, {event->timestamp_ms, written.last_sequence},
                 {now_ms, event->message});
      hour.record.bytes += static_cast<std::int64_t>(event->message.size() + kEventOverheadBytes);
    }
    save_hour(txn, group, hour);
    known = LastHour{hour.hour, hour.record.bytes};
  }
  written.hour = known;
  co_return written;
}

}  // namespace martlet::logs
