#pragma once

// `martlet runtimes`: every runtime identifier, what would run its functions here, and how to get what is
// missing.

#include <string>

#include "environments/runtimes.h"

namespace martlet::server {

/// As a table for people, or as a JSON array of
/// {"runtime", "program", "version", "exact", "remedy"}; program and version are null where nothing serves.
std::string runtime_listing_as_text(const environments::RuntimeOptions& options);
std::string runtime_listing_as_json(const environments::RuntimeOptions& options);

}  // namespace martlet::server
