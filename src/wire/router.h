#pragma once

// Finds the operation of a REST service that a method, path and query belong to. Compiled once per service
// from the URI templates of its table; finding is a walk down a tree of path segments.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/message.h"
#include "wire/service.h"

namespace martlet::wire {

/// A URI template taken apart: "/{Bucket}/{Key+}?tagging".
struct UriTemplate {
  struct Segment {
    enum class Kind : std::uint8_t { kLiteral, kLabel, kGreedyLabel };
    Kind kind;
    /// The literal, or the label's name.
    std::string_view text;
  };
  std::vector<Segment> segments;
  /// Pairs that the query must have; a value of nullopt matches any.
  std::vector<std::pair<std::string_view, std::optional<std::string_view>>> constants;

  explicit UriTemplate(std::string_view uri);

  /// The value of each label, decoded. `path` must match. A trailing slash is not significant, except in
  /// greedy labels.
  [[nodiscard]] std::vector<std::pair<std::string_view, std::string>> labels(std::string_view path) const;
};

class Router {
 public:
  explicit Router(const ServiceModel& model);
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  /// Null when nothing matches. Of several operations with the same path, the one whose constant query and
  /// required query parameters and headers are all there wins over one that asks for fewer.
  [[nodiscard]] const Operation* match(const RequestView& request) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

}  // namespace martlet::wire
