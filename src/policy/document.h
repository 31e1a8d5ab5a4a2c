#pragma once

// Policy documents, compiled: parsed once from their JSON, then asked any number of times. Policies are
// immutable and shared; whoever stores documents keeps the compiled policy beside the version that it was
// made from. Grammar: "Grammar of the IAM JSON policy language" in the IAM User Guide.

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "policy/index.h"
#include "policy/statement.h"

namespace martlet::policy {

/// The document is no policy; what() says why, in IAM's words.
class InvalidPolicy : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Policy {
 public:
  /// Bytes of a document; IAM takes 131,072 characters, white space included.
  static constexpr std::size_t kMaxBytes = 4 * 131'072;

  /// Accepts policies of every kind; what a kind requires is for check() in check.h. Throws InvalidPolicy.
  static PolicyPtr parse(std::string_view document);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::span<const Statement> statements() const { return statements_; }
  [[nodiscard]] const StatementIndex& index() const { return index_; }
  /// The condition keys that it names, in conditions and as variables; lower case, sorted, each once.
  [[nodiscard]] const std::vector<std::string>& context_keys() const { return context_keys_; }
  /// Whether it asks for tags of the resource, by any service's name for them: aws:ResourceTag/…,
  /// iam:ResourceTag/….
  [[nodiscard]] bool names_resource_tags() const { return names_resource_tags_; }

 private:
  class Reader;

  Policy() = default;
  void collect_keys();

  std::string id_;
  std::vector<Statement> statements_;
  StatementIndex index_;
  std::vector<std::string> context_keys_;
  bool names_resource_tags_ = false;
};

/// Policies that apply together, indexed as one: all that are attached to a user and its groups, to a role,
/// to a session. Cheap to copy; whoever decides often for the same principal keeps its group. A decision
/// under a thousand policies then costs little more than one under a few.
class PolicyGroup {
 public:
  PolicyGroup() = default;
  /// A null pointer counts as a policy that allows nothing.
  explicit PolicyGroup(std::vector<PolicyPtr> policies);

  [[nodiscard]] bool empty() const { return !content_; }
  /// The policies; none when empty.
  [[nodiscard]] std::span<const PolicyPtr> policies() const;
  [[nodiscard]] const StatementIndex& index() const;
  /// Whether any of them does.
  [[nodiscard]] bool names_resource_tags() const;

 private:
  struct Content;
  std::shared_ptr<const Content> content_;
};

}  // namespace martlet::policy
