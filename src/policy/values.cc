#include "policy/values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>

namespace martlet::policy {

namespace {

template <class T>
std::optional<T> parse_all(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// Takes fixed-width fields off the front of a text.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}
  bool digits(std::size_t count, int& value) {
    if (rest_.size() < count || !all_digits(rest_.substr(0, count))) return false;
    value = *parse_all<int>(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return true;
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// ".25" as microseconds; digits beyond the sixth count for nothing.
  bool fraction(std::int64_t& micros) {
    std::size_t count = 0;
    std::int64_t unit = 100'000;
    for (; !rest_.empty() && is_digit(rest_.front()); ++count, unit /= 10) {
      micros += (rest_.front() - '0') * unit;
      rest_.remove_prefix(1);
    }
    return count > 0;
  }
  [[nodiscard]] bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// "Z", "+hh:mm", "-hhmm" at the end of a time; to be subtracted.
bool read_zone(Fields& fields, std::chrono::minutes& offset) {
  if (fields.take('Z')) return fields.done();
  int sign = 0;
  if (fields.take('+'))
    sign = 1;
  else if (fields.take('-'))
    sign = -1;
  int hours = 0;
  int minutes = 0;
  if (sign == 0 || !fields.digits(2, hours)) return false;
  fields.take(':');
  if (!fields.digits(2, minutes) || hours > 23 || minutes > 59) return false;
  offset = sign * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
  return fields.done();
}

std::optional<Instant> parse_calendar(std::string_view text) {
  using namespace std::chrono;
  Fields fields(text);
  int year_number = 0;
  int month_number = 1;
  int day_number = 1;
  if (!fields.digits(4, year_number)) return std::nullopt;
  bool has_day = false;
  if (!fields.done()) {
    const bool separated = fields.take('-');
    if (!fields.digits(2, month_number)) return std::nullopt;
    if (!fields.done()) {
      if (separated && !fields.take('-')) return std::nullopt;
      if (!fields.digits(2, day_number)) return std::nullopt;
      has_day = true;
    } else if (!separated) {
      return std::nullopt;
    }
  }
  const year_month_day date{year(year_number), month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number))};
  if (!date.ok()) return std::nullopt;
  microseconds since = sys_days(date).time_since_epoch();
  if (fields.done()) return Instant{since.count()};
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t micros = 0;
  if (!has_day || !fields.take('T') || !fields.digits(2, hour)) return std::nullopt;
  const bool separated = fields.take(':');
  if (!fields.digits(2, minute)) return std::nullopt;
  if (separated ? fields.take(':') : fields.digits(2, second)) {
    if (separated && !fields.digits(2, second)) return std::nullopt;
    if (fields.take('.') && !fields.fraction(micros)) return std::nullopt;
  }
  minutes offset{0};
  if (hour > 23 || minute > 59 || second > 60 || !read_zone(fields, offset)) return std::nullopt;
  since += hours(hour) + minutes(minute) + seconds(second) + microseconds(micros) - offset;
  return Instant{since.count()};
}

}  // namespace

std::optional<Number> Number::parse(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto value = parse_all<double>(text);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return Number{.value = *value, .whole = parse_all<std::int64_t>(text)};
}

std::partial_ordering operator<=>(const Number& a, const Number& b) {
  if (a.whole && b.whole) return *a.whole <=> *b.whole;
  return a.value <=> b.value;
}

std::optional<Instant> Instant::parse(std::string_view text) {
  constexpr std::size_t kYearDigits = 4;
  constexpr std::size_t kMostSecondDigits = 11;  // beyond the year 4000
  const auto dot = text.find('.');
  const std::string_view seconds = text.substr(0, dot);
  if (all_digits(seconds) && (text.size() != kYearDigits || dot != std::string_view::npos)) {
    if (seconds.size() > kMostSecondDigits) return std::nullopt;
    std::int64_t micros = 0;
    if (dot != std::string_view::npos) {
      Fields fraction(text.substr(dot + 1));
      if (!fraction.fraction(micros) || !fraction.done()) return std::nullopt;
    }
    return Instant{*parse_all<std::int64_t>(seconds) * 1'000'000 + micros};
  }
  return parse_calendar(text);
}

std::optional<IpRange> IpRange::parse(std::string_view text) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const auto slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (address.size() >= terminated.size()) return std::nullopt;
  std::copy(address.begin(), address.end(), terminated.begin());
  if (std::strlen(terminated.data()) != address.size()) return std::nullopt;

  IpRange range;
  range.v6 = address.find(':') != std::string_view::npos;
  if (::inet_pton(range.v6 ? AF_INET6 : AF_INET, terminated.data(), range.address.data()) != 1)
    return std::nullopt;
  const int most = range.v6 ? 128 : 32;
  range.prefix_bits = most;
  if (slash != std::string_view::npos) {
    const auto bits = parse_all<int>(text.substr(slash + 1));
    if (!bits || *bits < 0 || *bits > most) return std::nullopt;
    range.prefix_bits = *bits;
  }
  constexpr int kMappedBits = 96;
  if (range.v6 && range.prefix_bits >= kMappedBits &&
      std::equal(kMapped.begin(), kMapped.end(), range.address.begin())) {
    std::copy_n(range.address.begin() + kMapped.size(), 4, range.address.begin());
    range.v6 = false;
    range.prefix_bits -= kMappedBits;
  }
  return range;
}

bool IpRange::contains(const IpRange& other) const {
  if (v6 != other.v6 || other.prefix_bits < prefix_bits) return false;
  const int whole = prefix_bits / 8;
  if (!std::equal(address.begin(), address.begin() + whole, other.address.begin())) return false;
  const int rest = prefix_bits % 8;
  if (rest == 0) return true;
  const int mask = 0xff << (8 - rest);
  const auto at = static_cast<std::size_t>(whole);
  return ((address[at] ^ other.address[at]) & mask & 0xff) == 0;
}

}  // namespace martlet::policy
