#pragma once

// Whether bytes are one JSON document, without building it: payloads can have six megabytes.

#include <optional>
#include <string>
#include <string_view>

namespace martlet::lambda {

/// What is wrong with `text` as JSON, with its position; nullopt when nothing is.
std::optional<std::string> json_problem(std::string_view text);

}  // namespace martlet::lambda
