#pragma once

// Scalars as text: in paths, queries, headers, XML and the Query protocol. JSON and CBOR use the same limits
// for numbers.

#include <optional>
#include <string>
#include <string_view>

#include "wire/tables.h"

namespace martlet::wire {

/// Whether values of this kind are a single text.
[[nodiscard]] constexpr bool is_scalar(Kind kind) {
  return kind != Kind::kStructure && kind != Kind::kList && kind != Kind::kMap && kind != Kind::kDocument;
}

/// "Integer", "String", ... as AWS names types in serialization errors.
std::string_view kind_name(Kind kind);

/// The first format that is set; `fallback` is the protocol's.
[[nodiscard]] constexpr TimeFormat choose_format(TimeFormat member, const Shape& shape, TimeFormat fallback) {
  if (member != TimeFormat::kDefault) return member;
  return shape.time_format != TimeFormat::kDefault ? shape.time_format : fallback;
}

/// `value` is of the C++ type of `shape.kind`, which must be a scalar. Blobs are base64.
std::string scalar_text(const Shape& shape, const void* value, TimeFormat format);

/// Reads into `value`; false when the text does not fit the kind.
[[nodiscard]] bool parse_scalar(const Shape& shape, std::string_view text, void* value);

/// Shortest decimal text; "NaN", "Infinity", "-Infinity".
std::string float_text(float value);
std::string double_text(double value);
/// Decimal text, or one of the three words. The whole text must be used.
std::optional<double> parse_double(std::string_view text);

/// Stores an integer in a value of an integer kind; false when it is out of range.
[[nodiscard]] bool store_integer(Kind kind, std::int64_t number, void* value);

}  // namespace martlet::wire
