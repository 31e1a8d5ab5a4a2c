#include "wire/query_codec.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "base/utf8.h"
#include "wire/scalar.h"

namespace martlet::wire {
namespace {

using Node = QueryForm::Node;

aws::Error malformed(std::string message) { return {"MalformedInput", std::move(message), 400}; }

/// Children whose names are positive numbers, in the order of the numbers.
std::vector<const Node*> numbered(const Node& node) {
  std::vector<std::pair<std::uint64_t, const Node*>> found;
  for (const auto& [name, child] : node.children) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) found.emplace_back(number, &child);
  }
  std::ranges::sort(found);
  std::vector<const Node*> result;
  for (const auto& [number, child] : found) result.push_back(child);
  return result;
}

const Node* child_of(const Node& node, std::string_view name) {
  const auto found = node.children.find(name);
  return found == node.children.end() ? nullptr : &found->second;
}

class QueryReader {
 public:
  explicit QueryReader(Decoding& decoding) : decoding_(decoding) {}

  void structure(const Shape& shape, const Node& node, void* target, const Path* path) {
    check_depth(++depth_);
    Seen seen;
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      const Member& member = shape.members[i];
      const Node* child = member.access == nullptr ? nullptr : child_of(node, member.xml_name());
      if (child == nullptr && !member.query_name.empty()) child = child_of(node, member.wire_name);
      if (child == nullptr) continue;
      seen.add(i);
      const Path here{.parent = path, .name = member.name};
      value(*member.shape, member.flattened || member.shape->flattened, *child,
            member.access->emplace(member.slot(target), *member.shape), &here);
    }
    decoding_.note_missing(shape, seen, path);
    --depth_;
  }

 private:
  void value(const Shape& shape, bool flat, const Node& node, void* target, const Path* path) {
    switch (shape.kind) {
      case Kind::kStructure:
        return structure(shape, node, target, path);
      case Kind::kList:
        return list(shape, flat, node, target, path);
      case Kind::kMap:
        return map(shape, flat, node, target, path);
      case Kind::kDocument:
        throw malformed("Documents can not travel in a query.");
      default:
        break;
    }
    if (!node.value) throw malformed("Start of structure or map found where not expected.");
    if (!parse_scalar(shape, *node.value, target))
      throw malformed("STRING_VALUE can not be converted to " + std::string(kind_name(shape.kind)));
  }

  /// "List.member.1=a"; flattened "List.1=a". An empty value stands for an empty list.
  void list(const Shape& shape, bool flat, const Node& node, void* target, const Path* path) {
    check_depth(++depth_);
    const Element& element = *shape.element;
    const Node* items = &node;
    if (!flat) {
      items = child_of(node, element.wire_name.empty() ? "member" : element.wire_name);
      // Some clients leave the middle part out, and the service takes that too.
      if (items == nullptr) items = child_of(node, "member");
      if (items == nullptr) items = &node;
    }
    for (const Node* item : numbered(*items)) {
      void* slot = shape.list->append(target, shape);
      const Path here{.parent = path, .step = Path::Step::kElement, .index = shape.list->size(target)};
      value(*element.shape, element.shape->flattened, *item, element.access->emplace(slot, *element.shape),
            &here);
    }
    --depth_;
  }

  /// "Map.entry.1.key=a&Map.entry.1.value=b"; flattened without "entry".
  void map(const Shape& shape, bool flat, const Node& node, void* target, const Path* path) {
    check_depth(++depth_);
    const std::string_view key_name = shape.key->wire_name.empty() ? "key" : shape.key->wire_name;
    const std::string_view value_name = shape.element->wire_name.empty() ? "value" : shape.element->wire_name;
    const Node* entries = flat ? nullptr : child_of(node, "entry");
    for (const Node* entry : numbered(entries == nullptr ? node : *entries)) {
      const Node* key = child_of(*entry, key_name);
      const Node* content = child_of(*entry, value_name);
      if (key == nullptr || !key->value || content == nullptr)
        throw malformed("A map entry needs a key and a value.");
      void* slot = shape.map->insert(target, shape, *key->value);
      const Path here{.parent = path, .step = Path::Step::kKey, .name = *key->value};
      value(*shape.element->shape, shape.element->shape->flattened, *content,
            shape.element->access->emplace(slot, *shape.element->shape), &here);
    }
    --depth_;
  }

  Decoding& decoding_;
  int depth_ = 0;
};

}  // namespace

QueryForm::QueryForm(std::string_view form) {
  if (form.empty()) return;
  const auto pairs = split(form, '&');
  if (pairs.size() > kMaxPairs)
    throw aws::Error("MalformedQueryString", "The query has too many parameters.", 400);
  for (const std::string_view pair : pairs) {
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto key = percent_decode(pair.substr(0, equals), Plus::kSpace);
    const auto value = percent_decode(equals < pair.size() ? pair.substr(equals + 1) : "", Plus::kSpace);
    if (!key || !value || !is_utf8(*key) || !is_utf8(*value))
      throw aws::Error("MalformedQueryString", "The query string contains a malformed escape sequence.", 400);
    Node* node = &root_;
    const auto parts = split(*key, '.');
    if (parts.size() > static_cast<std::size_t>(3 * kMaxDepth))
      throw malformed("The request is nested too deeply.");
    for (const std::string_view part : parts) node = &node->children[std::string(part)];
    node->value = *value;
  }
}

void QueryForm::add_missing(std::string_view key, std::string_view value) {
  auto& value_there = root_.children[std::string(key)].value;
  if (!value_there) value_there = value;
}

std::optional<std::string_view> QueryForm::find(std::string_view key) const {
  const Node* node = child_of(root_, key);
  if (node == nullptr || !node->value) return std::nullopt;
  return *node->value;
}

void decode_query(const Shape& structure, const QueryForm& form, void* value, Decoding& decoding) {
  QueryReader(decoding).structure(structure, form.root(), value, nullptr);
}

}  // namespace martlet::wire
