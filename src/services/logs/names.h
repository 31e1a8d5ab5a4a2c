#pragma once

// How requests name a group: by name, or by ARN, with or without the ":*" that stands for all of its streams.

#include <optional>
#include <string>
#include <string_view>

#include "services/logs/logs_store.h"
#include "wire/context.h"

namespace martlet::logs {

/// A group of the caller's account and region.
GroupName group_named(const wire::Context& context, std::string name);

/// `identifier` is a name or an ARN. An ARN of another account or region names a group that does not exist
/// here (ResourceNotFoundException).
GroupName group_identified(const wire::Context& context, const std::string& identifier);

/// Exactly one of the two must be given (InvalidParameterException).
GroupName group_of_request(const wire::Context& context, const std::optional<std::string>& name,
                           const std::optional<std::string>& identifier);

/// The group that `arn` names; nullopt when it names anything else.
std::optional<GroupName> group_of_arn(std::string_view arn);

/// "arn:aws:logs:us-east-1:000000000000:log-group:NAME", to which ":*" or ":log-stream:NAME" may be added.
std::string group_arn(const wire::Context& context, const std::string& name);

}  // namespace martlet::logs
