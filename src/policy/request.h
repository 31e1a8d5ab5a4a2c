#pragma once

// What a decision is asked about: who, does what, to which resource, in which circumstances. Plain values and
// views; what they view must outlive the decision. No executor.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace martlet::policy {

enum class PrincipalKind {
  /// Nobody has signed the request.
  kAnonymous,
  /// The root user of an account.
  kRoot,
  kUser,
  /// Somebody who has assumed a role: by AssumeRole in any of its forms, or a function under its execution
  /// role.
  kRoleSession,
  /// A session of GetFederationToken.
  kFederatedUser,
  /// An AWS service that acts for itself: "sns.amazonaws.com".
  kService,
  /// Somebody known by an identity provider only; meets nothing but role trust policies.
  kWebIdentity,
  kSaml,
};

/// Who acts. What does not apply to the kind stays empty.
struct Principal {
  PrincipalKind kind = PrincipalKind::kAnonymous;
  /// As GetCallerIdentity says it: of the user, of the session (arn:aws:sts::…:assumed-role/ROLE/SESSION), of
  /// the account (arn:aws:iam::…:root).
  std::string arn = {};
  /// Twelve digits.
  std::string account = {};
  /// The unique id: "AIDA…" of a user, "AROA…:SESSION" of a session, the account of the root user.
  std::string user_id = {};
  /// The friendly name of an IAM user, without its path.
  std::string user_name = {};
  /// The IAM entity behind a session: of a role session the role's ARN with its path
  /// (arn:aws:iam::…:role/path/NAME); of a federated user that of the user, or root user, who federated.
  std::string entity_arn = {};
  /// "lambda.amazonaws.com".
  std::string service = {};
  /// The identity provider as a trust policy names it: "accounts.google.com",
  /// arn:aws:iam::…:saml-provider/NAME.
  std::string provider = {};
};

/// The values that a request has for a condition key; a view.
class ContextValues {
 public:
  /// The key is not there.
  ContextValues() = default;
  explicit ContextValues(std::string_view value) : one_(value), count_(1) {}
  /// A multivalued key; it may be there and hold nothing.
  explicit ContextValues(std::span<const std::string> values) : many_(values.data()), count_(values.size()) {}

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::string_view operator[](std::size_t index) const {
    return many_ ? std::string_view(many_[index]) : one_;
  }

 private:
  std::string_view one_;
  const std::string* many_ = nullptr;
  std::size_t count_ = 0;
};

/// The condition keys of a request. Asked only for keys that a policy names and whose statement otherwise
/// applies, so that what is costly may be computed when asked.
class Context {
 public:
  virtual ~Context() = default;
  /// `key` is in lower case: "aws:sourcearn", "aws:requesttag/team". What is returned stays valid until the
  /// decision is made.
  [[nodiscard]] virtual ContextValues find(std::string_view key) const = 0;
};

/// A context that holds its values. Binary values are raw bytes.
class ContextList final : public Context {
 public:
  /// The key's case does not matter. Setting a key again replaces its values.
  void set(std::string_view key, std::string value);
  void set(std::string_view key, std::vector<std::string> values);
  void set(std::string_view key, const char* value) { set(key, std::string(value)); }
  [[nodiscard]] ContextValues find(std::string_view key) const override;

 private:
  /// By key in lower case. Callers choose how many tags a request has.
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// One action on one resource. An operation that concerns several resources, or needs several actions, asks
/// once for each: all must be allowed.
struct Request {
  const Principal* principal = nullptr;
  /// "lambda:InvokeFunction", in any case; messages show it as it is here.
  std::string_view action = {};
  /// An ARN; "*" for actions that concern no resource in particular.
  std::string_view resource = "*";
  /// The account that owns the resource. Empty: the one in its ARN, or the principal's where that has none.
  std::string_view resource_account = {};
  /// For aws:CurrentTime and aws:EpochTime.
  TimePoint now = {};
  /// Keys other than those that follow from the members above (aws:username, aws:userid, aws:PrincipalArn,
  /// aws:PrincipalAccount, aws:PrincipalType, aws:PrincipalIsAWSService, aws:PrincipalServiceName,
  /// aws:ResourceAccount, aws:CurrentTime, aws:EpochTime). nullptr: there are none.
  const Context* context = nullptr;
};

/// The account that the request's resource belongs to; empty when nothing tells.
std::string_view resource_account(const Request& request);

}  // namespace martlet::policy
