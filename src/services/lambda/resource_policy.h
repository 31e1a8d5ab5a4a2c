#pragma once

// Resource-based policies of functions and layer versions: the statements that AddPermission and
// AddLayerVersionPermission make, how they look as JSON, and whom they let in. Values only.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace martlet::lambda {

/// One statement, in the terms of the request that made it; what was not given is empty.
struct PolicyStatement {
  std::string sid;
  std::string action;
  /// A service ("s3.amazonaws.com"), an account, an ARN, or "*".
  std::string principal;
  std::string source_arn;
  std::string source_account;
  std::string principal_org_id;
  std::string event_source_token;
  std::string function_url_auth_type;
  bool invoked_via_function_url = false;

  void fields(auto& field) {
    field(1, sid);
    field(2, action);
    field(3, principal);
    field(4, source_arn);
    field(5, source_account);
    field(6, principal_org_id);
    field(7, event_source_token);
    field(8, function_url_auth_type);
    field(9, invoked_via_function_url);
  }
};

struct ResourcePolicy {
  static constexpr std::uint32_t kVersion = 1;

  std::string revision_id;
  std::vector<PolicyStatement> statements;

  void fields(auto& field) {
    field(1, revision_id);
    field(2, statements);
  }
};

/// The statement as the API shows it; `resource` is the ARN that the policy belongs to.
std::string statement_json(const PolicyStatement& statement, std::string_view resource,
                           std::string_view partition);
std::string policy_json(const ResourcePolicy& policy, std::string_view resource, std::string_view partition);

/// Refuses principals that are none, and a statement id that is taken; keeps the policy within its size.
void add_statement(ResourcePolicy& policy, PolicyStatement statement, std::string_view resource,
                   std::string_view partition);
/// Refuses an id that no statement has.
void remove_statement(ResourcePolicy& policy, const std::string& sid);

/// Whether the policy lets principals of `account` do `action`. Statements for members of an organization
/// let nobody in: Martlet knows no organizations.
bool allows(const ResourcePolicy& policy, std::string_view action, const std::string& account);

}  // namespace martlet::lambda
