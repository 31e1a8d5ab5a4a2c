#pragma once

// CBOR (RFC 8949) as a stream of items: the part of it that Smithy's RPC v2 needs, which is nearly all.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace martlet::wire {

/// Reads items one after the other. Throws SerializationException for bytes that are not CBOR, that end too
/// early, or that nest too deeply. Never reads past its input and never allocates more than the input's size.
class CborReader {
 public:
  enum class Type : std::uint8_t {
    kInteger,
    kFloat,
    kBytes,
    kText,
    kArray,
    kMap,
    kBoolean,
    kNull,
    kTag,
    kOther
  };

  explicit CborReader(std::string_view bytes) : bytes_(bytes) {}

  /// Of the next item.
  [[nodiscard]] Type peek() const;
  [[nodiscard]] bool at_end() const { return position_ >= bytes_.size(); }

  /// nullopt when the number is beyond 64 bits with sign; the item is consumed.
  std::optional<std::int64_t> integer();
  /// Half, single and double precision.
  double floating();
  bool boolean();
  void null();
  /// Bytes or text, whole or in chunks. Text must be UTF-8.
  std::string string();
  std::uint64_t tag();

  /// Enters an array or map; the number of elements or pairs, nullopt for one that ends with a break.
  std::optional<std::uint64_t> open();
  /// Whether another element (pair) follows; consumes the break. `left` is what open() gave.
  bool more(std::optional<std::uint64_t>& left);

  /// Passes over one item with all it holds.
  void skip(int depth = 0);

 private:
  struct Head {
    std::uint8_t major;
    std::uint8_t info;
    std::uint64_t value;
  };
  Head head();
  [[nodiscard]] std::uint8_t byte(std::size_t position) const;
  std::uint64_t big_endian(std::size_t count);
  std::string_view take(std::uint64_t count);

  std::string_view bytes_;
  std::size_t position_ = 0;
};

/// Appends items to a string.
class CborWriter {
 public:
  explicit CborWriter(std::string& out) : out_(out) {}

  void integer(std::int64_t number);
  void single(float number);
  void floating(double number);
  void boolean(bool value);
  void null();
  void bytes(std::string_view content);
  /// Bytes that are not UTF-8 become U+FFFD.
  void text(std::string_view content);
  void tag(std::uint64_t number);
  void array(std::uint64_t count);
  void map(std::uint64_t count);

 private:
  void head(std::uint8_t major, std::uint64_t value);
  void big_endian(std::uint64_t value, int count);

  std::string& out_;
};

}  // namespace martlet::wire
