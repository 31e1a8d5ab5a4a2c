#pragma once

// Event patterns: which events somebody wants. EventBridge rules, the filter criteria of event source
// mappings and pipes, and the filter policies of SNS subscriptions are all written in dialects of one
// language. A pattern is compiled once; a Matcher asks any number of patterns about an event for about the
// price of one. Plain values; no executor.

#include <memory>
#include <span>
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

/// The pattern is not one of its dialect. what() is what the service says of it: the whole message for
/// EventBridge ("Event pattern is not valid. Reason: ...") and event source mappings ("Invalid filter pattern
/// definition."), and "FilterPolicy: ..." for SNS, which puts "Invalid parameter: " or "Invalid parameter:
/// Attributes Reason: " before it, depending on the operation.
class InvalidPattern : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A message attribute of SNS. Of type String, Number, String.Array (the value is a JSON array), each perhaps
/// with a custom label; others cannot be filtered on.
struct Attribute {
  std::string_view name;
  std::string_view type;
  std::string_view value;
};

/// An event in the form in which patterns are asked about it. It keeps a copy of the text it was made of.
class Event {
 public:
  /// An event that is not a JSON object has no fields: valid() is false, and no pattern matches it.
  static Event from_json(std::string_view text);
  /// As from_json(), of an object whose field `embedded_field` ("body" of a record of SQS) is a string. Where
  /// that string is a JSON object or array, patterns see its fields; else they see the string. As AWS
  /// documents for event source mappings, a pattern for fields never matches a plain string, and the other
  /// way round.
  static Event from_json(std::string_view text, std::string_view embedded_field);
  /// The event {`field`: `text`}, where `text` is seen as above: what of a record a filter may look at,
  /// without the rest of the record.
  static Event from_field(std::string_view field, std::string_view text);
  /// The message attributes of a message, for kSnsAttributes.
  static Event from_attributes(std::span<const Attribute> attributes);
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
