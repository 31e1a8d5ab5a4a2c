#include "wire/scalar.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/crypto.h"
#include "wire/timestamp.h"

namespace martlet::wire {
namespace {

template <class T>
std::string shortest(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

template <class T>
bool store(void* value, T content) {
  *static_cast<T*>(value) = std::move(content);
  return true;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool parse_boolean(std::string_view text, void* value) {
  if (text == "true" || text == "True" || text == "TRUE" || text == "1") return store(value, true);
  if (text == "false" || text == "False" || text == "FALSE" || text == "0") return store(value, false);
  return false;
}

}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kStructure:
      return "Structure";
    case Kind::kList:
      return "List";
    case Kind::kMap:
      return "Map";
    case Kind::kString:
      return "String";
    case Kind::kBlob:
      return "Blob";
    case Kind::kBoolean:
      return "Boolean";
    case Kind::kInteger:
      return "Integer";
    case Kind::kLong:
      return "Long";
    case Kind::kFloat:
      return "Float";
    case Kind::kDouble:
      return "Double";
    case Kind::kTimestamp:
      return "Timestamp";
    case Kind::kDocument:
      return "Document";
  }
  return "value";
}

std::string float_text(float value) { return shortest(value); }
std::string double_text(double value) { return shortest(value); }

std::optional<double> parse_double(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != std::string_view::npos)
    return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool store_integer(Kind kind, std::int64_t number, void* value) {
  if (kind == Kind::kLong) return store(value, number);
  if (number < std::numeric_limits<std::int32_t>::min() || number > std::numeric_limits<std::int32_t>::max())
    return false;
  return store(value, static_cast<std::int32_t>(number));
}

std::string scalar_text(const Shape& shape, const void* value, TimeFormat format) {
  switch (shape.kind) {
    case Kind::kBlob:
      return base64_encode(*static_cast<const std::string*>(value));
    case Kind::kBoolean:
      return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::kInteger:
      return std::to_string(*static_cast<const std::int32_t*>(value));
    case Kind::kLong:
      return std::to_string(*static_cast<const std::int64_t*>(value));
    case Kind::kFloat:
      return float_text(*static_cast<const float*>(value));
    case Kind::kDouble:
      return double_text(*static_cast<const double*>(value));
    case Kind::kTimestamp:
      return format_timestamp(*static_cast<const TimePoint*>(value), format);
    default:
      return *static_cast<const std::string*>(value);
  }
}

bool parse_scalar(const Shape& shape, std::string_view text, void* value) {
  switch (shape.kind) {
    case Kind::kString:
      return store(value, std::string(text));
    case Kind::kBlob: {
      auto bytes = base64_decode(text);
      return bytes && store(value, std::move(*bytes));
    }
    case Kind::kBoolean:
      return parse_boolean(text, value);
    case Kind::kInteger:
    case Kind::kLong: {
      const auto number = parse_integer(text);
      return number && store_integer(shape.kind, *number, value);
    }
    case Kind::kFloat: {
      const auto number = parse_double(text);
      return number && store(value, static_cast<float>(*number));
    }
    case Kind::kDouble: {
      const auto number = parse_double(text);
      return number && store(value, *number);
    }
    case Kind::kTimestamp: {
      const auto time = parse_timestamp(text);
      return time && store(value, *time);
    }
    default:
      return false;
  }
}

}  // namespace martlet::wire
