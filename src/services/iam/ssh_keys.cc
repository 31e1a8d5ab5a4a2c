// SSH public keys of users, as stored data: UploadSSHPublicKey, GetSSHPublicKey, UpdateSSHPublicKey,
// DeleteSSHPublicKey, ListSSHPublicKeys.

#include <fmt/core.h>

#include "api/iam/values.h"
#include "base/crypto.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "services/iam/users.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

std::string shown_status(bool active) {
  return std::string(active ? values::StatusType::kActive : values::StatusType::kInactive);
}

/// The MD5 fingerprint of a key in the form "ssh-rsa AAAA... comment". Throws InvalidPublicKey for any other.
std::string fingerprint_of(const std::string& body) {
  const auto words = split(body, ' ');
  const auto blob = words.size() >= 2 && words[0] == "ssh-rsa" ? base64_decode(words[1]) : std::nullopt;
  if (!blob || blob->empty())
    throw aws::Error("InvalidPublicKeyException", "The public key is malformed or is no ssh-rsa key.", 400);
  const std::string digits = to_hex(as_view(md5(*blob)));
  std::string text;
  for (std::size_t i = 0; i < digits.size(); i += 2) text += (i == 0 ? "" : ":") + digits.substr(i, 2);
  return text;
}

Task<SshKeyRecord> require_ssh_key(store::Txn& txn, Name user, std::string id) {
  co_await require_principal(txn, {kUser, user.account, user.name});
  auto key = co_await store::get_record<SshKeyRecord>(txn, keys::ssh_keys(user.account, user.name).add(id));
  if (!key) throw no_such_entity(fmt::format("The Public Key with id {} cannot be found.", id));
  co_return std::move(*key);
}

SSHPublicKey shown(const UserRecord& user, const SshKeyRecord& key) {
  return {.user_name = user.name,
          .ssh_public_key_id = key.id,
          .fingerprint = key.fingerprint,
          .ssh_public_key_body = key.body,
          .status = shown_status(key.active),
          .upload_date = from_epoch_ms(key.uploaded_ms)};
}

}  // namespace

Task<UploadSSHPublicKeyResponse> Users::UploadSSHPublicKey(wire::Context& context,
                                                           UploadSSHPublicKeyRequest input) {
  const Name name{context.account, input.user_name};
  SshKeyRecord key;
  key.fingerprint = fingerprint_of(input.ssh_public_key_body);
  key.id = "APKA" + with_.ids.base32(17);
  key.body = input.ssh_public_key_body;
  key.uploaded_ms = now_ms();
  auto body = [&](store::Txn& txn) -> Task<SSHPublicKey> {
    const auto user = co_await require<UserRecord>(txn, name);
    const auto others = co_await list_below<SshKeyRecord>(txn, keys::ssh_keys(name.account, name.name), "");
    for (const SshKeyRecord& other : others)
      if (other.fingerprint == key.fingerprint)
        throw aws::Error("DuplicateSSHPublicKeyException", "The public key is already uploaded.", 400);
    if (others.size() >= kSshKeys.limit) throw quota_exceeded(kSshKeys);
    store::put_record(txn, keys::ssh_keys(name.account, name.name).add(key.id), key);
    co_return shown(user, key);
  };
  UploadSSHPublicKeyResponse output;
  output.ssh_public_key = co_await change(body);
  co_return output;
}

Task<GetSSHPublicKeyResponse> Users::GetSSHPublicKey(wire::Context& context, GetSSHPublicKeyRequest input) {
  if (input.encoding != values::EncodingType::kSsh)
    throw aws::Error("UnrecognizedPublicKeyEncodingException", "Only the encoding SSH is supported.", 400);
  const Name name{context.account, input.user_name};
  auto body = [&](store::Txn& txn) -> Task<SSHPublicKey> {
    const auto user = co_await require<UserRecord>(txn, name);
    co_return shown(user, co_await require_ssh_key(txn, name, input.ssh_public_key_id));
  };
  GetSSHPublicKeyResponse output;
  output.ssh_public_key = co_await read(body);
  co_return output;
}

Task<> Users::UpdateSSHPublicKey(wire::Context& context, UpdateSSHPublicKeyRequest input) {
  const Name name{context.account, input.user_name};
  if (input.status == values::StatusType::kExpired)
    throw invalid_input("A public key cannot be set to Expired.");
  auto body = [&](store::Txn& txn) -> Task<> {
    SshKeyRecord key = co_await require_ssh_key(txn, name, input.ssh_public_key_id);
    key.active = input.status == values::StatusType::kActive;
    store::put_record(txn, keys::ssh_keys(name.account, name.name).add(key.id), key);
  };
  co_await change(body);
}

Task<> Users::DeleteSSHPublicKey(wire::Context& context, DeleteSSHPublicKeyRequest input) {
  const Name name{context.account, input.user_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    const SshKeyRecord key = co_await require_ssh_key(txn, name, input.ssh_public_key_id);
    txn.erase(keys::ssh_keys(name.account, name.name).add(key.id));
  };
  co_await change(body);
}

Task<ListSSHPublicKeysResponse> Users::ListSSHPublicKeys(wire::Context& context,
                                                         ListSSHPublicKeysRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  ListSSHPublicKeysResponse output;
  auto body = [&, start = page_start(input.marker)](store::Txn& txn) -> Task<> {
    const auto user = co_await require<UserRecord>(txn, name);
    output.ssh_public_keys.emplace();
    for (const auto& key :
         co_await list_below<SshKeyRecord>(txn, keys::ssh_keys(name.account, name.name), start)) {
      output.ssh_public_keys->push_back({.user_name = user.name,
                                         .ssh_public_key_id = key.id,
                                         .status = shown_status(key.active),
                                         .upload_date = from_epoch_ms(key.uploaded_ms)});
    }
  };
  co_await read(body);
  cut_page(*output.ssh_public_keys, input.max_items, output,
           [](const SSHPublicKeyMetadata& key) { return key.ssh_public_key_id; });
  co_return output;
}

}  // namespace martlet::iam
