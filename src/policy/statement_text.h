#pragma once

// A statement as its document has it, for those who show policies: compiled ones keep what decides, not how
// it was written.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/statement.h"

namespace martlet::policy {

struct StatementText {
  std::string sid;
  Effect effect = Effect::kDeny;
  /// "arn:aws:iam::123456789012:user/alice", "sns.amazonaws.com", "*"; none where the statement names nobody.
  Element<std::vector<std::string>> principals;
  Element<std::vector<std::string>> actions;
  Element<std::vector<std::string>> resources;
  struct Condition {
    /// "StringEquals"
    std::string comparison;
    std::string key;
    std::vector<std::string> values;
  };
  std::vector<Condition> conditions;
};

/// The statement of this number, from 0, in a document that Policy::parse accepts. Throws InvalidPolicy when
/// there is none.
StatementText statement_text(std::string_view document, std::size_t number);

}  // namespace martlet::policy
