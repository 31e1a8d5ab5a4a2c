#pragma once

// Many patterns asked about one event at once. The patterns are compiled into one structure, described in the
// README, so that the price of an event depends on how many of them match rather than on how many there are.
// A plain value without an executor; not for use by two threads at a time.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/pattern.h"

namespace martlet::patterns {

class Matcher {
 public:
  Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;
  ~Matcher();

  /// Takes the place of the pattern that `id` had, if any.
  void add(std::string id, const Pattern& pattern);
  /// False when there is no such id.
  bool remove(std::string_view id);
  [[nodiscard]] std::size_t size() const;

  /// The ids of the patterns that match, in no particular order, each once.
  [[nodiscard]] std::vector<std::string_view> match(const Event& event) const;

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace martlet::patterns
