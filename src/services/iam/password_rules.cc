#include "services/iam/password_rules.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/strings.h"
#include "services/iam/errors.h"

namespace martlet::iam {

namespace {

constexpr std::string_view kSymbols = "!@#$%^&*()_+-=[]{}|'";
constexpr std::size_t kDefaultLength = 8;
/// Without a policy of the account's, this many of the four kinds of characters.
constexpr int kDefaultKinds = 3;
constexpr std::size_t kSaltBytes = 16;

struct Kinds {
  bool upper = false;
  bool lower = false;
  bool digit = false;
  bool symbol = false;
};

Kinds kinds_of(const std::string& password) {
  Kinds kinds;
  for (const char c : password) {
    kinds.upper = kinds.upper || (c >= 'A' && c <= 'Z');
    kinds.lower = kinds.lower || (c >= 'a' && c <= 'z');
    kinds.digit = kinds.digit || (c >= '0' && c <= '9');
    kinds.symbol = kinds.symbol || kSymbols.contains(c);
  }
  return kinds;
}

void check_length(const std::string& password, std::size_t least) {
  if (password.size() < least)
    throw password_refused(fmt::format("Password should have a minimum length of {}", least));
}

void check_default(const std::string& account, const std::string& user, const std::string& password) {
  check_length(password, kDefaultLength);
  const Kinds kinds = kinds_of(password);
  if (int{kinds.upper} + int{kinds.lower} + int{kinds.digit} + int{kinds.symbol} < kDefaultKinds)
    throw password_refused(
        "Password must contain characters of three of these kinds: uppercase letters, lowercase letters, "
        "numbers, symbols");
  if (password == account || to_lower(password) == to_lower(user))
    throw password_refused("Password must not be the name of the account or of the user");
}

std::string hash(const std::string& salt, const std::string& password) {
  return std::string(as_view(hmac_sha256(salt, password)));
}

}  // namespace

void check_password(const std::optional<PasswordPolicyRecord>& policy, const std::string& account,
                    const std::string& user, const std::string& password) {
  if (!policy) return check_default(account, user, password);
  check_length(password, static_cast<std::size_t>(policy->minimum_length));
  const Kinds kinds = kinds_of(password);
  if (policy->uppercase && !kinds.upper)
    throw password_refused("Password should have at least one uppercase letter");
  if (policy->lowercase && !kinds.lower)
    throw password_refused("Password should have at least one lowercase letter");
  if (policy->numbers && !kinds.digit) throw password_refused("Password should have at least one number");
  if (policy->symbols && !kinds.symbol) throw password_refused("Password should have at least one symbol");
}

void set_password(LoginProfileRecord& login, const std::string& password, const std::string& place, Ids& ids,
                  const SecretBox& secrets) {
  login.salt = ids.bytes(kSaltBytes);
  login.sealed_hash = secrets.seal(hash(login.salt, password), place);
}

bool is_password(const LoginProfileRecord& login, const std::string& password, const std::string& place,
                 const SecretBox& secrets) {
  return equal_in_constant_time(secrets.open(login.sealed_hash, place), hash(login.salt, password));
}

}  // namespace martlet::iam
