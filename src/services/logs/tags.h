#pragma once

// The tags of a group.

#include <map>
#include <string>

#include "services/logs/records.h"

namespace martlet::logs {

/// Throws InvalidParameterException for keys that AWS keeps to itself and TooManyTagsException beyond
/// kMaxTags.
void add_tags(GroupRecord& group, std::map<std::string, std::string> tags);

}  // namespace martlet::logs
