#include "store/record.h"

#include <fmt/core.h>

namespace martlet::store::record {

namespace {

std::uint64_t take_varint(std::string_view& in) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (in.empty()) throw MalformedRecord("a number is cut short");
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  throw MalformedRecord("a number is over 64 bits");
}

}  // namespace

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void append_tag(std::string& out, std::uint32_t number, Kind kind) {
  append_varint(out, static_cast<std::uint64_t>(number) << 1 | static_cast<std::uint64_t>(kind));
}

void append_bytes(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out += bytes;
}

std::vector<Field> split_fields(std::string_view encoded) {
  std::vector<Field> fields;
  while (!encoded.empty()) {
    const std::uint64_t tag = take_varint(encoded);
    if (tag >> 1 > UINT32_MAX) throw MalformedRecord("a field number is over 32 bits");
    Field field{
        .number = static_cast<std::uint32_t>(tag >> 1), .kind = static_cast<Kind>(tag & 1), .bytes = {}};
    const std::uint64_t value = take_varint(encoded);
    if (field.kind == Kind::kInteger) {
      field.integer = value;
    } else {
      if (value > encoded.size()) throw MalformedRecord("a field is cut short");
      field.bytes = encoded.substr(0, value);
      encoded.remove_prefix(value);
    }
    fields.push_back(field);
  }
  return fields;
}

std::uint32_t take_version(std::string_view& encoded, std::uint32_t known) {
  const std::uint64_t version = take_varint(encoded);
  if (version == 0) throw MalformedRecord("it has no version");
  if (version > known) {
    throw MalformedRecord(fmt::format(
        "its version is {}, this program knows {}: it was written by a newer Martlet", version, known));
  }
  return static_cast<std::uint32_t>(version);
}

std::string_view Reader::content(const Field& field) {
  if (field.kind != Kind::kBytes)
    throw MalformedRecord(fmt::format("field {} should be bytes", field.number));
  return field.bytes;
}

std::uint64_t Reader::integer(const Field& field) {
  if (field.kind != Kind::kInteger)
    throw MalformedRecord(fmt::format("field {} should be a number", field.number));
  return field.integer;
}

void Reader::out_of_range() { throw MalformedRecord("a number is out of its field's range"); }

}  // namespace martlet::store::record
