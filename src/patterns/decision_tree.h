#pragma once

// The tree that a matcher asks: every edge is a term that must hold, every way from the root to a node with
// entries is a conjunction of one of its patterns. Patterns that begin with the same terms share the way.
// Owned by a Matcher.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "patterns/conjunctions.h"
#include "patterns/field_values.h"
#include "patterns/pattern.h"
#include "patterns/value_index.h"

namespace martlet::patterns {

/// A pattern of the matcher.
struct Entry {
  std::string id;
  Pattern pattern;
  std::uint64_t found_at = 0;
};

/// A term, once for all patterns that have it.
struct SharedTerm {
  FieldId field = 0;
  Term term;
  std::size_t uses = 0;
};

struct DecisionNode {
  /// Over the edges, where there are many.
  struct Index {
    std::unordered_map<FieldId, ValueIndex> by_field;
    /// Of the terms that hold when the field is absent.
    std::vector<std::pair<FieldId, DecisionNode*>> absent;
  };

  std::vector<Entry*> entries;
  std::unordered_map<const SharedTerm*, std::unique_ptr<DecisionNode>> edges;
  std::unique_ptr<Index> index;
  std::uint64_t visited_at = 0;

  [[nodiscard]] bool empty() const { return entries.empty() && edges.empty(); }
};

class DecisionTree {
 public:
  void add(const Conjunction& conjunction, Entry* entry);
  void remove(const Conjunction& conjunction, Entry* entry);

  /// Calls `each` with the entries of which a conjunction holds, with each entry once. Where the event has
  /// arrays of objects, with some whose terms hold of different objects, too; uncertain() says so.
  void visit(const Event::Content& event, const std::function<void(Entry&)>& each);
  [[nodiscard]] bool uncertain() const { return fields_.from_arrays_of_objects(); }

 private:
  SharedTerm* acquire(const Term& term);
  void release(const Term& term);
  void remove(DecisionNode& node, const Conjunction& conjunction, std::size_t depth, Entry* entry);
  static void index_edge(DecisionNode& node, const SharedTerm& term, DecisionNode* child);
  void visit(DecisionNode& node, const std::function<void(Entry&)>& each);
  void visit_indexed(DecisionNode& node, const std::function<void(Entry&)>& each);
  [[nodiscard]] bool holds(const SharedTerm& term) const;
  [[nodiscard]] bool may_be_absent(FieldId field) const { return uncertain() || fields_.of(field).empty(); }

  DecisionNode root_;
  FieldValues fields_;
  TextMap<SharedTerm> terms_;
  /// Numbers the visits, so that what was visited or found need not be forgotten after each.
  std::uint64_t now_ = 0;
};

}  // namespace martlet::patterns
