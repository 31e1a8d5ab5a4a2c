#pragma once

// A JSON text as a flat tree: what both patterns and events are read into. Numbers keep the characters that
// they were written with, because EventBridge compares them as text. Strings are views of the text that was
// read where they can be. A plain value without an executor.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::patterns {

struct JsonNode {
  enum class Kind : std::uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };
  static constexpr std::uint32_t kNone = UINT32_MAX;

  Kind kind = Kind::kNull;
  /// Members and elements are linked from the last to the first, so that of members of one name the last is
  /// found.
  std::uint32_t first = kNone;
  std::uint32_t next = kNone;
  std::uint32_t size = 0;
  /// Of a number; those that do not fit are infinite.
  double number = 0;
  /// The name of a member.
  std::string_view key{};
  /// A string's characters, or a number as it was written.
  std::string_view text{};
};

class JsonTree {
 public:
  static constexpr std::size_t kMaxEventDepth = 1000;
  static constexpr std::size_t kMaxBytes = std::size_t{64} * 1024 * 1024;

  /// Reads `text`, which must outlive the tree, and gives the index of its root; nullopt when it is not valid
  /// JSON, nests deeper than `max_depth`, or is larger than kMaxBytes.
  std::optional<std::uint32_t> read(std::string_view text, std::size_t max_depth);

  /// A node without a place yet.
  std::uint32_t add(JsonNode node);
  /// Makes `child` the last member or element of `parent`.
  void append(std::uint32_t parent, std::uint32_t child);

  [[nodiscard]] const JsonNode& operator[](std::uint32_t index) const { return nodes_[index]; }
  [[nodiscard]] JsonNode& operator[](std::uint32_t index) { return nodes_[index]; }
  /// The node after `node` among its siblings, or null.
  [[nodiscard]] const JsonNode* next(const JsonNode& node) const { return at(node.next); }
  [[nodiscard]] const JsonNode* first(const JsonNode& node) const { return at(node.first); }
  /// The member of that name, the last of several; null when `object` is no object or has none.
  [[nodiscard]] const JsonNode* find(const JsonNode& object, std::string_view name) const;

  /// Keeps a text for as long as the tree.
  std::string_view keep(std::string text) { return kept_.emplace_back(std::move(text)); }

 private:
  [[nodiscard]] const JsonNode* at(std::uint32_t index) const {
    return index == JsonNode::kNone ? nullptr : &nodes_[index];
  }

  std::vector<JsonNode> nodes_;
  std::deque<std::string> kept_;
};

}  // namespace martlet::patterns
