#pragma once

// FilterCriteria of an event source mapping: which records its function is given. Compiled once; cheap to
// copy.

#include <string>
#include <vector>

#include "patterns/pattern.h"
#include "sources/sources.h"

namespace martlet::lambda {

class RecordFilter {
 public:
  /// Lets everything pass.
  RecordFilter() = default;
  /// Throws patterns::InvalidPattern.
  RecordFilter(const std::vector<std::string>& patterns, std::string text_field);

  /// Whether the record matches one of the patterns. `text_field` ("body") is matched by its fields where it
  /// is JSON, otherwise as text.
  [[nodiscard]] bool passes(const sources::Record& record) const;

 private:
  std::vector<patterns::Pattern> patterns_;
  std::string text_field_;
};

}  // namespace martlet::lambda
