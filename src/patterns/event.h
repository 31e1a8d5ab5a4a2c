#pragma once

// What an Event holds: its JSON as a tree, and which of its fields was given as text within the text. Owned
// by Event; immutable once made.

#include <cstdint>
#include <string>

#include "patterns/json_tree.h"
#include "patterns/pattern.h"

namespace martlet::patterns {

enum class Embedded : std::uint8_t {
  kNone,
  /// The field's text is not a JSON object or array: patterns see a string.
  kPlain,
  kJson,
};

struct Event::Content {
  JsonTree tree;
  /// Of an event that is not valid: JsonNode::kNone.
  std::uint32_t root = JsonNode::kNone;
  std::string embedded_field;
  Embedded embedded = Embedded::kNone;
};

/// Calls `visit` with each scalar that `value` holds: itself, or the elements of an array and of the arrays
/// in it. Stops and gives true when `visit` gives true.
template <typename Visit>
bool any_scalar(const JsonTree& tree, const JsonNode& value, const Visit& visit) {
  if (value.kind == JsonNode::Kind::kObject) {
    return false;
  }
  if (value.kind != JsonNode::Kind::kArray) {
    return visit(value);
  }
  for (const JsonNode* element = tree.first(value); element != nullptr; element = tree.next(*element)) {
    if (any_scalar(tree, *element, visit)) {
      return true;
    }
  }
  return false;
}

}  // namespace martlet::patterns
