#pragma once

// MfaCodes: whether what somebody typed is the code that a user's device for multi-factor authentication
// shows. A code is good once. Codes of one step earlier and later are taken, too, since clocks differ;
// whoever guesses is stopped after a few wrong ones. Owned by the IAM service. Lives on the loop.

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/secret_box.h"
#include "services/iam/credential_records.h"
#include "services/iam/iam_store.h"
#include "store/store.h"

namespace martlet::iam {

enum class CodeCheck {
  kRight,
  kWrong,
  /// The user has no device of this serial number.
  kNoDevice,
};

class MfaCodes {
 public:
  /// All outlive it.
  MfaCodes(store::Store& store, const Clock& clock, const SecretBox& secrets)
      : store_(store), clock_(clock), secrets_(secrets) {}

  /// Whether the code is the one that the user's device shows now; a right one is used up by that. After
  /// kMaxWrongCodes wrong ones in a row all are wrong for kWrongCodesPause.
  Task<CodeCheck> use(Name user, std::string serial_number, std::string code);

  /// The seed of a device, as raw bytes. Throws SecretUnreadable.
  [[nodiscard]] std::string seed_of(const MfaDeviceRecord& device) const;
  /// A new seed, in base32, sealed for the device's record.
  [[nodiscard]] std::string sealed(const std::string& seed, const std::string& serial_number) const;

  /// The device is not that of its user any more.
  void forget(const std::string& serial_number) { wrong_.erase(serial_number); }
  /// The store has been cleared.
  void reset() { wrong_.clear(); }

 private:
  struct Wrong {
    std::size_t in_a_row = 0;
    TimePoint last = {};
  };
  Task<CodeCheck> check(store::Txn& txn, Name user, std::string serial_number, std::string code);
  [[nodiscard]] bool is_paused(const std::string& serial_number) const;

  store::Store& store_;
  const Clock& clock_;
  const SecretBox& secrets_;
  /// By serial number: only devices that exist, and their users, get here.
  std::map<std::string, Wrong> wrong_;
};

/// The device of this serial number; nullopt when the account has none.
Task<std::optional<MfaDeviceRecord>> load_device(store::Txn& txn, std::string account,
                                                 std::string serial_number);
void save_device(store::Txn& txn, const std::string& account, const MfaDeviceRecord& device);

}  // namespace martlet::iam
