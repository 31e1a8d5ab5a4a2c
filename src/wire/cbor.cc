#include "wire/cbor.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/utf8.h"
#include "wire/decoding.h"

namespace martlet::wire {
namespace {

constexpr std::uint8_t kUnsigned = 0, kNegative = 1, kBytesMajor = 2, kTextMajor = 3, kArrayMajor = 4,
                       kMapMajor = 5, kTagMajor = 6, kSimple = 7;
constexpr std::uint8_t kIndefinite = 31;
constexpr std::uint8_t kBreak = 0xff;

[[noreturn]] void broken(const char* what) {
  throw serialization_error(std::string("The request body is not valid CBOR: ") + what);
}

double half_to_double(std::uint64_t bits) {
  const auto exponent = static_cast<int>(bits >> 10 & 0x1f);
  const auto mantissa = static_cast<double>(bits & 0x3ff);
  double value = 0;
  if (exponent == 0)
    value = std::ldexp(mantissa, -24);
  else if (exponent == 31)
    value =
        mantissa == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  else
    value = std::ldexp(mantissa + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

}  // namespace

std::uint8_t CborReader::byte(std::size_t position) const {
  if (position >= bytes_.size()) broken("it ends too early");
  return static_cast<std::uint8_t>(bytes_[position]);
}

std::uint64_t CborReader::big_endian(std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | byte(position_++);
  return value;
}

std::string_view CborReader::take(std::uint64_t count) {
  if (count > bytes_.size() - position_) broken("it ends too early");
  const std::string_view part = bytes_.substr(position_, static_cast<std::size_t>(count));
  position_ += part.size();
  return part;
}

CborReader::Head CborReader::head() {
  const std::uint8_t first = byte(position_++);
  Head result{.major = static_cast<std::uint8_t>(first >> 5),
              .info = static_cast<std::uint8_t>(first & 0x1f),
              .value = 0};
  if (result.info < 24)
    result.value = result.info;
  else if (result.info <= 27)
    result.value = big_endian(std::size_t{1} << (result.info - 24));
  else if (result.info != kIndefinite || result.major < kBytesMajor || result.major == kTagMajor)
    broken("an item has a reserved length");
  return result;
}

CborReader::Type CborReader::peek() const {
  const std::uint8_t first = byte(position_);
  switch (first >> 5) {
    case kUnsigned:
    case kNegative:
      return Type::kInteger;
    case kBytesMajor:
      return Type::kBytes;
    case kTextMajor:
      return Type::kText;
    case kArrayMajor:
      return Type::kArray;
    case kMapMajor:
      return Type::kMap;
    case kTagMajor:
      return Type::kTag;
    default:
      break;
  }
  switch (first & 0x1f) {
    case 20:
    case 21:
      return Type::kBoolean;
    case 22:
    case 23:
      return Type::kNull;
    case 25:
    case 26:
    case 27:
      return Type::kFloat;
    default:
      return Type::kOther;
  }
}

std::optional<std::int64_t> CborReader::integer() {
  const Head item = head();
  if (item.major > kNegative) broken("an integer was expected");
  if (item.value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  const auto magnitude = static_cast<std::int64_t>(item.value);
  return item.major == kNegative ? -1 - magnitude : magnitude;
}

double CborReader::floating() {
  const Head item = head();
  if (item.major != kSimple || item.info < 25 || item.info > 27) broken("a number was expected");
  if (item.info == 25) return half_to_double(item.value);
  if (item.info == 26) return std::bit_cast<float>(static_cast<std::uint32_t>(item.value));
  return std::bit_cast<double>(item.value);
}

bool CborReader::boolean() { return (head().value & 1) != 0; }

void CborReader::null() { head(); }

std::string CborReader::string() {
  const Head item = head();
  if (item.major != kBytesMajor && item.major != kTextMajor) broken("a string was expected");
  std::string result;
  if (item.info != kIndefinite) {
    result = take(item.value);
  } else {
    while (byte(position_) != kBreak) {
      const Head chunk = head();
      if (chunk.major != item.major || chunk.info == kIndefinite)
        broken("a string has a chunk of another type");
      result += take(chunk.value);
    }
    ++position_;
  }
  if (item.major == kTextMajor && !is_utf8(result)) broken("a text is not UTF-8");
  return result;
}

std::uint64_t CborReader::tag() { return head().value; }

std::optional<std::uint64_t> CborReader::open() {
  const Head item = head();
  if (item.major != kArrayMajor && item.major != kMapMajor) broken("a list or map was expected");
  if (item.info == kIndefinite) return std::nullopt;
  return item.value;
}

bool CborReader::more(std::optional<std::uint64_t>& left) {
  if (left) {
    if (*left == 0) return false;
    --*left;
    return true;
  }
  if (byte(position_) != kBreak) return true;
  ++position_;
  return false;
}

void CborReader::skip(int depth) {
  check_depth(depth);
  switch (peek()) {
    case Type::kBytes:
    case Type::kText:
      string();
      return;
    case Type::kTag:
      tag();
      return skip(depth + 1);
    case Type::kArray:
    case Type::kMap: {
      const bool pairs = peek() == Type::kMap;
      auto left = open();
      while (more(left)) {
        skip(depth + 1);
        if (pairs) skip(depth + 1);
      }
      return;
    }
    default:
      if (byte(position_) == kBreak) broken("a break stands where an item was expected");
      head();
  }
}

void CborWriter::big_endian(std::uint64_t value, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) out_ += static_cast<char>(value >> shift & 0xff);
}

void CborWriter::head(std::uint8_t major, std::uint64_t value) {
  const auto first = static_cast<std::uint8_t>(major << 5);
  if (value < 24) {
    out_ += static_cast<char>(first | value);
  } else if (value <= 0xff) {
    out_ += static_cast<char>(first | 24);
    big_endian(value, 1);
  } else if (value <= 0xffff) {
    out_ += static_cast<char>(first | 25);
    big_endian(value, 2);
  } else if (value <= 0xffffffff) {
    out_ += static_cast<char>(first | 26);
    big_endian(value, 4);
  } else {
    out_ += static_cast<char>(first | 27);
    big_endian(value, 8);
  }
}

void CborWriter::integer(std::int64_t number) {
  if (number >= 0)
    head(kUnsigned, static_cast<std::uint64_t>(number));
  else
    head(kNegative, static_cast<std::uint64_t>(-1 - number));
}

void CborWriter::single(float number) {
  out_ += static_cast<char>(kSimple << 5 | 26);
  big_endian(std::bit_cast<std::uint32_t>(number), 4);
}

void CborWriter::floating(double number) {
  out_ += static_cast<char>(kSimple << 5 | 27);
  big_endian(std::bit_cast<std::uint64_t>(number), 8);
}

void CborWriter::boolean(bool value) { out_ += static_cast<char>(kSimple << 5 | (value ? 21 : 20)); }
void CborWriter::null() { out_ += static_cast<char>(kSimple << 5 | 22); }

void CborWriter::bytes(std::string_view content) {
  head(kBytesMajor, content.size());
  out_ += content;
}

void CborWriter::text(std::string_view content) {
  if (!is_utf8(content)) return text(to_valid_utf8(content));
  head(kTextMajor, content.size());
  out_ += content;
}

void CborWriter::tag(std::uint64_t number) { head(kTagMajor, number); }
void CborWriter::array(std::uint64_t count) { head(kArrayMajor, count); }
void CborWriter::map(std::uint64_t count) { head(kMapMajor, count); }

}  // namespace martlet::wire
