#include "policy/check.h"

#include <fmt/core.h>

#include <functional>
#include <set>
#include <string>

#include "base/arn.h"
#include "policy/duplicate_keys.h"
#include "policy/grammar.h"

namespace martlet::policy {

namespace {

using grammar::refuse;

constexpr std::string_view kLettersAndDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// "s3:GetObject", "aws:SourceIp": of some service.
void require_prefix(std::string_view name) {
  const auto colon = name.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == name.size())
    refuse("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
}

void check_action(std::string_view action, Kind kind) {
  if (kind == Kind::kTrust) {
    if (!action.starts_with("sts:")) refuse("AssumeRole policy may only specify STS AssumeRole actions.");
    return;
  }
  if (action != "*") require_prefix(action);
}

void check_resource(std::string_view resource) {
  // A wildcard may stand for several parts of an ARN.
  if (resource == "*" || (resource.starts_with("arn:") && (Arn::parse(resource) || resource.contains('*'))))
    return;
  refuse(fmt::format("Resource {} must be in ARN format or \"*\".", resource));
}

void check_actions(const boost::json::object& statement, Kind kind) {
  const auto action = grammar::element(statement, "Action", "NotAction");
  if (!action.value)
    refuse(kind == Kind::kTrust ? "Missing required field Action" : "Policy statement must contain actions.");
  grammar::for_each_text(*action.value, [&](std::string_view text) { check_action(text, kind); });
}

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "AIDA…", "AROA…": what a user or role is shown as that was deleted.
bool is_unique_id(std::string_view text) {
  return text.size() >= 16 && (text.starts_with("AIDA") || text.starts_with("AROA")) &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == std::string_view::npos;
}

/// Somebody whom a trust policy can name. Groups are nobody, and names have no wildcards.
bool is_aws_principal(std::string_view who) {
  if (who == "*" || is_account(who) || is_unique_id(who)) return true;
  const auto arn = Arn::parse(who);
  if (!arn || !is_account(arn->account) || who.find_first_of("*?") != std::string_view::npos) return false;
  const std::string& resource = arn->resource;
  if (arn->service == "iam")
    return resource == "root" || resource.starts_with("user/") || resource.starts_with("role/");
  return arn->service == "sts" &&
         (resource.starts_with("assumed-role/") || resource.starts_with("federated-user/"));
}

bool is_service(std::string_view who) {
  return who.ends_with(".amazonaws.com") || who.ends_with(".amazonaws.com.cn") ||
         who.ends_with(".aws.internal");
}

void check_trusted(std::string_view type, std::string_view who) {
  if (type == "AWS" && !is_aws_principal(who))
    refuse(fmt::format("Invalid principal in policy: \"AWS\":\"{}\"", who));
  if (type == "Service" && !is_service(who))
    refuse(fmt::format("Invalid principal in policy: \"SERVICE\":\"{}\"", who));
  const bool is_domain = who.contains('.') && who.find_first_of(" :/*") == std::string_view::npos;
  if (type == "Federated" && !is_domain && !who.contains(":oidc-provider/") &&
      !who.contains(":saml-provider/"))
    refuse("Federated principals must be valid domain names or SAML metadata ARNs");
}

/// Statement ids, of which `seen` are those before.
void check_sid(const boost::json::object& statement, std::set<std::string, std::less<>>& seen) {
  const auto* sid = statement.if_contains("Sid");
  if (!sid || sid->as_string().empty()) return;
  const std::string_view text = sid->as_string();
  if (text.find_first_not_of(kLettersAndDigits) != std::string_view::npos)
    refuse(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
        "expression [0-9A-Za-z]*");
  if (!seen.emplace(text).second) refuse("Statement IDs (SID) in a single policy must be unique.");
}

void check_principal_and_resource(const boost::json::object& statement, Kind kind) {
  const auto principal = grammar::element(statement, "Principal", "NotPrincipal");
  const auto resource = grammar::element(statement, "Resource", "NotResource");
  if (kind == Kind::kIdentity) {
    if (principal.value) refuse("Policy document should not specify a principal.");
    if (!resource.value) refuse("Policy statement must contain resources.");
  } else {
    if (kind == Kind::kTrust && resource.value) refuse("Has prohibited field Resource");
    if (!principal.value) refuse("Missing required field Principal");
    grammar::for_each_principal(*principal.value, [&](std::string_view type, std::string_view who) {
      if (kind == Kind::kTrust) check_trusted(type, who);
    });
  }
  if (resource.value) {
    grammar::for_each_text(*resource.value, [&](std::string_view text) {
      // Some services let their resource policies name a resource otherwise than by its ARN.
      if (kind == Kind::kIdentity) check_resource(text);
    });
  }
}

void check_conditions(const boost::json::value& condition, Kind kind) {
  grammar::for_each_condition(condition,
                              [kind](std::string_view name, std::string_view key, const boost::json::value&) {
                                if (!Operator::parse(name))
                                  refuse(fmt::format("Invalid Condition type : {}.", name));
                                if (kind != Kind::kResource) require_prefix(key);
                              });
}

}  // namespace

void check(std::string_view document, Kind kind) {
  const auto policy = grammar::read_policy(document);
  if (has_duplicate_keys(document)) refuse(grammar::kSyntax);
  std::set<std::string, std::less<>> sids;
  grammar::for_each_statement(policy, [&](const boost::json::object& statement) {
    grammar::effect(statement);
    if (kind != Kind::kResource) check_sid(statement, sids);
    check_actions(statement, kind);
    check_principal_and_resource(statement, kind);
    if (const auto* condition = statement.if_contains("Condition")) check_conditions(*condition, kind);
  });
}

std::vector<std::string> trusted_arns(std::string_view document) {
  std::vector<std::string> arns;
  grammar::for_each_statement(grammar::read_policy(document), [&](const boost::json::object& statement) {
    const auto principal = grammar::element(statement, "Principal", "NotPrincipal");
    if (!principal.value) return;
    grammar::for_each_principal(*principal.value, [&](std::string_view type, std::string_view who) {
      if (type == "AWS" && who.starts_with("arn:")) arns.emplace_back(who);
    });
  });
  return arns;
}

}  // namespace martlet::policy
