#include "patterns/matcher.h"

#include "patterns/decision_tree.h"
#include "patterns/group.h"
#include "patterns/text_hash.h"

namespace martlet::patterns {

struct Matcher::Content {
  TextMap<std::unique_ptr<Entry>> entries;
  DecisionTree tree;
};

Matcher::Matcher() : content_(std::make_unique<Content>()) {}
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;
Matcher::~Matcher() = default;

void Matcher::add(std::string id, const Pattern& pattern) {
  remove(id);
  auto entry = std::make_unique<Entry>(Entry{.id = id, .pattern = pattern});
  for (const Conjunction& conjunction : conjunctions(pattern.content().root)) {
    content_->tree.add(conjunction, entry.get());
  }
  content_->entries.emplace(std::move(id), std::move(entry));
}

bool Matcher::remove(std::string_view id) {
  const auto found = content_->entries.find(id);
  if (found == content_->entries.end()) {
    return false;
  }
  Entry* entry = found->second.get();
  for (const Conjunction& conjunction : conjunctions(entry->pattern.content().root)) {
    content_->tree.remove(conjunction, entry);
  }
  content_->entries.erase(found);
  return true;
}

std::size_t Matcher::size() const { return content_->entries.size(); }

std::vector<std::string_view> Matcher::match(const Event& event) const {
  std::vector<std::string_view> ids;
  if (!event.valid()) {
    return ids;
  }
  DecisionTree& tree = content_->tree;
  // What a tree cannot tell, the pattern is asked itself: see the README.
  const bool embedded = event.content().embedded != Embedded::kNone;
  tree.visit(event.content(), [&](Entry& entry) {
    if ((!tree.uncertain() && !embedded) || entry.pattern.matches(event)) {
      ids.emplace_back(entry.id);
    }
  });
  return ids;
}

}  // namespace martlet::patterns
