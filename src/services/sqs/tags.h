#pragma once

// The tags of a queue.

#include <map>
#include <string>

namespace martlet::sqs {

/// Throws InvalidParameterValue for keys and values that AWS does not take, and beyond kMaxTags.
void add_tags(std::map<std::string, std::string>& tags, std::map<std::string, std::string> added);

}  // namespace martlet::sqs
