#include "store/key.h"

#include <utility>

namespace martlet::store {

namespace {

// Type codes of FoundationDB's tuple layer. An integer's code is kZero plus or minus the number of its bytes.
constexpr char kBytes = 0x01;
constexpr char kText = 0x02;
constexpr int kZero = 0x14;
constexpr int kLargest = 8;
// Ends a byte string; inside one, a zero byte is followed by kEscape, which is no type code.
constexpr char kEnd = 0x00;
constexpr char kEscape = static_cast<char>(0xFF);

void append_escaped(std::string& out, char code, std::string_view data) {
  out.reserve(out.size() + data.size() + 2);
  out += code;
  for (std::size_t zero; (zero = data.find('\0')) != std::string_view::npos; data.remove_prefix(zero + 1)) {
    out.append(data.substr(0, zero + 1));
    out += kEscape;
  }
  out.append(data);
  out += kEnd;
}

int bytes_of(std::uint64_t value) {
  int count = 0;
  for (; value != 0; value >>= 8) ++count;
  return count;
}

void append_big_endian(std::string& out, std::uint64_t value, int count) {
  for (int i = count - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
}

std::uint64_t largest_of(int bytes) { return bytes == kLargest ? ~0ULL : (1ULL << (8 * bytes)) - 1; }

}  // namespace

void Key::add_text(std::string_view text) { append_escaped(encoded_, kText, text); }

void Key::add_bytes(std::string_view bytes) { append_escaped(encoded_, kBytes, bytes); }

void Key::add_signed(std::int64_t value) {
  if (value >= 0) {
    add_unsigned(static_cast<std::uint64_t>(value));
  } else {
    add_negative(~static_cast<std::uint64_t>(value) + 1);
  }
}

void Key::add_unsigned(std::uint64_t value) {
  const int count = bytes_of(value);
  encoded_ += static_cast<char>(kZero + count);
  append_big_endian(encoded_, value, count);
}

// A negative number is written as its distance from the least number of its length, so that bytes order as
// numbers do.
void Key::add_negative(std::uint64_t magnitude) {
  const int count = bytes_of(magnitude);
  encoded_ += static_cast<char>(kZero - count);
  append_big_endian(encoded_, largest_of(count) - magnitude, count);
}

// Every continuation starts with a type code, and these lie between 0x00 and 0xFF.
Range range_below(const std::string& prefix) { return {prefix + '\0', prefix + '\xFF'}; }

Range text_prefix_range(const std::string& key, std::string_view text) {
  Range range;
  range.begin = key;
  append_escaped(range.begin, kText, text);
  range.begin.pop_back();  // the end mark: the text may go on
  range.end = range.begin;
  while (range.end.back() == '\xFF') range.end.pop_back();
  range.end.back() = static_cast<char>(static_cast<unsigned char>(range.end.back()) + 1);
  return range;
}

Range after(Range range, const std::string& key) {
  std::string past = key + '\xFF';
  if (past > range.begin) range.begin = std::move(past);
  return range;
}

Range before(Range range, const std::string& key) {
  if (key < range.end) range.end = key;
  return range;
}

KeyPart KeyReader::next() {
  if (rest_.empty()) throw MalformedKey("an element is missing");
  const char code = rest_.front();
  if (code == kText) return text();
  if (code == kBytes) return Bytes{bytes()};
  return integer(static_cast<unsigned char>(code));
}

std::string KeyReader::text() { return escaped(kText, "text expected"); }

std::string KeyReader::bytes() { return escaped(kBytes, "bytes expected"); }

std::int64_t KeyReader::signed_integer() {
  const KeyPart part = next();
  if (const auto* value = std::get_if<std::int64_t>(&part)) return *value;
  throw MalformedKey("integer expected");
}

std::uint64_t KeyReader::unsigned_integer() {
  const KeyPart part = next();
  if (const auto* value = std::get_if<std::uint64_t>(&part)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&part); value && *value >= 0)
    return static_cast<std::uint64_t>(*value);
  throw MalformedKey("unsigned integer expected");
}

void KeyReader::end() const {
  if (!rest_.empty()) throw MalformedKey("more elements than expected");
}

std::string KeyReader::escaped(char code, const char* what) {
  if (rest_.empty() || rest_.front() != code) throw MalformedKey(what);
  std::string data;
  for (std::size_t from = 1;;) {
    const std::size_t zero = rest_.find('\0', from);
    if (zero == std::string_view::npos) throw MalformedKey("a string has no end");
    data.append(rest_, from, zero - from);
    from = zero + 1;
    if (from == rest_.size() || rest_[from] != kEscape) {
      rest_.remove_prefix(from);
      return data;
    }
    data += '\0';
    ++from;
  }
}

KeyPart KeyReader::integer(int code) {
  const int length = code - kZero;
  const int count = length < 0 ? -length : length;
  if (count > kLargest) throw MalformedKey("unknown type code");
  if (rest_.size() < 1 + static_cast<std::size_t>(count)) throw MalformedKey("an integer is cut short");
  std::uint64_t raw = 0;
  for (int i = 1; i <= count; ++i)
    raw = raw << 8 | static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)]);
  rest_.remove_prefix(1 + static_cast<std::size_t>(count));

  const std::uint64_t magnitude = length < 0 ? largest_of(count) - raw : raw;
  if (bytes_of(magnitude) != count) throw MalformedKey("an integer is longer than needed");
  constexpr std::uint64_t kLeast = 1ULL << 63;  // the magnitude of the least std::int64_t
  if (length >= 0) {
    if (magnitude < kLeast) return static_cast<std::int64_t>(magnitude);
    return magnitude;
  }
  if (magnitude > kLeast) throw MalformedKey("an integer is below 64 bits");
  return static_cast<std::int64_t>(~magnitude + 1);
}

std::vector<KeyPart> unpack_any(std::string_view encoded) {
  std::vector<KeyPart> parts;
  for (KeyReader reader(encoded); !reader.at_end();) parts.push_back(reader.next());
  return parts;
}

}  // namespace martlet::store
