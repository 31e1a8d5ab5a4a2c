#include "policy/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/arn.h"
#include "policy/duplicate_keys.h"
#include "policy/grammar.h"

namespace martlet::policy {

namespace {

using grammar::refuse;

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

void check_principal_and_resource(const boost::json::object& statement, Kind kind) {
  const auto principal = grammar::element(statement, "Principal", "NotPrincipal");
  const auto resource = grammar::element(statement, "Resource", "NotResource");
  if (kind == Kind::kIdentity) {
    if (principal.value) refuse("Policy document should not specify a principal.");
    if (!resource.value) refuse("Policy statement must contain resources.");
  } else {
    if (kind == Kind::kTrust && resource.value) refuse("Has prohibited field Resource");
    if (!principal.value) refuse("Missing required field Principal");
    grammar::for_each_principal(*principal.value, [](std::string_view, std::string_view) {});
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

/// IAM is stricter about the ids of statements than services are in the policies of their resources.
void check_sid(const boost::json::object& statement, std::set<std::string>& taken) {
  const auto* sid = statement.if_contains("Sid");
  if (sid == nullptr) return;
  std::string id(sid->as_string());
  const bool good = std::ranges::all_of(
      id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
  if (!good) refuse("Statement IDs (SID) must be alpha-numeric.");
  if (!id.empty() && !taken.insert(std::move(id)).second)
    refuse("Statement IDs (SID) in a single policy must be unique.");
}

}  // namespace

void check(std::string_view document, Kind kind) {
  const auto policy = grammar::read_policy(document);
  if (has_duplicate_keys(document)) refuse(grammar::kSyntax);
  std::set<std::string> sids;
  grammar::for_each_statement(policy, [&](const boost::json::object& statement) {
    if (kind != Kind::kResource) check_sid(statement, sids);
    grammar::effect(statement);
    check_actions(statement, kind);
    check_principal_and_resource(statement, kind);
    if (const auto* condition = statement.if_contains("Condition")) check_conditions(*condition, kind);
  });
}

}  // namespace martlet::policy
