#include "wire/cbor_codec.h"

#include <cmath>

#include "wire/cbor.h"
#include "wire/document.h"
#include "wire/scalar.h"
#include "wire/timestamp.h"

namespace martlet::wire {
namespace {

std::string_view type_name(CborReader::Type type) {
  switch (type) {
    case CborReader::Type::kInteger:
    case CborReader::Type::kFloat:
      return "NUMBER_VALUE";
    case CborReader::Type::kBytes:
      return "BYTE_STRING_VALUE";
    case CborReader::Type::kText:
      return "STRING_VALUE";
    case CborReader::Type::kArray:
      return "LIST_VALUE";
    case CborReader::Type::kMap:
      return "MAP_VALUE";
    case CborReader::Type::kBoolean:
      return "BOOLEAN_VALUE";
    case CborReader::Type::kNull:
      return "NULL_VALUE";
    default:
      return "UNKNOWN_VALUE";
  }
}

class Decoder {
 public:
  Decoder(std::string_view bytes, Decoding& decoding) : reader_(bytes), decoding_(decoding) {}

  void structure(const Shape& shape, void* target, const Path* path, int depth) {
    check_depth(depth);
    expect(CborReader::Type::kMap, shape);
    Seen seen;
    auto left = reader_.open();
    while (reader_.more(left)) {
      const std::string key = key_text();
      const std::size_t index = member_index(shape, key);
      if (index == shape.members.size() || reader_.peek() == CborReader::Type::kNull) {
        reader_.skip(depth);
        continue;
      }
      const Member& member = shape.members[index];
      const Path here{.parent = path, .name = member.name};
      value(*member.shape, member.access->emplace(member.slot(target), *member.shape), &here, depth + 1);
      seen.add(index);
    }
    decoding_.note_missing(shape, seen, path);
  }

 private:
  static std::size_t member_index(const Shape& shape, std::string_view key) {
    std::size_t index = 0;
    while (index < shape.members.size() &&
           (shape.members[index].access == nullptr || shape.members[index].wire_name != key))
      ++index;
    return index;
  }

  std::string key_text() {
    if (reader_.peek() != CborReader::Type::kText) throw mismatch(type_name(reader_.peek()), Kind::kString);
    return reader_.string();
  }

  void expect(CborReader::Type type, const Shape& shape) {
    if (reader_.peek() != type) throw mismatch(type_name(reader_.peek()), shape.kind);
  }

  void value(const Shape& shape, void* target, const Path* path, int depth) {
    if (shape.kind == Kind::kTimestamp) return timestamp(target, shape);
    while (reader_.peek() == CborReader::Type::kTag) reader_.tag();
    switch (shape.kind) {
      case Kind::kStructure:
        return structure(shape, target, path, depth);
      case Kind::kList:
        return list(shape, target, path, depth);
      case Kind::kMap:
        return map(shape, target, path, depth);
      case Kind::kString:
        expect(CborReader::Type::kText, shape);
        *static_cast<std::string*>(target) = reader_.string();
        return;
      case Kind::kBlob:
        expect(CborReader::Type::kBytes, shape);
        *static_cast<std::string*>(target) = reader_.string();
        return;
      case Kind::kBoolean:
        expect(CborReader::Type::kBoolean, shape);
        *static_cast<bool*>(target) = reader_.boolean();
        return;
      case Kind::kFloat:
        *static_cast<float*>(target) = static_cast<float>(number(shape));
        return;
      case Kind::kDouble:
        *static_cast<double*>(target) = number(shape);
        return;
      case Kind::kInteger:
      case Kind::kLong:
        return integer(shape, target);
      default:
        throw serialization_error("Documents can not travel in CBOR.");
    }
  }

  void list(const Shape& shape, void* target, const Path* path, int depth) {
    check_depth(depth);
    expect(CborReader::Type::kArray, shape);
    auto left = reader_.open();
    while (reader_.more(left)) {
      const bool null = reader_.peek() == CborReader::Type::kNull;
      if (null) reader_.null();
      if (null && !shape.sparse) continue;
      void* slot = shape.list->append(target, shape);
      if (null) continue;
      const Path here{.parent = path, .step = Path::Step::kElement, .index = shape.list->size(target)};
      value(*shape.element->shape, shape.element->access->emplace(slot, *shape.element->shape), &here,
            depth + 1);
    }
  }

  void map(const Shape& shape, void* target, const Path* path, int depth) {
    check_depth(depth);
    expect(CborReader::Type::kMap, shape);
    auto left = reader_.open();
    while (reader_.more(left)) {
      const std::string key = key_text();
      const bool null = reader_.peek() == CborReader::Type::kNull;
      if (null) reader_.null();
      if (null && !shape.sparse) continue;
      void* slot = shape.map->insert(target, shape, key);
      if (null) continue;
      const Path here{.parent = path, .step = Path::Step::kKey, .name = key};
      value(*shape.element->shape, shape.element->access->emplace(slot, *shape.element->shape), &here,
            depth + 1);
    }
  }

  void integer(const Shape& shape, void* target) {
    const CborReader::Type found = reader_.peek();
    std::optional<std::int64_t> whole;
    if (found == CborReader::Type::kInteger) {
      whole = reader_.integer();
    } else if (found == CborReader::Type::kFloat) {
      const double decimal = reader_.floating();
      if (std::trunc(decimal) == decimal && std::abs(decimal) < 9.2e18)
        whole = static_cast<std::int64_t>(decimal);
    }
    if (!whole || !store_integer(shape.kind, *whole, target)) throw mismatch(type_name(found), shape.kind);
  }

  double number(const Shape& shape) {
    if (reader_.peek() == CborReader::Type::kFloat) return reader_.floating();
    expect(CborReader::Type::kInteger, shape);
    const auto whole = reader_.integer();
    if (!whole) throw mismatch("NUMBER_VALUE", shape.kind);
    return static_cast<double>(*whole);
  }

  void timestamp(void* target, const Shape& shape) {
    if (reader_.peek() == CborReader::Type::kTag && reader_.tag() != 1)
      throw serialization_error("A timestamp has a tag other than 1.");
    const auto time = from_epoch_seconds(number(shape));
    if (!time) throw mismatch("NUMBER_VALUE", shape.kind);
    *static_cast<TimePoint*>(target) = *time;
  }

  CborReader reader_;
  Decoding& decoding_;
};

class Encoder {
 public:
  explicit Encoder(std::string& out) : writer_(out) {}

  void structure(const Shape& shape, const void* source,
                 std::span<const std::pair<std::string_view, std::string>> extra = {}) {
    std::size_t count = extra.size();
    for (const Member& member : shape.members) count += member.find(source) != nullptr ? 1 : 0;
    writer_.map(count);
    for (const auto& [key, text] : extra) {
      writer_.text(key);
      writer_.text(text);
    }
    for (const Member& member : shape.members) {
      const void* content = member.find(source);
      if (content == nullptr) continue;
      writer_.text(member.wire_name);
      value(*member.shape, content);
    }
  }

 private:
  void value(const Shape& shape, const void* source) {
    switch (shape.kind) {
      case Kind::kStructure:
        return structure(shape, source);
      case Kind::kList:
        return list(shape, source);
      case Kind::kMap:
        return map(shape, source);
      case Kind::kString:
        return writer_.text(*static_cast<const std::string*>(source));
      case Kind::kBlob:
        return writer_.bytes(*static_cast<const std::string*>(source));
      case Kind::kBoolean:
        return writer_.boolean(*static_cast<const bool*>(source));
      case Kind::kInteger:
        return writer_.integer(*static_cast<const std::int32_t*>(source));
      case Kind::kLong:
        return writer_.integer(*static_cast<const std::int64_t*>(source));
      case Kind::kFloat:
        return writer_.single(*static_cast<const float*>(source));
      case Kind::kDouble:
        return writer_.floating(*static_cast<const double*>(source));
      case Kind::kTimestamp:
        return timestamp(*static_cast<const TimePoint*>(source));
      case Kind::kDocument:
        return writer_.text(static_cast<const Document*>(source)->json);
    }
  }

  void timestamp(TimePoint time) {
    writer_.tag(1);
    const double seconds = to_epoch_seconds(time);
    if (std::trunc(seconds) == seconds)
      writer_.integer(static_cast<std::int64_t>(seconds));
    else
      writer_.floating(seconds);
  }

  void slot(const Element& element, void* place) {
    const void* content = element.access->find(place);
    if (content == nullptr)
      writer_.null();
    else
      value(*element.shape, content);
  }

  void list(const Shape& shape, const void* source) {
    const std::size_t count = shape.list->size(source);
    writer_.array(count);
    for (std::size_t i = 0; i < count; ++i)
      slot(*shape.element, shape.list->at(const_cast<void*>(source), i));
  }

  void map(const Shape& shape, const void* source) {
    writer_.map(shape.map->size(source));
    struct Visitor {
      Encoder& encoder;
      const Element& element;
    } visitor{*this, *shape.element};
    shape.map->each(const_cast<void*>(source), &visitor,
                    [](void* context, const std::string& key, void* place) {
                      auto& [encoder, element] = *static_cast<Visitor*>(context);
                      encoder.writer_.text(key);
                      encoder.slot(element, place);
                    });
  }

  CborWriter writer_;
};

}  // namespace

void decode_cbor(const Shape& structure, std::string_view bytes, void* value, Decoding& decoding) {
  if (bytes.empty())
    decoding.note_missing(structure, Seen(), nullptr);
  else
    Decoder(bytes, decoding).structure(structure, value, nullptr, 0);
}

std::string encode_cbor(const Shape& structure, const void* value,
                        std::span<const std::pair<std::string_view, std::string>> extra) {
  std::string out;
  Encoder(out).structure(structure, value, extra);
  return out;
}

}  // namespace martlet::wire
