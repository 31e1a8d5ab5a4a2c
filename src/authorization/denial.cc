#include "authorization/denial.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "authorization/authorization_message.h"
#include "authorization/denial_json.h"
#include "base/strings.h"
#include "policy/statement_text.h"

namespace martlet::authorization {

namespace {

/// More would not fit.
constexpr std::size_t kMaxStatements = 10;
constexpr std::size_t kMaxKeys = 40;

/// Keys that are told of whether or not a policy asks for them.
constexpr std::array<std::string_view, 4> kAlwaysTold{"aws:RequestedRegion", "aws:SourceIp", "aws:SourceArn",
                                                      "aws:SourceAccount"};
/// What an account and who acts for it have agreed on.
constexpr std::string_view kExternalId = "sts:externalid";

TextList list_of(std::vector<std::string> texts) { return {.texts = std::move(texts)}; }

KeyDetails key_of(std::string comparison, std::string key, std::vector<std::string> values) {
  KeyDetails out{.comparison = std::move(comparison), .key = std::move(key), .values = {}};
  if (to_lower(out.key) == kExternalId)
    out.values.omitted = values.size();
  else
    out.values.texts = std::move(values);
  return out;
}

StatementDetails statement_of(const policy::MatchedStatement& matched, const Refused& refused) {
  PolicyOrigin origin = refused.origin_of(matched);
  StatementDetails out;
  out.effect = matched.effect;
  out.policy_type = policy::named(matched.type, refused.rule);
  out.policy_name = std::move(origin.name);
  if (origin.document == nullptr) {
    out.sid = matched.policy->statements()[matched.statement].sid;
    return out;
  }
  policy::StatementText text;
  try {
    text = policy::statement_text(*origin.document, matched.statement);
  } catch (const policy::InvalidPolicy&) {
    // What stands in for a policy that cannot be read: it denies everything.
    return out;
  }
  out.sid = std::move(text.sid);
  const auto member = [](std::string_view name, std::string_view negated_name,
                         policy::Element<std::vector<std::string>>& element) {
    return NamedList{element.negated ? negated_name : name, list_of(std::move(element.content))};
  };
  out.lists = {member("principals", "notPrincipals", text.principals),
               member("actions", "notActions", text.actions),
               member("resources", "notResources", text.resources)};
  for (policy::StatementText::Condition& each : text.conditions)
    out.conditions.push_back(key_of(std::move(each.comparison), std::move(each.key), std::move(each.values)));
  return out;
}

/// Which statements that applied are told of: of an explicit denial those that deny.
bool is_told(const policy::MatchedStatement& matched, const Refused& refused) {
  const policy::Request& request = refused.request;
  if (refused.decision.outcome == policy::Outcome::kExplicitDeny && matched.effect != policy::Effect::kDeny)
    return false;
  return matched.type != policy::PolicyType::kResource ||
         policy::resource_account(request) == account_of(request);
}

void add_keys(const Refused& refused, DenialDetails& details) {
  for (const policy::AskedKey& asked : refused.trace.asked_keys)
    details.conditions.push_back(key_of("", asked.name, asked.values));
  if (refused.request.context == nullptr) return;
  for (const std::string_view key : kAlwaysTold) {
    const auto is_this = [&](const KeyDetails& known) { return to_lower(known.key) == to_lower(key); };
    if (std::any_of(details.conditions.begin(), details.conditions.end(), is_this)) continue;
    const policy::ContextValues values = refused.request.context->find(to_lower(key));
    if (!values.empty()) details.conditions.push_back(key_of("", std::string(key), {std::string(values[0])}));
  }
}

/// Leaves `most` of them.
template <class List>
void cut(List& list, std::size_t most, std::size_t& omitted) {
  if (list.size() <= most) return;
  omitted += list.size() - most;
  list.resize(most);
}

}  // namespace

aws::Error error_of(Denial denial, std::string code, int status) {
  aws::Error error(std::move(code), std::move(denial.message), status);
  if (denial.encoded.empty()) return error;
  return std::move(error).with_header(kAuthorizationMessageHeader, std::move(denial.encoded));
}

std::string account_of(const policy::Request& request) {
  const std::string& own = request.principal->account;
  return own.empty() ? std::string(policy::resource_account(request)) : own;
}

std::string details_of(const Refused& refused, std::size_t most) {
  const policy::Request& request = refused.request;
  const policy::Principal& principal = *request.principal;
  DenialDetails details;
  details.explicit_deny = refused.decision.outcome == policy::Outcome::kExplicitDeny;
  details.principal_id = principal.user_id;
  details.principal_name = principal.user_name;
  details.principal_arn = !principal.arn.empty()       ? principal.arn
                          : !principal.service.empty() ? principal.service
                                                       : principal.provider;
  details.action = request.action;
  details.resource = request.resource;
  for (const policy::MatchedStatement& matched : refused.trace.matched) {
    if (!is_told(matched, refused)) continue;
    if (details.statements.size() < kMaxStatements)
      details.statements.push_back(statement_of(matched, refused));
    else
      ++details.statements_omitted;
  }
  add_keys(refused, details);
  cut(details.conditions, kMaxKeys, details.conditions_omitted);
  return json_of(std::move(details), most);
}

}  // namespace martlet::authorization
