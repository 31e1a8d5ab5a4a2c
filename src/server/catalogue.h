#pragma once

// What this binary implements, read from its own code: for `martlet services` and docs/compatibility.md.

#include <string>
#include <vector>

#include "wire/service.h"

namespace martlet::server {

/// Every service that exists, without objects that answer.
std::vector<wire::BoundService> catalogue();

/// For a terminal.
std::string catalogue_as_text(const std::vector<wire::BoundService>& services);
/// The page docs/compatibility.md.
std::string catalogue_as_markdown(const std::vector<wire::BoundService>& services);

}  // namespace martlet::server
