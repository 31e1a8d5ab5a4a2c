#pragma once

// Reading events: one stream in order (GetLogEvents), or all streams of a group merged by time and filtered
// (FilterLogEvents). Everything happens inside the caller's transaction.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/task.h"
#include "services/logs/filter_pattern.h"
#include "services/logs/limits.h"
#include "services/logs/logs_store.h"

namespace martlet::logs {

/// What one page may hold: a number of events, and kMaxBatchBytes of messages (but always one event).
class PageLimit {
 public:
  explicit PageLimit(std::size_t events) : events_(events) {}
  /// Takes `event` into account; false when the page has no room for it.
  bool admit(const EventRecord& event);
  [[nodiscard]] bool full() const { return events_ == 0 || bytes_ >= kMaxBatchBytes; }
  [[nodiscard]] std::size_t events_left() const { return events_; }

 private:
  std::size_t events_;
  std::size_t bytes_ = 0;
};

/// The first events of `span` that fit on a page, in `order`.
Task<std::vector<Event>> read_stream(store::Txn& txn, std::uint64_t group, std::uint64_t stream, Span span,
                                     store::Order order, std::size_t limit);

struct Search {
  std::uint64_t group = 0;
  /// The names of the streams to search; nullopt for all that start with `prefix`.
  std::optional<std::set<std::string>> names;
  std::string prefix;
  Span span;
  store::Order order = store::Order::kAscending;
  std::size_t limit = kMaxEventsPerPage;
  FilterPattern pattern;

  [[nodiscard]] bool wants(const std::string& stream_name) const {
    return names ? names->contains(stream_name) : stream_name.starts_with(prefix);
  }
};

struct FoundEvent {
  std::string stream_name;
  std::uint64_t stream = 0;
  Event event;
};

struct Found {
  std::vector<FoundEvent> events;
  /// What is left to search, where the page ended before the search did.
  std::optional<Span> rest;
};

/// One page of matches: goes through the hours of the span in which streams have events, merging those
/// streams, and stops when the page is full or kMaxExaminedEvents were looked at.
Task<Found> search_group(store::Txn& txn, Search search);

}  // namespace martlet::logs
