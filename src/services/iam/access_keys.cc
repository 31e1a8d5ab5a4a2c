// Access keys of users: CreateAccessKey, UpdateAccessKey, DeleteAccessKey, ListAccessKeys,
// GetAccessKeyLastUsed.

#include "api/iam/values.h"
#include "base/crypto.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "services/iam/users.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

constexpr std::size_t kSecretBytes = 30;  // 40 characters of base64
/// What GetAccessKeyLastUsed says of a key that was never used.
constexpr const char* kNever = "N/A";

std::string shown_status(bool active) {
  return std::string(active ? values::StatusType::kActive : values::StatusType::kInactive);
}

}  // namespace

Task<AccessKeyRecord> Users::require_key(store::Txn& txn, Name user, std::string id) {
  co_await require_principal(txn, {kUser, user.account, user.name});
  auto key = co_await store::get_record<AccessKeyRecord>(txn, keys::access_key(id));
  if (!key || key->account != user.account || key->user != to_lower(user.name))
    throw access_key_not_found(id);
  co_return std::move(*key);
}

Task<CreateAccessKeyResponse> Users::CreateAccessKey(wire::Context& context, CreateAccessKeyRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  const std::string secret = base64_encode(with_.ids.bytes(kSecretBytes));
  AccessKeyRecord key;
  key.id = "AKIA" + with_.ids.base32(16);
  key.account = name.account;
  key.user = to_lower(name.name);
  key.created_ms = now_ms();
  key.sealed_secret = with_.secrets.seal(secret, "access-key/" + key.id);
  auto body = [&](store::Txn& txn) -> Task<UserRecord> {
    auto user = co_await require<UserRecord>(txn, name);
    const auto others = co_await list_links(txn, kKeysOfUserLink, name);
    if (others.size() >= kAccessKeys.limit) throw quota_exceeded(kAccessKeys);
    store::put_record(txn, keys::access_key(key.id), key);
    add_link(txn, kKeysOfUserLink, name, key.id);
    co_return user;
  };
  const UserRecord user = co_await change(body);
  CreateAccessKeyResponse output;
  output.access_key = {.user_name = user.name,
                       .access_key_id = key.id,
                       .status = shown_status(key.active),
                       .secret_access_key = secret,
                       .create_date = from_epoch_ms(key.created_ms)};
  co_return output;
}

Task<> Users::UpdateAccessKey(wire::Context& context, UpdateAccessKeyRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  if (input.status == values::StatusType::kExpired)
    throw invalid_input("An access key cannot be set to Expired.");
  auto body = [&](store::Txn& txn) -> Task<> {
    AccessKeyRecord key = co_await require_key(txn, name, input.access_key_id);
    key.active = input.status == values::StatusType::kActive;
    store::put_record(txn, keys::access_key(key.id), key);
  };
  co_await change(body);
}

Task<> Users::DeleteAccessKey(wire::Context& context, DeleteAccessKeyRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  auto body = [&](store::Txn& txn) -> Task<> {
    const AccessKeyRecord key = co_await require_key(txn, name, input.access_key_id);
    txn.erase(keys::access_key(key.id));
    last_accessed_.forget(txn, key.id);
    erase_link(txn, kKeysOfUserLink, name, key.id);
  };
  co_await change(body);
}

Task<ListAccessKeysResponse> Users::ListAccessKeys(wire::Context& context, ListAccessKeysRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  ListAccessKeysResponse output;
  auto body = [&, start = page_start(input.marker)](store::Txn& txn) -> Task<std::vector<AccessKeyMetadata>> {
    const auto user = co_await require<UserRecord>(txn, name);
    std::vector<AccessKeyMetadata> shown;
    for (const std::string& id : co_await list_links(txn, kKeysOfUserLink, name, start)) {
      const AccessKeyRecord key = co_await require_key(txn, name, id);
      shown.push_back({.user_name = user.name,
                       .access_key_id = id,
                       .status = shown_status(key.active),
                       .create_date = from_epoch_ms(key.created_ms)});
    }
    co_return shown;
  };
  output.access_key_metadata = co_await read(body);
  cut_page(output.access_key_metadata, input.max_items, output,
           [](const AccessKeyMetadata& key) { return key.access_key_id.value(); });
  co_return output;
}

Task<GetAccessKeyLastUsedResponse> Users::GetAccessKeyLastUsed(wire::Context& context,
                                                               GetAccessKeyLastUsedRequest input) {
  GetAccessKeyLastUsedResponse output;
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto key = co_await store::get_record<AccessKeyRecord>(txn, keys::access_key(input.access_key_id));
    if (!key || key->account != context.account) throw access_key_not_found(input.access_key_id);
    const auto user = co_await require<UserRecord>(txn, {key->account, key->user});
    output.user_name = user.name;
    const auto use = co_await last_accessed_.last_use(txn, key->id);
    AccessKeyLastUsed shown{.last_used_date = {}, .service_name = kNever, .region = kNever};
    if (use) {
      shown = {.last_used_date = from_epoch_ms(use->used_ms / 1000 * 1000),
               .service_name = use->name,
               .region = use->region};
    }
    output.access_key_last_used = shown;
  };
  co_await read(body);
  co_return output;
}

}  // namespace martlet::iam
