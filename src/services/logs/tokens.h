#pragma once

// The identifiers and page tokens of answers, in the forms that AWS gives them. Readers refuse what they did
// not write with InvalidParameterException ("The specified nextToken is invalid.").

#include <cstdint>
#include <string>
#include <string_view>

#include "services/logs/records.h"
#include "store/store.h"

namespace martlet::logs {

/// 56 digits, as AWS writes them: of an event, unique for as long as it is kept.
std::string event_id(const Position& position, std::uint64_t stream);

/// What PutLogEvents gives for historical reasons: 56 digits that nobody has to send back.
std::string sequence_token(std::uint64_t number);

/// GetLogEvents: "f/<56 digits>/s" for what follows a place, "b/…" for what precedes it.
enum class Direction { kForward, kBackward };
struct StreamToken {
  Direction direction = Direction::kForward;
  Position position;
};
std::string write_token(const StreamToken& token);
StreamToken read_stream_token(std::string_view token);

/// FilterLogEvents: what is left to search, and in which order.
struct SearchToken {
  store::Order order = store::Order::kAscending;
  Span rest;
};
std::string write_token(const SearchToken& token);
SearchToken read_search_token(std::string_view token);

/// DescribeLogGroups, DescribeLogStreams: where a listing goes on.
struct ListToken {
  std::int64_t time_ms = 0;
  std::string name;
};
std::string write_token(const ListToken& token);
ListToken read_list_token(std::string_view token);

}  // namespace martlet::logs
