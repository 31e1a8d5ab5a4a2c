#include "services/iam/belongings.h"

#include <utility>

#include "services/iam/credential_store.h"
#include "services/iam/errors.h"

namespace martlet::iam {

namespace {

Task<> move_access_keys(store::Txn& txn, Name from, std::string to) {
  for (const std::string& id : co_await list_links(txn, kKeysOfUserLink, from)) {
    auto key = co_await store::get_record<AccessKeyRecord>(txn, keys::access_key(id));
    if (!key) continue;
    key->user = to_lower(to);
    store::put_record(txn, keys::access_key(id), *key);
    erase_link(txn, kKeysOfUserLink, from, id);
    add_link(txn, kKeysOfUserLink, {from.account, to}, id);
  }
}

Task<> move_devices(store::Txn& txn, Name from, std::string to) {
  for (const std::string& name : co_await list_links(txn, kMfaOfUserLink, from)) {
    const auto key = keys::mfa_devices(from.account).add(name);
    auto device = co_await store::get_record<MfaDeviceRecord>(txn, key);
    if (!device) continue;
    device->user = to_lower(to);
    store::put_record(txn, key, *device);
    erase_link(txn, kMfaOfUserLink, from, name);
    add_link(txn, kMfaOfUserLink, {from.account, to}, name);
  }
}

/// Moves the records below one key to below another.
Task<> move_below(store::Txn& txn, std::string from, std::string to) {
  for (store::KeyValue& pair : co_await txn.scan(store::range_below(from))) {
    txn.put(to + pair.key.substr(from.size()), std::move(pair.value));
    txn.erase(pair.key);
  }
}

Task<> require_none_below(store::Txn& txn, std::string parent, const char* what) {
  const auto found = co_await txn.scan(store::range_below(parent));
  if (!found.empty()) throw must_first(what);
}

Task<> require_no_links(store::Txn& txn, std::string_view link, Name user, const char* what) {
  const auto found = co_await list_links(txn, link, user);
  if (!found.empty()) throw must_first(what);
}

}  // namespace

Task<> move_belongings(store::Txn& txn, Name from, std::string to) {
  co_await move_access_keys(txn, from, to);
  co_await move_devices(txn, from, to);
  if (auto login = co_await txn.get(keys::login(from.account, from.name)); login) {
    txn.put(keys::login(from.account, to), std::move(*login));
    txn.erase(keys::login(from.account, from.name));
  }
  co_await move_below(txn, keys::ssh_keys(from.account, from.name), keys::ssh_keys(from.account, to));
  co_await move_below(txn, keys::signing_certificates(from.account, from.name),
                      keys::signing_certificates(from.account, to));
  co_await move_below(txn, keys::service_credentials(from.account, from.name),
                      keys::service_credentials(from.account, to));
}

Task<> require_no_belongings(store::Txn& txn, Name user) {
  const auto& [account, name] = user;
  const auto login = co_await txn.get(keys::login(account, name));
  if (login) throw must_first("delete login profile");
  co_await require_no_links(txn, kKeysOfUserLink, user, "delete access keys");
  co_await require_no_links(txn, kMfaOfUserLink, user, "delete MFA device");
  co_await require_none_below(txn, keys::ssh_keys(account, name), "delete SSH public keys");
  co_await require_none_below(txn, keys::signing_certificates(account, name), "delete signing certificates");
  co_await require_none_below(txn, keys::service_credentials(account, name),
                              "delete service specific credentials");
}

}  // namespace martlet::iam
