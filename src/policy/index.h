#pragma once

// Finds, among the statements of one or many policies, those that may be about a request, so that the others
// are not even looked at. Built once; immutable; views statements that their policies own.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/resource_table.h"
#include "policy/statement.h"

namespace martlet::policy {

class Policy;
using PolicyPtr = std::shared_ptr<const Policy>;

/// A text's bit in a sketch of a set of texts: when the sketch lacks it, the set lacks the text.
std::uint64_t sketch_bit(std::string_view text);

/// What a request is looked up by, worked out once per decision.
struct LookUp {
  /// `action` in lower case; both are viewed.
  LookUp(std::string_view action, std::string_view resource);
  std::string_view action;
  std::string_view service;
  std::string_view resource;
  std::uint64_t service_bit;
  std::uint64_t action_bit;
  PairSketch resource_pairs;
};

/// A statement, because of one of the resources that it names.
struct Candidate {
  const Statement* statement;
  const Policy* policy;
  /// The texts that its actions may match; all bits where wildcards, variables or negation let them match
  /// others.
  std::uint64_t actions;
  /// What a resource must hold to be the one that is named.
  PairSketch resource;
  /// Within its policy, from 0.
  std::uint32_t number;
  Effect effect;

  [[nodiscard]] bool may_cover(const LookUp& request) const {
    return (actions & request.action_bit) != 0 && request.resource_pairs.holds(resource);
  }
};

class StatementIndex {
 public:
  StatementIndex() = default;
  explicit StatementIndex(std::span<const PolicyPtr> policies);
  /// Of the statements of one policy.
  StatementIndex(const Policy& policy, std::span<const Statement> statements);

  /// Calls `visit` with the statements that may cover the request, in any order and some of them more than
  /// once, until it returns false.
  template <class Visit>
  void visit(const LookUp& request, Visit visit) const {
    const auto close = [&](const Candidate& candidate) {
      return !candidate.may_cover(request) || visit(candidate);
    };
    const Table* own = table_of(request);
    if (own == nullptr || own->visit(request.resource, close))
      for_any_service_.visit(request.resource, close);
  }
  /// All statements in their order, each once.
  [[nodiscard]] std::span<const Candidate> all() const { return all_; }

 private:
  using Table = ResourceTable<Candidate>;
  struct Bucket {
    std::string service;
    Table statements;
  };

  void add(const Policy& policy, std::span<const Statement> statements);
  void finish();
  Table& table_to_fill(const std::string& service);
  /// Of the statements that name the request's service; null when none does.
  [[nodiscard]] const Table* table_of(const LookUp& request) const;

  std::vector<Candidate> all_;
  std::uint64_t services_ = 0;
  /// Sorted by service.
  std::vector<Bucket> buckets_;
  Table for_any_service_;
};

}  // namespace martlet::policy
