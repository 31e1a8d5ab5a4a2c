#include "services/lambda/resource_policy.h"

#include <algorithm>

#include "base/arn.h"
#include "base/strings.h"
#include "services/lambda/limits.h"
#include "services/lambda/resource_errors.h"

namespace martlet::lambda {

namespace {

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The Principal element as JSON; empty when the text names none.
std::string principal_json(const std::string& principal, std::string_view partition) {
  if (principal == "*") return "\"*\"";
  if (is_account(principal))
    return R"({"AWS":"arn:)" + std::string(partition) + ":iam::" + principal + R"(:root"})";
  if (const auto arn = Arn::parse(principal)) {
    const bool names_somebody = (arn->service == "iam" || arn->service == "sts") && is_account(arn->account);
    return names_somebody ? R"({"AWS":)" + quote_json(principal) + "}" : "";
  }
  if (principal.find('.') != std::string::npos) return R"({"Service":)" + quote_json(principal) + "}";
  return {};
}

std::string condition_json(const PolicyStatement& statement) {
  // In the order in which AWS writes them.
  std::vector<std::pair<std::string, std::string>> equals;
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) equals.emplace_back(key, value);
  };
  add("AWS:SourceAccount", statement.source_account);
  add("lambda:EventSourceToken", statement.event_source_token);
  add("lambda:FunctionUrlAuthType", statement.function_url_auth_type);
  add("aws:PrincipalOrgID", statement.principal_org_id);
  std::string operators;
  const auto append = [&](const std::string& text) { operators += (operators.empty() ? "" : ",") + text; };
  if (!equals.empty()) {
    std::string keys;
    for (const auto& [key, value] : equals)
      keys += (keys.empty() ? "" : ",") + quote_json(key) + ":" + quote_json(value);
    append(R"("StringEquals":{)" + keys + "}");
  }
  if (statement.invoked_via_function_url) append(R"("Bool":{"lambda:InvokedViaFunctionUrl":"true"})");
  if (!statement.source_arn.empty())
    append(R"("ArnLike":{"AWS:SourceArn":)" + quote_json(statement.source_arn) + "}");
  return operators;
}

}  // namespace

std::string statement_json(const PolicyStatement& statement, std::string_view resource,
                           std::string_view partition) {
  std::string out = R"({"Sid":)" + quote_json(statement.sid) + R"(,"Effect":"Allow","Principal":)" +
                    principal_json(statement.principal, partition) + R"(,"Action":)" +
                    quote_json(statement.action) + R"(,"Resource":)" + quote_json(resource);
  const std::string condition = condition_json(statement);
  if (!condition.empty()) out += R"(,"Condition":{)" + condition + "}";
  return out + "}";
}

std::string policy_json(const ResourcePolicy& policy, std::string_view resource, std::string_view partition) {
  std::string statements;
  for (const PolicyStatement& statement : policy.statements)
    statements += (statements.empty() ? "" : ",") + statement_json(statement, resource, partition);
  return R"({"Version":"2012-10-17","Id":"default","Statement":[)" + statements + "]}";
}

void add_statement(ResourcePolicy& policy, PolicyStatement statement, std::string_view resource,
                   std::string_view partition) {
  if (principal_json(statement.principal, partition).empty()) throw invalid_principal();
  if (std::ranges::find(policy.statements, statement.sid, &PolicyStatement::sid) != policy.statements.end())
    throw statement_exists(statement.sid);
  policy.statements.push_back(std::move(statement));
  const std::size_t size = policy_json(policy, resource, partition).size();
  if (size > kMaxPolicyBytes) throw policy_too_long(size);
}

void remove_statement(ResourcePolicy& policy, const std::string& sid) {
  if (std::erase_if(policy.statements, [&](const auto& statement) { return statement.sid == sid; }) == 0)
    throw statement_not_found(sid);
}

bool allows(const ResourcePolicy& policy, std::string_view action, const std::string& account) {
  return std::ranges::any_of(policy.statements, [&](const PolicyStatement& statement) {
    const bool conditional = !statement.principal_org_id.empty() || !statement.source_account.empty() ||
                             !statement.source_arn.empty() || !statement.event_source_token.empty() ||
                             !statement.function_url_auth_type.empty() || statement.invoked_via_function_url;
    if (conditional) return false;
    if (statement.action != action && statement.action != "lambda:*" && statement.action != "*") return false;
    if (statement.principal == "*" || statement.principal == account) return true;
    const auto arn = Arn::parse(statement.principal);
    return arn && arn->account == account && arn->resource == "root";
  });
}

}  // namespace martlet::lambda
