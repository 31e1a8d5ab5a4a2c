#include "patterns/wildcard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace martlet::patterns {
namespace {

/// Index of `part` in `text`; npos when it is not there. memmem() takes linear time, unlike find().
std::size_t find(std::string_view text, std::string_view part) {
  const void* found = memmem(text.data(), text.size(), part.data(), part.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

/// How many beginnings of `part` can be under way at once: 1 and the longest chain of beginnings that are
/// also endings of it.
std::size_t overlaps(std::string_view part) {
  std::vector<std::size_t> border(part.size() + 1, 0);
  std::vector<std::size_t> chain(part.size() + 1, 0);
  std::size_t longest = 0;
  std::size_t length = 0;
  for (std::size_t i = 1; i < part.size(); ++i) {
    while (length > 0 && part[i] != part[length]) {
      length = border[length];
    }
    length += part[i] == part[length] ? 1 : 0;
    border[i + 1] = length;
    chain[i + 1] = length == 0 ? 0 : chain[length] + 1;
    longest = std::max(longest, chain[i + 1]);
  }
  return longest + 1;
}

}  // namespace

Wildcard Wildcard::parse(std::string_view text) {
  Wildcard wildcard;
  wildcard.parts_.emplace_back();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '\\') {
      if (next != '*' && next != '\\') {
        throw std::invalid_argument(fmt::format("Invalid escape character at pos {}", i));
      }
      wildcard.parts_.back().push_back(next);
      ++i;
    } else if (text[i] == '*') {
      if (next == '*') {
        throw std::invalid_argument(fmt::format("Consecutive wildcard characters at pos {}", i));
      }
      wildcard.parts_.emplace_back();
    } else {
      wildcard.parts_.back().push_back(text[i]);
    }
  }
  return wildcard;
}

bool Wildcard::matches(std::string_view text) const {
  if (!has_asterisk()) {
    return text == prefix();
  }
  if (text.size() < prefix().size() + suffix().size() || !text.starts_with(prefix()) ||
      !text.ends_with(suffix())) {
    return false;
  }
  text.remove_prefix(prefix().size());
  text.remove_suffix(suffix().size());
  for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {
    const std::size_t at = find(text, parts_[i]);
    if (at == std::string_view::npos) {
      return false;
    }
    text.remove_prefix(at + parts_[i].size());
  }
  return true;
}

std::size_t Wildcard::complexity() const {
  std::size_t sum = 0;
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    sum += overlaps(parts_[i]);
  }
  return sum;
}

}  // namespace martlet::patterns
