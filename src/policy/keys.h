#pragma once

// Condition keys as compiled policies hold them, and the reader that finds their values in a request: those
// that follow from the principal, the resource and the time are known here and cannot be overridden by the
// request's context. One reader serves one decision.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/request.h"
#include "policy/values.h"

namespace martlet::policy {

/// Keys whose values follow from the request's own members.
enum class KnownKey : std::uint8_t {
  kNone,
  kUserName,
  kUserId,
  kPrincipalArn,
  kPrincipalAccount,
  kPrincipalType,
  kPrincipalIsAwsService,
  kPrincipalServiceName,
  kResourceAccount,
  kCurrentTime,
  kEpochTime,
};

struct Key {
  explicit Key(std::string_view text);
  /// In lower case.
  std::string name;
  /// As the policy has it.
  std::string written;
  KnownKey known;
};

/// A condition key that was asked for, as the policy writes it; without values when it was not there.
struct AskedKey {
  std::string name;
  std::vector<std::string> values;
};

class KeyReader {
 public:
  /// `asked`, when given, collects the keys that were asked for, `missing` those in vain; each once.
  explicit KeyReader(const Request& request, std::vector<std::string>* missing = nullptr,
                     std::vector<AskedKey>* asked = nullptr)
      : request_(request), missing_(missing), asked_(asked) {}

  ContextValues values(const Key& key);
  /// What a policy variable of this name stands for; nullopt unless the key has exactly one value.
  std::optional<std::string_view> variable(const Key& key);
  /// A value read as an address; nullopt when it is none. Statements ask for the same one again and again.
  const std::optional<IpRange>& address(std::string_view value);
  /// For expanding variables; whoever takes it clears it.
  std::string& scratch() { return scratch_; }

 private:
  ContextValues known_value(KnownKey known);
  ContextValues look_up(const Key& key);
  void note(const Key& key, const ContextValues& values);
  /// Of the request's context.
  ContextValues given(const Key& key);
  const Request& request_;
  std::vector<std::string>* missing_;
  std::vector<AskedKey>* asked_;
  std::string scratch_;
  std::string current_time_;
  std::string epoch_time_;
  /// What was asked for last.
  std::string_view last_key_;
  ContextValues last_given_;
  std::string_view last_address_;
  std::optional<IpRange> address_;
};

}  // namespace martlet::policy
