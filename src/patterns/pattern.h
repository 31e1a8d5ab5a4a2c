#pragma once

// Event patterns: which events somebody wants. EventBridge rules, the filter criteria of event source
// mappings and pipes, and the filter policies of SNS subscriptions are all written in dialects of one
// language. A pattern is compiled once; a Matcher asks any number of patterns about an event for about the
// price of one. Plain values; no executor.

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::patterns {

enum class Dialect {
  kEventBridge,
  /// FilterCriteria of event source mappings.
  kEventSourceMapping,
  /// FilterPolicyScope MessageAttributes.
  kSnsAttributes,
  /// FilterPolicyScope MessageBody.
  kSnsBody,
};

/// The pattern is not one of its dialect; what() says why, as AWS would.
class InvalidPattern : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An event in the form in which patterns are asked about it.
class Event {
 public:
  /// nullopt-like: an event that is not JSON has no fields (valid() is false) and matches no pattern that
  /// asks for any.
  static Event from_json(std::string_view text);
  Event(Event&&) noexcept;
  Event& operator=(Event&&) noexcept;
  ~Event();
  [[nodiscard]] bool valid() const;

  struct Content;
  [[nodiscard]] const Content& content() const { return *content_; }

 private:
  explicit Event(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

/// A compiled pattern; cheap to copy.
class Pattern {
 public:
  /// Throws InvalidPattern.
  static Pattern parse(std::string_view json, Dialect dialect);
  [[nodiscard]] bool matches(const Event& event) const;

  struct Content;
  [[nodiscard]] const Content& content() const { return *content_; }

 private:
  explicit Pattern(std::shared_ptr<const Content> content) : content_(std::move(content)) {}
  std::shared_ptr<const Content> content_;
};

}  // namespace martlet::patterns
