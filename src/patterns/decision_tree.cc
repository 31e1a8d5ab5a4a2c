#include "patterns/decision_tree.h"

#include <fmt/format.h>

#include <algorithm>

namespace martlet::patterns {
namespace {

/// Up to here the edges of a node are asked one by one.
constexpr std::size_t kFewEdges = 4;

std::string term_key(const Term& term) {
  std::string key;
  for (const std::string& name : term.path) {
    fmt::format_to(std::back_inserter(key), "{}:{}/", name.size(), name);
  }
  return key + term.condition->identity();
}

}  // namespace

SharedTerm* DecisionTree::acquire(const Term& term) {
  SharedTerm& shared = terms_[term_key(term)];
  if (shared.uses++ == 0) {
    shared.term = term;
    shared.field = fields_.acquire(term.path);
  }
  return &shared;
}

void DecisionTree::release(const Term& term) {
  const auto found = terms_.find(term_key(term));
  if (--found->second.uses == 0) {
    fields_.release(term.path);
    terms_.erase(found);
  }
}

void DecisionTree::add(const Conjunction& conjunction, Entry* entry) {
  DecisionNode* node = &root_;
  for (const Term& term : conjunction) {
    const SharedTerm* shared = acquire(term);
    std::unique_ptr<DecisionNode>& child = node->edges[shared];
    if (!child) {
      child = std::make_unique<DecisionNode>();
      if (node->index) {
        index_edge(*node, *shared, child.get());
      } else if (node->edges.size() > kFewEdges) {
        node->index = std::make_unique<DecisionNode::Index>();
        for (const auto& [each, to] : node->edges) {
          index_edge(*node, *each, to.get());
        }
      }
    }
    node = child.get();
  }
  node->entries.push_back(entry);
}

void DecisionTree::index_edge(DecisionNode& node, const SharedTerm& term, DecisionNode* child) {
  node.index->by_field[term.field].add(*term.term.condition, child);
  if (term.term.condition->accepts_absence()) {
    node.index->absent.emplace_back(term.field, child);
  }
}

void DecisionTree::remove(const Conjunction& conjunction, Entry* entry) {
  remove(root_, conjunction, 0, entry);
  for (const Term& term : conjunction) {
    release(term);
  }
}

void DecisionTree::remove(DecisionNode& node, const Conjunction& conjunction, std::size_t depth,
                          Entry* entry) {
  if (depth == conjunction.size()) {
    node.entries.erase(std::ranges::find(node.entries, entry));
    return;
  }
  const SharedTerm& term = terms_.find(term_key(conjunction[depth]))->second;
  const auto edge = node.edges.find(&term);
  DecisionNode* child = edge->second.get();
  remove(*child, conjunction, depth + 1, entry);
  if (!child->empty()) {
    return;
  }
  if (node.index) {
    const auto values = node.index->by_field.find(term.field);
    values->second.remove(*term.term.condition, child);
    if (values->second.empty()) {
      node.index->by_field.erase(values);
    }
    std::erase(node.index->absent, std::pair(term.field, child));
  }
  node.edges.erase(edge);
  if (node.edges.size() <= kFewEdges / 2) {
    node.index.reset();
  }
}

void DecisionTree::visit(const Event::Content& event, const std::function<void(Entry&)>& each) {
  fields_.collect(event);
  ++now_;
  visit(root_, each);
}

void DecisionTree::visit(DecisionNode& node, const std::function<void(Entry&)>& each) {
  if (std::exchange(node.visited_at, now_) == now_) {
    return;
  }
  for (Entry* entry : node.entries) {
    if (std::exchange(entry->found_at, now_) != now_) {
      each(*entry);
    }
  }
  if (node.index) {
    visit_indexed(node, each);
    return;
  }
  for (const auto& [term, child] : node.edges) {
    if (holds(*term)) {
      visit(*child, each);
    }
  }
}

void DecisionTree::visit_indexed(DecisionNode& node, const std::function<void(Entry&)>& each) {
  const auto descend = [&](DecisionNode* child) { visit(*child, each); };
  const auto ask = [&](FieldId field, ValueIndex& values) {
    for (const JsonNode* value : fields_.of(field)) {
      values.visit(*value, descend);
    }
  };
  // By the fields of the node or by those of the event, whichever are fewer.
  auto& by_field = node.index->by_field;
  if (by_field.size() <= fields_.present().size()) {
    for (auto& [field, values] : by_field) {
      ask(field, values);
    }
  } else {
    for (const FieldId field : fields_.present()) {
      if (const auto values = by_field.find(field); values != by_field.end()) {
        ask(field, values->second);
      }
    }
  }
  for (const auto& [field, child] : node.index->absent) {
    if (may_be_absent(field)) {
      visit(*child, each);
    }
  }
}

bool DecisionTree::holds(const SharedTerm& term) const {
  const Condition& condition = *term.term.condition;
  if (condition.accepts_absence() && may_be_absent(term.field)) {
    return true;
  }
  return std::ranges::any_of(fields_.of(term.field),
                             [&](const JsonNode* value) { return condition.accepts(*value); });
}

}  // namespace martlet::patterns
