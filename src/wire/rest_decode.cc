#include <algorithm>

#include "base/crypto.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "wire/json_codec.h"
#include "wire/rest.h"
#include "wire/router.h"
#include "wire/scalar.h"
#include "wire/xml_codec.h"

namespace martlet::wire {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The items of a header's list: separated by commas, in quotes where they contain some.
std::vector<std::string> header_items(std::string_view text, bool http_dates) {
  std::vector<std::string> items;
  std::string item;
  bool quoted = false;
  bool was_quoted = false;
  std::size_t commas = 0;
  const auto finish = [&] {
    items.push_back(was_quoted ? item : std::string(trimmed(item)));
    item.clear();
    was_quoted = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\' && i + 1 < text.size()) {
      item += text[++i];
    } else if (c == '"' && (quoted || trimmed(item).empty())) {
      if (!quoted) item.clear();
      quoted = !quoted;
      was_quoted = true;
    } else if (c == ',' && !quoted && (!http_dates || ++commas % 2 == 0)) {
      finish();
    } else if (!was_quoted || quoted) {
      item += c;
    }
  }
  if (!text.empty()) finish();
  return items;
}

class RestReader {
 public:
  RestReader(const Operation& operation, RestBody format, const RequestView& request, Decoding& decoding)
      : operation_(operation), format_(format), request_(request), decoding_(decoding) {}

  void read(void* input) {
    const Shape& shape = *operation_.input;
    const auto labels = UriTemplate(operation_.uri).labels(request_.path);
    const auto query = parse_query_string(request_.query);
    bool has_body = false;
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      const Member& member = shape.members[i];
      if (member.access == nullptr) continue;
      switch (member.location) {
        case Location::kUri:
          read_label(member, i, labels, input);
          break;
        case Location::kQuery:
          read_query(member, i, query, input);
          break;
        case Location::kHeader:
          read_header(member, i, input);
          break;
        case Location::kPrefixHeaders:
          read_prefix_headers(member, i, input);
          break;
        case Location::kBody:
          has_body = true;
          break;
        case Location::kStatusCode:
          break;
      }
    }
    if (has_body) read_body(input);
    decoding_.note_missing(shape, seen_, nullptr);
  }

 private:
  void* place(const Member& member, std::size_t index, void* input) {
    seen_.add(index);
    return member.access->emplace(member.slot(input), *member.shape);
  }

  static void parse(const Shape& shape, std::string_view text, void* target) {
    if (!is_utf8(text)) throw serialization_error("The request is not UTF-8.");
    if (!parse_scalar(shape, shape.kind == Kind::kString ? text : trimmed(text), target))
      throw mismatch("STRING_VALUE", shape.kind);
  }

  void read_label(const Member& member, std::size_t index,
                  const std::vector<std::pair<std::string_view, std::string>>& labels, void* input) {
    for (const auto& [name, text] : labels)
      if (name == member.wire_name) return parse(*member.shape, text, place(member, index, input));
  }

  void append(const Shape& list, std::string_view text, void* target) {
    void* slot = list.list->append(target, list);
    parse(*list.element->shape, text, list.element->access->emplace(slot, *list.element->shape));
  }

  void read_query(const Member& member, std::size_t index,
                  const std::vector<std::pair<std::string, std::string>>& query, void* input) {
    if (member.shape->kind == Kind::kMap) return read_query_map(member, index, query, input);
    for (const auto& [name, text] : query) {
      if (name != member.wire_name) continue;
      void* target = place(member, index, input);
      if (member.shape->kind == Kind::kList)
        append(*member.shape, text, target);
      else
        return parse(*member.shape, text, target);
    }
  }

  /// A map in the query takes all parameters, also those that other members are bound to.
  void read_query_map(const Member& member, std::size_t index,
                      const std::vector<std::pair<std::string, std::string>>& query, void* input) {
    const Shape& map = *member.shape;
    const Shape& value = *map.element->shape;
    for (const auto& [name, text] : query) {
      void* slot = map.map->insert(place(member, index, input), map, name);
      void* target = map.element->access->emplace(slot, value);
      if (value.kind == Kind::kList)
        append(value, text, target);
      else
        parse(value, text, target);
    }
  }

  void read_header(const Member& member, std::size_t index, void* input) {
    const auto text = request_.header(member.wire_name);
    if (!text) return;
    void* target = place(member, index, input);
    const Shape& shape = *member.shape;
    if (shape.kind == Kind::kList) {
      const Shape& element = *shape.element->shape;
      const bool dates =
          element.kind == Kind::kTimestamp &&
          choose_format(TimeFormat::kDefault, element, TimeFormat::kHttpDate) == TimeFormat::kHttpDate;
      for (const std::string& item : header_items(*text, dates)) append(shape, item, target);
    } else if (member.json_value) {
      const auto decoded = base64_decode(*text);
      if (!decoded) throw mismatch("STRING_VALUE", shape.kind);
      parse(shape, *decoded, target);
    } else {
      parse(shape, *text, target);
    }
  }

  void read_prefix_headers(const Member& member, std::size_t index, void* input) {
    const Shape& map = *member.shape;
    const std::string_view prefix = member.renamed ? member.wire_name : std::string_view();
    for (const auto& [name, text] : request_.headers) {
      if (name.size() < prefix.size() ||
          !same_header(std::string_view(name).substr(0, prefix.size()), prefix))
        continue;
      void* slot = map.map->insert(place(member, index, input), map, name.substr(prefix.size()));
      parse(*map.element->shape, text, map.element->access->emplace(slot, *map.element->shape));
    }
  }

  void read_body(void* input) {
    const Shape& shape = *operation_.input;
    if (shape.payload >= 0)
      return read_payload(shape.members[static_cast<std::size_t>(shape.payload)], input);
    if (format_ == RestBody::kJson)
      decode_json_members(shape, JsonMembers::kBody, request_.body, input, seen_, decoding_);
    else
      decode_xml_members(shape, request_.body, input, seen_, decoding_);
  }

  void read_payload(const Member& member, void* input) {
    if (member.access == nullptr || request_.body.empty()) return;
    const auto index = static_cast<std::size_t>(operation_.input->payload);
    const Shape& shape = *member.shape;
    void* target = place(member, index, input);
    if (shape.kind == Kind::kBlob || shape.kind == Kind::kString) {
      if (shape.kind == Kind::kString && !is_utf8(request_.body))
        throw serialization_error("The body is not UTF-8.");
      *static_cast<std::string*>(target) = request_.body;
      return;
    }
    const Path here{.parent = nullptr, .name = member.name};
    if (format_ == RestBody::kJson)
      decode_json_value(shape, member.time_format, request_.body, target, &here, decoding_);
    else
      decode_xml_value(shape, request_.body, target, &here, decoding_);
  }

  const Operation& operation_;
  RestBody format_;
  const RequestView& request_;
  Decoding& decoding_;
  Seen seen_;
};

}  // namespace

void decode_rest(const Operation& operation, RestBody format, const RequestView& request, void* input,
                 Decoding& decoding) {
  if (operation.input != nullptr) RestReader(operation, format, request, decoding).read(input);
}

}  // namespace martlet::wire
