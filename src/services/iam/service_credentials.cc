// Service-specific credentials: CreateServiceSpecificCredential, ListServiceSpecificCredentials,
// ResetServiceSpecificCredential, UpdateServiceSpecificCredential, DeleteServiceSpecificCredential.

#include "services/iam/service_credentials.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "api/iam/values.h"
#include "base/crypto.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

constexpr std::size_t kSecretBytes = 32;  // 44 characters of base64
constexpr std::string_view kApiKeyPrefix = "ABSK";
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

struct Service {
  std::string_view name;
  /// Whether its credentials are API keys, rather than names and passwords.
  bool has_api_keys = false;
};
constexpr std::array<Service, 4> kServices{{{"bedrock.amazonaws.com", true},
                                            {"cassandra.amazonaws.com"},
                                            {"codecommit.amazonaws.com"},
                                            {"logs.amazonaws.com", true}}};

/// Throws ServiceNotSupported.
const Service& service_of(const std::string& name) {
  const auto* found = std::find_if(kServices.begin(), kServices.end(),
                                   [&](const Service& service) { return service.name == name; });
  if (found == kServices.end())
    throw aws::Error("ServiceNotSupportedException",
                     fmt::format("No service-specific credentials can be made for {}.", name), 404);
  return *found;
}

std::string status_of(const ServiceCredentialRecord& record, std::int64_t now_ms) {
  if (record.expires_ms && *record.expires_ms <= now_ms) return std::string(values::StatusType::kExpired);
  return std::string(record.active ? values::StatusType::kActive : values::StatusType::kInactive);
}

std::optional<TimePoint> expiration(const ServiceCredentialRecord& record) {
  if (!record.expires_ms) return std::nullopt;
  return from_epoch_ms(*record.expires_ms);
}

ServiceSpecificCredential shown(const std::string& user, const ServiceCredentialRecord& record,
                                const std::string& secret, std::int64_t now_ms) {
  ServiceSpecificCredential out;
  out.create_date = from_epoch_ms(record.created_ms);
  out.expiration_date = expiration(record);
  out.service_name = record.service;
  const bool is_api_key = service_of(record.service).has_api_keys;
  (is_api_key ? out.service_credential_alias : out.service_user_name) = record.service_user;
  (is_api_key ? out.service_credential_secret : out.service_password) = secret;
  out.service_specific_credential_id = record.id;
  out.user_name = user;
  out.status = status_of(record, now_ms);
  return out;
}

ServiceSpecificCredentialMetadata metadata(const std::string& user, const ServiceCredentialRecord& record,
                                           std::int64_t now_ms) {
  ServiceSpecificCredentialMetadata out;
  out.user_name = user;
  out.status = status_of(record, now_ms);
  const bool is_api_key = service_of(record.service).has_api_keys;
  (is_api_key ? out.service_credential_alias : out.service_user_name) = record.service_user;
  out.create_date = from_epoch_ms(record.created_ms);
  out.expiration_date = expiration(record);
  out.service_specific_credential_id = record.id;
  out.service_name = record.service;
  return out;
}

store::Key key_of(const Name& user, const std::string& id) {
  return keys::service_credentials(user.account, user.name).add(id);
}

Task<ServiceCredentialRecord> require_credential(store::Txn& txn, Name user, std::string id) {
  co_await require_principal(txn, {kUser, user.account, user.name});
  auto found = co_await store::get_record<ServiceCredentialRecord>(txn, key_of(user, id));
  if (!found) throw service_credential_not_found(id);
  co_return std::move(*found);
}

/// "jane-at-123456789012", and "jane+1-at-123456789012" for the second one. Throws LimitExceeded.
Task<std::string> free_name(store::Txn& txn, Name user, std::string shown_name, std::string service) {
  auto others = co_await list_below<ServiceCredentialRecord>(
      txn, keys::service_credentials(user.account, user.name), "");
  std::erase_if(others, [&](const auto& other) { return other.service != service; });
  if (others.size() >= kServiceCredentials.limit) throw quota_exceeded(kServiceCredentials);
  for (std::size_t number = 0;; ++number) {
    const std::string suffix = number == 0 ? "" : fmt::format("+{}", number);
    std::string name = fmt::format("{}{}-at-{}", shown_name, suffix, user.account);
    if (std::ranges::find(others, name, &ServiceCredentialRecord::service_user) == others.end())
      co_return name;
  }
}

}  // namespace

std::string ServiceCredentials::renew(ServiceCredentialRecord& record) const {
  std::string secret = base64_encode(with_.ids.bytes(kSecretBytes));
  if (service_of(record.service).has_api_keys)
    secret = std::string(kApiKeyPrefix) + base64_encode(record.service_user + ":" + secret);
  record.sealed_secret = with_.secrets.seal(secret, "service-credential/" + record.id);
  return secret;
}

Task<CreateServiceSpecificCredentialResponse> ServiceCredentials::CreateServiceSpecificCredential(
    wire::Context& context, CreateServiceSpecificCredentialRequest input) {
  const Name name{context.account, input.user_name};
  if (!service_of(input.service_name).has_api_keys && input.credential_age_days)
    throw invalid_input("CredentialAgeDays is for services with API keys only.");
  ServiceCredentialRecord record;
  record.id = "ACCA" + with_.ids.base32(17);
  record.service = input.service_name;
  record.created_ms = now_ms();
  if (input.credential_age_days) record.expires_ms = record.created_ms + *input.credential_age_days * kDayMs;
  auto body = [&](store::Txn& txn) -> Task<ServiceSpecificCredential> {
    const auto user = co_await require<UserRecord>(txn, name);
    record.service_user = co_await free_name(txn, name, user.name, record.service);
    const std::string secret = renew(record);
    store::put_record(txn, key_of(name, record.id), record);
    co_return shown(user.name, record, secret, record.created_ms);
  };
  CreateServiceSpecificCredentialResponse output;
  output.service_specific_credential = co_await change(body);
  co_return output;
}

Task<ListServiceSpecificCredentialsResponse> ServiceCredentials::ListServiceSpecificCredentials(
    wire::Context& context, ListServiceSpecificCredentialsRequest input) {
  const bool all = input.all_users.value_or(false);
  if (all && input.user_name) throw invalid_input("AllUsers and UserName exclude one another.");
  ListServiceSpecificCredentialsResponse output;
  output.service_specific_credentials.emplace();
  output.is_truncated = false;
  const std::string start = page_start(input.marker);
  // The root user has none.
  const bool own = !all && !input.user_name;
  if (own && context.caller.kind == wire::Caller::Kind::kRoot) co_return output;
  auto body = [&](store::Txn& txn) -> Task<std::vector<ServiceSpecificCredentialMetadata>> {
    std::vector<UserRecord> users;
    if (all)
      users = co_await list<UserRecord>(txn, context.account, "");
    else
      users.push_back(co_await require<UserRecord>(txn, user_or_caller(context, input.user_name)));
    std::vector<ServiceSpecificCredentialMetadata> found;
    for (const UserRecord& user : users)
      for (const auto& record : co_await list_below<ServiceCredentialRecord>(
               txn, keys::service_credentials(context.account, user.name), ""))
        if (!input.service_name || record.service == *input.service_name)
          found.push_back(metadata(user.name, record, now_ms()));
    co_return found;
  };
  auto& shown = *output.service_specific_credentials;
  shown = co_await read(body);
  const auto id_of = [](const auto& credential) { return credential.service_specific_credential_id; };
  std::ranges::sort(shown, {}, id_of);
  std::erase_if(shown, [&](const auto& credential) { return id_of(credential) <= start; });
  cut_page(shown, input.max_items, output, id_of);
  co_return output;
}

Task<ResetServiceSpecificCredentialResponse> ServiceCredentials::ResetServiceSpecificCredential(
    wire::Context& context, ResetServiceSpecificCredentialRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  auto body = [&](store::Txn& txn) -> Task<ServiceSpecificCredential> {
    const auto user = co_await require<UserRecord>(txn, name);
    auto record = co_await require_credential(txn, name, input.service_specific_credential_id);
    const std::string secret = renew(record);
    store::put_record(txn, key_of(name, record.id), record);
    co_return shown(user.name, record, secret, now_ms());
  };
  ResetServiceSpecificCredentialResponse output;
  output.service_specific_credential = co_await change(body);
  co_return output;
}

Task<> ServiceCredentials::UpdateServiceSpecificCredential(wire::Context& context,
                                                           UpdateServiceSpecificCredentialRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  if (input.status == values::StatusType::kExpired)
    throw invalid_input("A service-specific credential cannot be set to Expired.");
  auto body = [&](store::Txn& txn) -> Task<> {
    auto record = co_await require_credential(txn, name, input.service_specific_credential_id);
    record.active = input.status == values::StatusType::kActive;
    store::put_record(txn, key_of(name, record.id), record);
  };
  co_await change(body);
}

Task<> ServiceCredentials::DeleteServiceSpecificCredential(wire::Context& context,
                                                           DeleteServiceSpecificCredentialRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto record = co_await require_credential(txn, name, input.service_specific_credential_id);
    txn.erase(key_of(name, record.id));
  };
  co_await change(body);
}

}  // namespace martlet::iam
