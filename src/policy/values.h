#pragma once

// The typed values that condition operators compare: numbers, instants and ranges of IP addresses, read from
// the texts that policies and requests carry. nullopt: the text is none of its type, and equals nothing.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace martlet::policy {

/// A decimal number. Whole numbers compare exactly.
struct Number {
  double value = 0;
  /// Where the number is whole and fits.
  std::optional<std::int64_t> whole;

  static std::optional<Number> parse(std::string_view text);
  friend std::partial_ordering operator<=>(const Number& a, const Number& b);
  friend bool operator==(const Number& a, const Number& b) { return (a <=> b) == 0; }
};

/// Microseconds since 1970-01-01T00:00Z.
struct Instant {
  std::int64_t micros = 0;

  /// ISO 8601 in the forms of the W3C's note (a year, a month, a day, or a day with a time and a zone,
  /// seconds and their fractions being optional), also without separators ("20260102T030405Z"); or seconds
  /// since 1970. Four digits are a year.
  static std::optional<Instant> parse(std::string_view text);
  auto operator<=>(const Instant&) const = default;
};

/// Addresses with a common prefix. IPv4 addresses in the guise of IPv6 (::ffff:192.0.2.1) are IPv4.
struct IpRange {
  bool v6 = false;
  std::array<std::uint8_t, 16> address{};
  /// 0 to 32 of IPv4, 0 to 128 of IPv6.
  int prefix_bits = 0;

  /// "203.0.113.0/24", "2001:db8::/32"; a single address without a prefix.
  static std::optional<IpRange> parse(std::string_view text);
  /// Whether all of `other` lies in it.
  [[nodiscard]] bool contains(const IpRange& other) const;
};

}  // namespace martlet::policy
