#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "base/crypto.h"
#include "wire/document.h"
#include "wire/json_codec.h"
#include "wire/scalar.h"
#include "wire/timestamp.h"

namespace martlet::wire {
namespace {

namespace json = boost::json;

/// What AWS calls the JSON value that it did not expect.
std::string_view token_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "NULL_VALUE";
    case json::kind::bool_:
      return value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
    case json::kind::string:
      return "STRING_VALUE";
    case json::kind::double_:
      return "DECIMAL_VALUE";
    default:
      return "NUMBER_VALUE";
  }
}

[[noreturn]] void refuse(const json::value& found, Kind wanted) {
  if (found.is_object()) throw serialization_error("Start of structure or map found where not expected.");
  if (found.is_array()) throw serialization_error("Start of list found where not expected");
  throw mismatch(token_name(found), wanted);
}

class JsonReader {
 public:
  explicit JsonReader(Decoding& decoding) : decoding_(decoding) {}

  void members(const Shape& shape, JsonMembers which, const json::value& source, void* target, Seen& seen,
               const Path* path) {
    const json::object* object = source.if_object();
    if (object == nullptr) refuse(source, Kind::kStructure);
    for (const auto& [key, content] : *object) {
      if (content.is_null()) continue;
      for (std::size_t i = 0; i < shape.members.size(); ++i) {
        const Member& member = shape.members[i];
        if (member.access == nullptr || member.wire_name != std::string_view(key)) continue;
        if (which == JsonMembers::kBody && member.location != Location::kBody) continue;
        const Path here{.parent = path, .name = member.name};
        value(*member.shape, member.time_format, content,
              member.access->emplace(member.slot(target), *member.shape), &here);
        seen.add(i);
        break;
      }
    }
  }

  void value(const Shape& shape, TimeFormat format, const json::value& source, void* target,
             const Path* path) {
    switch (shape.kind) {
      case Kind::kStructure:
        return structure(shape, source, target, path);
      case Kind::kList:
        return list(shape, source, target, path);
      case Kind::kMap:
        return map(shape, source, target, path);
      case Kind::kDocument:
        static_cast<Document*>(target)->json = json::serialize(source);
        return;
      case Kind::kBoolean:
        if (!source.is_bool()) refuse(source, shape.kind);
        *static_cast<bool*>(target) = source.get_bool();
        return;
      case Kind::kInteger:
      case Kind::kLong:
        return integer(shape, source, target);
      case Kind::kFloat:
      case Kind::kDouble:
        return floating(shape, source, target);
      case Kind::kTimestamp:
        return timestamp(shape, format, source, target);
      default:
        return text(shape, source, target);
    }
  }

 private:
  void structure(const Shape& shape, const json::value& source, void* target, const Path* path) {
    check_depth(++depth_);
    Seen seen;
    members(shape, JsonMembers::kAll, source, target, seen, path);
    decoding_.note_missing(shape, seen, path);
    --depth_;
  }

  void list(const Shape& shape, const json::value& source, void* target, const Path* path) {
    if (!source.is_array()) refuse(source, shape.kind);
    check_depth(++depth_);
    const Element& element = *shape.element;
    for (const json::value& item : source.get_array()) {
      if (item.is_null()) {
        if (shape.sparse) shape.list->append(target, shape);
        continue;
      }
      void* slot = shape.list->append(target, shape);
      const Path here{.parent = path, .step = Path::Step::kElement, .index = shape.list->size(target)};
      value(*element.shape, TimeFormat::kDefault, item, element.access->emplace(slot, *element.shape), &here);
    }
    --depth_;
  }

  void map(const Shape& shape, const json::value& source, void* target, const Path* path) {
    if (!source.is_object()) refuse(source, shape.kind);
    check_depth(++depth_);
    const Element& element = *shape.element;
    for (const auto& [key, item] : source.get_object()) {
      if (item.is_null() && !shape.sparse) continue;
      void* slot = shape.map->insert(target, shape, std::string(key));
      if (item.is_null()) continue;
      const Path here{.parent = path, .step = Path::Step::kKey, .name = key};
      value(*element.shape, TimeFormat::kDefault, item, element.access->emplace(slot, *element.shape), &here);
    }
    --depth_;
  }

  static void integer(const Shape& shape, const json::value& source, void* target) {
    if (const auto* number = source.if_int64()) {
      if (store_integer(shape.kind, *number, target)) return;
    } else if (const auto* decimal = source.if_double()) {
      // "3.0" and "3e0" are whole numbers too.
      if (std::trunc(*decimal) == *decimal && std::abs(*decimal) < 9.2e18 &&
          store_integer(shape.kind, static_cast<std::int64_t>(*decimal), target))
        return;
    }
    refuse(source, shape.kind);
  }

  static void floating(const Shape& shape, const json::value& source, void* target) {
    double number = 0;
    if (source.is_number()) {
      number = source.to_number<double>();
    } else if (const auto* word = source.if_string();
               word != nullptr && (*word == "NaN" || *word == "Infinity" || *word == "-Infinity")) {
      number = *parse_double(*word);
    } else {
      refuse(source, shape.kind);
    }
    if (shape.kind == Kind::kFloat)
      *static_cast<float*>(target) = static_cast<float>(number);
    else
      *static_cast<double*>(target) = number;
  }

  static void timestamp(const Shape& shape, TimeFormat, const json::value& source, void* target) {
    std::optional<TimePoint> time;
    if (source.is_number())
      time = from_epoch_seconds(source.to_number<double>());
    else if (const auto* word = source.if_string())
      time = parse_timestamp(*word);
    if (!time) refuse(source, shape.kind);
    *static_cast<TimePoint*>(target) = *time;
  }

  static void text(const Shape& shape, const json::value& source, void* target) {
    const auto* word = source.if_string();
    if (word == nullptr) refuse(source, shape.kind);
    auto& string = *static_cast<std::string*>(target);
    if (shape.kind == Kind::kString) {
      string.assign(word->data(), word->size());
    } else if (auto bytes = base64_decode(*word)) {
      string = std::move(*bytes);
    } else {
      throw mismatch("STRING_VALUE", shape.kind);
    }
  }

  Decoding& decoding_;
  int depth_ = 0;
};

/// Calls `use` with the parsed text. Small texts take no memory from the heap.
template <class Use>
void with_parsed(std::string_view text, Use use) {
  unsigned char buffer[4096];
  json::monotonic_resource memory(buffer, sizeof buffer);
  json::parse_options options;
  options.max_depth = static_cast<std::size_t>(2 * kMaxDepth);
  boost::system::error_code error;
  const json::value parsed =
      text.find_first_not_of(" \t\r\n") == std::string_view::npos
          ? json::value(json::object_kind, &memory)
          : json::parse(json::string_view(text.data(), text.size()), error, &memory, options);
  if (error) throw serialization_error("The request body is not valid JSON: " + error.message());
  use(parsed);
}

}  // namespace

void decode_json_members(const Shape& structure, JsonMembers which, std::string_view text, void* value,
                         Seen& seen, Decoding& decoding) {
  with_parsed(text, [&](const json::value& parsed) {
    JsonReader(decoding).members(structure, which, parsed, value, seen, nullptr);
  });
}

void decode_json(const Shape& structure, JsonMembers which, std::string_view text, void* value,
                 Decoding& decoding) {
  Seen seen;
  decode_json_members(structure, which, text, value, seen, decoding);
  decoding.note_missing(structure, seen, nullptr);
}

void decode_json_value(const Shape& shape, TimeFormat format, std::string_view text, void* value,
                       const Path* path, Decoding& decoding) {
  with_parsed(text, [&](const json::value& parsed) {
    JsonReader(decoding).value(shape, format, parsed, value, path);
  });
}

}  // namespace martlet::wire
