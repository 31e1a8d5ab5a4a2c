#include "patterns/matcher.h"

#include <map>

namespace martlet::patterns {

struct Matcher::Content {
  std::map<std::string, Pattern, std::less<>> patterns;
};

Matcher::Matcher() : content_(std::make_unique<Content>()) {}
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;
Matcher::~Matcher() = default;

void Matcher::add(std::string id, const Pattern& pattern) {
  content_->patterns.insert_or_assign(std::move(id), pattern);
}

bool Matcher::remove(std::string_view id) {
  const auto found = content_->patterns.find(id);
  if (found == content_->patterns.end()) {
    return false;
  }
  content_->patterns.erase(found);
  return true;
}

std::size_t Matcher::size() const { return content_->patterns.size(); }

std::vector<std::string_view> Matcher::match(const Event& event) const {
  std::vector<std::string_view> ids;
  for (const auto& [id, pattern] : content_->patterns) {
    if (pattern.matches(event)) {
      ids.push_back(id);
    }
  }
  return ids;
}

}  // namespace martlet::patterns
