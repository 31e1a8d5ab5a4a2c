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
  std::uint64_t resource_bit;
};

struct Candidate {
  const Statement* statement;
  const Policy* policy;
  /// The texts that its actions and resources may match; all bits where wildcards, variables or negation let
  /// them match others.
  std::uint64_t actions;
  std::uint64_t resources;
  /// Within its policy, from 0.
  std::uint32_t number;
  Effect effect;

  [[nodiscard]] bool may_cover(const LookUp& request) const {
    return (actions & request.action_bit) != 0 && (resources & request.resource_bit) != 0;
  }
};

class StatementIndex {
 public:
  StatementIndex() = default;
  explicit StatementIndex(std::span<const PolicyPtr> policies);
  /// Of the statements of one policy.
  StatementIndex(const Policy& policy, std::span<const Statement> statements);

  /// The statements that name the request's service, or any, in their order. Whether they may_cover the
  /// request is still to be asked.
  [[nodiscard]] std::span<const Candidate> candidates(const LookUp& request) const;

 private:
  struct Bucket {
    std::string service;
    std::vector<Candidate> candidates;
  };
  class Builder;

  std::uint64_t services_ = 0;
  /// Sorted by service; each holds the statements for any service, too.
  std::vector<Bucket> buckets_;
  std::vector<Candidate> for_any_service_;
};

}  // namespace martlet::policy
