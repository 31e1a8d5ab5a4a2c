#include "patterns/json_tree.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse_options.hpp>
#include <functional>
#include <utility>

namespace martlet::patterns {
namespace {

namespace json = boost::json;

/// Receives what Boost's parser reads and builds the tree.
struct Builder {
  // Bounds that the parser asks for; the text's own size is the limit.
  static constexpr std::size_t max_object_size = JsonTree::kMaxBytes;
  static constexpr std::size_t max_array_size = JsonTree::kMaxBytes;
  static constexpr std::size_t max_key_size = JsonTree::kMaxBytes;
  static constexpr std::size_t max_string_size = JsonTree::kMaxBytes;

  JsonTree& tree;
  std::string_view text;
  std::vector<std::uint32_t> open{};
  std::uint32_t root = JsonNode::kNone;
  std::string_view key{};
  std::string part{};

  std::uint32_t place(JsonNode node) {
    node.key = key;
    key = {};
    const std::uint32_t index = tree.add(node);
    if (open.empty()) {
      root = index;
    } else {
      tree.append(open.back(), index);
    }
    return index;
  }

  bool begin(JsonNode::Kind kind) {
    open.push_back(place({.kind = kind}));
    return true;
  }

  bool end() {
    open.pop_back();
    return true;
  }

  /// A view that lives as long as the tree: of the text itself unless escapes had to be resolved.
  std::string_view whole(json::string_view last) {
    const std::string_view view(last.data(), last.size());
    const bool in_text = std::less_equal<>()(text.data(), view.data()) &&
                         std::less_equal<>()(view.data() + view.size(), text.data() + text.size());
    if (part.empty() && in_text) {
      return view;
    }
    part.append(view);
    return tree.keep(std::exchange(part, {}));
  }

  bool append(json::string_view piece) {
    part.append(piece.data(), piece.size());
    return true;
  }

  bool number(double value, json::string_view written) {
    place({.kind = JsonNode::Kind::kNumber, .number = value, .text = whole(written)});
    return true;
  }

  bool literal(JsonNode::Kind kind) {
    place({.kind = kind});
    return true;
  }

  using error = json::error_code;
  // NOLINTBEGIN(readability-identifier-naming): names that the parser calls.
  bool on_document_begin(error& /*unused*/) { return true; }
  bool on_document_end(error& /*unused*/) { return true; }
  bool on_object_begin(error& /*unused*/) { return begin(JsonNode::Kind::kObject); }
  bool on_object_end(std::size_t /*count*/, error& /*unused*/) { return end(); }
  bool on_array_begin(error& /*unused*/) { return begin(JsonNode::Kind::kArray); }
  bool on_array_end(std::size_t /*count*/, error& /*unused*/) { return end(); }
  bool on_key_part(json::string_view piece, std::size_t /*count*/, error& /*unused*/) {
    return append(piece);
  }
  bool on_key(json::string_view piece, std::size_t /*count*/, error& /*unused*/) {
    key = whole(piece);
    return true;
  }
  bool on_string_part(json::string_view piece, std::size_t /*count*/, error& /*unused*/) {
    return append(piece);
  }
  bool on_string(json::string_view piece, std::size_t /*count*/, error& /*unused*/) {
    place({.kind = JsonNode::Kind::kString, .text = whole(piece)});
    return true;
  }
  bool on_number_part(json::string_view piece, error& /*unused*/) { return append(piece); }
  bool on_int64(std::int64_t value, json::string_view piece, error& /*unused*/) {
    return number(static_cast<double>(value), piece);
  }
  bool on_uint64(std::uint64_t value, json::string_view piece, error& /*unused*/) {
    return number(static_cast<double>(value), piece);
  }
  bool on_double(double value, json::string_view piece, error& /*unused*/) { return number(value, piece); }
  bool on_bool(bool value, error& /*unused*/) {
    return literal(value ? JsonNode::Kind::kTrue : JsonNode::Kind::kFalse);
  }
  bool on_null(error& /*unused*/) { return literal(JsonNode::Kind::kNull); }
  bool on_comment_part(json::string_view /*unused*/, error& /*unused*/) { return true; }
  bool on_comment(json::string_view /*unused*/, error& /*unused*/) { return true; }
  // NOLINTEND(readability-identifier-naming)
};

}  // namespace

std::optional<std::uint32_t> JsonTree::read(std::string_view text, std::size_t max_depth) {
  if (text.size() > kMaxBytes) {
    return std::nullopt;
  }
  const std::size_t before = nodes_.size();
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<Builder> parser(options, Builder{.tree = *this, .text = text});
  json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (error || used < text.size()) {
    nodes_.resize(before);
    return std::nullopt;
  }
  return parser.handler().root;
}

std::uint32_t JsonTree::add(JsonNode node) {
  nodes_.push_back(node);
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void JsonTree::append(std::uint32_t parent, std::uint32_t child) {
  nodes_[child].next = nodes_[parent].first;
  nodes_[parent].first = child;
  ++nodes_[parent].size;
}

const JsonNode* JsonTree::find(const JsonNode& object, std::string_view name) const {
  if (object.kind != JsonNode::Kind::kObject) {
    return nullptr;
  }
  for (const JsonNode* member = first(object); member != nullptr; member = next(*member)) {
    if (member->key == name) {
      return member;
    }
  }
  return nullptr;
}

}  // namespace martlet::patterns
