#pragma once

// JSON filter patterns: { $.user.id = 1 && $.tags[0] != "a*" || $.flag IS TRUE }.

#include <memory>
#include <string_view>

#include "services/logs/filter_pattern.h"

namespace martlet::logs {

/// Throws aws::Error as FilterPattern::compile does. `pattern` starts with a brace.
std::shared_ptr<const Matcher> compile_json_pattern(std::string_view pattern);

}  // namespace martlet::logs
