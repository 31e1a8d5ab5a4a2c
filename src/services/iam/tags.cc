#include "services/iam/tags.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "services/iam/errors.h"
#include "services/iam/limits.h"

namespace martlet::iam {

namespace {

std::string compared(const std::string& key, TagCase which) {
  return which == TagCase::kIgnored ? to_lower(key) : key;
}

void check_keys(const std::vector<Tag>& tags, TagCase which) {
  std::set<std::string> keys;
  for (const Tag& tag : tags) {
    if (to_lower(tag.key).starts_with("aws:"))
      throw invalid_input("Tag keys that begin with aws: are reserved: " + tag.key);
    if (!keys.insert(compared(tag.key, which)).second) throw duplicate_tag_keys();
  }
}

}  // namespace

std::vector<TagRecord> to_records(const std::optional<std::vector<Tag>>& tags, TagCase which) {
  std::vector<TagRecord> records;
  if (tags) add_tags(records, *tags, which);
  return records;
}

void add_tags(std::vector<TagRecord>& tags, const std::vector<Tag>& added, TagCase which) {
  check_keys(added, which);
  for (const Tag& tag : added) {
    const std::string key = compared(tag.key, which);
    const auto same = std::find_if(tags.begin(), tags.end(), [&](const TagRecord& record) {
      return compared(record.key, which) == key;
    });
    if (same == tags.end())
      tags.push_back({.key = tag.key, .value = tag.value});
    else
      *same = {.key = tag.key, .value = tag.value};
  }
  if (tags.size() > kMaxTags) throw quota_exceeded("TagsPerResource", kMaxTags);
}

void remove_tags(std::vector<TagRecord>& tags, const std::vector<std::string>& keys, TagCase which) {
  std::set<std::string> gone;
  for (const std::string& key : keys) gone.insert(compared(key, which));
  std::erase_if(tags, [&](const TagRecord& tag) { return gone.contains(compared(tag.key, which)); });
}

std::vector<Tag> to_tags(const std::vector<TagRecord>& tags) {
  std::vector<Tag> shown;
  shown.reserve(tags.size());
  for (const TagRecord& tag : tags) shown.push_back({.key = tag.key, .value = tag.value});
  return shown;
}

std::optional<std::vector<Tag>> to_optional_tags(const std::vector<TagRecord>& tags) {
  if (tags.empty()) return std::nullopt;
  return to_tags(tags);
}

std::vector<Tag> sorted_tags(const std::vector<TagRecord>& tags, const std::string& start) {
  std::vector<Tag> shown = to_tags(tags);
  std::sort(shown.begin(), shown.end(), [](const Tag& a, const Tag& b) { return a.key < b.key; });
  if (!start.empty()) std::erase_if(shown, [&](const Tag& tag) { return tag.key <= start; });
  return shown;
}

}  // namespace martlet::iam
