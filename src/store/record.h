#pragma once

// Records: how a value in the store is written, so that an upgrade reads what an older version wrote. A
// record type names its fields once, each with a number that is never used for anything else again:
//
//   struct RoleRecord {
//     static constexpr std::uint32_t kVersion = 1;
//     std::string name;
//     std::int64_t created_ms = 0;
//     std::map<std::string, std::string> tags;
//     void fields(auto& f) { f(1, name); f(2, created_ms); f(3, tags); }
//   };
//
//   txn.put(key, encode(role));      RoleRecord role = decode<RoleRecord>(bytes);
//
// Encoded: the version, then each field as (number and kind, content); empty containers and optionals take no
// bytes. A field that is absent keeps its default and a number that is not known is skipped, so fields can be
// added without more ado. Raise kVersion only when the meaning of a field changes; `fields` may then look at
// f.version(), which is the version that is being read. A record of a later version than the program knows is
// refused.
//
// Field types: integers, bool, enums, double, std::string, structs with `fields`, and std::optional,
// std::vector and std::map<std::string, T> of these, containers not nested directly in one another (a struct
// between them does it) and empty by default.

#include <bit>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "store/store.h"

namespace martlet::store {

/// Thrown by decode() on bytes that encode() of this type, in this or an earlier version, could not have
/// made.
class MalformedRecord : public std::runtime_error {
 public:
  explicit MalformedRecord(const std::string& why) : std::runtime_error("malformed store record: " + why) {}
};

namespace record {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

enum class Kind : std::uint8_t { kInteger = 0, kBytes = 1 };

void append_varint(std::string& out, std::uint64_t value);
void append_tag(std::string& out, std::uint32_t number, Kind kind);
void append_bytes(std::string& out, std::string_view bytes);

/// Signed numbers with small magnitudes become small unsigned ones.
constexpr std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

/// Writes the fields it is called with.
class Writer {
 public:
  explicit Writer(std::uint32_t version) : version_(version) {}
  [[nodiscard]] std::uint32_t version() const { return version_; }
  [[nodiscard]] std::string take() { return std::move(out_); }

  template <class T>
  void operator()(std::uint32_t number, const T& value) {
    if constexpr (IsVector<T>::value) {
      for (std::size_t i = 0; i < value.size(); ++i) put<typename T::value_type>(number, value[i]);
    } else if constexpr (IsMap<T>::value) {
      for (const auto& [key, item] : value) put_pair(number, key, item);
    } else if constexpr (IsOptional<T>::value) {
      if (value) put(number, *value);
    } else {
      put(number, value);
    }
  }

 private:
  template <class T>
  void put(std::uint32_t number, const T& value) {
    if constexpr (std::is_enum_v<T>) {
      put(number, static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::integral<T>) {
      append_tag(out_, number, Kind::kInteger);
      if constexpr (std::signed_integral<T>) {
        append_varint(out_, zigzag(value));
      } else {
        append_varint(out_, value);
      }
    } else if constexpr (std::same_as<T, double>) {
      put(number, std::bit_cast<std::uint64_t>(value));
    } else if constexpr (std::same_as<T, std::string>) {
      append_tag(out_, number, Kind::kBytes);
      append_bytes(out_, value);
    } else {
      Writer inner(version_);
      const_cast<T&>(value).fields(
          inner);  // one `fields` serves reading and writing; a writer changes nothing
      append_tag(out_, number, Kind::kBytes);
      append_bytes(out_, inner.out_);
    }
  }

  template <class T>
  void put_pair(std::uint32_t number, const std::string& key, const T& item) {
    Writer inner(version_);
    inner.put(1, key);
    inner.put(2, item);
    append_tag(out_, number, Kind::kBytes);
    append_bytes(out_, inner.out_);
  }

  std::uint32_t version_;
  std::string out_;
};

/// One encoded field.
struct Field {
  std::uint32_t number = 0;
  Kind kind = Kind::kInteger;
  std::uint64_t integer = 0;
  std::string_view bytes;
};

/// Splits encoded fields, the version excluded. Throws MalformedRecord.
std::vector<Field> split_fields(std::string_view encoded);

/// Takes the version from the front. Throws MalformedRecord when it is later than `known`.
std::uint32_t take_version(std::string_view& encoded, std::uint32_t known);

/// Assigns the fields it is called with from what was read.
class Reader {
 public:
  Reader(std::string_view encoded, std::uint32_t version)
      : version_(version), fields_(split_fields(encoded)) {}
  [[nodiscard]] std::uint32_t version() const { return version_; }

  template <class T>
  void operator()(std::uint32_t number, T& value) const {
    for (const Field& field : fields_) {
      if (field.number != number) continue;
      if constexpr (IsVector<T>::value) {
        value.push_back(read<typename T::value_type>(field));
      } else if constexpr (IsMap<T>::value) {
        const Reader pair(content(field), version_);
        std::string key;
        typename T::mapped_type item{};
        pair(1, key);
        pair(2, item);
        value.insert_or_assign(std::move(key), std::move(item));
      } else if constexpr (IsOptional<T>::value) {
        value = read<typename T::value_type>(field);
      } else {
        value = read<T>(field);
      }
    }
  }

 private:
  static std::string_view content(const Field& field);
  static std::uint64_t integer(const Field& field);
  [[noreturn]] static void out_of_range();

  template <class T>
  [[nodiscard]] T read(const Field& field) const {
    if constexpr (std::is_enum_v<T>) {
      return static_cast<T>(read<std::underlying_type_t<T>>(field));
    } else if constexpr (std::same_as<T, bool>) {
      return integer(field) != 0;
    } else if constexpr (std::signed_integral<T>) {
      const std::int64_t number = unzigzag(integer(field));
      if (!std::in_range<T>(number)) out_of_range();
      return static_cast<T>(number);
    } else if constexpr (std::unsigned_integral<T>) {
      if (!std::in_range<T>(integer(field))) out_of_range();
      return static_cast<T>(integer(field));
    } else if constexpr (std::same_as<T, double>) {
      return std::bit_cast<double>(integer(field));
    } else if constexpr (std::same_as<T, std::string>) {
      return std::string(content(field));
    } else {
      T value{};
      Reader inner(content(field), version_);
      value.fields(inner);
      return value;
    }
  }

  std::uint32_t version_;
  std::vector<Field> fields_;
};

}  // namespace record

template <class Record>
std::string encode(const Record& value) {
  record::Writer writer(Record::kVersion);
  const_cast<Record&>(value).fields(writer);
  std::string out;
  record::append_varint(out, Record::kVersion);
  return out += writer.take();
}

/// Throws MalformedRecord.
template <class Record>
Record decode(std::string_view encoded) {
  const std::uint32_t version = record::take_version(encoded, Record::kVersion);
  record::Reader reader(encoded, version);
  Record value{};
  value.fields(reader);
  return value;
}

/// The record under `key`; nullopt when there is none.
template <class Record>
Task<std::optional<Record>> get_record(Txn& txn, std::string key) {
  std::optional<std::string> bytes = co_await txn.get(std::move(key));
  std::optional<Record> found;
  if (bytes) found = decode<Record>(*bytes);
  co_return found;
}

template <class Record>
void put_record(Txn& txn, std::string key, const Record& value) {
  txn.put(std::move(key), encode(value));
}

}  // namespace martlet::store
