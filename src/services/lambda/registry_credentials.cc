#include "services/lambda/registry_credentials.h"

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/crypto.h"

namespace martlet::lambda {

namespace json = boost::json;

namespace {

std::string text_of(const json::object& object, const char* member) {
  const json::value* value = object.if_contains(member);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

std::optional<std::string> credentials_in(const json::object& entry) {
  if (const std::string encoded = text_of(entry, "auth"); !encoded.empty()) return encoded;
  const std::string user = text_of(entry, "username");
  if (user.empty()) return std::nullopt;
  return base64_encode(user + ":" + text_of(entry, "password"));
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string config_file() {
  if (const std::string directory = variable("DOCKER_CONFIG"); !directory.empty())
    return directory + "/config.json";
  return variable("HOME") + "/.docker/config.json";
}

}  // namespace

std::optional<std::string> find_credentials(std::string_view config_json, const std::string& host) {
  boost::system::error_code failed;
  const json::value document = json::parse(config_json, failed);
  if (failed || !document.is_object()) return std::nullopt;
  const json::value* auths = document.get_object().if_contains("auths");
  if (auths == nullptr || !auths->is_object()) return std::nullopt;
  for (const std::string& key : {host, "https://" + host, "http://" + host, "https://" + host + "/v2/"})
    if (const json::value* entry = auths->get_object().if_contains(key); entry && entry->is_object())
      if (auto found = credentials_in(entry->get_object())) return found;
  return std::nullopt;
}

std::optional<std::string> registry_credentials(const std::string& host) {
  if (auto found = find_credentials(variable("DOCKER_AUTH_CONFIG"), host)) return found;
  std::ifstream file(config_file());
  if (!file) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return find_credentials(text, host);
}

}  // namespace martlet::lambda
