#include "patterns/conjunctions.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace martlet::patterns {
namespace {

std::vector<Conjunction> each_with_each(const std::vector<Conjunction>& some,
                                        const std::vector<Conjunction>& others) {
  std::vector<Conjunction> products;
  products.reserve(some.size() * others.size());
  for (const Conjunction& one : some) {
    for (const Conjunction& other : others) {
      products.push_back(one);
      products.back().insert(products.back().end(), other.begin(), other.end());
    }
  }
  return products;
}

std::vector<Conjunction> expand(const Group& group, const Path& path) {
  std::vector<Conjunction> all(1);
  for (const Field& field : group.fields) {
    Path inner = path;
    inner.push_back(field.name);
    if (field.group) {
      all = each_with_each(all, expand(*field.group, inner));
      continue;
    }
    for (Conjunction& conjunction : all) {
      conjunction.push_back({.path = inner, .condition = field.condition});
    }
  }
  for (const std::vector<Group>& choices : group.any_of) {
    std::vector<Conjunction> chosen;
    for (const Group& choice : choices) {
      std::ranges::move(expand(choice, path), std::back_inserter(chosen));
    }
    all = each_with_each(all, chosen);
  }
  return all;
}

bool before(const Term& one, const Term& other) {
  const auto order = [](const Term& term) { return std::pair(term.condition->breadth(), term.path.size()); };
  if (order(one) != order(other)) {
    return order(one) < order(other);
  }
  return std::tie(one.path, one.condition->identity()) < std::tie(other.path, other.condition->identity());
}

bool same(const Term& one, const Term& other) {
  return one.path == other.path && one.condition->identity() == other.condition->identity();
}

}  // namespace

std::vector<Conjunction> conjunctions(const Group& root) {
  std::vector<Conjunction> all = expand(root, {});
  for (Conjunction& conjunction : all) {
    std::ranges::sort(conjunction, before);
    const auto repeated = std::ranges::unique(conjunction, same);
    conjunction.erase(repeated.begin(), repeated.end());
  }
  return all;
}

}  // namespace martlet::patterns
