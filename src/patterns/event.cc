#include "patterns/event.h"

#include <charconv>
#include <cmath>
#include <system_error>

namespace martlet::patterns {
namespace {

bool is_object(const Event::Content& content) {
  return content.root != JsonNode::kNone && content.tree[content.root].kind == JsonNode::Kind::kObject;
}

std::unique_ptr<Event::Content> read(std::string_view text) {
  auto content = std::make_unique<Event::Content>();
  const auto root = content->tree.read(content->tree.keep(std::string(text)), JsonTree::kMaxEventDepth);
  content->root = root.value_or(JsonNode::kNone);
  if (!is_object(*content)) {
    content->root = JsonNode::kNone;
  }
  return content;
}

/// Where the string at `index` is a JSON object or array, makes it that.
Embedded unfold(JsonTree& tree, std::uint32_t index) {
  const std::string_view text = tree[index].text;
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  // Most plain strings are told by their first character, without being read.
  if (start == std::string_view::npos || (text[start] != '{' && text[start] != '[')) {
    return Embedded::kPlain;
  }
  const auto root = tree.read(text, JsonTree::kMaxEventDepth);
  if (!root) {
    return Embedded::kPlain;
  }
  tree[index].kind = tree[*root].kind;
  tree[index].first = tree[*root].first;
  tree[index].size = tree[*root].size;
  return Embedded::kJson;
}

std::optional<JsonNode> number_node(std::string_view text) {
  JsonNode node{.kind = JsonNode::Kind::kNumber, .text = text};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), node.number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(node.number)) {
    return std::nullopt;
  }
  return node;
}

/// "String.label" is a String, and so on; "String.Array" is a type of its own.
bool is_of_type(std::string_view type, std::string_view base) {
  return type.starts_with(base) && (type.size() == base.size() || type[base.size()] == '.');
}

/// SNS documents that policies for attributes must escape quotation marks and backslashes twice: it compares
/// with the value as it is escaped in JSON.
std::string_view escaped(JsonTree& tree, std::string_view text) {
  if (text.find_first_of("\"\\") == std::string_view::npos) {
    return text;
  }
  std::string escaped;
  for (const char each : text) {
    if (each == '"' || each == '\\') {
      escaped.push_back('\\');
    }
    escaped.push_back(each);
  }
  return tree.keep(std::move(escaped));
}

/// The node of the array that `text` is; nullopt when it is none.
std::optional<std::uint32_t> array_value(JsonTree& tree, std::string_view text) {
  const auto root = tree.read(text, JsonTree::kMaxEventDepth);
  if (!root || tree[*root].kind != JsonNode::Kind::kArray) {
    return std::nullopt;
  }
  for (std::uint32_t index = tree[*root].first; index != JsonNode::kNone; index = tree[index].next) {
    if (tree[index].kind == JsonNode::Kind::kString) {
      tree[index].text = escaped(tree, tree[index].text);
    }
  }
  return root;
}

/// The node of an attribute's value; nullopt when it cannot be filtered on.
std::optional<std::uint32_t> attribute_value(JsonTree& tree, const Attribute& attribute) {
  const std::string_view value = tree.keep(std::string(attribute.value));
  if (is_of_type(attribute.type, "String.Array")) {
    return array_value(tree, value);
  }
  if (is_of_type(attribute.type, "String")) {
    return tree.add({.kind = JsonNode::Kind::kString, .text = escaped(tree, value)});
  }
  if (is_of_type(attribute.type, "Number")) {
    const auto node = number_node(value);
    return node ? std::optional(tree.add(*node)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Event::Event(std::unique_ptr<Content> content) : content_(std::move(content)) {}
Event::Event(Event&&) noexcept = default;
Event& Event::operator=(Event&&) noexcept = default;
Event::~Event() = default;

bool Event::valid() const { return content_->root != JsonNode::kNone; }

Event Event::from_json(std::string_view text) { return Event(read(text)); }

Event Event::from_json(std::string_view text, std::string_view embedded_field) {
  auto content = read(text);
  if (content->root != JsonNode::kNone) {
    JsonTree& tree = content->tree;
    std::uint32_t index = tree[content->root].first;
    while (index != JsonNode::kNone && tree[index].key != embedded_field) {
      index = tree[index].next;
    }
    if (index != JsonNode::kNone && tree[index].kind == JsonNode::Kind::kString) {
      content->embedded = unfold(tree, index);
      content->embedded_field = embedded_field;
    }
  }
  return Event(std::move(content));
}

Event Event::from_field(std::string_view field, std::string_view text) {
  auto content = std::make_unique<Content>();
  JsonTree& tree = content->tree;
  content->root = tree.add({.kind = JsonNode::Kind::kObject});
  content->embedded_field = field;
  const std::uint32_t value =
      tree.add({.kind = JsonNode::Kind::kString, .text = tree.keep(std::string(text))});
  tree[value].key = content->embedded_field;
  tree.append(content->root, value);
  content->embedded = unfold(tree, value);
  return Event(std::move(content));
}

Event Event::from_attributes(std::span<const Attribute> attributes) {
  auto content = std::make_unique<Content>();
  JsonTree& tree = content->tree;
  content->root = tree.add({.kind = JsonNode::Kind::kObject});
  for (const Attribute& attribute : attributes) {
    if (const auto value = attribute_value(tree, attribute)) {
      tree[*value].key = tree.keep(std::string(attribute.name));
      tree.append(content->root, *value);
    }
  }
  return Event(std::move(content));
}

}  // namespace martlet::patterns
