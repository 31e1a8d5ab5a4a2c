#pragma once

// Keys: tuples of text, byte strings and integers, encoded so that comparing the encoded bytes compares the
// tuples element by element. This is the encoding of FoundationDB's tuple layer for these types.
//
//   Key("lambda", "fn", account, region, name)        a key, used wherever a std::string is expected
//   prefix_range("lambda", "fn", account, region)     every key that continues this one
//   unpack<std::string, std::int64_t>(bytes)          the elements back, or MalformedKey
//
// Bytes sort before text, text before integers; a shorter tuple sorts before those that continue it. Values
// only: free of threads and loops.

#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "store/store.h"

namespace martlet::store {

/// An element that is to be kept as a byte string (a hash), apart from text with the same bytes.
struct Bytes {
  std::string data;
  bool operator==(const Bytes&) const = default;
};

/// Thrown by readers on bytes that no Key could have made.
class MalformedKey : public std::runtime_error {
 public:
  explicit MalformedKey(const std::string& why) : std::runtime_error("malformed store key: " + why) {}
};

/// Writes one key. Elements: anything that converts to std::string_view, Bytes, integers of every size, enums
/// as integers.
class Key {
 public:
  template <class... Parts>
  explicit Key(const Parts&... parts) {
    (add(parts), ...);
  }

  template <class Part>
  Key& add(const Part& part) {
    static_assert(!std::same_as<Part, bool>, "a bool in a key hides its meaning: use text or an enum");
    if constexpr (std::convertible_to<const Part&, std::string_view>) {
      add_text(part);
    } else if constexpr (std::same_as<Part, Bytes>) {
      add_bytes(part.data);
    } else if constexpr (std::is_enum_v<Part>) {
      add(static_cast<std::underlying_type_t<Part>>(part));
    } else if constexpr (std::signed_integral<Part>) {
      add_signed(part);
    } else {
      static_assert(std::unsigned_integral<Part>, "keys hold text, Bytes, integers and enums");
      add_unsigned(part);
    }
    return *this;
  }

  [[nodiscard]] const std::string& str() const& { return encoded_; }
  [[nodiscard]] std::string str() && { return std::move(encoded_); }
  operator std::string() const& { return encoded_; }         // NOLINT(google-explicit-constructor)
  operator std::string() && { return std::move(encoded_); }  // NOLINT(google-explicit-constructor)

 private:
  void add_text(std::string_view text);
  void add_bytes(std::string_view bytes);
  void add_signed(std::int64_t value);
  void add_unsigned(std::uint64_t value);
  void add_negative(std::uint64_t magnitude);

  std::string encoded_;
};

/// Every key that begins with the elements of `prefix` and has more; not `prefix` itself.
Range range_below(const std::string& prefix);
/// As range_below(Key(parts...)).
template <class... Parts>
Range prefix_range(const Parts&... parts) {
  return range_below(Key(parts...).str());
}
/// Every key that continues `key` with a text that starts with `text`: names by prefix.
Range text_prefix_range(const std::string& key, std::string_view text);
/// The part of `range` that comes after `key` and all its continuations: where a page that ended with `key`
/// goes on.
Range after(Range range, const std::string& key);
/// The part of `range` that comes before `key`: as after(), for descending scans.
Range before(Range range, const std::string& key);

/// An element as it was written. Integers that fit std::int64_t are read as such.
using KeyPart = std::variant<std::string, Bytes, std::int64_t, std::uint64_t>;

/// Reads a key's elements in turn. Every member throws MalformedKey when the next element is absent, of
/// another type, out of the type's range, or not encoded as Key encodes it.
class KeyReader {
 public:
  /// `encoded` must outlive the reader.
  explicit KeyReader(std::string_view encoded) : rest_(encoded) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  KeyPart next();
  std::string text();
  std::string bytes();
  std::int64_t signed_integer();
  std::uint64_t unsigned_integer();
  /// Throws unless every element was read.
  void end() const;

  /// One element as T: std::string, Bytes, an integer or an enum.
  template <class T>
  T read() {
    if constexpr (std::same_as<T, std::string>) {
      return text();
    } else if constexpr (std::same_as<T, Bytes>) {
      return Bytes{bytes()};
    } else if constexpr (std::is_enum_v<T>) {
      return static_cast<T>(read<std::underlying_type_t<T>>());
    } else if constexpr (std::signed_integral<T>) {
      return narrow<T>(signed_integer());
    } else {
      return narrow<T>(unsigned_integer());
    }
  }

 private:
  template <class T, class Wide>
  static T narrow(Wide value) {
    if (!std::in_range<T>(value)) throw MalformedKey("an integer is out of its range");
    return static_cast<T>(value);
  }
  std::string escaped(char code, const char* what);
  KeyPart integer(int code);

  std::string_view rest_;
};

/// All elements of `encoded`, which must be exactly of these types.
template <class... Types>
std::tuple<Types...> unpack(std::string_view encoded) {
  KeyReader reader(encoded);
  std::tuple<Types...> parts{reader.read<Types>()...};  // braces evaluate in order
  reader.end();
  return parts;
}

/// All elements of `encoded`, whatever their types.
std::vector<KeyPart> unpack_any(std::string_view encoded);

}  // namespace martlet::store
