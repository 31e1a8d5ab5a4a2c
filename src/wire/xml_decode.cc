#include <pugixml.hpp>

#include "base/utf8.h"
#include "wire/scalar.h"
#include "wire/xml_codec.h"

namespace martlet::wire {
namespace {

/// Without the namespace prefix.
std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string text_of(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& child : node.children())
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
  return text;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

class XmlReader {
 public:
  explicit XmlReader(Decoding& decoding) : decoding_(decoding) {}

  void members(const Shape& shape, const pugi::xml_node& node, void* target, Seen& seen, const Path* path) {
    for (const pugi::xml_attribute& attribute : node.attributes())
      read_attribute(shape, attribute, target, seen);
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      const std::size_t index = find(shape, child.name());
      if (index == shape.members.size()) continue;
      const Member& member = shape.members[index];
      seen.add(index);
      const Path here{.parent = path, .name = member.name};
      void* content = member.access->emplace(member.slot(target), *member.shape);
      const bool flat = member.flattened || member.shape->flattened;
      if (flat && member.shape->kind == Kind::kList)
        element(*member.shape, child, content, &here);
      else if (flat && member.shape->kind == Kind::kMap)
        entry(*member.shape, child, content, &here);
      else
        value(*member.shape, child, content, &here);
    }
  }

  void structure(const Shape& shape, const pugi::xml_node& node, void* target, const Path* path) {
    check_depth(++depth_);
    Seen seen;
    members(shape, node, target, seen, path);
    decoding_.note_missing(shape, seen, path);
    --depth_;
  }

 private:
  static std::size_t find(const Shape& shape, std::string_view name) {
    const std::string_view local = local_name(name);
    std::size_t index = 0;
    for (; index < shape.members.size(); ++index) {
      const Member& member = shape.members[index];
      if (member.access != nullptr && member.location == Location::kBody && !member.xml_attribute &&
          (member.wire_name == name || local_name(member.wire_name) == local))
        break;
    }
    return index;
  }

  static void read_attribute(const Shape& shape, const pugi::xml_attribute& attribute, void* target,
                             Seen& seen) {
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      const Member& member = shape.members[i];
      if (!member.xml_attribute || local_name(member.wire_name) != local_name(attribute.name())) continue;
      if (!parse_scalar(*member.shape, attribute.value(),
                        member.access->emplace(member.slot(target), *member.shape)))
        throw mismatch("STRING_VALUE", member.shape->kind);
      seen.add(i);
    }
  }

  void value(const Shape& shape, const pugi::xml_node& node, void* target, const Path* path) {
    switch (shape.kind) {
      case Kind::kStructure:
        return structure(shape, node, target, path);
      case Kind::kList:
        for (const pugi::xml_node& child : node.children())
          if (child.type() == pugi::node_element) element(shape, child, target, path);
        return;
      case Kind::kMap:
        for (const pugi::xml_node& child : node.children())
          if (child.type() == pugi::node_element) entry(shape, child, target, path);
        return;
      case Kind::kDocument:
        throw serialization_error("Documents can not travel in XML.");
      default:
        break;
    }
    for (const pugi::xml_node& child : node.children())
      if (child.type() == pugi::node_element)
        throw serialization_error("Start of structure or map found where not expected.");
    const std::string text = text_of(node);
    if (!parse_scalar(shape, shape.kind == Kind::kString ? std::string_view(text) : trimmed(text), target))
      throw mismatch("STRING_VALUE", shape.kind);
  }

  void element(const Shape& list, const pugi::xml_node& node, void* target, const Path* path) {
    check_depth(++depth_);
    void* slot = list.list->append(target, list);
    const Path here{.parent = path, .step = Path::Step::kElement, .index = list.list->size(target)};
    value(*list.element->shape, node, list.element->access->emplace(slot, *list.element->shape), &here);
    --depth_;
  }

  /// An entry has a key and a value; where their names are not as expected the first child is the key.
  void entry(const Shape& map, const pugi::xml_node& node, void* target, const Path* path) {
    check_depth(++depth_);
    const std::string_view key_name = map.key->wire_name.empty() ? "key" : map.key->wire_name;
    const std::string_view value_name = map.element->wire_name.empty() ? "value" : map.element->wire_name;
    pugi::xml_node key_node;
    pugi::xml_node value_node;
    for (const pugi::xml_node& child : node.children()) {
      if (local_name(child.name()) == key_name) key_node = child;
      if (local_name(child.name()) == value_name) value_node = child;
    }
    if (!key_node || !value_node) throw serialization_error("A map entry needs a key and a value.");
    const std::string key = text_of(key_node);
    void* slot = map.map->insert(target, map, key);
    const Path here{.parent = path, .step = Path::Step::kKey, .name = key};
    value(*map.element->shape, value_node, map.element->access->emplace(slot, *map.element->shape), &here);
    --depth_;
  }

  Decoding& decoding_;
  int depth_ = 0;
};

/// Calls `use` with the root element, or not at all when there are no bytes.
template <class Use>
void with_root(std::string_view bytes, Use use) {
  if (trimmed(bytes).empty()) return;
  if (!is_utf8(bytes)) throw serialization_error("The request body is not UTF-8.");
  pugi::xml_document document;
  // White space counts where it is all that an element holds.
  const auto result = document.load_buffer(
      bytes.data(), bytes.size(), pugi::parse_default | pugi::parse_ws_pcdata_single, pugi::encoding_utf8);
  if (!result || !document.document_element())
    throw serialization_error(std::string("The request body is not well-formed XML: ") +
                              result.description());
  use(document.document_element());
}

}  // namespace

void decode_xml_members(const Shape& structure, std::string_view bytes, void* value, Seen& seen,
                        Decoding& decoding) {
  with_root(bytes, [&](const pugi::xml_node& root) {
    XmlReader(decoding).members(structure, root, value, seen, nullptr);
  });
}

void decode_xml_value(const Shape& structure, std::string_view bytes, void* value, const Path* path,
                      Decoding& decoding) {
  with_root(bytes,
            [&](const pugi::xml_node& root) { XmlReader(decoding).structure(structure, root, value, path); });
}

}  // namespace martlet::wire
