#pragma once

// The tables that describe an AWS API: shapes, their members and constraints. The build generates them as
// constants from models/<service>.json (tools/generate_api.py); the codecs and the validator walk them and
// are the only code that turns AWS shapes into bytes and back. Tests build the same tables at run time.
//
// Values are reached through small type-erased accessors, because a table cannot know C++ types: a *slot* is
// the place where a member, a list element or a map value lives, and may hold no value (std::optional, Box);
// the *value* in it is of the C++ type that belongs to the shape's kind (see Kind).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace martlet::wire {

/// What a shape is, and the C++ type of its value.
enum class Kind : std::uint8_t {
  kStructure,  // a generated struct; unions too, with all members optional
  kList,       // std::vector<T>; std::deque<bool> for booleans
  kMap,        // std::map<std::string, T>
  kString,     // std::string; enums too
  kBlob,       // std::string
  kBoolean,    // bool
  kInteger,    // std::int32_t
  kLong,       // std::int64_t
  kFloat,      // float
  kDouble,     // double
  kTimestamp,  // martlet::TimePoint
  kDocument,   // wire::Document
};

/// Where a member travels in the REST protocols. Other protocols put everything in the body.
enum class Location : std::uint8_t { kBody, kUri, kQuery, kHeader, kPrefixHeaders, kStatusCode };

/// Whether a member with this location is in the body of an answer: paths and queries exist only in requests.
[[nodiscard]] constexpr bool in_answer_body(Location location) {
  return location == Location::kBody || location == Location::kUri || location == Location::kQuery;
}

/// How a timestamp is written; kDefault leaves it to the protocol and the location.
enum class TimeFormat : std::uint8_t { kDefault, kEpochSeconds, kDateTime, kHttpDate };

struct Shape;

/// Reaches the value in a slot.
struct SlotAccess {
  /// The value, or null when the slot holds none.
  void* (*find)(void* slot);
  /// The value, made first (empty, zero) if the slot holds none. `shape` is the value's shape.
  void* (*emplace)(void* slot, const Shape& shape);
};

/// Reaches the slots of a list. `shape` is the list's shape.
struct ListAccess {
  std::size_t (*size)(const void* list);
  void* (*at)(void* list, std::size_t index);
  /// Adds an element at the end and returns its slot. Invalidates other slots of the list.
  void* (*append)(void* list, const Shape& shape);
};

/// Reaches the slots of a map. `shape` is the map's shape.
struct MapAccess {
  using Visit = void (*)(void* visitor, const std::string& key, void* slot);
  std::size_t (*size)(const void* map);
  void (*each)(void* map, void* visitor, Visit visit);
  /// The slot of `key`, added if it is not there.
  void* (*insert)(void* map, const Shape& shape, std::string key);
};

/// Makes and destroys structs that nobody has a C++ type at hand for.
struct Storage {
  void* (*make)(const Shape& shape);
  void (*drop)(const Shape& shape, void* value);
};

struct XmlNamespace {
  std::string_view uri = {};
  std::string_view prefix = {};
};

/// What list elements, map keys and map values are.
struct Element {
  const Shape* shape = nullptr;
  const SlotAccess* access = nullptr;
  /// Name of the XML element or query key part, empty for the protocol's default ("member", "key", "value").
  std::string_view wire_name = {};
  const XmlNamespace* xml_namespace = nullptr;
};

struct Member {
  /// As AWS spells it in the model.
  std::string_view name = {};
  /// As it travels: the name of the JSON key, XML element, header, query parameter, label; prefix of
  /// kPrefixHeaders.
  std::string_view wire_name = {};
  /// As it travels in the Query protocol of a service that also speaks another, where that differs; requests
  /// may use either.
  std::string_view query_name = {};
  const Shape* shape = nullptr;
  const SlotAccess* access = nullptr;
  /// Of the slot, from the start of the struct.
  std::uint32_t offset = 0;
  Location location = Location::kBody;
  TimeFormat time_format = TimeFormat::kDefault;
  /// The model names it differently on the wire.
  bool renamed : 1 = false;
  bool required : 1 = false;
  bool flattened : 1 = false;
  bool xml_attribute : 1 = false;
  /// A JSON text inside a string (and base64 inside a header).
  bool json_value : 1 = false;
  bool event_payload : 1 = false;
  bool event_header : 1 = false;
  /// A blob that AWS sends as a stream. The struct holds it whole.
  bool streaming : 1 = false;
  /// An event stream: the struct has no such member, access is null; the operation sends events itself.
  bool event_stream : 1 = false;
  bool host_label : 1 = false;
  /// Filled in by clients where the caller leaves it out.
  bool idempotency_token : 1 = false;
  const XmlNamespace* xml_namespace = nullptr;

  /// The name of its element in XML.
  [[nodiscard]] std::string_view xml_name() const { return query_name.empty() ? wire_name : query_name; }
  [[nodiscard]] void* slot(void* structure) const { return static_cast<std::byte*>(structure) + offset; }
  /// The value of this member, null when absent. Values are only changed through pointers that were mutable
  /// at first.
  [[nodiscard]] void* find(const void* structure) const {
    return access == nullptr ? nullptr : access->find(slot(const_cast<void*>(structure)));
  }
};

struct Constraints {
  bool has_min = false;
  bool has_max = false;
  /// Of a length (strings, blobs, lists, maps) or of the value (numbers).
  double min = 0;
  double max = 0;
  /// As AWS writes it (Java's dialect), matched against the whole string; empty for none.
  std::string_view pattern = {};
  std::span<const std::string_view> enum_values = {};
};

/// What makes a structure an error.
struct ErrorTraits {
  /// The code in the Query protocol where it differs from the shape's name; otherwise empty.
  std::string_view code = {};
  int status = 400;
  bool sender_fault = true;
};

struct Shape {
  std::string_view name = {};
  Kind kind = Kind::kStructure;
  TimeFormat time_format = TimeFormat::kDefault;
  bool is_union : 1 = false;
  bool is_exception : 1 = false;
  /// Elements may be null: they are std::optional.
  bool sparse : 1 = false;
  bool flattened : 1 = false;
  bool event_stream : 1 = false;
  /// Never to be logged.
  bool sensitive : 1 = false;
  /// Index of the member that is the whole body (REST); -1 for none.
  std::int16_t payload = -1;
  /// Of a structure.
  std::span<const Member> members = {};
  /// Of a list, or the values of a map.
  const Element* element = nullptr;
  /// Of a map.
  const Element* key = nullptr;
  const ListAccess* list = nullptr;
  const MapAccess* map = nullptr;
  const Constraints* constraints = nullptr;
  const ErrorTraits* error = nullptr;
  /// Of errors.
  const Storage* storage = nullptr;
  /// Name of the XML element when the structure is a whole body; empty for the shape's own name.
  std::string_view xml_name = {};
  const XmlNamespace* xml_namespace = nullptr;

  /// Null when there is no such member.
  [[nodiscard]] const Member* find_member(std::string_view member) const {
    for (const Member& candidate : members)
      if (candidate.name == member) return &candidate;
    return nullptr;
  }
};

}  // namespace martlet::wire
