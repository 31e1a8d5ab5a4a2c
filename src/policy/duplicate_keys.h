#pragma once

// Whether an object of a JSON text has a key twice, which a parsed value no longer shows: one of the two has
// gone.

#include <string_view>

namespace martlet::policy {

/// False for what is no JSON.
bool has_duplicate_keys(std::string_view json);

}  // namespace martlet::policy
