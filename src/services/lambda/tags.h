#pragma once

// Tags of functions, code signing configurations and event source mappings, and what is acceptable as one.

#include <map>
#include <string>

#include "base/arn.h"
#include "base/task.h"
#include "store/store.h"

namespace martlet::lambda {

using Tags = std::map<std::string, std::string>;

/// Adds to what is there, over what has the same keys. Refuses keys that are AWS's own, and more
/// than 50 tags; how long keys and values may be, the API model has checked before.
void add_tags(Tags& tags, const Tags& more);

/// Those of the resource with this ARN, for a version or alias those of its function; none when it does not
/// exist or cannot have any.
Task<Tags> load_tags(store::Txn& txn, Arn arn);

}  // namespace martlet::lambda
