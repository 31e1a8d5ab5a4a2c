#pragma once

// FilterPattern: a CloudWatch Logs filter pattern, compiled once and then matched against many messages. It
// follows "Filter pattern syntax" of the Amazon CloudWatch Logs User Guide:
//
//   ERROR "access denied" -DEBUG      terms and phrases that must (or must not) occur; ?A ?B for any of them
//   %4[0-9][0-9]%                     a regular expression
//   { $.level = "ERR*" && $.n > 5 }   conditions on the properties of a JSON message
//   [ip, ..., status = 4*, bytes]     conditions on the fields of a space-delimited message
//
// Immutable and cheap to copy; may be used from any thread.

#include <cstddef>
#include <memory>
#include <string_view>

namespace martlet::logs {

/// What a compiled pattern asks of a message: one kind of matcher per kind of pattern.
class Matcher {
 public:
  virtual ~Matcher() = default;
  [[nodiscard]] virtual bool matches(std::string_view message) const = 0;
};

class FilterPattern {
 public:
  /// The longest pattern that AWS accepts, in bytes.
  static constexpr std::size_t kMaxLength = 1024;

  /// Matches every message, as the empty pattern does.
  FilterPattern() = default;

  /// Throws aws::Error InvalidParameterException ("Invalid filter pattern: …") when `pattern` is not
  /// well-formed.
  static FilterPattern compile(std::string_view pattern);

  [[nodiscard]] bool matches(std::string_view message) const {
    return !matcher_ || matcher_->matches(message);
  }
  [[nodiscard]] bool matches_everything() const { return matcher_ == nullptr; }

 private:
  std::shared_ptr<const Matcher> matcher_;
};

}  // namespace martlet::logs
