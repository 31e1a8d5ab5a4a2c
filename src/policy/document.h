#pragma once

// Policy documents, compiled: parsed once from their JSON, then asked any number of times. Policies are
// immutable and shared; whoever stores documents keeps the compiled policy beside the version that it was
// made from. Grammar: "Grammar of the IAM JSON policy language" in the IAM User Guide.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "policy/condition.h"
#include "policy/principals.h"
#include "policy/wildcard.h"

namespace martlet::policy {

/// The document is no policy; what() says why, in IAM's words.
class InvalidPolicy : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Effect : std::uint8_t { kAllow, kDeny };

/// An element of a statement that has a negated form: NotAction, NotResource, NotPrincipal.
template <class Content>
struct Element {
  Content content;
  bool negated = false;
};

/// A statement in the form in which it is decided.
struct Statement {
  std::string sid;
  Effect effect = Effect::kDeny;
  /// In lower case.
  Element<std::vector<Pattern>> actions;
  /// Without it, the statement is about whatever the policy is attached to.
  std::optional<Element<std::vector<Pattern>>> resources;
  std::optional<Element<Principals>> principals;
  /// All must hold.
  std::vector<Condition> conditions;
  /// It has a condition operator that does not exist: it then denies whatever else it covers, or allows
  /// nothing.
  bool unknown_operator = false;
};

/// A service as actions name it, "lambda", and its bit in a policy's sketch of the services it speaks of.
struct ServiceName {
  explicit ServiceName(std::string_view lower_case_name);
  std::string_view name;
  std::uint64_t bit;
};

class Policy;
using PolicyPtr = std::shared_ptr<const Policy>;

class Policy {
 public:
  /// Bytes of a document; IAM takes 131,072 characters, white space included.
  static constexpr std::size_t kMaxBytes = 4 * 131'072;

  /// Accepts policies of every kind; what a kind requires is for check() in check.h. Throws InvalidPolicy.
  static PolicyPtr parse(std::string_view document);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::span<const Statement> statements() const { return statements_; }
  /// The statements that may cover actions of a service, by number, in the order of the document.
  [[nodiscard]] std::span<const std::uint32_t> candidates(const ServiceName& service) const;
  /// The condition keys that it names, in conditions and as variables; lower case, sorted, each once.
  [[nodiscard]] const std::vector<std::string>& context_keys() const { return context_keys_; }

 private:
  struct Bucket {
    std::string service;
    std::vector<std::uint32_t> statements;
  };
  class Reader;

  Policy() = default;
  void index(const std::vector<std::vector<std::string>>& services);
  void collect_keys();

  std::string id_;
  std::vector<Statement> statements_;
  std::uint64_t service_bits_ = 0;
  /// Sorted by service; each holds the statements for any service, too.
  std::vector<Bucket> buckets_;
  std::vector<std::uint32_t> for_any_service_;
  std::vector<std::string> context_keys_;
};

}  // namespace martlet::policy
