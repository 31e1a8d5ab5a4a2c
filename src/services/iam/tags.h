#pragma once

// Tags of IAM's resources: checked, merged, taken away and listed in one way for all of them.

#include <optional>
#include <string>
#include <vector>

#include "api/iam/types.h"
#include "services/iam/records.h"

namespace martlet::iam {

/// Keys of tags on users and roles are not told apart by case; those on everything else are.
enum class TagCase { kIgnored, kDistinct };

/// The tags of a new resource. Throws InvalidInput for keys that repeat or are reserved.
std::vector<TagRecord> to_records(const std::optional<std::vector<Tag>>& tags, TagCase which);
/// Adds `added` to `tags`, in place of those with the same keys. Throws InvalidInput as above, and
/// LimitExceeded for more than a resource may have.
void add_tags(std::vector<TagRecord>& tags, const std::vector<Tag>& added, TagCase which);
/// Keys that are not there are no error.
void remove_tags(std::vector<TagRecord>& tags, const std::vector<std::string>& keys, TagCase which);

std::vector<Tag> to_tags(const std::vector<TagRecord>& tags);
/// As to_tags(); nullopt for none, where an answer leaves the member out.
std::optional<std::vector<Tag>> to_optional_tags(const std::vector<TagRecord>& tags);

/// The tags in the order of their keys, after the key `start`: what lists of tags show.
std::vector<Tag> sorted_tags(const std::vector<TagRecord>& tags, const std::string& start);

}  // namespace martlet::iam
