#include "policy/keys.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/strings.h"

namespace martlet::policy {

namespace {

constexpr std::array<std::pair<std::string_view, KnownKey>, 10> kKnownKeys{{
    {"aws:username", KnownKey::kUserName},
    {"aws:userid", KnownKey::kUserId},
    {"aws:principalarn", KnownKey::kPrincipalArn},
    {"aws:principalaccount", KnownKey::kPrincipalAccount},
    {"aws:principaltype", KnownKey::kPrincipalType},
    {"aws:principalisawsservice", KnownKey::kPrincipalIsAwsService},
    {"aws:principalservicename", KnownKey::kPrincipalServiceName},
    {"aws:resourceaccount", KnownKey::kResourceAccount},
    {"aws:currenttime", KnownKey::kCurrentTime},
    {"aws:epochtime", KnownKey::kEpochTime},
}};

ContextValues unless_empty(std::string_view value) {
  return value.empty() ? ContextValues() : ContextValues(value);
}

std::string_view principal_type(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::kAnonymous:
      return "Anonymous";
    case PrincipalKind::kRoot:
      return "Account";
    case PrincipalKind::kUser:
      return "User";
    case PrincipalKind::kRoleSession:
      return "AssumedRole";
    case PrincipalKind::kFederatedUser:
      return "FederatedUser";
    case PrincipalKind::kService:
    case PrincipalKind::kWebIdentity:
    case PrincipalKind::kSaml:
      return "";
  }
  return "";
}

std::string iso_8601(TimePoint time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace

Key::Key(std::string_view text) : name(to_lower(text)), written(text), known(KnownKey::kNone) {
  for (const auto& [key, meaning] : kKnownKeys) {
    if (key == name) known = meaning;
  }
}

ContextValues KeyReader::known_value(KnownKey known) {
  const Principal& who = *request_.principal;
  switch (known) {
    case KnownKey::kUserName:
      return unless_empty(who.user_name);
    case KnownKey::kUserId:
      return unless_empty(who.user_id);
    case KnownKey::kPrincipalArn:
      // Of a role session, the role: the same for everybody who assumes it.
      return unless_empty(who.kind == PrincipalKind::kRoleSession ? who.entity_arn : who.arn);
    case KnownKey::kPrincipalAccount:
      return unless_empty(who.account);
    case KnownKey::kPrincipalType:
      return unless_empty(principal_type(who.kind));
    case KnownKey::kPrincipalIsAwsService:
      if (who.kind == PrincipalKind::kAnonymous) return {};
      return ContextValues(who.kind == PrincipalKind::kService ? "true" : "false");
    case KnownKey::kPrincipalServiceName:
      return unless_empty(who.service);
    case KnownKey::kResourceAccount:
      return unless_empty(resource_account(request_));
    case KnownKey::kCurrentTime:
      if (current_time_.empty()) current_time_ = iso_8601(request_.now);
      return ContextValues(std::string_view(current_time_));
    case KnownKey::kEpochTime:
      if (epoch_time_.empty()) {
        const auto since = std::chrono::floor<std::chrono::seconds>(request_.now.time_since_epoch());
        epoch_time_ = std::to_string(since.count());
      }
      return ContextValues(std::string_view(epoch_time_));
    case KnownKey::kNone:
      break;
  }
  return {};
}

ContextValues KeyReader::given(const Key& key) {
  if (last_key_ != key.name) {
    last_given_ = request_.context->find(key.name);
    last_key_ = key.name;
  }
  return last_given_;
}

ContextValues KeyReader::look_up(const Key& key) {
  if (key.known != KnownKey::kNone) {
    if (const ContextValues own = known_value(key.known); !own.empty()) return own;
  }
  return request_.context ? given(key) : ContextValues();
}

void KeyReader::note(const Key& key, const ContextValues& values) {
  for (const AskedKey& known : *asked_)
    if (to_lower(known.name) == key.name) return;
  AskedKey& asked = asked_->emplace_back(AskedKey{.name = key.written, .values = {}});
  for (std::size_t i = 0; i < values.size(); ++i) asked.values.emplace_back(values[i]);
}

ContextValues KeyReader::values(const Key& key) {
  const ContextValues values = look_up(key);
  if (missing_ && values.empty() &&
      std::find(missing_->begin(), missing_->end(), key.name) == missing_->end())
    missing_->push_back(key.name);
  if (asked_) note(key, values);
  return values;
}

std::optional<std::string_view> KeyReader::variable(const Key& key) {
  const ContextValues found = values(key);
  if (found.size() != 1) return std::nullopt;
  return found[0];
}

const std::optional<IpRange>& KeyReader::address(std::string_view value) {
  if (value.data() != last_address_.data() || value.size() != last_address_.size()) {
    address_ = IpRange::parse(value);
    last_address_ = value;
  }
  return address_;
}

}  // namespace martlet::policy
