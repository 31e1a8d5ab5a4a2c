#pragma once

// Text in which * stands for any number of characters. Plain values.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::patterns {

class Wildcard {
 public:
  /// \* and \\ stand for the characters themselves. Throws std::invalid_argument, saying why, for other
  /// escapes and for consecutive asterisks.
  static Wildcard parse(std::string_view text);

  /// In time linear in the length of `text` for each part between asterisks.
  [[nodiscard]] bool matches(std::string_view text) const;

  /// What a text must begin and end with: the characters before the first and after the last asterisk.
  [[nodiscard]] const std::string& prefix() const { return parts_.front(); }
  [[nodiscard]] const std::string& suffix() const { return parts_.back(); }
  [[nodiscard]] bool has_asterisk() const { return parts_.size() > 1; }

  /// In how many places of the pattern the reader of a text may have to be at once: grows with every asterisk
  /// and with sequences after it that repeat themselves.
  [[nodiscard]] std::size_t complexity() const;

 private:
  /// Between the asterisks; one more than there are of those.
  std::vector<std::string> parts_;
};

}  // namespace martlet::patterns
