#include "server/credentials.h"

#include <sstream>
#include <stdexcept>

#include "base/arn.h"
#include "base/crypto.h"
#include "base/log.h"
#include "server/private_file.h"

namespace martlet::server {

namespace {

/// An environment asks for new ones when half the time of the last is over: older ones have expired.
constexpr std::size_t kKeysPerEnvironment = 4;
constexpr std::size_t kMaxOpenSessions = 1024;
/// What a managed policy of a session allows that is not there any more.
constexpr const char* kNothing =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"none:None","Resource":"*"}]})";

/// What follows the last slash of "role/path/name".
std::string role_name_of(const std::string& role_arn) {
  const auto slash = role_arn.rfind('/');
  return slash == std::string::npos ? role_arn : role_arn.substr(slash + 1);
}

}  // namespace

RootKey open_root_key(const std::string& file, Ids& ids) {
  RootKey key;
  if (const auto content = read_private_file(file)) {
    std::istringstream in(*content);
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
  by_key_[key.access_key_id].credentials = {.secret_access_key = key.secret_access_key,
                                            .session_token = {},
                                            .expires = std::nullopt,
                                            .caller = gateway::root_of(account, "aws")};
}

std::map<std::string, std::string> Credentials::issue(const Request& request) {
  const std::string& function = request.function.name;
  const std::string role_account = Arn::parse(request.role_arn).value_or(Arn{}).account;
  const std::string& account = role_account.empty() ? request.function.account : role_account;
  const std::string key = sts::new_temporary_key_id(account, ids_);
  gateway::Credentials credentials;
  credentials.secret_access_key = base64_encode(ids_.bytes(30));
  credentials.session_token = base64_encode(ids_.bytes(96));
  credentials.caller.session =
      std::make_shared<wire::Session>(wire::Session{.entity_arn = request.role_arn, .issued = clock_.now()});
  credentials.environment = request.environment;
  credentials.function_arn = request.function.arn(lambda::partition_of(request.function.region));
  credentials.caller.kind = wire::Caller::Kind::kAssumedRole;
  credentials.caller.account = account;
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
  by_key_[key] = {std::move(credentials), clock_.elapsed() + request.lifetime};
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
  open_sessions_.clear();
}

std::string Credentials::account_of(const std::string& access_key_id) const {
  const auto found = by_key_.find(access_key_id);
  return found == by_key_.end() ? std::string() : found->second.credentials.caller.account;
}

bool Credentials::is_of_function(const std::string& access_key_id) const {
  const auto found = by_key_.find(access_key_id);
  return found != by_key_.end() && !found->second.credentials.environment.empty();
}

Task<std::optional<gateway::Credentials>> Credentials::find(std::string access_key_id,
                                                            std::string session_token) {
  const auto found = by_key_.find(access_key_id);
  if (found != by_key_.end()) {
    gateway::Credentials credentials = found->second.credentials;
    if (const auto until = found->second.good_until)
      credentials.expires = clock_.now() + (*until - clock_.elapsed());
    co_return credentials;
  }
  if (sessions_ != nullptr && !session_token.empty())
    co_return co_await find_session(std::move(access_key_id), std::move(session_token));
  co_return co_await find_user(std::move(access_key_id));
}

Task<std::optional<gateway::Credentials>> Credentials::find_session(std::string access_key_id,
                                                                    std::string session_token) {
  const std::uint64_t generation = session_policies_->generation();
  const auto known = open_sessions_.find(access_key_id);
  if (known != open_sessions_.end() && known->second.generation == generation &&
      equal_in_constant_time(known->second.credentials.session_token, session_token))
    co_return known->second.credentials;
  auto opened = sessions_->open(access_key_id, session_token);
  if (!opened) co_return std::nullopt;
  auto session = std::make_shared<wire::Session>(*opened->caller.session);
  for (const std::string& arn : opened->policy_arns) {
    auto document = co_await session_policies_->policy_document(opened->caller.account, arn);
    session->policies.push_back(document ? std::move(*document) : kNothing);
  }
  opened->caller.session = std::move(session);
  gateway::Credentials credentials;
  credentials.secret_access_key = std::move(opened->secret_access_key);
  credentials.session_token = std::move(session_token);
  credentials.expires = opened->expires;
  credentials.caller = std::move(opened->caller);
  credentials.entity_id = std::move(opened->entity_id);
  if (open_sessions_.size() >= kMaxOpenSessions) open_sessions_.clear();
  open_sessions_.insert_or_assign(std::move(access_key_id), OpenSession{credentials, generation});
  co_return credentials;
}

Task<std::optional<gateway::Credentials>> Credentials::find_user(std::string access_key_id) {
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
