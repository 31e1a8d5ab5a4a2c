#include <algorithm>

#include "base/crypto.h"
#include "wire/json_codec.h"
#include "wire/rest.h"
#include "wire/scalar.h"
#include "wire/xml_codec.h"

namespace martlet::wire {
namespace {

/// A text that is one item of a header's list.
std::string header_item(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

/// A header cannot hold line ends: a value with one would be another header, so it is cut there.
std::string one_line(std::string text) {
  text.erase(std::min(text.find_first_of(std::string_view("\r\n\0", 3)), text.size()));
  return text;
}

std::string header_text(const Shape& shape, TimeFormat format, const void* value) {
  return scalar_text(shape, value, choose_format(format, shape, TimeFormat::kHttpDate));
}

std::string list_text(const Shape& list, const void* value) {
  std::string text;
  const std::size_t count = list.list->size(value);
  for (std::size_t i = 0; i < count; ++i) {
    const Shape& element = *list.element->shape;
    const void* item = list.element->access->find(list.list->at(const_cast<void*>(value), i));
    if (item == nullptr) continue;
    if (!text.empty()) text += ", ";
    const std::string part = header_text(element, TimeFormat::kDefault, item);
    text += element.kind == Kind::kString ? header_item(part) : part;
  }
  return text;
}

void put_prefix_headers(const Member& member, const void* value, Answer& answer) {
  struct Visitor {
    const Member& member;
    Answer& answer;
  } visitor{member, answer};
  member.shape->map->each(
      const_cast<void*>(value), &visitor, [](void* context, const std::string& key, void* slot) {
        auto& [bound, target] = *static_cast<Visitor*>(context);
        const Element& element = *bound.shape->element;
        const void* content = element.access->find(slot);
        if (content == nullptr) return;
        const std::string_view prefix = bound.renamed ? bound.wire_name : std::string_view();
        target.headers.emplace_back(one_line(std::string(prefix) + key),
                                    one_line(header_text(*element.shape, TimeFormat::kDefault, content)));
      });
}

void put_header(const Member& member, const void* value, Answer& answer) {
  const Shape& shape = *member.shape;
  std::string text;
  if (shape.kind == Kind::kList)
    text = list_text(shape, value);
  else if (member.json_value)
    text = base64_encode(*static_cast<const std::string*>(value));
  else
    text = header_text(shape, member.time_format, value);
  answer.set_header(member.wire_name, one_line(std::move(text)));
}

void put_body(std::string body, const char* content_type, Answer& answer) {
  answer.body = std::move(body);
  const bool typed = std::ranges::any_of(
      answer.headers, [](const HeaderField& field) { return same_header(field.first, "Content-Type"); });
  if (!typed) answer.headers.emplace_back("Content-Type", content_type);
}

void put_payload(const Member& member, RestBody format, const void* output, Answer& answer) {
  const void* content = member.find(output);
  if (content == nullptr) return;
  if (member.shape->kind == Kind::kBlob)
    return put_body(*static_cast<const std::string*>(content), "application/octet-stream", answer);
  if (member.shape->kind == Kind::kString)
    return put_body(*static_cast<const std::string*>(content), "text/plain", answer);
  if (format == RestBody::kJson)
    return put_body(encode_json_value(*member.shape, member.time_format, content), "application/json",
                    answer);
  put_body(encode_xml_payload(member, content), "application/xml", answer);
}

}  // namespace

void encode_rest_headers(const Shape& structure, const void* value, Answer& answer) {
  for (const Member& member : structure.members) {
    const void* content = member.find(value);
    if (content == nullptr) continue;
    if (member.location == Location::kHeader) put_header(member, content, answer);
    if (member.location == Location::kPrefixHeaders) put_prefix_headers(member, content, answer);
    if (member.location == Location::kStatusCode && member.shape->kind == Kind::kInteger)
      answer.status = *static_cast<const std::int32_t*>(content);
  }
}

void encode_rest(const Shape& structure, RestBody format, const ServiceModel& service, const void* output,
                 Answer& answer) {
  encode_rest_headers(structure, output, answer);
  if (structure.payload >= 0)
    return put_payload(structure.members[static_cast<std::size_t>(structure.payload)], format, output,
                       answer);
  if (answer.status == 204 || answer.status == 304) return;
  if (format == RestBody::kJson)
    return put_body(encode_json(structure, JsonMembers::kBody, output), "application/json", answer);
  const bool has_body = std::ranges::any_of(
      structure.members, [](const Member& member) { return in_answer_body(member.location); });
  if (!has_body) return;
  const XmlNamespace of_service{.uri = service.xml_namespace, .prefix = {}};
  const XmlNamespace* space = structure.xml_namespace != nullptr ? structure.xml_namespace : &of_service;
  put_body(
      encode_xml(structure, structure.xml_name.empty() ? structure.name : structure.xml_name, space, output),
      "application/xml", answer);
}

}  // namespace martlet::wire
