#include "services/sts/session_tokens.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "base/crypto.h"
#include "store/record.h"

namespace martlet::sts {

namespace {

constexpr std::string_view kKeyPrefix = "ASIA";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kKeyCharacters = 16;
constexpr std::size_t kSecretBytes = 30;
constexpr std::uint64_t kMaxAccount = 999'999'999'999;
constexpr std::size_t kAccountDigits = 12;
/// As on AWS the account is what follows the first bit.
constexpr unsigned kAccountBits = 40;
constexpr unsigned kBitsPerCharacter = 5;
/// Characters with the bit before the account, the account, and four bits after it.
constexpr std::size_t kAccountCharacters = 9;
constexpr unsigned kBitsAfterAccount = 4;

struct TagRecord {
  std::string key;
  std::string value;
  void fields(auto& f) {
    f(1, key);
    f(2, value);
  }
};

/// What a session token holds. The access key id is not there: the token can be opened for its key alone.
struct TokenRecord {
  static constexpr std::uint32_t kVersion = 1;
  wire::Caller::Kind kind = wire::Caller::Kind::kAnonymous;
  std::string account;
  std::string arn;
  std::string user_id;
  std::string secret;
  std::int64_t issued_ms = 0;
  std::int64_t expires_ms = 0;
  std::string entity_arn;
  std::vector<std::string> policies;
  std::vector<std::string> policy_arns;
  std::vector<TagRecord> tags;
  std::vector<std::string> transitive_tag_keys;
  std::string source_identity;
  std::string entity_id;

  void fields(auto& f) {
    f(1, kind);
    f(2, account);
    f(3, arn);
    f(4, user_id);
    f(5, secret);
    f(6, issued_ms);
    f(7, expires_ms);
    f(8, entity_arn);
    f(9, policies);
    f(10, policy_arns);
    f(11, tags);
    f(12, transitive_tag_keys);
    f(13, source_identity);
    f(15, entity_id);
  }
};

std::string place_of(const std::string& access_key_id, Callers issued_to) {
  return (issued_to == Callers::kVerified ? "session-token/" : "session-token-of-believed/") + access_key_id;
}

TokenRecord record_of(const wire::Caller& caller, const std::vector<std::string>& policy_arns) {
  const wire::Session& session = *caller.session;
  TokenRecord record;
  record.kind = caller.kind;
  record.account = caller.account;
  record.arn = caller.arn;
  record.user_id = caller.user_id;
  record.issued_ms = to_epoch_ms(session.issued);
  record.entity_arn = session.entity_arn;
  record.policies = session.policies;
  record.policy_arns = policy_arns;
  for (const auto& [key, value] : session.tags) record.tags.push_back({key, value});
  record.transitive_tag_keys = session.transitive_tag_keys;
  record.source_identity = session.source_identity;
  return record;
}

wire::Caller caller_of(TokenRecord& record, const std::string& access_key_id) {
  auto session = std::make_shared<wire::Session>();
  session->entity_arn = std::move(record.entity_arn);
  session->issued = from_epoch_ms(record.issued_ms);
  session->policies = std::move(record.policies);
  for (TagRecord& tag : record.tags) session->tags.emplace_back(std::move(tag.key), std::move(tag.value));
  session->transitive_tag_keys = std::move(record.transitive_tag_keys);
  session->source_identity = std::move(record.source_identity);
  wire::Caller caller;
  caller.kind = record.kind;
  caller.account = std::move(record.account);
  caller.arn = std::move(record.arn);
  caller.user_id = std::move(record.user_id);
  caller.access_key_id = access_key_id;
  caller.session = std::move(session);
  return caller;
}

}  // namespace

TemporaryCredentials SessionTokens::issue(wire::Caller caller, std::vector<std::string> policy_arns,
                                          TimePoint expires, std::string entity_id) const {
  TemporaryCredentials out;
  out.access_key_id = new_temporary_key_id(caller.account, ids_);
  out.secret_access_key = base64_encode(ids_.bytes(kSecretBytes));
  out.expires = expires;
  TokenRecord record = record_of(caller, policy_arns);
  record.secret = out.secret_access_key;
  record.expires_ms = to_epoch_ms(expires);
  record.entity_id = entity_id;
  out.session_token =
      base64_encode(secrets_.seal(store::encode(record), place_of(out.access_key_id, callers_)));
  out.caller = std::move(caller);
  out.caller.access_key_id = out.access_key_id;
  out.policy_arns = std::move(policy_arns);
  out.entity_id = std::move(entity_id);
  return out;
}

std::optional<TemporaryCredentials> SessionTokens::open(const std::string& access_key_id,
                                                        const std::string& session_token) const {
  auto found = open_from(access_key_id, session_token, Callers::kVerified);
  if (!found && callers_ == Callers::kBelieved)
    found = open_from(access_key_id, session_token, Callers::kBelieved);
  return found;
}

std::optional<TemporaryCredentials> SessionTokens::open_from(const std::string& access_key_id,
                                                             const std::string& session_token,
                                                             Callers issued_to) const {
  const auto sealed = base64_decode(session_token);
  if (!sealed || !access_key_id.starts_with(kKeyPrefix)) return std::nullopt;
  try {
    auto record = store::decode<TokenRecord>(secrets_.open(*sealed, place_of(access_key_id, issued_to)));
    TemporaryCredentials out;
    out.access_key_id = access_key_id;
    out.secret_access_key = std::move(record.secret);
    out.session_token = session_token;
    out.expires = from_epoch_ms(record.expires_ms);
    out.policy_arns = std::move(record.policy_arns);
    out.entity_id = std::move(record.entity_id);
    out.caller = caller_of(record, access_key_id);
    return out;
  } catch (const SecretUnreadable&) {
    return std::nullopt;
  } catch (const store::MalformedRecord&) {
    return std::nullopt;
  }
}

std::string new_temporary_key_id(const std::string& account, Ids& ids) {
  std::uint64_t number = 0;
  std::from_chars(account.data(), account.data() + account.size(), number);
  // The first bit is set, so that no account looks like the ids of old.
  std::uint64_t bits = ((std::uint64_t{1} << kAccountBits) | number) << kBitsAfterAccount;
  bits |= static_cast<unsigned char>(ids.bytes(1)[0]) & ((1U << kBitsAfterAccount) - 1);
  std::string id(kKeyPrefix);
  for (std::size_t i = kAccountCharacters; i-- > 0;) id += kBase32[bits >> (i * kBitsPerCharacter) & 31];
  return id + ids.base32(kKeyCharacters - kAccountCharacters);
}

std::string account_in_key(std::string_view access_key_id) {
  if (!access_key_id.starts_with(kKeyPrefix) || access_key_id.size() != kKeyPrefix.size() + kKeyCharacters)
    return {};
  std::uint64_t bits = 0;
  for (const char letter : access_key_id.substr(kKeyPrefix.size(), kAccountCharacters)) {
    const auto value = kBase32.find(letter);
    if (value == std::string_view::npos) return {};
    bits = bits << kBitsPerCharacter | value;
  }
  bits >>= kBitsAfterAccount;
  const std::uint64_t number = bits & ((std::uint64_t{1} << kAccountBits) - 1);
  if (bits >> kAccountBits == 0 || number > kMaxAccount) return {};
  std::string digits = std::to_string(number);
  return std::string(kAccountDigits - digits.size(), '0') + digits;
}

}  // namespace martlet::sts
