#include "wire/testing/dynamic_model.h"

#include <boost/json.hpp>
#include <cmath>
#include <deque>
#include <map>

#include "wire/document.h"
#include "wire/scalar.h"
#include "wire/timestamp.h"

namespace martlet::wire::testing {
namespace {

namespace json = boost::json;

void* make_value(const Shape& shape);
void drop_value(const Shape& shape, void* value);

/// Holds a value of any shape, or none.
struct Slot {
  const Shape* shape = nullptr;
  void* value = nullptr;

  Slot() = default;
  Slot(Slot&& other) noexcept
      : shape(std::exchange(other.shape, nullptr)), value(std::exchange(other.value, nullptr)) {}
  Slot& operator=(Slot&& other) noexcept {
    std::swap(shape, other.shape);
    std::swap(value, other.value);
    return *this;
  }
  ~Slot() {
    if (value != nullptr) drop_value(*shape, value);
  }
};

using List = std::vector<Slot>;
using Map = std::map<std::string, Slot>;

constexpr SlotAccess kSlot{
    .find = [](void* slot) { return static_cast<Slot*>(slot)->value; },
    .emplace = [](void* place, const Shape& shape) -> void* {
      auto& slot = *static_cast<Slot*>(place);
      if (slot.value == nullptr) {
        slot.shape = &shape;
        slot.value = make_value(shape);
      }
      return slot.value;
    },
};
constexpr ListAccess kDynamicList{
    .size = [](const void* list) { return static_cast<const List*>(list)->size(); },
    .at = [](void* list, std::size_t index) -> void* { return &(*static_cast<List*>(list))[index]; },
    .append = [](void* list, const Shape&) -> void* { return &static_cast<List*>(list)->emplace_back(); },
};
constexpr MapAccess kDynamicMap{
    .size = [](const void* map) { return static_cast<const Map*>(map)->size(); },
    .each =
        [](void* map, void* visitor, MapAccess::Visit visit) {
          for (auto& [key, slot] : *static_cast<Map*>(map)) visit(visitor, key, &slot);
        },
    .insert = [](void* map, const Shape&, std::string key) -> void* {
      return &(*static_cast<Map*>(map))[key];
    },
};
constexpr Storage kStorageOfErrors{.make = [](const Shape& shape) { return make_value(shape); },
                                   .drop = [](const Shape& shape, void* value) { drop_value(shape, value); }};

/// Calls `use` with a null pointer of the C++ type of scalars of `kind`.
template <class Use>
void with_type(Kind kind, Use use) {
  switch (kind) {
    case Kind::kBoolean:
      return use(static_cast<bool*>(nullptr));
    case Kind::kInteger:
      return use(static_cast<std::int32_t*>(nullptr));
    case Kind::kLong:
      return use(static_cast<std::int64_t*>(nullptr));
    case Kind::kFloat:
      return use(static_cast<float*>(nullptr));
    case Kind::kDouble:
      return use(static_cast<double*>(nullptr));
    case Kind::kTimestamp:
      return use(static_cast<TimePoint*>(nullptr));
    case Kind::kDocument:
      return use(static_cast<Document*>(nullptr));
    case Kind::kList:
      return use(static_cast<List*>(nullptr));
    case Kind::kMap:
      return use(static_cast<Map*>(nullptr));
    default:
      return use(static_cast<std::string*>(nullptr));
  }
}

void* make_value(const Shape& shape) {
  if (shape.kind == Kind::kStructure) return new Slot[shape.members.size() + 1];
  void* made = nullptr;
  with_type(shape.kind, [&]<class T>(T*) { made = new T(); });
  return made;
}

void drop_value(const Shape& shape, void* value) {
  if (shape.kind == Kind::kStructure) {
    delete[] static_cast<Slot*>(value);
    return;
  }
  with_type(shape.kind, [&]<class T>(T*) { delete static_cast<T*>(value); });
}

Kind kind_of(const json::object& shape) {
  const std::string_view type = shape.at("type").as_string();
  static const std::map<std::string_view, Kind> kKinds = {
      {"structure", Kind::kStructure}, {"list", Kind::kList},          {"map", Kind::kMap},
      {"string", Kind::kString},       {"blob", Kind::kBlob},          {"boolean", Kind::kBoolean},
      {"integer", Kind::kInteger},     {"long", Kind::kLong},          {"float", Kind::kFloat},
      {"double", Kind::kDouble},       {"timestamp", Kind::kTimestamp}};
  return shape.contains("document") ? Kind::kDocument : kKinds.at(type);
}

bool flag(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::string text(const json::object& object, std::string_view name, std::string_view fallback = {}) {
  const json::value* value = object.if_contains(name);
  return std::string(value == nullptr ? fallback : std::string_view(value->as_string()));
}

TimeFormat time_format(const json::object& object) {
  const std::string name = text(object, "timestampFormat");
  if (name == "unixTimestamp") return TimeFormat::kEpochSeconds;
  if (name == "iso8601") return TimeFormat::kDateTime;
  return name == "rfc822" ? TimeFormat::kHttpDate : TimeFormat::kDefault;
}

Location location_of(const json::object& member) {
  const std::string name = text(member, "location");
  static const std::map<std::string, Location> kLocations = {{"uri", Location::kUri},
                                                             {"querystring", Location::kQuery},
                                                             {"header", Location::kHeader},
                                                             {"headers", Location::kPrefixHeaders},
                                                             {"statusCode", Location::kStatusCode}};
  return name.empty() ? Location::kBody : kLocations.at(name);
}

void fill_value(const Shape& shape, void* target, const json::value& source);

void fill_slot(const Element& element, void* slot, const json::value& source) {
  if (!source.is_null()) fill_value(*element.shape, element.access->emplace(slot, *element.shape), source);
}

void fill_number(const Shape& shape, void* target, const json::value& source) {
  const double number = source.is_string() ? *parse_double(source.get_string()) : source.to_number<double>();
  if (shape.kind == Kind::kFloat) *static_cast<float*>(target) = static_cast<float>(number);
  if (shape.kind == Kind::kDouble) *static_cast<double*>(target) = number;
  if (shape.kind == Kind::kTimestamp) *static_cast<TimePoint*>(target) = *from_epoch_seconds(number);
}

void fill_value(const Shape& shape, void* target, const json::value& source) {
  switch (shape.kind) {
    case Kind::kStructure:
      for (const Member& member : shape.members)
        if (const json::value* value = source.as_object().if_contains(member.name);
            value != nullptr && !value->is_null())
          fill_value(*member.shape, member.access->emplace(member.slot(target), *member.shape), *value);
      break;
    case Kind::kList:
      for (const json::value& item : source.as_array())
        fill_slot(*shape.element, shape.list->append(target, shape), item);
      break;
    case Kind::kMap:
      for (const auto& [key, item] : source.as_object())
        fill_slot(*shape.element, shape.map->insert(target, shape, std::string(key)), item);
      break;
    case Kind::kDocument:
      static_cast<Document*>(target)->json = json::serialize(source);
      break;
    case Kind::kBoolean:
      *static_cast<bool*>(target) = source.as_bool();
      break;
    case Kind::kInteger:
      *static_cast<std::int32_t*>(target) = source.to_number<std::int32_t>();
      break;
    case Kind::kLong:
      *static_cast<std::int64_t*>(target) = source.to_number<std::int64_t>();
      break;
    case Kind::kString:
    case Kind::kBlob:
      *static_cast<std::string*>(target) = source.as_string();
      break;
    default:
      fill_number(shape, target, source);
  }
}

json::value number_json(double number) {
  if (std::isfinite(number)) return number;
  return json::value(double_text(number));
}

json::value to_json(const Shape& shape, void* value) {
  switch (shape.kind) {
    case Kind::kStructure: {
      json::object object;
      for (const Member& member : shape.members)
        if (void* content = member.find(value)) object[member.name] = to_json(*member.shape, content);
      return object;
    }
    case Kind::kList: {
      json::array array;
      for (Slot& slot : *static_cast<List*>(value))
        array.push_back(slot.value == nullptr ? json::value() : to_json(*slot.shape, slot.value));
      return array;
    }
    case Kind::kMap: {
      json::object object;
      for (auto& [key, slot] : *static_cast<Map*>(value))
        object[key] = slot.value == nullptr ? json::value() : to_json(*slot.shape, slot.value);
      return object;
    }
    case Kind::kDocument:
      return json::parse(static_cast<Document*>(value)->json);
    case Kind::kBoolean:
      return *static_cast<bool*>(value);
    case Kind::kInteger:
      return *static_cast<std::int32_t*>(value);
    case Kind::kLong:
      return *static_cast<std::int64_t*>(value);
    case Kind::kFloat:
      return number_json(*static_cast<float*>(value));
    case Kind::kDouble:
      return number_json(*static_cast<double*>(value));
    case Kind::kTimestamp:
      return to_epoch_seconds(*static_cast<TimePoint*>(value));
    default:
      return json::value(*static_cast<std::string*>(value));
  }
}

}  // namespace

/// Deques, because tables refer to each other and must not move.
struct DynamicModel::Impl {
  std::map<std::string, Shape, std::less<>> shapes;
  std::deque<std::vector<Member>> members;
  std::deque<Element> elements;
  std::deque<ErrorTraits> errors;
  std::deque<XmlNamespace> namespaces;
  std::deque<Constraints> constraints;
  std::deque<std::vector<std::string_view>> views;
  std::deque<std::string> strings;
  std::vector<const Shape*> error_shapes;
  std::vector<Operation> operations;
  std::vector<Protocol> protocols;
  ServiceModel service;

  std::string_view keep(std::string kept) { return strings.emplace_back(std::move(kept)); }

  const XmlNamespace* xml_namespace(const json::object& holder) {
    const json::value* value = holder.if_contains("xmlNamespace");
    if (value == nullptr) return nullptr;
    if (value->is_string())
      return &namespaces.emplace_back(XmlNamespace{keep(text(holder, "xmlNamespace")), {}});
    const json::object& object = value->as_object();
    return &namespaces.emplace_back(XmlNamespace{keep(text(object, "uri")), keep(text(object, "prefix"))});
  }

  const Element* element(const json::object& ref) {
    return &elements.emplace_back(Element{.shape = &shapes.at(text(ref, "shape")),
                                          .access = &kSlot,
                                          .wire_name = keep(text(ref, "locationName")),
                                          .xml_namespace = xml_namespace(ref)});
  }

  Member member(std::string_view name, const json::object& ref, std::size_t index) {
    Member made;
    made.name = keep(std::string(name));
    made.wire_name = keep(text(ref, "locationName", name));
    made.shape = &shapes.at(text(ref, "shape"));
    made.access = &kSlot;
    made.offset = static_cast<std::uint32_t>(index * sizeof(Slot));
    made.location = location_of(ref);
    made.time_format = time_format(ref);
    made.renamed = ref.contains("locationName");
    made.flattened = flag(ref, "flattened");
    made.xml_attribute = flag(ref, "xmlAttribute");
    made.json_value = flag(ref, "jsonvalue");
    made.xml_namespace = xml_namespace(ref);
    return made;
  }

  void structure(const json::object& source, Shape& shape) {
    auto& list = members.emplace_back();
    for (const auto& [name, ref] : source.at("members").as_object())
      list.push_back(member(name, ref.as_object(), list.size()));
    if (const json::value* required = source.if_contains("required"))
      for (const json::value& name : required->as_array())
        for (Member& entry : list)
          entry.required = entry.required || entry.name == std::string_view(name.as_string());
    const std::string payload = text(source, "payload");
    for (std::size_t i = 0; i < list.size(); ++i)
      if (list[i].name == payload) shape.payload = static_cast<std::int16_t>(i);
    shape.members = list;
    if (!source.contains("exception")) return;
    ErrorTraits traits;
    if (flag(source, "fault")) traits.status = 500;
    if (const json::value* error = source.if_contains("error")) {
      traits.code = keep(text(error->as_object(), "code"));
      if (const json::value* status = error->as_object().if_contains("httpStatusCode"))
        traits.status = status->to_number<int>();
    }
    traits.sender_fault = traits.status < 500;
    shape.error = &errors.emplace_back(traits);
    shape.storage = &kStorageOfErrors;
    error_shapes.push_back(&shape);
  }

  void shape(const json::object& source, Shape& made) {
    made.time_format = time_format(source);
    made.is_union = flag(source, "union");
    made.is_exception = flag(source, "exception");
    made.sparse = flag(source, "sparse");
    made.flattened = flag(source, "flattened");
    made.xml_name = keep(text(source, "locationName"));
    made.xml_namespace = xml_namespace(source);
    if (made.kind == Kind::kStructure) structure(source, made);
    if (made.kind == Kind::kList) {
      made.element = element(source.at("member").as_object());
      made.list = &kDynamicList;
    }
    if (made.kind == Kind::kMap) {
      made.key = element(source.at("key").as_object());
      made.element = element(source.at("value").as_object());
      made.map = &kDynamicMap;
    }
    if (const json::value* values = source.if_contains("enum")) {
      auto& list = views.emplace_back();
      for (const json::value& value : values->as_array())
        list.push_back(keep(std::string(value.as_string())));
      constraints.push_back(Constraints{.enum_values = list});
      made.constraints = &constraints.back();
    }
  }

  const Shape* side(const json::object& given, std::string_view name) const {
    const json::value* ref = given.if_contains(name);
    return ref == nullptr ? nullptr : &shapes.at(text(ref->as_object(), "shape"));
  }

  void operation(const json::object& given) {
    const json::object& http = given.at("http").as_object();
    Operation made{.name = keep(text(given, "name")),
                   .method = keep(text(http, "method")),
                   .uri = keep(text(http, "requestUri"))};
    if (const json::value* status = http.if_contains("responseCode")) made.status = status->to_number<int>();
    made.input = side(given, "input");
    made.output = side(given, "output");
    if (made.output != nullptr)
      made.result_wrapper = keep(text(given.at("output").as_object(), "resultWrapper"));
    operations.push_back(made);
  }

  void metadata(const json::object& source) {
    static const std::map<std::string, Protocol> kNames = {{"rest-json", Protocol::kRestJson},
                                                           {"rest-xml", Protocol::kRestXml},
                                                           {"query", Protocol::kQuery},
                                                           {"smithy-rpc-v2-cbor", Protocol::kCbor}};
    const std::string protocol = text(source, "protocol");
    if (protocol == "json")
      protocols.push_back(text(source, "jsonVersion") == "1.1" ? Protocol::kAwsJson11 : Protocol::kAwsJson10);
    else
      protocols.push_back(kNames.at(protocol));
    service =
        ServiceModel{.name = "test", .api_version = keep(text(source, "apiVersion")), .service_id = "Test"};
    service.target_prefix = keep(text(source, "targetPrefix"));
    service.query_compatible = source.contains("awsQueryCompatible");
    service.xml_namespace = keep(text(source, "xmlNamespace"));
    service.validation_code = "ValidationException";
    service.protocols = protocols;
    service.operations = operations;
    service.errors = error_shapes;
  }
};

DynamicModel::DynamicModel(const json::object& suite, const json::object& given)
    : impl_(std::make_unique<Impl>()) {
  const json::object& shapes = suite.at("shapes").as_object();
  for (const auto& [name, source] : shapes) {
    Shape shape;
    shape.name = impl_->keep(std::string(name));
    shape.kind = kind_of(source.as_object());
    impl_->shapes.emplace(name, shape);
  }
  for (const auto& [name, source] : shapes)
    impl_->shape(source.as_object(), impl_->shapes.find(std::string(name))->second);
  impl_->operation(given);
  impl_->metadata(suite.at("metadata").as_object());
}

DynamicModel::~DynamicModel() = default;
const ServiceModel& DynamicModel::service() const { return impl_->service; }
const Operation& DynamicModel::operation() const { return impl_->operations.front(); }
const Shape& DynamicModel::shape(std::string_view name) const {
  const auto found = impl_->shapes.find(name);
  if (found == impl_->shapes.end()) throw std::out_of_range("no shape " + std::string(name));
  return found->second;
}

DynamicValue::DynamicValue(const Shape& shape) : shape_(shape), value_(make_value(shape)) {}
DynamicValue::~DynamicValue() { drop_value(shape_, value_); }
void DynamicValue::fill(const json::value& source) { fill_value(shape_, value_, source); }
json::value DynamicValue::to_json() const { return testing::to_json(shape_, value_); }

bool same_meaning(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return std::abs(a.to_number<double>() - b.to_number<double>()) < 1e-3;
  if (a.is_array() && b.is_array()) {
    const auto& x = a.get_array();
    const auto& y = b.get_array();
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), same_meaning);
  }
  if (!a.is_object() || !b.is_object()) return a == b;
  const auto present = [](const json::object& object) {
    std::size_t count = 0;
    for (const auto& entry : object) count += entry.value().is_null() ? 0 : 1;
    return count;
  };
  if (present(a.get_object()) != present(b.get_object())) return false;
  for (const auto& [key, value] : a.get_object()) {
    const json::value* other = b.get_object().if_contains(key);
    if (value.is_null() ? other != nullptr && !other->is_null()
                        : other == nullptr || !same_meaning(value, *other))
      return false;
  }
  return true;
}

}  // namespace martlet::wire::testing
