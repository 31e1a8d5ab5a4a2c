#include "services/logs/tokens.h"

#include <fmt/core.h>

#include <charconv>
#include <optional>

#include "base/crypto.h"
#include "services/logs/errors.h"

namespace martlet::logs {

namespace {

/// Digits of a time and of a number in tokens: 1 + 15 + 20 + 20 = 56.
constexpr std::size_t kTimeDigits = 15;
constexpr std::size_t kNumberDigits = 20;

template <class Integer>
Integer read_digits(std::string_view digits) {
  Integer value{};
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || digits.front() == '-' || read.ec != std::errc() ||
      read.ptr != digits.data() + digits.size()) {
    throw invalid_token();
  }
  return value;
}

std::string digits_of(const Position& position) {
  return fmt::format("3{:015}{:020}{:020}", position.timestamp_ms, 0, position.sequence);
}

Position position_of(std::string_view digits) {
  if (digits.size() != 1 + kTimeDigits + 2 * kNumberDigits || digits.front() != '3') throw invalid_token();
  return {read_digits<std::int64_t>(digits.substr(1, kTimeDigits)),
          read_digits<std::uint64_t>(digits.substr(1 + kTimeDigits + kNumberDigits))};
}

/// Times in tokens are those of existing events or of requests; the latter may lie far beyond the digits
/// there are.
Position clamp(Position position) {
  constexpr std::int64_t kLatest = 999'999'999'999'999;
  if (position.timestamp_ms > kLatest) return {kLatest, 0};
  return position;
}

}  // namespace

std::string event_id(const Position& position, std::uint64_t stream) {
  return fmt::format("3{:015}{:020}{:020}", position.timestamp_ms, stream, position.sequence);
}

std::string sequence_token(std::uint64_t number) { return fmt::format("49{:054}", number); }

std::string write_token(const StreamToken& token) {
  return fmt::format("{}/{}/s", token.direction == Direction::kForward ? 'f' : 'b',
                     digits_of(clamp(token.position)));
}

StreamToken read_stream_token(std::string_view token) {
  StreamToken result;
  if (token.starts_with("b/")) {
    result.direction = Direction::kBackward;
  } else if (!token.starts_with("f/")) {
    throw invalid_token();
  }
  if (!token.ends_with("/s") || token.size() < 4) throw invalid_token();
  result.position = position_of(token.substr(2, token.size() - 4));
  return result;
}

std::string write_token(const SearchToken& token) {
  return fmt::format("{}{}{}", token.order == store::Order::kAscending ? 'a' : 'd',
                     digits_of(clamp(token.rest.from)), digits_of(clamp(token.rest.to)));
}

SearchToken read_search_token(std::string_view token) {
  constexpr std::size_t kDigits = 1 + kTimeDigits + 2 * kNumberDigits;
  if (token.size() != 1 + 2 * kDigits || (token.front() != 'a' && token.front() != 'd'))
    throw invalid_token();
  return {token.front() == 'a' ? store::Order::kAscending : store::Order::kDescending,
          {position_of(token.substr(1, kDigits)), position_of(token.substr(1 + kDigits))}};
}

std::string write_token(const ListToken& token) {
  return base64_encode(fmt::format("{}/{}", token.time_ms, token.name));
}

ListToken read_list_token(std::string_view token) {
  const std::optional<std::string> text = base64_decode(token);
  if (!text) throw invalid_token();
  const std::size_t slash = text->find('/');
  if (slash == std::string::npos || slash + 1 == text->size()) throw invalid_token();
  return {read_digits<std::int64_t>(std::string_view(*text).substr(0, slash)), text->substr(slash + 1)};
}

}  // namespace martlet::logs
