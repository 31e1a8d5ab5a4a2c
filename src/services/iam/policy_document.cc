#include "services/iam/policy_document.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "base/arn.h"
#include "services/iam/errors.h"

namespace martlet::iam {

namespace {

namespace json = boost::json;

constexpr const char* kSyntax = "Syntax errors in policy.";
constexpr std::array<std::string_view, 3> kPolicyElements{"Version", "Id", "Statement"};
constexpr std::array<std::string_view, 9> kStatementElements{"Sid",          "Effect",      "Principal",
                                                             "NotPrincipal", "Action",      "NotAction",
                                                             "Resource",     "NotResource", "Condition"};
constexpr std::array<std::string_view, 4> kPrincipalTypes{"AWS", "Federated", "Service", "CanonicalUser"};

[[noreturn]] void refuse(const std::string& why) { throw malformed_policy(why); }

template <std::size_t N>
void require_known(const json::object& object, const std::array<std::string_view, N>& known) {
  for (const auto& member : object) {
    if (std::find(known.begin(), known.end(), std::string_view(member.key())) == known.end()) refuse(kSyntax);
  }
}

/// Calls `check` with the text, or with each text of a list that is not empty.
template <class Check>
void for_each_text(const json::value& value, Check check) {
  if (const auto* text = value.if_string()) return check(std::string_view(*text));
  const auto* list = value.if_array();
  if (!list || list->empty()) refuse(kSyntax);
  for (const json::value& item : *list) {
    const auto* text = item.if_string();
    if (!text) refuse(kSyntax);
    check(std::string_view(*text));
  }
}

/// Whichever of two elements that exclude each other is there; nullptr when neither is.
const json::value* one_of(const json::object& statement, const char* name, const char* negated) {
  const json::value* positive = statement.if_contains(name);
  const json::value* negative = statement.if_contains(negated);
  if (positive && negative) refuse(kSyntax);
  return positive ? positive : negative;
}

void check_action(std::string_view action, PolicyKind kind) {
  if (kind == PolicyKind::kTrust) {
    if (!action.starts_with("sts:")) refuse("AssumeRole policy may only specify STS AssumeRole actions.");
    return;
  }
  const auto colon = action.find(':');
  if (action != "*" && (colon == std::string_view::npos || colon == 0 || colon + 1 == action.size()))
    refuse("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
}

void check_principal(const json::value& principal) {
  if (const auto* text = principal.if_string()) {
    if (*text != "*")
      refuse(fmt::format("Invalid principal in policy: \"AWS\":\"{}\"", std::string_view(*text)));
    return;
  }
  const auto* types = principal.if_object();
  if (!types || types->empty()) refuse(kSyntax);
  require_known(*types, kPrincipalTypes);
  for (const auto& type : *types) {
    for_each_text(type.value(), [&](std::string_view who) {
      if (who.empty())
        refuse(fmt::format("Invalid principal in policy: \"{}\":\"\"", std::string_view(type.key())));
    });
  }
}

void check_resource(std::string_view resource) {
  // A wildcard may stand for several parts of an ARN.
  if (resource == "*" || (resource.starts_with("arn:") && (Arn::parse(resource) || resource.contains('*'))))
    return;
  refuse(fmt::format("Resource {} must be in ARN format or \"*\".", resource));
}

void check_condition(const json::value& condition) {
  const auto* operators = condition.if_object();
  if (!operators) refuse(kSyntax);
  for (const auto& each : *operators) {
    const auto* keys = each.value().if_object();
    if (!keys) refuse(kSyntax);
    for (const auto& key : *keys) {
      const json::value& value = key.value();
      if (value.is_object() || value.is_null()) refuse(kSyntax);
    }
  }
}

void check_statement(const json::value& value, PolicyKind kind) {
  const auto* statement = value.if_object();
  if (!statement) refuse(kSyntax);
  require_known(*statement, kStatementElements);
  if (const auto* sid = statement->if_contains("Sid"); sid && !sid->is_string()) refuse(kSyntax);

  const auto* effect = statement->if_contains("Effect");
  if (!effect) refuse("Missing required field Effect");
  if (*effect != "Allow" && *effect != "Deny")
    refuse(fmt::format("Invalid effect: {}", json::serialize(*effect)));

  const auto* action = one_of(*statement, "Action", "NotAction");
  if (!action)
    refuse(kind == PolicyKind::kTrust ? "Missing required field Action"
                                      : "Policy statement must contain actions.");
  for_each_text(*action, [&](std::string_view text) { check_action(text, kind); });

  const auto* principal = one_of(*statement, "Principal", "NotPrincipal");
  const auto* resource = one_of(*statement, "Resource", "NotResource");
  if (kind == PolicyKind::kTrust) {
    if (resource) refuse("Has prohibited field Resource");
    if (!principal) refuse("Missing required field Principal");
    check_principal(*principal);
  } else {
    if (principal) refuse("Policy document should not specify a principal.");
    if (!resource) refuse("Policy statement must contain resources.");
    for_each_text(*resource, check_resource);
  }
  if (const auto* condition = statement->if_contains("Condition")) check_condition(*condition);
}

}  // namespace

void check_policy(std::string_view document, PolicyKind kind) {
  boost::system::error_code failure;
  const json::value parsed = json::parse(document, failure);
  if (failure) refuse("This policy contains invalid Json");
  const auto* policy = parsed.if_object();
  if (!policy) refuse(kSyntax);
  require_known(*policy, kPolicyElements);
  if (const auto* version = policy->if_contains("Version");
      version && *version != "2012-10-17" && *version != "2008-10-17") {
    refuse(kSyntax);
  }
  if (const auto* id = policy->if_contains("Id"); id && !id->is_string()) refuse(kSyntax);
  const auto* statements = policy->if_contains("Statement");
  if (!statements) refuse("Missing required field Statement");
  if (const auto* list = statements->if_array()) {
    if (list->empty()) refuse(kSyntax);
    for (const json::value& statement : *list) check_statement(statement, kind);
  } else {
    check_statement(*statements, kind);
  }
}

std::size_t counted_size(std::string_view document) {
  std::size_t count = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < document.size(); ++i) {
    const char c = document[i];
    if (in_string && c == '\\') {
      count += 2;  // the escaped character is no end of the string
      ++i;
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (in_string || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) ++count;
  }
  return count;
}

}  // namespace martlet::iam
