#pragma once

// A pattern as alternatives of each of which every term must hold: what a matcher's tree is made of. Plain
// values.

#include <memory>
#include <string>
#include <vector>

#include "patterns/condition.h"
#include "patterns/group.h"

namespace martlet::patterns {

/// The names that lead to a field.
using Path = std::vector<std::string>;

struct Term {
  Path path;
  std::shared_ptr<const Condition> condition;
};

using Conjunction = std::vector<Term>;

/// The alternatives, as many as the combinations of the $or in the pattern; at least one. The terms are in
/// the order in which a tree asks them: first those that few values satisfy, of these the ones nearest to the
/// root of the event, which many patterns have in common.
std::vector<Conjunction> conjunctions(const Group& root);

}  // namespace martlet::patterns
