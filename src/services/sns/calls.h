#pragma once

// What the operations have in common: topics that callers name, and the tokens of listings. Plain functions.

#include <optional>
#include <string>

#include "services/sns/names.h"
#include "wire/context.h"

namespace martlet::sns {

/// The topic that a caller names. Throws InvalidParameter when it is none of the caller's region.
TopicName called_topic(const wire::Context& context, const std::string& arn);

/// The names of the caller's account and region; the topic's own name is empty.
TopicName place_of(const wire::Context& context);

/// Whether the call carried a signature.
bool is_signed(const wire::Context& context);

/// The NextToken that goes on after `last`, and back: empty for none. Throws InvalidParameter.
std::string write_token(const std::string& last);
std::string read_token(const std::optional<std::string>& token);

}  // namespace martlet::sns
