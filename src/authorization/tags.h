#pragma once

// Tags as condition keys: aws:RequestTag/KEY, aws:ResourceTag/KEY. Values only.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/request.h"

namespace martlet::authorization {

using Tags = std::vector<std::pair<std::string, std::string>>;

/// Sets PREFIX/KEY to the value of each tag; `prefix` is "aws:RequestTag". Conditions do not tell keys apart
/// by case: a key matches a tag written in one way or in another, but not both, so tags that differ in
/// nothing else have no value at all.
void set_tag_keys(policy::ContextList& keys, std::string_view prefix, const Tags& tags);

}  // namespace martlet::authorization
