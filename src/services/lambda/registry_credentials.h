#pragma once

// Credentials for container registries, from where Docker and its kin keep them: $DOCKER_AUTH_CONFIG (the
// document itself), or config.json in $DOCKER_CONFIG or ~/.docker. Programs that Docker would ask (credential
// helpers) are not asked.

#include <optional>
#include <string>
#include <string_view>

namespace martlet::lambda {

/// "user:password" in Base64 for `host` ("localhost:5000") in such a document; nullopt when it has none.
std::optional<std::string> find_credentials(std::string_view config_json, const std::string& host);

/// The same in the documents of this process's environment.
std::optional<std::string> registry_credentials(const std::string& host);

}  // namespace martlet::lambda
