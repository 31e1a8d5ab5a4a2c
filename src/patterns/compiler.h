#pragma once

// Makes a Group of the text of a pattern. Plain functions.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "patterns/condition.h"
#include "patterns/group.h"
#include "patterns/json_tree.h"
#include "patterns/pattern.h"

namespace martlet::patterns {

/// Throws InvalidPattern.
Group compile(std::string_view json, Dialect dialect);

/// The elements of an array, or the members of an object without those that a later one of the same name
/// replaces, in the order in which they are written.
std::vector<const JsonNode*> children(const JsonTree& tree, const JsonNode& parent);

/// Reads the elements of a leaf: values, and operators like {"prefix": "a"}.
class LeafCompiler {
 public:
  LeafCompiler(const JsonTree& tree, Dialect dialect) : tree_(tree), dialect_(dialect) {}

  /// Throws InvalidPattern.
  [[nodiscard]] Condition compile(const JsonNode& leaf) const;
  static bool is_operator(std::string_view name);

 private:
  using Kind = Alternative::Kind;
  /// A sign and a number of "numeric".
  struct Comparison {
    std::string_view sign;
    Millionths bound;
  };

  [[nodiscard]] Alternative value(const JsonNode& node) const;
  [[nodiscard]] Alternative expression(const JsonNode& node) const;
  [[nodiscard]] Alternative affix(const JsonNode& member) const;
  [[nodiscard]] Alternative numeric(const JsonNode& member) const;
  [[nodiscard]] Comparison comparison(const std::vector<const JsonNode*>& terms, std::size_t at,
                                      std::span<const std::string_view> signs) const;
  [[nodiscard]] Alternative anything_but(const JsonNode& member) const;
  [[nodiscard]] std::vector<Alternative> excepted_texts(const JsonNode& member) const;
  [[nodiscard]] Alternative excepted_value(const JsonNode& node) const;
  [[nodiscard]] Alternative text_operator(std::string_view name, std::string_view text) const;
  [[nodiscard]] Alternative wildcard(std::string_view text) const;
  [[nodiscard]] Alternative cidr(std::string_view text) const;
  [[nodiscard]] Millionths number(const JsonNode& node) const;
  [[noreturn]] void refuse(std::string_view reason) const;

  const JsonTree& tree_;
  Dialect dialect_;
};

}  // namespace martlet::patterns
