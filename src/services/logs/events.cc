// Events: put them into a stream, get them out of it, search a group for them.

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "services/logs/errors.h"
#include "services/logs/limits.h"
#include "services/logs/names.h"
#include "services/logs/search.h"
#include "services/logs/service.h"
#include "services/logs/tokens.h"

namespace martlet::logs {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

/// What AWS refuses a whole batch for.
void check_batch(const std::vector<InputLogEvent>& events) {
  std::size_t bytes = 0;
  for (const InputLogEvent& event : events) {
    if (event.message.size() > kMaxEventBytes) {
      throw invalid_parameter(fmt::format("Log event too large: {} bytes exceeds limit of {}",
                                          event.message.size(), kMaxEventBytes));
    }
    bytes += event.message.size() + kEventOverheadBytes;
  }
  if (bytes > kMaxBatchBytes) {
    throw invalid_parameter(
        fmt::format("Upload too large: {} bytes exceeds limit of {}", bytes, kMaxBatchBytes));
  }
  if (!std::ranges::is_sorted(events, {}, &InputLogEvent::timestamp)) {
    throw invalid_parameter("Log events in a single PutLogEvents request must be in chronological order.");
  }
}

/// The part of a batch that is accepted: [begin, end) of its events, which are in order of time.
struct Accepted {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::optional<RejectedLogEventsInfo> rejected;
};

Accepted accept(const std::vector<InputLogEvent>& events, std::int64_t now_ms, std::int64_t oldest_kept_ms) {
  const auto first_from = [&](std::int64_t time_ms) {
    const auto found = std::ranges::lower_bound(events, time_ms, {}, &InputLogEvent::timestamp);
    return static_cast<std::size_t>(found - events.begin());
  };
  const std::size_t too_old = first_from(now_ms - milliseconds(kMaxEventAge).count());
  const std::size_t expired = first_from(oldest_kept_ms);
  const std::size_t too_new = first_from(now_ms + milliseconds(kMaxEventLead).count() + 1);
  Accepted accepted{.begin = std::max(too_old, expired), .end = too_new, .rejected = {}};
  RejectedLogEventsInfo rejected;
  if (too_old > 0) rejected.too_old_log_event_end_index = static_cast<std::int32_t>(too_old);
  if (expired > too_old) rejected.expired_log_event_end_index = static_cast<std::int32_t>(expired);
  if (too_new < events.size()) rejected.too_new_log_event_start_index = static_cast<std::int32_t>(too_new);
  if (accepted.begin > 0 || accepted.end < events.size()) accepted.rejected = rejected;
  return accepted;
}

std::vector<NewEvent> take(const std::vector<InputLogEvent>& events, const Accepted& accepted) {
  std::vector<NewEvent> taken;
  for (std::size_t i = accepted.begin; i < accepted.end; ++i)
    taken.push_back({events[i].timestamp, events[i].message});
  if (!taken.empty() &&
      taken.back().timestamp_ms - taken.front().timestamp_ms > milliseconds(kMaxBatchSpan).count()) {
    throw invalid_parameter(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  return taken;
}

/// Places from time `start` on; `after_end` is the first time that does not belong to them.
Span span_of(std::int64_t start, std::int64_t after_end) { return {{start, 0}, {after_end, 0}}; }

std::size_t page_limit(const std::optional<std::int32_t>& limit) {
  return limit ? static_cast<std::size_t>(*limit) : kMaxEventsPerPage;
}

/// How one page of GetLogEvents is read.
struct StreamPage {
  Span span;
  store::Order order = store::Order::kAscending;
  /// Where the next page starts when this one is empty.
  Position place;
};

StreamPage stream_page(const GetLogEventsRequest& input, std::int64_t oldest_ms) {
  StreamPage page;
  page.span = span_of(std::max(oldest_ms, input.start_time.value_or(0)), input.end_time.value_or(kForever));
  page.place = page.span.from;
  if (input.next_token) {
    const StreamToken token = read_stream_token(*input.next_token);
    page.place = token.position;
    if (token.direction == Direction::kForward) {
      page.span.from = std::max(page.span.from, token.position);
    } else {
      page.span.to = std::min(page.span.to, token.position);
      page.order = store::Order::kDescending;
    }
  } else if (!input.start_from_head.value_or(false)) {
    page.order = store::Order::kDescending;
  }
  return page;
}

GetLogEventsResponse answer(std::vector<Event> events, const StreamPage& page) {
  if (page.order == store::Order::kDescending) std::ranges::reverse(events);
  GetLogEventsResponse out;
  const Position first = events.empty() ? page.place : events.front().position;
  const Position next = events.empty() ? page.place : events.back().position.next();
  out.next_backward_token = write_token(StreamToken{Direction::kBackward, first});
  out.next_forward_token = write_token(StreamToken{Direction::kForward, next});
  auto& found = out.events.emplace();
  for (Event& event : events) {
    OutputLogEvent& shown = found.emplace_back();
    shown.timestamp = event.position.timestamp_ms;
    shown.message = std::move(event.record.message);
    shown.ingestion_time = event.record.ingested_ms;
  }
  return out;
}

Search search_of(const FilterLogEventsRequest& input) {
  if (input.log_stream_names && input.log_stream_name_prefix) {
    throw invalid_parameter("logStreamNamePrefix and logStreamNames are mutually exclusive parameters.");
  }
  Search search;
  if (input.log_stream_names)
    search.names.emplace(input.log_stream_names->begin(), input.log_stream_names->end());
  search.prefix = input.log_stream_name_prefix.value_or("");
  // Unlike that of GetLogEvents, the end belongs to the range.
  const std::int64_t end = input.end_time.value_or(kForever);
  search.span = span_of(input.start_time.value_or(0), end == kForever ? kForever : end + 1);
  if (!input.start_from_head.value_or(true)) search.order = store::Order::kDescending;
  search.limit = page_limit(input.limit);
  search.pattern = FilterPattern::compile(input.filter_pattern.value_or(""));
  if (input.next_token) {
    const SearchToken token = read_search_token(*input.next_token);
    search.order = token.order;
    search.span = {std::max(search.span.from, token.rest.from), std::min(search.span.to, token.rest.to)};
  }
  return search;
}

FilterLogEventsResponse answer(Found found, store::Order order) {
  FilterLogEventsResponse out;
  auto& events = out.events.emplace();
  for (FoundEvent& match : found.events) {
    FilteredLogEvent& shown = events.emplace_back();
    shown.event_id = event_id(match.event.position, match.stream);
    shown.log_stream_name = std::move(match.stream_name);
    shown.timestamp = match.event.position.timestamp_ms;
    shown.message = std::move(match.event.record.message);
    shown.ingestion_time = match.event.record.ingested_ms;
  }
  out.searched_log_streams.emplace();  // empty, as AWS has answered since 2020
  if (found.rest) out.next_token = write_token(SearchToken{order, *found.rest});
  return out;
}

}  // namespace

Task<PutLogEventsResponse> LogsService::PutLogEvents(wire::Context& context, PutLogEventsRequest input) {
  check_batch(input.log_events);
  co_await numbers_.start();
  const GroupName name = group_named(context, input.log_group_name);
  const auto body = [&](store::Txn& txn) -> Task<PutLogEventsResponse> {
    const std::optional<GroupRecord> group = co_await load_group(txn, name);
    if (!group) throw group_not_found();
    const std::optional<StreamRecord> stream = co_await load_stream(txn, group->id, input.log_stream_name);
    if (!stream) throw stream_not_found();
    const std::int64_t now = now_ms();
    Accepted accepted = accept(input.log_events, now, oldest_ms(*group));
    const std::vector<NewEvent> events = take(input.log_events, accepted);
    PutLogEventsResponse out;
    out.rejected_log_events_info = std::move(accepted.rejected);
    std::uint64_t last = numbers_.next();
    if (!events.empty()) {
      const Written written =
          co_await write_events(txn, numbers_, group->id, *stream, events, now, std::nullopt);
      last = written.last_sequence;
    }
    out.next_sequence_token = sequence_token(last);
    co_return out;
  };
  co_return co_await store_.transact(body);
}

Task<GetLogEventsResponse> LogsService::GetLogEvents(wire::Context& context, GetLogEventsRequest input) {
  const GroupName name = group_of_request(context, input.log_group_name, input.log_group_identifier);
  const auto body = [&](store::Txn& txn) -> Task<GetLogEventsResponse> {
    const std::optional<GroupRecord> group = co_await load_group(txn, name);
    if (!group) throw group_not_found();
    const std::optional<StreamRecord> stream = co_await load_stream(txn, group->id, input.log_stream_name);
    if (!stream) throw stream_not_found();
    const StreamPage page = stream_page(input, oldest_ms(*group));
    co_return answer(
        co_await read_stream(txn, group->id, stream->id, page.span, page.order, page_limit(input.limit)),
        page);
  };
  co_return co_await store_.transact(body);
}

Task<FilterLogEventsResponse> LogsService::FilterLogEvents(wire::Context& context,
                                                           FilterLogEventsRequest input) {
  const GroupName name = group_of_request(context, input.log_group_name, input.log_group_identifier);
  const Search wanted = search_of(input);
  const auto body = [&](store::Txn& txn) -> Task<FilterLogEventsResponse> {
    const std::optional<GroupRecord> group = co_await load_group(txn, name);
    if (!group) throw group_not_found();
    for (const std::string& stream : wanted.names.value_or(std::set<std::string>())) {
      if (!co_await load_stream(txn, group->id, stream)) throw stream_not_found();
    }
    Search search = wanted;
    search.group = group->id;
    search.span.from = std::max(search.span.from, Position{oldest_ms(*group), 0});
    co_return answer(co_await search_group(txn, std::move(search)), wanted.order);
  };
  co_return co_await store_.transact(body);
}

}  // namespace martlet::logs
