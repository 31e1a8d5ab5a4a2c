#pragma once

// Amazon Resource Names: arn:partition:service:region:account:resource.

#include <optional>
#include <string>
#include <string_view>

namespace martlet {

struct Arn {
  std::string partition = "aws";
  std::string service;
  std::string region;
  std::string account;
  /// All that follows the fifth colon, colons included: "function:name:alias".
  std::string resource;

  [[nodiscard]] std::string str() const;
  /// nullopt unless there are six parts, with a partition, a service and a resource.
  static std::optional<Arn> parse(std::string_view text);

  bool operator==(const Arn&) const = default;
};

}  // namespace martlet
