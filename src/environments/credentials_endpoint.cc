#include "environments/credentials_endpoint.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/crypto.h"
#include "base/strings.h"

namespace martlet::environments {

std::string use_credentials_endpoint(Variables& variables) {
  std::string token = to_hex(random_bytes(32));
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
    variables.erase(name);
  variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] =
      "http://" + variables["AWS_LAMBDA_RUNTIME_API"] + std::string(kCredentialsPath);
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = token;
  variables["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start";
  // A snapshot serves many log streams.
  variables.erase("AWS_LAMBDA_LOG_GROUP_NAME");
  variables.erase("AWS_LAMBDA_LOG_STREAM_NAME");
  return token;
}

Task<std::string> credentials_document(std::shared_ptr<const Spec> spec, std::string environment) {
  Variables fresh;
  if (spec->credentials)
    fresh = co_await spec->credentials(std::move(environment), kCredentialsAskAgainAfter);
  const auto value = [&](const char* name) { return quote_json(fresh[name]); };
  // SDKs compare it with the machine's clock.
  const auto expiration = std::chrono::time_point_cast<std::chrono::seconds>(
      std::chrono::system_clock::now() + kCredentialsAskAgainAfter);
  co_return fmt::format(
      R"({{"AccessKeyId":{},"SecretAccessKey":{},"Token":{},"Expiration":"{:%Y-%m-%dT%H:%M:%SZ}"}})",
      value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"), value("AWS_SESSION_TOKEN"),
      fmt::gmtime(expiration));
}

}  // namespace martlet::environments
