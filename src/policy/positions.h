#pragma once

// Where the statements of a policy stand in its document, as policy simulation tells it (Position in the IAM
// API Reference).

#include <cstddef>
#include <string_view>
#include <vector>

namespace martlet::policy {

/// Lines and columns count from 1; a column is that of a byte.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
  bool operator==(const Position&) const = default;
};

struct StatementPosition {
  /// Right behind the brace that opens the statement.
  Position start;
  /// Right behind the brace that closes it.
  Position end;
  bool operator==(const StatementPosition&) const = default;
};

/// One for each of Policy::statements(), in their order. `document` must be one that Policy::parse accepts.
std::vector<StatementPosition> statement_positions(std::string_view document);

}  // namespace martlet::policy
