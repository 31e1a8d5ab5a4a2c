#pragma once

// Tags of topics. Plain functions; the operations are in tags.cc.

#include <map>
#include <string>
#include <vector>

#include "api/sns/types.h"
#include "services/sns/records.h"

namespace martlet::sns {

/// Throws InvalidParameter for keys that come twice or that AWS keeps for itself.
std::map<std::string, std::string> check_tags(std::vector<Tag> tags);

/// Throws TagLimitExceeded.
void add_tags(TopicRecord& topic, const std::map<std::string, std::string>& tags);

}  // namespace martlet::sns
