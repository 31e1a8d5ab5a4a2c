#pragma once

// Space-delimited filter patterns: [ip, user, ..., status = 4*, bytes > 1000].

#include <memory>
#include <string_view>

#include "services/logs/filter_pattern.h"

namespace martlet::logs {

/// Throws aws::Error as FilterPattern::compile does. `pattern` starts with a bracket.
std::shared_ptr<const Matcher> compile_fields_pattern(std::string_view pattern);

}  // namespace martlet::logs
