#include "policy/index.h"

#include <algorithm>
#include <functional>

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
      action_bit(sketch_bit(action)) {
  resource_pairs.add(resource);
}

StatementIndex::StatementIndex(std::span<const PolicyPtr> policies) {
  for (const PolicyPtr& policy : policies) {
    if (policy) add(*policy, policy->statements());
  }
  finish();
}

StatementIndex::StatementIndex(const Policy& policy, std::span<const Statement> statements) {
  add(policy, statements);
  finish();
}

void StatementIndex::add(const Policy& policy, std::span<const Statement> statements) {
  for (std::uint32_t number = 0; number < statements.size(); ++number) {
    const Statement& statement = statements[number];
    Candidate candidate{.statement = &statement,
                        .policy = &policy,
                        .actions = sketch(statement.actions),
                        .resource = {},
                        .number = number,
                        .effect = statement.effect};
    all_.push_back(candidate);
    const auto file = [&](std::string_view prefix, bool whole) {
      if (statement.services.empty()) for_any_service_.add(prefix, whole, candidate);
      for (const std::string& service : statement.services)
        table_to_fill(service).add(prefix, whole, candidate);
    };
    if (!statement.resources || statement.resources->negated) {
      file("", false);
      continue;
    }
    for (const Pattern& resource : statement.resources->content) {
      candidate.resource = {};
      resource.each_literal([&](std::string_view text) { candidate.resource.add(text); });
      file(resource.prefix(), resource.only_text() != nullptr);
    }
  }
}

void StatementIndex::finish() {
  for (Bucket& bucket : buckets_) bucket.statements.finish();
  for_any_service_.finish();
}

StatementIndex::Table& StatementIndex::table_to_fill(const std::string& service) {
  services_ |= sketch_bit(service);
  const auto place =
      std::lower_bound(buckets_.begin(), buckets_.end(), service,
                       [](const Bucket& b, std::string_view name) { return b.service < name; });
  if (place != buckets_.end() && place->service == service) return place->statements;
  return buckets_.insert(place, {service, {}})->statements;
}

const StatementIndex::Table* StatementIndex::table_of(const LookUp& request) const {
  if ((services_ & request.service_bit) == 0) return nullptr;
  const auto bucket =
      std::lower_bound(buckets_.begin(), buckets_.end(), request.service,
                       [](const Bucket& b, std::string_view name) { return b.service < name; });
  return bucket != buckets_.end() && bucket->service == request.service ? &bucket->statements : nullptr;
}

}  // namespace martlet::policy
