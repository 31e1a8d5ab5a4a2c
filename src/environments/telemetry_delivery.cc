#include "environments/telemetry_delivery.h"

#include <algorithm>
#include <utility>

namespace martlet::environments {

namespace {

/// Between one failed attempt and the next; doubled each time.
constexpr Duration kFirstBackoff = std::chrono::milliseconds(50);
constexpr Duration kLastBackoff = std::chrono::seconds(5);

}  // namespace

TelemetryDelivery::TelemetryDelivery(Executor executor, Clock& clock, Dialect dialect, Buffering buffering,
                                     std::unique_ptr<TelemetryTransport> transport)
    : clock_(clock),
      dialect_(dialect),
      buffering_(buffering),
      transport_(std::move(transport)),
      changed_(executor),
      alarm_(executor, clock, [this] { return wake(); }) {}

void TelemetryDelivery::start(TaskGroup& tasks) { tasks.spawn("telemetry", run(shared_from_this())); }

void TelemetryDelivery::offer(std::string record) {
  if (stopped_) return;
  // A batch that is full waits here for its turn, so there is room for another one behind it.
  const bool fits = records_.size() < 2 * buffering_.max_items &&
                    (records_.empty() || bytes_ + record.size() <= 2 * buffering_.max_bytes);
  if (!fits) return dropped(1, record.size());
  append(std::move(record));
  if (records_.size() == 1) {
    first_at_ = clock_.elapsed();
    alarm_.at_latest(first_at_ + buffering_.timeout);
  }
  if (due()) changed_.notify_all();
}

void TelemetryDelivery::append(std::string record) {
  bytes_ += record.size();
  records_.push_back(std::move(record));
}

void TelemetryDelivery::dropped(std::uint64_t records, std::uint64_t bytes) {
  dropped_records_ += records;
  dropped_bytes_ += bytes;
}

void TelemetryDelivery::flush() {
  if (records_.empty()) return;
  flush_ = true;
  changed_.notify_all();
}

void TelemetryDelivery::resume() {
  paused_ = false;
  changed_.notify_all();
}

void TelemetryDelivery::stop() {
  stopped_ = true;
  records_.clear();
  alarm_.cancel();
  changed_.notify_all();
}

bool TelemetryDelivery::due() const {
  if (paused_ || records_.empty()) return false;
  return flush_ || records_.size() >= buffering_.max_items || bytes_ >= buffering_.max_bytes ||
         clock_.elapsed() >= first_at_ + buffering_.timeout;
}

/// One batch from the front; what is left behind it has waited as long.
std::vector<std::string> TelemetryDelivery::take() {
  std::vector<std::string> batch;
  if (dropped_records_ != 0)
    batch.push_back(json_of(
        LogsDropped{.records = std::exchange(dropped_records_, 0), .bytes = std::exchange(dropped_bytes_, 0)},
        clock_.now(), dialect_));
  std::size_t count = 0;
  std::size_t size = 0;
  while (count < records_.size() && count < buffering_.max_items &&
         (count == 0 || size + records_[count].size() <= buffering_.max_bytes))
    size += records_[count++].size();
  const auto end = records_.begin() + static_cast<std::ptrdiff_t>(count);
  batch.insert(batch.end(), std::make_move_iterator(records_.begin()), std::make_move_iterator(end));
  records_.erase(records_.begin(), end);
  bytes_ -= size;
  if (records_.empty()) flush_ = false;
  return batch;
}

Task<std::optional<Duration>> TelemetryDelivery::wake() {
  changed_.notify_all();
  co_return std::nullopt;
}

Task<> TelemetryDelivery::run(std::shared_ptr<TelemetryDelivery> self) {
  while (!self->stopped_) {
    if (!self->due()) {
      // The alarm has gone off before for what is there now, where a batch took long or it was paused.
      if (!self->records_.empty() && !self->paused_)
        self->alarm_.at_latest(self->first_at_ + self->buffering_.timeout);
      co_await self->changed_.wait();
      continue;
    }
    self->sending_ = true;
    co_await self->deliver(self->transport_->batch_of(self->take()));
    self->sending_ = false;
    self->changed_.notify_all();
  }
  co_await self->transport_->stop();
}

Task<> TelemetryDelivery::deliver(std::string batch) {
  Duration backoff = kFirstBackoff;
  while (!stopped_ && !co_await transport_->send(batch)) {
    co_await wait_until(clock_.elapsed() + backoff);
    backoff = std::min(2 * backoff, kLastBackoff);
  }
}

Task<> TelemetryDelivery::wait_until(Duration at) {
  while (!stopped_ && (paused_ || clock_.elapsed() < at)) {
    alarm_.at_latest(at);
    co_await changed_.wait();
  }
}

}  // namespace martlet::environments
