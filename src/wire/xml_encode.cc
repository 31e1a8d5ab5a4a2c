#include "base/utf8.h"
#include "wire/scalar.h"
#include "wire/xml_codec.h"

namespace martlet::wire {
namespace {

class XmlWriter {
 public:
  explicit XmlWriter(std::string& out) : out_(out) {}

  void members(const Shape& shape, const void* source) {
    for (const Member& member : shape.members) {
      const void* content = member.find(source);
      if (content == nullptr || !in_answer_body(member.location) || member.xml_attribute) continue;
      const bool flat = member.flattened || member.shape->flattened;
      const XmlNamespace* space =
          member.xml_namespace != nullptr ? member.xml_namespace : member.shape->xml_namespace;
      if (flat && member.shape->kind == Kind::kList) {
        elements(*member.shape, member.xml_name(), content);
      } else if (flat && member.shape->kind == Kind::kMap) {
        entries(*member.shape, member.xml_name(), space, content);
      } else {
        value(*member.shape, member.xml_name(), space, member.time_format, content);
      }
    }
  }

  void value(const Shape& shape, std::string_view name, const XmlNamespace* space, TimeFormat format,
             const void* source) {
    open(name, space);
    if (shape.kind == Kind::kStructure) attributes(shape, source);
    out_ += '>';
    switch (shape.kind) {
      case Kind::kStructure:
        members(shape, source);
        break;
      case Kind::kList:
        elements(shape, shape.element->wire_name.empty() ? "member" : shape.element->wire_name, source);
        break;
      case Kind::kMap:
        entries(shape, "entry", nullptr, source);
        break;
      case Kind::kDocument:
        break;  // no XML protocol has documents
      default:
        out_ += escape_xml(scalar_text(shape, source, choose_format(format, shape, TimeFormat::kDateTime)));
    }
    close(name);
  }

 private:
  void open(std::string_view name, const XmlNamespace* space) {
    out_ += '<';
    out_ += name;
    if (space == nullptr || space->uri.empty()) return;
    out_ += " xmlns";
    if (!space->prefix.empty()) {
      out_ += ':';
      out_ += space->prefix;
    }
    out_ += "=\"" + escape_xml(space->uri) + '"';
  }

  void close(std::string_view name) {
    out_ += "</";
    out_ += name;
    out_ += '>';
  }

  void attributes(const Shape& shape, const void* source) {
    for (const Member& member : shape.members) {
      const void* content = member.xml_attribute ? member.find(source) : nullptr;
      if (content == nullptr) continue;
      const TimeFormat format = choose_format(member.time_format, *member.shape, TimeFormat::kDateTime);
      out_ += ' ';
      out_ += member.wire_name;
      out_ += "=\"" + escape_xml(scalar_text(*member.shape, content, format)) + '"';
    }
  }

  void elements(const Shape& list, std::string_view name, const void* source) {
    const Element& element = *list.element;
    const std::size_t count = list.list->size(source);
    for (std::size_t i = 0; i < count; ++i) slot(element, name, list.list->at(const_cast<void*>(source), i));
  }

  void slot(const Element& element, std::string_view name, void* place) {
    const void* content = element.access->find(place);
    const XmlNamespace* space =
        element.xml_namespace != nullptr ? element.xml_namespace : element.shape->xml_namespace;
    if (content != nullptr) return value(*element.shape, name, space, TimeFormat::kDefault, content);
    open(name, space);
    out_ += "/>";
  }

  void entries(const Shape& map, std::string_view name, const XmlNamespace* space, const void* source) {
    struct Visitor {
      XmlWriter& writer;
      const Shape& map;
      std::string_view name;
      const XmlNamespace* space;
    } visitor{*this, map, name, space};
    map.map->each(const_cast<void*>(source), &visitor,
                  [](void* context, const std::string& key, void* place) {
                    const Visitor& at = *static_cast<Visitor*>(context);
                    at.writer.entry(at.map, at.name, at.space, key, place);
                  });
  }

  void entry(const Shape& map, std::string_view name, const XmlNamespace* space, const std::string& key,
             void* place) {
    const std::string_view key_name = map.key->wire_name.empty() ? "key" : map.key->wire_name;
    open(name, space);
    out_ += '>';
    open(key_name, map.key->xml_namespace);
    out_ += '>' + escape_xml(key);
    close(key_name);
    slot(*map.element, map.element->wire_name.empty() ? "value" : map.element->wire_name, place);
    close(name);
  }

  std::string& out_;
};

}  // namespace

std::string escape_xml(std::string_view text) {
  if (!is_utf8(text)) return escape_xml(to_valid_utf8(text));
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#xD;";
        break;
      case '\n':
      case '\t':
        out += c;
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += "\xEF\xBF\xBD";
        else
          out += c;
    }
  }
  return out;
}

std::string encode_xml(const Shape& structure, std::string_view name, const XmlNamespace* xml_namespace,
                       const void* value) {
  std::string out;
  XmlWriter(out).value(structure, name, xml_namespace, TimeFormat::kDefault, value);
  return out;
}

std::string encode_xml_members(const Shape& structure, const void* value) {
  std::string out;
  XmlWriter(out).members(structure, value);
  return out;
}

std::string encode_xml_payload(const Member& member, const void* value) {
  const Shape& shape = *member.shape;
  std::string_view name = shape.xml_name.empty() ? shape.name : shape.xml_name;
  if (member.wire_name != member.name) name = member.wire_name;
  return encode_xml(shape, name, member.xml_namespace != nullptr ? member.xml_namespace : shape.xml_namespace,
                    value);
}

}  // namespace martlet::wire
