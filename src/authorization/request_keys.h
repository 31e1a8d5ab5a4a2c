#pragma once

// The condition keys of one decision: the global ones, which follow from the caller, its request and its
// tags, those that the rule gives, and the tags of the resource. (Keys that follow from the principal and the
// time are the policy room's.) Views what it is made of; lives as long as the decision.

#include <chrono>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authorization/tags.h"
#include "base/time.h"
#include "policy/request.h"
#include "wire/context.h"

namespace martlet::authorization {

/// Who acts, and how it came to that.
struct Caller {
  policy::Principal principal;
  /// Of a federated user: the unique id ("AIDA…") of the user whose policies it has; empty for root's.
  std::string entity_id = {};
  /// Documents that limit the session.
  std::vector<std::string> session_policies = {};
  /// They take the place of the role's tags of the same names.
  Tags session_tags = {};
  std::string source_identity = {};
  /// When its temporary credentials were issued; nullopt for long-term ones.
  std::optional<TimePoint> token_issued = {};
  /// How long ago a second factor confirmed whom they were issued to; nullopt when none did.
  std::optional<std::chrono::seconds> confirmed_ago = {};
  /// For services that act on behalf of a resource: that resource and the account it is in.
  std::string source_arn = {};
  std::string source_account = {};
  /// Whether it is a function as its role: what it does is remembered.
  bool is_function = false;
  /// The function that makes the call with its role's credentials; empty where it is none.
  std::string function_arn = {};
};

class RequestKeys final : public policy::Context {
 public:
  /// `context` may be null for what happens inside the server. `rule` and `resource` may be null.
  RequestKeys(const Caller& caller, const Tags& identity_tags, const wire::Context* context,
              const policy::Context* rule, const policy::Context* resource)
      : caller_(caller), identity_tags_(identity_tags), context_(context), rule_(rule), resource_(resource) {}

  [[nodiscard]] policy::ContextValues find(std::string_view key) const override;

 private:
  [[nodiscard]] policy::ContextValues of_request(std::string_view key) const;
  [[nodiscard]] policy::ContextValues of_caller(std::string_view key) const;
  [[nodiscard]] policy::ContextValues principal_tag(std::string_view name) const;

  const Caller& caller_;
  const Tags& identity_tags_;
  const wire::Context* context_;
  const policy::Context* rule_;
  const policy::Context* resource_;
  /// Values that were made for this decision; a deque keeps them where they are.
  mutable std::deque<std::string> made_;
};

}  // namespace martlet::authorization
