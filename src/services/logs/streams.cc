// Streams: create, describe, delete.

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "services/logs/errors.h"
#include "services/logs/limits.h"
#include "services/logs/making.h"
#include "services/logs/names.h"
#include "services/logs/service.h"
#include "services/logs/tokens.h"

namespace martlet::logs {

namespace {

/// A stream with its latest event, which is what streams may be ordered by.
struct Listed {
  StreamRecord stream;
  std::optional<Event> last;

  [[nodiscard]] ListToken token() const { return {last ? last->position.timestamp_ms : 0, stream.name}; }
};

struct Listing {
  std::string prefix;
  bool by_time = false;
  store::Order order = store::Order::kAscending;
  std::optional<ListToken> beyond;
  std::size_t limit = kMaxDescribed;

  /// Whether `a` comes before `b` in a listing by time.
  [[nodiscard]] bool precedes(const ListToken& a, const ListToken& b) const {
    const auto place = [](const ListToken& token) { return std::tie(token.time_ms, token.name); };
    return order == store::Order::kAscending ? place(a) < place(b) : place(b) < place(a);
  }
};

Listing listing_of(const DescribeLogStreamsRequest& input) {
  Listing listing;
  listing.prefix = input.log_stream_name_prefix.value_or("");
  listing.by_time = input.order_by == "LastEventTime";
  if (listing.by_time && input.log_stream_name_prefix) {
    throw invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  if (input.descending.value_or(false)) listing.order = store::Order::kDescending;
  if (input.next_token) listing.beyond = read_list_token(*input.next_token);
  if (input.limit) listing.limit = static_cast<std::size_t>(*input.limit);
  return listing;
}

Span since(std::int64_t oldest_ms) { return {{oldest_ms, 0}, {std::numeric_limits<std::int64_t>::max(), 0}}; }

Task<std::optional<Event>> end_event(store::Txn& txn, std::uint64_t group, std::uint64_t stream,
                                     std::int64_t oldest_ms, store::Order order) {
  auto events = co_await list_events(txn, group, stream, since(oldest_ms), {.limit = 1, .order = order});
  std::optional<Event> found;
  if (!events.empty()) found = std::move(events.front());
  co_return found;
}

/// One more than the limit where there are more.
Task<std::vector<Listed>> find_streams(store::Txn& txn, std::uint64_t group, std::int64_t oldest_ms,
                                       Listing listing) {
  store::ScanOptions options;
  std::string beyond;
  if (!listing.by_time) {
    options = {.limit = listing.limit + 1, .order = listing.order};
    if (listing.beyond) beyond = listing.beyond->name;
  }
  std::vector<Listed> found;
  for (StreamRecord& stream : co_await list_streams(txn, group, listing.prefix, beyond, options)) {
    Listed listed;
    listed.last = co_await end_event(txn, group, stream.id, oldest_ms, store::Order::kDescending);
    listed.stream = std::move(stream);
    if (listing.by_time && listing.beyond && !listing.precedes(*listing.beyond, listed.token())) continue;
    found.push_back(std::move(listed));
  }
  if (listing.by_time) {
    std::ranges::sort(
        found, [&](const Listed& a, const Listed& b) { return listing.precedes(a.token(), b.token()); });
    if (found.size() > listing.limit + 1) found.resize(listing.limit + 1);
  }
  co_return found;
}

LogStream describe(const std::string& arn_of_group, const Listed& listed, const std::optional<Event>& first) {
  LogStream out;
  out.log_stream_name = listed.stream.name;
  out.creation_time = listed.stream.created_ms;
  out.arn = arn_of_group + ":log-stream:" + listed.stream.name;
  out.stored_bytes = 0;  // as AWS has reported for streams since 2019
  if (first) out.first_event_timestamp = first->position.timestamp_ms;
  if (listed.last) {
    out.last_event_timestamp = listed.last->position.timestamp_ms;
    out.last_ingestion_time = listed.last->record.ingested_ms;
    out.upload_sequence_token = sequence_token(listed.last->position.sequence);
  }
  return out;
}

}  // namespace

Task<> LogsService::CreateLogStream(wire::Context& context, CreateLogStreamRequest input) {
  const GroupName name = group_named(context, input.log_group_name);
  const StreamRecord stream = new_stream(ids_, input.log_stream_name, now_ms());
  const auto body = [&](store::Txn& txn) -> Task<> {
    const std::optional<GroupRecord> group = co_await load_group(txn, name);
    if (!group) throw group_not_found();
    if (co_await load_stream(txn, group->id, stream.name)) throw stream_exists();
    save_stream(txn, group->id, stream);
  };
  co_await store_.transact(body);
}

Task<> LogsService::DeleteLogStream(wire::Context& context, DeleteLogStreamRequest input) {
  const GroupName name = group_named(context, input.log_group_name);
  const auto body = [&](store::Txn& txn) -> Task<> {
    const std::optional<GroupRecord> group = co_await load_group(txn, name);
    if (!group) throw group_not_found();
    const std::optional<StreamRecord> stream = co_await load_stream(txn, group->id, input.log_stream_name);
    if (!stream) throw stream_not_found();
    co_await erase_stream(txn, group->id, *stream);
    txn.after_commit([this, id = group->id] { function_logs_.forget_group(id); });
  };
  co_await store_.transact(body);
}

Task<DescribeLogStreamsResponse> LogsService::DescribeLogStreams(wire::Context& context,
                                                                 DescribeLogStreamsRequest input) {
  const GroupName name = group_of_request(context, input.log_group_name, input.log_group_identifier);
  const Listing listing = listing_of(input);
  const std::string arn = group_arn(context, name.name);
  const auto body = [&](store::Txn& txn) -> Task<DescribeLogStreamsResponse> {
    const std::optional<GroupRecord> group = co_await load_group(txn, name);
    if (!group) throw group_not_found();
    const std::int64_t oldest = oldest_ms(*group);
    DescribeLogStreamsResponse out;
    std::vector<Listed> streams = co_await find_streams(txn, group->id, oldest, listing);
    if (streams.size() > listing.limit) {
      streams.resize(listing.limit);
      out.next_token = write_token(streams.back().token());
    }
    auto& described = out.log_streams.emplace();
    for (const Listed& listed : streams) {
      std::optional<Event> first;
      if (listed.last)
        first = co_await end_event(txn, group->id, listed.stream.id, oldest, store::Order::kAscending);
      described.push_back(describe(arn, listed, first));
    }
    co_return out;
  };
  co_return co_await store_.transact(body);
}

}  // namespace martlet::logs
