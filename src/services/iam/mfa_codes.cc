#include "services/iam/mfa_codes.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/arn.h"
#include "services/iam/credential_store.h"
#include "services/iam/limits.h"
#include "services/iam/totp.h"

namespace martlet::iam {

namespace {

constexpr std::string_view kResource = "mfa";

std::string place_of(const std::string& serial_number) { return "mfa-device/" + serial_number; }

}  // namespace

Task<std::optional<MfaDeviceRecord>> load_device(store::Txn& txn, std::string account,
                                                 std::string serial_number) {
  const auto arn = Arn::parse(serial_number);
  if (!arn || !arn->resource.starts_with("mfa/")) co_return std::nullopt;
  auto device = co_await store::get_record<MfaDeviceRecord>(
      txn, keys::mfa_devices(account).add(arn->resource.substr(kResource.size())));
  if (device && device->arn != serial_number) device.reset();
  co_return device;
}

void save_device(store::Txn& txn, const std::string& account, const MfaDeviceRecord& device) {
  store::put_record(txn, keys::mfa_devices(account).add(device.path + device.name), device);
}

std::string MfaCodes::seed_of(const MfaDeviceRecord& device) const {
  auto seed = base32_decode(secrets_.open(device.sealed_seed, place_of(device.arn)));
  if (!seed) throw std::runtime_error("the seed of a device is no base32");
  return std::move(*seed);
}

std::string MfaCodes::sealed(const std::string& seed, const std::string& serial_number) const {
  return secrets_.seal(seed, place_of(serial_number));
}

Task<CodeCheck> MfaCodes::check(store::Txn& txn, Name user, std::string serial_number, std::string code) {
  auto device = co_await load_device(txn, user.account, serial_number);
  if (!device || device->user != to_lower(user.name)) co_return CodeCheck::kNoDevice;
  const TotpStep shown = totp_step(clock_.now()) + device->drift;
  const auto step =
      find_totp_step(seed_of(*device), code, std::max(shown - kCodeTolerance, device->last_step + 1),
                     shown + kCodeTolerance);
  if (!step || is_paused(serial_number)) co_return CodeCheck::kWrong;
  device->last_step = *step;
  save_device(txn, user.account, *device);
  co_return CodeCheck::kRight;
}

bool MfaCodes::is_paused(const std::string& serial_number) const {
  const auto found = wrong_.find(serial_number);
  return found != wrong_.end() && found->second.in_a_row >= kMaxWrongCodes &&
         clock_.now() < found->second.last + kWrongCodesPause;
}

Task<CodeCheck> MfaCodes::use(Name user, std::string serial_number, std::string code) {
  auto body = [&](store::Txn& txn) -> Task<CodeCheck> { return check(txn, user, serial_number, code); };
  const CodeCheck result = co_await store_.transact(body);
  if (result == CodeCheck::kRight) wrong_.erase(serial_number);
  // While there is a pause, what comes is not counted: it ends.
  if (result == CodeCheck::kWrong && !is_paused(serial_number)) {
    Wrong& wrong = wrong_[serial_number];
    if (wrong.in_a_row >= kMaxWrongCodes) wrong.in_a_row = 0;
    ++wrong.in_a_row;
    wrong.last = clock_.now();
  }
  co_return result;
}

}  // namespace martlet::iam
