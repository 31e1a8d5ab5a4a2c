#pragma once

// Which of many conditions on one field a value satisfies, without asking them one by one. Owned by a node of
// a matcher's tree.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "patterns/affix_index.h"
#include "patterns/condition.h"
#include "patterns/range_index.h"
#include "patterns/text_hash.h"

namespace martlet::patterns {

/// What a condition leads to.
struct DecisionNode;

class ValueIndex {
 public:
  /// `condition` must live until it is removed.
  void add(const Condition& condition, DecisionNode* target);
  void remove(const Condition& condition, DecisionNode* target);

  /// Calls `each` with the targets of the conditions that `value`, a scalar, satisfies; with some repeatedly.
  void visit(const JsonNode& value, const std::function<void(DecisionNode*)>& each);

  [[nodiscard]] bool empty() const { return conditions_ == 0; }

 private:
  enum class Change : bool { kAdd, kRemove };
  using Targets = std::vector<DecisionNode*>;
  /// Those that must be asked.
  using Asked = std::vector<std::pair<const Alternative*, DecisionNode*>>;
  using Each = std::function<void(DecisionNode*)>;

  void change(const Condition& condition, DecisionNode* target, Change what);
  void change(const Alternative& alternative, DecisionNode* target, Change what);
  void change_wildcard(const Alternative& alternative, DecisionNode* target, Change what);
  void change_cidr(const Alternative& alternative, DecisionNode* target, Change what);
  void visit_text(std::string_view text, const Each& each) const;
  void visit_folded(std::string_view text, const Each& each) const;
  void visit_addresses(std::string_view text, const Each& each) const;

  std::size_t conditions_ = 0;
  TextMap<Targets> strings_;
  TextMap<Targets> numbers_;
  TextMap<Targets> folded_;
  Targets true_;
  Targets false_;
  Targets null_;
  Targets exists_;
  AffixIndex<Targets, Affix::kPrefix> prefixes_;
  AffixIndex<Targets, Affix::kPrefix> folded_prefixes_;
  AffixIndex<Targets, Affix::kSuffix> suffixes_;
  AffixIndex<Targets, Affix::kSuffix> folded_suffixes_;
  /// By what they begin or end with, whichever is longer.
  AffixIndex<Asked, Affix::kPrefix> wildcards_by_prefix_;
  AffixIndex<Asked, Affix::kSuffix> wildcards_by_suffix_;
  RangeIndex<DecisionNode*> ranges_;
  /// By family and number of bits, then by the network's bytes.
  std::map<std::pair<Address::Family, unsigned>, TextMap<Targets>> networks_;
  Asked anything_but_;
};

}  // namespace martlet::patterns
