#include "wire/timestamp.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace martlet::wire {
namespace {

namespace chrono = std::chrono;

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
// Whole seconds that a TimePoint can hold, with a little room for fractions and offsets.
constexpr std::int64_t kMaxSeconds = 9'223'286'400;

struct Fields {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::int64_t nanos = 0;
  int offset_minutes = 0;
};

/// Takes texts apart from left to right; every step fails once one has failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Scanner& literal(char wanted) {
    good_ = good_ && !text_.empty() && text_[0] == wanted;
    if (good_) text_.remove_prefix(1);
    return *this;
  }
  Scanner& digits(std::size_t least, std::size_t most, int& value) {
    std::size_t count = 0;
    value = 0;
    while (count < most && count < text_.size() && text_[count] >= '0' && text_[count] <= '9')
      value = value * 10 + (text_[count++] - '0');
    good_ = good_ && count >= least;
    if (good_) text_.remove_prefix(count);
    return *this;
  }
  Scanner& fraction(std::int64_t& nanos) {
    if (!good_ || text_.empty() || text_[0] != '.') return *this;
    text_.remove_prefix(1);
    std::int64_t unit = 100'000'000;
    std::size_t count = 0;
    for (; count < text_.size() && text_[count] >= '0' && text_[count] <= '9'; ++count, unit /= 10)
      nanos += (text_[count] - '0') * unit;
    good_ = count > 0;
    text_.remove_prefix(count);
    return *this;
  }
  template <std::size_t N>
  Scanner& word(const std::array<std::string_view, N>& words, int& index) {
    for (std::size_t i = 0; good_ && i < N; ++i) {
      if (!text_.starts_with(words[i])) continue;
      text_.remove_prefix(words[i].size());
      index = static_cast<int>(i);
      return *this;
    }
    good_ = false;
    return *this;
  }
  [[nodiscard]] char peek() const { return text_.empty() ? '\0' : text_[0]; }
  void skip(std::size_t count) { text_.remove_prefix(std::min(count, text_.size())); }
  [[nodiscard]] bool finished() const { return good_ && text_.empty(); }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
  bool good_ = true;
};

TimePoint at(std::int64_t seconds, std::int64_t nanos) {
  if (seconds >= kMaxSeconds) return TimePoint::max();
  if (seconds <= -kMaxSeconds) return TimePoint::min();
  return TimePoint(chrono::seconds(seconds) + chrono::nanoseconds(nanos));
}

std::optional<TimePoint> to_time(const Fields& fields) {
  const chrono::year_month_day date = chrono::year(fields.year) / fields.month / fields.day;
  if (!date.ok() || fields.hour > 24 || fields.minute > 59 || fields.second > 60 ||
      std::abs(fields.offset_minutes) > 24 * 60)
    return std::nullopt;
  const std::int64_t days = chrono::sys_days(date).time_since_epoch().count();
  return at(days * 86'400 + fields.hour * 3600 + (fields.minute - fields.offset_minutes) * 60 + fields.second,
            fields.nanos);
}

/// "2014-04-29T18:30:38.123Z", "2014-04-29T19:30:38+01:00"
std::optional<TimePoint> parse_date_time(std::string_view text) {
  Fields f;
  Scanner scan(text);
  scan.digits(4, 4, f.year).literal('-').digits(2, 2, f.month).literal('-').digits(2, 2, f.day);
  if (scan.finished()) return to_time(f);
  if (scan.peek() == 'T' || scan.peek() == 't' || scan.peek() == ' ') scan.skip(1);
  scan.digits(2, 2, f.hour).literal(':').digits(2, 2, f.minute);
  if (scan.peek() == ':') scan.literal(':').digits(2, 2, f.second).fraction(f.nanos);
  const char zone = scan.peek();
  if (zone == 'Z' || zone == 'z') {
    scan.skip(1);
  } else if (zone == '+' || zone == '-') {
    int hours = 0;
    int minutes = 0;
    scan.skip(1);
    scan.digits(2, 2, hours);
    if (scan.peek() == ':') scan.skip(1);
    scan.digits(2, 2, minutes);
    f.offset_minutes = (zone == '-' ? -1 : 1) * (hours * 60 + minutes);
  }
  return scan.finished() ? to_time(f) : std::nullopt;
}

/// "Tue, 29 Apr 2014 18:30:38 GMT"
std::optional<TimePoint> parse_http_date(std::string_view text) {
  Fields f;
  int weekday = 0;
  Scanner scan(text);
  scan.word(kDays, weekday).literal(',').literal(' ').digits(1, 2, f.day).literal(' ').word(kMonths, f.month);
  scan.literal(' ')
      .digits(4, 4, f.year)
      .literal(' ')
      .digits(2, 2, f.hour)
      .literal(':')
      .digits(2, 2, f.minute);
  scan.literal(':').digits(2, 2, f.second).fraction(f.nanos).literal(' ');
  ++f.month;
  return scan.good() && (scan.rest() == "GMT" || scan.rest() == "UTC") ? to_time(f) : std::nullopt;
}

}  // namespace

std::optional<TimePoint> from_epoch_seconds(double seconds) {
  if (std::isnan(seconds)) return std::nullopt;
  if (seconds >= kMaxSeconds) return TimePoint::max();
  if (seconds <= -kMaxSeconds) return TimePoint::min();
  const double whole = std::floor(seconds);
  // A double near today's date resolves about a quarter of a microsecond; what is finer is noise.
  const auto micros = static_cast<std::int64_t>(std::llround((seconds - whole) * 1e6));
  return at(static_cast<std::int64_t>(whole), micros * 1000);
}

double to_epoch_seconds(TimePoint time) {
  return static_cast<double>(time.time_since_epoch().count() / 1'000'000) / 1000.0;
}

std::optional<TimePoint> parse_timestamp(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text[0] >= 'A' && text[0] <= 'Z') return parse_http_date(text);
  if (text.find('-', 1) != std::string_view::npos && text.find_first_of("eE") == std::string_view::npos)
    return parse_date_time(text);
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return from_epoch_seconds(seconds);
}

std::string format_timestamp(TimePoint time, TimeFormat format) {
  // By hand, because chrono's own rounding overflows near the ends of the range.
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t count = time.time_since_epoch().count();
  const std::int64_t nanos = (count % kSecond + kSecond) % kSecond;
  const chrono::sys_seconds whole(chrono::seconds(count / kSecond - (count % kSecond < 0 ? 1 : 0)));
  const std::int64_t millis = nanos / 1'000'000;
  if (format == TimeFormat::kEpochSeconds) {
    const std::int64_t total = whole.time_since_epoch().count() * 1000 + millis;
    std::string text = fmt::format("{}{}", total < 0 ? "-" : "", std::abs(total) / 1000);
    if (total % 1000 != 0) {
      text += fmt::format(".{:03}", std::abs(total) % 1000);
      text.erase(text.find_last_not_of('0') + 1);
    }
    return text;
  }
  const auto day = chrono::floor<chrono::days>(whole);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(whole - day);
  const auto hours = clock.hours().count();
  const auto minutes = clock.minutes().count();
  const auto seconds = clock.seconds().count();
  if (format == TimeFormat::kHttpDate)
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[chrono::weekday(day).c_encoding()],
                       static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), hours, minutes, seconds);
  const std::string fraction = millis == 0 ? "" : fmt::format(".{:03}", millis);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), hours, minutes,
                     seconds, fraction);
}

}  // namespace martlet::wire
