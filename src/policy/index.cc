#include "policy/index.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "policy/document.h"

namespace martlet::policy {

namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};

std::uint64_t sketch(const Element<std::vector<Pattern>>& element) {
  if (element.negated) return kAll;
  std::uint64_t bits = 0;
  for (const Pattern& pattern : element.content) {
    const std::string* text = pattern.only_text();
    if (!text) return kAll;
    bits |= sketch_bit(*text);
  }
  return bits;
}

}  // namespace

std::uint64_t sketch_bit(std::string_view text) {
  constexpr int kBits = 6;
  return std::uint64_t{1} << (std::hash<std::string_view>()(text) >> (64 - kBits));
}

LookUp::LookUp(std::string_view lower_case_action, std::string_view of_resource)
    : action(lower_case_action),
      service(action.substr(0, action.find(':'))),
      resource(of_resource),
      service_bit(sketch_bit(service)),
      action_bit(sketch_bit(action)),
      resource_bit(sketch_bit(resource)) {}

/// Collects candidates in their order, which the lists of all services keep.
class StatementIndex::Builder {
 public:
  void add(const Policy& policy, std::span<const Statement> statements) {
    for (std::uint32_t number = 0; number < statements.size(); ++number) {
      const Statement& statement = statements[number];
      const std::size_t at = all_.size();
      all_.push_back({.statement = &statement,
                      .policy = &policy,
                      .actions = sketch(statement.actions),
                      .resources = statement.resources ? sketch(*statement.resources) : kAll,
                      .number = number,
                      .effect = statement.effect});
      if (statement.services.empty()) for_any_.push_back(at);
      for (const std::string& service : statement.services) by_service_[service].push_back(at);
    }
  }

  void build(StatementIndex& index) && {
    for (auto& [service, places] : by_service_) {
      std::vector<std::size_t> all;
      std::merge(places.begin(), places.end(), for_any_.begin(), for_any_.end(), std::back_inserter(all));
      index.services_ |= sketch_bit(service);
      index.buckets_.push_back({service, taken(all)});
    }
    index.for_any_service_ = taken(for_any_);
  }

 private:
  [[nodiscard]] std::vector<Candidate> taken(const std::vector<std::size_t>& places) const {
    std::vector<Candidate> candidates;
    candidates.reserve(places.size());
    for (const std::size_t place : places) candidates.push_back(all_[place]);
    return candidates;
  }

  std::vector<Candidate> all_;
  std::vector<std::size_t> for_any_;
  std::map<std::string, std::vector<std::size_t>> by_service_;
};

StatementIndex::StatementIndex(std::span<const PolicyPtr> policies) {
  Builder builder;
  for (const PolicyPtr& policy : policies) {
    if (policy) builder.add(*policy, policy->statements());
  }
  std::move(builder).build(*this);
}

StatementIndex::StatementIndex(const Policy& policy, std::span<const Statement> statements) {
  Builder builder;
  builder.add(policy, statements);
  std::move(builder).build(*this);
}

std::span<const Candidate> StatementIndex::candidates(const LookUp& request) const {
  if ((services_ & request.service_bit) != 0) {
    const auto bucket =
        std::lower_bound(buckets_.begin(), buckets_.end(), request.service,
                         [](const Bucket& b, std::string_view name) { return b.service < name; });
    if (bucket != buckets_.end() && bucket->service == request.service) return bucket->candidates;
  }
  return for_any_service_;
}

}  // namespace martlet::policy
