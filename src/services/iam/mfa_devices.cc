// Devices for multi-factor authentication: CreateVirtualMFADevice, DeleteVirtualMFADevice, EnableMFADevice,
// ResyncMFADevice, DeactivateMFADevice, GetMFADevice, ListMFADevices, ListVirtualMFADevices, TagMFADevice,
// UntagMFADevice, ListMFADeviceTags.

#include "services/iam/mfa_devices.h"

#include <fmt/core.h>

#include <cstdlib>

#include "api/iam/values.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "services/iam/qr_code.h"
#include "services/iam/totp.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

constexpr std::size_t kSeedCharacters = 64;

Task<MfaDeviceRecord> require_device(store::Txn& txn, std::string account, std::string serial_number) {
  auto device = co_await load_device(txn, account, serial_number);
  if (!device) throw device_not_found(serial_number);
  co_return std::move(*device);
}

/// A device of a user who exists. Throws NoSuchEntity.
Task<MfaDeviceRecord> require_device_of(store::Txn& txn, Name user, std::string serial_number) {
  co_await require_principal(txn, {kUser, user.account, user.name});
  auto device = co_await load_device(txn, user.account, serial_number);
  if (!device || device->user != to_lower(user.name)) throw device_of_others();
  co_return std::move(*device);
}

/// The devices of a user after the path and name `after`.
Task<std::vector<MfaDeviceRecord>> devices_of(store::Txn& txn, Name user, std::string after) {
  std::vector<MfaDeviceRecord> devices;
  for (const std::string& name : co_await list_links(txn, kMfaOfUserLink, user, after)) {
    auto device = co_await store::get_record<MfaDeviceRecord>(txn, keys::mfa_devices(user.account).add(name));
    if (device) devices.push_back(std::move(*device));
  }
  co_return devices;
}

std::string name_in_lists(const MfaDeviceRecord& device) { return device.path + device.name; }

/// What authenticator programs read.
std::string provisioning_uri(const MfaDeviceRecord& device, const std::string& account,
                             const std::string& seed) {
  return fmt::format("otpauth://totp/{}@{}?secret={}", percent_encode(device.name), account, seed);
}

bool wants(const std::optional<std::string>& status, const MfaDeviceRecord& device) {
  if (!status || status == values::AssignmentStatusType::kAny) return true;
  return (status == values::AssignmentStatusType::kAssigned) == !device.user.empty();
}

}  // namespace

template <class Edit>
Task<> MfaDevices::edit_device(std::string account, std::string serial_number, Edit edit) {
  auto body = [&](store::Txn& txn) -> Task<> {
    auto device = co_await require_device(txn, account, serial_number);
    edit(device);
    save_device(txn, account, device);
  };
  co_await change(body);
}

Task<CreateVirtualMFADeviceResponse> MfaDevices::CreateVirtualMFADevice(wire::Context& context,
                                                                        CreateVirtualMFADeviceRequest input) {
  MfaDeviceRecord device;
  device.path = input.path.value_or("/");
  device.name = input.virtual_mfa_device_name;
  device.arn = arn_of(context, "mfa", device.path, device.name);
  if (device.arn.size() > kMaxSerialNumber)
    throw validation_error(fmt::format("A serial number has at most {} characters.", kMaxSerialNumber));
  device.tags = to_records(input.tags, TagCase::kDistinct);
  const std::string seed = with_.ids.base32(kSeedCharacters);
  device.sealed_seed = codes_.sealed(seed, device.arn);
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto existing = co_await load_device(txn, context.account, device.arn);
    if (existing)
      throw aws::Error("EntityAlreadyExistsException",
                       "MFADevice entity at the same path and name already exists.", 409);
    const auto others = co_await txn.scan(store::range_below(keys::mfa_devices(context.account)));
    if (others.size() >= kVirtualMfaDevices.limit) throw quota_exceeded(kVirtualMfaDevices);
    save_device(txn, context.account, device);
  };
  co_await change(body);
  CreateVirtualMFADeviceResponse output;
  output.virtual_mfa_device.serial_number = device.arn;
  output.virtual_mfa_device.base32_string_seed = seed;
  output.virtual_mfa_device.qr_code_png = qr_code_png(provisioning_uri(device, context.account, seed));
  output.virtual_mfa_device.tags = to_optional_tags(device.tags);
  co_return output;
}

Task<> MfaDevices::DeleteVirtualMFADevice(wire::Context& context, DeleteVirtualMFADeviceRequest input) {
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto device = co_await require_device(txn, context.account, input.serial_number);
    if (!device.user.empty()) throw device_in_use();
    txn.erase(keys::mfa_devices(context.account).add(name_in_lists(device)));
  };
  co_await change(body);
}

void MfaDevices::synchronize(MfaDeviceRecord& device, const std::string& code1,
                             const std::string& code2) const {
  const TotpStep now = totp_step(with_.clock.now());
  const auto step = find_totp_pair(codes_.seed_of(device), code1, code2, now, kCodeReach);
  if (!step) throw wrong_device_codes();
  // A small difference is tolerated in any case: it says how fast the caller was, not how the clocks differ.
  device.drift = std::abs(*step - now) <= kCodeTolerance ? 0 : *step - now;
  device.last_step = *step;
}

Task<> MfaDevices::EnableMFADevice(wire::Context& context, EnableMFADeviceRequest input) {
  const Name name{context.account, input.user_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto user = co_await require<UserRecord>(txn, name);
    auto device = co_await require_device(txn, name.account, input.serial_number);
    if (!device.user.empty())
      throw aws::Error("EntityAlreadyExistsException", "MFA Device is already in use.", 409);
    const auto others = co_await list_links(txn, kMfaOfUserLink, name);
    if (others.size() >= kMfaDevices.limit) throw quota_exceeded(kMfaDevices);
    synchronize(device, input.authentication_code1, input.authentication_code2);
    device.user = to_lower(user.name);
    device.enabled_ms = now_ms();
    save_device(txn, name.account, device);
    add_link(txn, kMfaOfUserLink, name, name_in_lists(device));
  };
  co_await change(body);
}

Task<> MfaDevices::ResyncMFADevice(wire::Context& context, ResyncMFADeviceRequest input) {
  const Name name{context.account, input.user_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    auto device = co_await require_device_of(txn, name, input.serial_number);
    synchronize(device, input.authentication_code1, input.authentication_code2);
    save_device(txn, name.account, device);
  };
  co_await change(body);
}

Task<> MfaDevices::DeactivateMFADevice(wire::Context& context, DeactivateMFADeviceRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  auto body = [&](store::Txn& txn) -> Task<> {
    auto device = co_await require_device_of(txn, name, input.serial_number);
    device.user.clear();
    device.enabled_ms = 0;
    save_device(txn, name.account, device);
    erase_link(txn, kMfaOfUserLink, name, name_in_lists(device));
  };
  co_await change(body);
  codes_.forget(input.serial_number);
}

Task<GetMFADeviceResponse> MfaDevices::GetMFADevice(wire::Context& context, GetMFADeviceRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  GetMFADeviceResponse output;
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto user = co_await require<UserRecord>(txn, name);
    const auto device = co_await require_device_of(txn, name, input.serial_number);
    output.user_name = user.name;
    output.serial_number = device.arn;
    output.enable_date = from_epoch_ms(device.enabled_ms);
  };
  co_await read(body);
  co_return output;
}

Task<ListMFADevicesResponse> MfaDevices::ListMFADevices(wire::Context& context, ListMFADevicesRequest input) {
  ListMFADevicesResponse output;
  output.is_truncated = false;
  // The root user has none.
  if (!input.user_name && context.caller.kind == wire::Caller::Kind::kRoot) co_return output;
  const Name name = user_or_caller(context, input.user_name);
  auto body = [&, start = page_start(input.marker)](store::Txn& txn) -> Task<> {
    const auto user = co_await require<UserRecord>(txn, name);
    std::vector<MfaDeviceRecord> devices = co_await devices_of(txn, name, start);
    cut_page(devices, input.max_items, output, name_in_lists);
    output.mfa_devices.clear();
    for (const MfaDeviceRecord& device : devices)
      output.mfa_devices.push_back({.user_name = user.name,
                                    .serial_number = device.arn,
                                    .enable_date = from_epoch_ms(device.enabled_ms)});
  };
  co_await read(body);
  co_return output;
}

Task<ListVirtualMFADevicesResponse> MfaDevices::ListVirtualMFADevices(wire::Context& context,
                                                                      ListVirtualMFADevicesRequest input) {
  ListVirtualMFADevicesResponse output;
  auto body = [&, start = page_start(input.marker)](store::Txn& txn) -> Task<> {
    auto devices = co_await list_below<MfaDeviceRecord>(txn, keys::mfa_devices(context.account), start);
    std::erase_if(devices, [&](const auto& device) { return !wants(input.assignment_status, device); });
    cut_page(devices, input.max_items, output, name_in_lists);
    output.virtual_mfa_devices.clear();
    for (const MfaDeviceRecord& device : devices) {
      VirtualMFADevice shown;
      shown.serial_number = device.arn;
      if (!device.user.empty()) {
        shown.user = brief(co_await require<UserRecord>(txn, {context.account, device.user}));
        shown.enable_date = from_epoch_ms(device.enabled_ms);
      }
      output.virtual_mfa_devices.push_back(std::move(shown));
    }
  };
  co_await read(body);
  co_return output;
}

Task<> MfaDevices::TagMFADevice(wire::Context& context, TagMFADeviceRequest input) {
  co_await edit_device(context.account, input.serial_number, [&](MfaDeviceRecord& device) {
    add_tags(device.tags, input.tags, TagCase::kDistinct);
  });
}

Task<> MfaDevices::UntagMFADevice(wire::Context& context, UntagMFADeviceRequest input) {
  co_await edit_device(context.account, input.serial_number, [&](MfaDeviceRecord& device) {
    remove_tags(device.tags, input.tag_keys, TagCase::kDistinct);
  });
}

Task<ListMFADeviceTagsResponse> MfaDevices::ListMFADeviceTags(wire::Context& context,
                                                              ListMFADeviceTagsRequest input) {
  auto body = [&](store::Txn& txn) -> Task<MfaDeviceRecord> {
    return require_device(txn, context.account, input.serial_number);
  };
  const MfaDeviceRecord device = co_await read(body);
  co_return tags_page<ListMFADeviceTagsResponse>(device.tags, input);
}

}  // namespace martlet::iam
