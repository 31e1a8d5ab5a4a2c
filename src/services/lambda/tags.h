#pragma once

// Tags of functions, code signing configurations and event source mappings, and what is acceptable as one.

#include <map>
#include <string>

namespace martlet::lambda {

using Tags = std::map<std::string, std::string>;

/// Adds to what is there, over what has the same keys. Refuses keys that are AWS's own, and more
/// than 50 tags; how long keys and values may be, the API model has checked before.
void add_tags(Tags& tags, const Tags& more);

}  // namespace martlet::lambda
