#pragma once

// The request side of the Query protocol: application/x-www-form-urlencoded pairs whose keys are paths
// ("Tags.member.1.Key"). Its answers are XML.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/decoding.h"
#include "wire/tables.h"

namespace martlet::wire {

/// The pairs of a form, taken apart at the dots of their keys.
class QueryForm {
 public:
  /// Throws MalformedQueryString when a pair cannot be decoded, or there are more than `kMaxPairs`.
  explicit QueryForm(std::string_view form);

  static constexpr std::size_t kMaxPairs = 20'000;

  struct Node {
    std::optional<std::string> value;
    std::map<std::string, Node, std::less<>> children;
  };
  [[nodiscard]] const Node& root() const { return root_; }
  /// Adds a top-level value, unless there is one.
  void add_missing(std::string_view key, std::string_view value);
  /// A top-level value, such as Action.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;

 private:
  Node root_;
};

/// Reads into the struct at `value`. Unknown keys are skipped. Throws MalformedInput.
void decode_query(const Shape& structure, const QueryForm& form, void* value, Decoding& decoding);

}  // namespace martlet::wire
