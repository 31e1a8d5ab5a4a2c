#include "services/logs/search.h"

#include <algorithm>
#include <utility>

namespace martlet::logs {

namespace {

/// Events fetched at a time from one stream: few at first, more while they are small and wanted.
constexpr std::size_t kFirstFetch = 16;
constexpr std::size_t kMaxFetch = 512;
constexpr std::size_t kFetchBytes = 256 << 10;

/// The events of one stream within a span, fetched piece by piece.
class StreamReader {
 public:
  StreamReader(std::uint64_t group, Hour hour, Span span, store::Order order)
      : group_(group), hour_(std::move(hour)), span_(span), order_(order) {}

  /// Makes current() valid, or exhausted() true.
  Task<> fill(store::Txn& txn) {
    if (next_ < events_.size() || span_.empty()) co_return;
    events_ = co_await list_events(txn, group_, hour_.stream, span_, {.limit = fetch_, .order = order_});
    next_ = 0;
    if (events_.size() < fetch_) {
      span_.to = span_.from;  // there are no more
    } else if (order_ == store::Order::kAscending) {
      span_.from = events_.back().position.next();
    } else {
      span_.to = events_.back().position;
    }
    std::size_t bytes = 0;
    for (const Event& event : events_) bytes += event.record.message.size();
    fetch_ = bytes > kFetchBytes ? std::max<std::size_t>(1, fetch_ / 2) : std::min(kMaxFetch, fetch_ * 2);
  }

  /// After fill(): there are no more.
  [[nodiscard]] bool exhausted() const { return next_ >= events_.size(); }
  Event& current() { return events_[next_]; }
  [[nodiscard]] const Event& current() const { return events_[next_]; }
  void advance() { ++next_; }
  [[nodiscard]] const Hour& hour() const { return hour_; }

 private:
  std::uint64_t group_;
  Hour hour_;
  Span span_;
  store::Order order_;
  std::size_t fetch_ = kFirstFetch;
  std::vector<Event> events_;
  std::size_t next_ = 0;
};

/// One page's work.
class Page {
 public:
  Page(store::Txn& txn, Search search) : txn_(txn), search_(std::move(search)), room_(search_.limit) {}

  Task<Found> run() {
    for (;;) {
      const std::optional<std::int64_t> hour = co_await next_active_hour();
      if (!hour) break;
      if (!co_await search_hour(*hour)) {
        found_.rest = search_.span;
        break;
      }
    }
    co_return std::move(found_);
  }

 private:
  [[nodiscard]] bool ascending() const { return search_.order == store::Order::kAscending; }

  /// The next hour in which any stream has events.
  Task<std::optional<std::int64_t>> next_active_hour() {
    std::optional<std::int64_t> hour;
    if (search_.span.empty()) co_return hour;
    const std::int64_t first = search_.span.from.timestamp_ms / kHourMs;
    // `to` itself does not belong to the span: at the full hour, that hour does not either.
    const Position& to = search_.span.to;
    const std::int64_t last = (to.sequence == 0 ? to.timestamp_ms - 1 : to.timestamp_ms) / kHourMs;
    const auto hours =
        co_await list_hours(txn_, search_.group, first, last, {.limit = 1, .order = search_.order});
    if (!hours.empty()) hour = hours.front().hour;
    co_return hour;
  }

  /// The streams that are wanted and have events in `hour`.
  Task<std::vector<StreamReader>> open_streams(std::int64_t hour) {
    const Position start{hour * kHourMs, 0};
    const Position end{(hour + 1) * kHourMs, 0};
    const Span span{std::max(search_.span.from, start), std::min(search_.span.to, end)};
    std::vector<StreamReader> readers;
    for (Hour& found : co_await list_hours(txn_, search_.group, hour, hour, {})) {
      if (!search_.wants(found.record.stream_name)) continue;
      StreamReader reader(search_.group, std::move(found), span, search_.order);
      co_await reader.fill(txn_);
      if (!reader.exhausted()) readers.push_back(std::move(reader));
    }
    co_return readers;
  }

  /// Takes the matches of one hour, merged by time. False when the page ended before the hour did; the
  /// search's span then starts (or, against the order of time, ends) where the next page goes on.
  Task<bool> search_hour(std::int64_t hour) {
    std::vector<StreamReader> heap = co_await open_streams(hour);
    // The reader whose event is due next is on top.
    const auto later = [this](const StreamReader& a, const StreamReader& b) {
      const bool before = a.current().position < b.current().position;
      return ascending() ? !before : before;
    };
    std::ranges::make_heap(heap, later);
    while (!heap.empty()) {
      if (room_.full() || examined_ == kMaxExaminedEvents) co_return false;
      std::ranges::pop_heap(heap, later);
      StreamReader& reader = heap.back();
      if (!take(reader)) co_return false;
      reader.advance();
      co_await reader.fill(txn_);
      if (reader.exhausted()) {
        heap.pop_back();
      } else {
        std::ranges::push_heap(heap, later);
      }
    }
    move_past(ascending() ? Position{(hour + 1) * kHourMs, 0} : Position{hour * kHourMs, 0});
    co_return true;
  }

  /// Looks at the reader's current event; false when it matches but the page has no room for it.
  bool take(StreamReader& reader) {
    Event& event = reader.current();
    ++examined_;
    const Position position = event.position;
    if (search_.pattern.matches(event.record.message)) {
      if (!room_.admit(event.record)) return false;
      found_.events.push_back({reader.hour().record.stream_name, reader.hour().stream, std::move(event)});
    }
    move_past(ascending() ? position.next() : position);
    return true;
  }

  void move_past(const Position& position) { (ascending() ? search_.span.from : search_.span.to) = position; }

  store::Txn& txn_;
  Search search_;
  PageLimit room_;
  std::size_t examined_ = 0;
  Found found_;
};

}  // namespace

bool PageLimit::admit(const EventRecord& event) {
  const std::size_t size = event.message.size() + kEventOverheadBytes;
  if (events_ == 0 || (bytes_ != 0 && bytes_ + size > kMaxBatchBytes)) return false;
  --events_;
  bytes_ += size;
  return true;
}

Task<std::vector<Event>> read_stream(store::Txn& txn, std::uint64_t group, std::uint64_t stream, Span span,
                                     store::Order order, std::size_t limit) {
  std::vector<Event> events;
  PageLimit room(limit);
  StreamReader reader(group, {.hour = 0, .stream = stream, .record = {}}, span, order);
  while (!room.full()) {
    co_await reader.fill(txn);
    if (reader.exhausted() || !room.admit(reader.current().record)) break;
    events.push_back(std::move(reader.current()));
    reader.advance();
  }
  co_return events;
}

Task<Found> search_group(store::Txn& txn, Search search) {
  Page page(txn, std::move(search));
  co_return co_await page.run();
}

}  // namespace martlet::logs
