#include "server/credentials.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "base/arn.h"
#include "base/crypto.h"
#include "base/log.h"

namespace martlet::server {

namespace {

/// An environment asks for new ones when half the time of the last is over: older ones have expired.
constexpr std::size_t kKeysPerEnvironment = 4;

void write_private_file(const std::string& file, const std::string& content) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) throw std::runtime_error("cannot write " + file + ": " + std::strerror(errno));
  const bool written = ::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  ::close(fd);
  if (!written) throw std::runtime_error("cannot write " + file + ": is the disk full?");
}

/// What follows the last slash of "role/path/name".
std::string role_name_of(const std::string& role_arn) {
  const auto slash = role_arn.rfind('/');
  return slash == std::string::npos ? role_arn : role_arn.substr(slash + 1);
}

}  // namespace

RootKey open_root_key(const std::string& file, Ids& ids) {
  RootKey key;
  if (std::ifstream in(file); in) {
    if (!(in >> key.access_key_id >> key.secret_access_key))
      throw std::runtime_error(file + " does not hold an access key: remove it and a new one is made");
    return key;
  }
  key.access_key_id = "AKIA" + ids.base32(16);
  key.secret_access_key = base64_encode(ids.bytes(30));
  write_private_file(file, key.access_key_id + "\n" + key.secret_access_key + "\n");
  log::warning(
      "made the root access key; it is shown only this once and kept in the file",
      {{"access_key_id", key.access_key_id}, {"secret_access_key", key.secret_access_key}, {"file", file}});
  return key;
}

void Credentials::set_root(const RootKey& key, const std::string& account) {
  by_key_[key.access_key_id] = {.secret_access_key = key.secret_access_key,
                                .session_token = {},
                                .expires = std::nullopt,
                                .caller = gateway::root_of(account, "aws")};
}

std::map<std::string, std::string> Credentials::issue(const Request& request) {
  const std::string& function = request.function.name;
  const std::string key = "ASIA" + ids_.base32(16);
  const std::string role_account = Arn::parse(request.role_arn).value_or(Arn{}).account;
  gateway::Credentials credentials;
  credentials.secret_access_key = base64_encode(ids_.bytes(30));
  credentials.session_token = base64_encode(ids_.bytes(96));
  credentials.issued = clock_.now();
  credentials.expires = *credentials.issued + request.lifetime;
  credentials.entity_arn = request.role_arn;
  credentials.environment = request.environment;
  credentials.caller.kind = wire::Caller::Kind::kAssumedRole;
  credentials.caller.account = role_account.empty() ? request.function.account : role_account;
  credentials.caller.access_key_id = key;
  credentials.caller.user_id = (request.role_id.empty() ? "" : request.role_id + ":") + function;
  credentials.caller.arn = "arn:aws:sts::" + credentials.caller.account + ":assumed-role/" +
                           role_name_of(request.role_arn) + "/" + function;
  auto& keys = keys_of_environment_[request.environment];
  keys.push_back(key);
  if (keys.size() > kKeysPerEnvironment) {
    by_key_.erase(keys.front());
    keys.pop_front();
  }
  std::map<std::string, std::string> variables{{"AWS_ACCESS_KEY_ID", key},
                                               {"AWS_SECRET_ACCESS_KEY", credentials.secret_access_key},
                                               {"AWS_SESSION_TOKEN", credentials.session_token}};
  by_key_[key] = std::move(credentials);
  return variables;
}

void Credentials::revoke(const std::string& environment) {
  const auto found = keys_of_environment_.find(environment);
  if (found == keys_of_environment_.end()) return;
  for (const std::string& key : found->second) by_key_.erase(key);
  keys_of_environment_.erase(found);
}

void Credentials::reset() {
  for (const auto& [environment, keys] : keys_of_environment_)
    for (const std::string& key : keys) by_key_.erase(key);
  keys_of_environment_.clear();
}

Task<std::optional<gateway::Credentials>> Credentials::find(std::string access_key_id) {
  const auto found = by_key_.find(access_key_id);
  if (found != by_key_.end()) co_return found->second;
  if (directory_ == nullptr) co_return std::nullopt;
  const auto key = co_await directory_->access_key(std::move(access_key_id));
  if (!key || !key->active) co_return std::nullopt;
  gateway::Credentials credentials;
  credentials.secret_access_key = key->secret;
  credentials.caller.kind = wire::Caller::Kind::kUser;
  credentials.caller.account = key->account;
  credentials.caller.arn = key->user_arn;
  credentials.caller.user_id = key->user_id;
  co_return credentials;
}

}  // namespace martlet::server
