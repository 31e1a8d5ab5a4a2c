#pragma once

// How this room's tests write policies, principals and decisions: short enough for tables.

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "policy/evaluate.h"

namespace martlet::policy::testing {

inline constexpr const char* kAccount = "111122223333";
inline constexpr const char* kOther = "444455556666";
inline constexpr const char* kQueue = "arn:aws:sqs:eu-west-1:111122223333:jobs";

/// A list as JSON: "a,b" is ["a", "b"], "a" is "a".
inline std::string json_list(std::string_view text) {
  const auto parts = split(text, ',');
  std::string list;
  for (const auto part : parts) list += (list.empty() ? "" : ", ") + quote_json(part);
  return parts.size() == 1 ? list : "[" + list + "]";
}

/// One statement from "Allow ACTIONS on RESOURCES to TYPE=PRINCIPALS if CONDITION", all but the first two
/// optional. ACTIONS, RESOURCES and PRINCIPALS are separated by commas; "!" before one of them makes it the
/// negated element. "to *" names everybody; CONDITION is JSON without the outer braces.
inline std::string statement_json(std::string_view text) {
  std::string condition;
  if (const auto at = text.find(" if "); at != std::string_view::npos) {
    condition = text.substr(at + 4);
    text = text.substr(0, at);
  }
  std::string principals;
  if (const auto at = text.find(" to "); at != std::string_view::npos) {
    std::string_view who = text.substr(at + 4);
    const bool negated = who.starts_with('!');
    if (negated) who.remove_prefix(1);
    const auto equals = who.find('=');
    const std::string value = who == "*" ? "\"*\""
                                         : fmt::format("{{{}: {}}}", quote_json(who.substr(0, equals)),
                                                       json_list(who.substr(equals + 1)));
    principals = fmt::format(", \"{}\": {}", negated ? "NotPrincipal" : "Principal", value);
    text = text.substr(0, at);
  }
  std::string resources;
  if (const auto at = text.find(" on "); at != std::string_view::npos) {
    std::string_view what = text.substr(at + 4);
    const bool negated = what.starts_with('!');
    if (negated) what.remove_prefix(1);
    resources = fmt::format(", \"{}\": {}", negated ? "NotResource" : "Resource", json_list(what));
    text = text.substr(0, at);
  }
  const auto space = text.find(' ');
  std::string_view actions = text.substr(space + 1);
  const bool negated = actions.starts_with('!');
  if (negated) actions.remove_prefix(1);
  return fmt::format(R"({{"Effect": "{}", "{}": {}{}{}{}}})", text.substr(0, space),
                     negated ? "NotAction" : "Action", json_list(actions), resources, principals,
                     condition.empty() ? "" : ", \"Condition\": {" + condition + "}");
}

/// Statements as above, separated by " ; "; nullptr for "".
inline PolicyPtr policy_of(std::string_view text, std::string_view version = "2012-10-17") {
  if (text.empty()) return nullptr;
  std::string statements;
  while (true) {
    const auto at = text.find(" ; ");
    statements += (statements.empty() ? "" : ", ") + statement_json(text.substr(0, at));
    if (at == std::string_view::npos) break;
    text = text.substr(at + 3);
  }
  return Policy::parse(fmt::format(R"({{"Version": "{}", "Statement": [{}]}})", version, statements));
}

inline PolicyGroup group_of(std::string_view text) {
  return text.empty() ? PolicyGroup() : PolicyGroup({policy_of(text)});
}

inline Principal user(std::string_view name, std::string_view account = kAccount) {
  Principal principal{.kind = PrincipalKind::kUser,
                      .arn = fmt::format("arn:aws:iam::{}:user/{}", account, name),
                      .account = std::string(account),
                      .user_id = fmt::format("AIDA{}", name),
                      .user_name = std::string(name)};
  principal.entity_arn = principal.arn;
  return principal;
}

inline Principal session(std::string_view role, std::string_view name, std::string_view account = kAccount) {
  return {.kind = PrincipalKind::kRoleSession,
          .arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", account, role, name),
          .account = std::string(account),
          .user_id = fmt::format("AROA{}:{}", role, name),
          .user_name = "",
          .entity_arn = fmt::format("arn:aws:iam::{}:role/service-role/{}", account, role)};
}

inline Principal federated(std::string_view name, std::string_view by, std::string_view account = kAccount) {
  return {.kind = PrincipalKind::kFederatedUser,
          .arn = fmt::format("arn:aws:sts::{}:federated-user/{}", account, name),
          .account = std::string(account),
          .user_id = fmt::format("{}:{}", account, name),
          .user_name = "",
          .entity_arn = fmt::format("arn:aws:iam::{}:{}", account, by)};
}

inline Principal root(std::string_view account = kAccount) {
  return {.kind = PrincipalKind::kRoot,
          .arn = fmt::format("arn:aws:iam::{}:root", account),
          .account = std::string(account),
          .user_id = std::string(account),
          .user_name = "",
          .entity_arn = fmt::format("arn:aws:iam::{}:root", account)};
}

inline Principal service(std::string_view name) {
  return {.kind = PrincipalKind::kService, .service = std::string(name)};
}

inline Principal web_identity(std::string_view provider) {
  return {.kind = PrincipalKind::kWebIdentity, .provider = std::string(provider)};
}

/// "allowed by identity", "no boundary", "denied by resource".
inline std::string told(const Decision& decision) {
  const char* type = "";
  switch (decision.type) {
    case PolicyType::kIdentity:
      type = "identity";
      break;
    case PolicyType::kBoundary:
      type = "boundary";
      break;
    case PolicyType::kSession:
      type = "session";
      break;
    case PolicyType::kResource:
      type = "resource";
      break;
  }
  if (decision.outcome == Outcome::kImplicitDeny) return fmt::format("no {}", type);
  return fmt::format("{} by {}", decision.allowed() ? "allowed" : "denied", type);
}

/// What applies to one request; "" where there is no such policy.
struct Applied {
  const char* identity = "";
  const char* resource = "";
  const char* boundary = "";
  const char* session = "";
  ResourceRule rule = ResourceRule::kEither;
};

/// The decision, which must be the same with and without a trace.
inline std::string decide(const Principal& principal, const Applied& applied,
                          std::string_view action = "sqs:SendMessage", std::string_view resource = kQueue,
                          const Context* context = nullptr) {
  const auto identity = group_of(applied.identity);
  const auto limits = group_of(applied.session);
  const PolicySet policies{.identity = identity,
                           .boundary = policy_of(applied.boundary),
                           .session = limits,
                           .resource = policy_of(applied.resource),
                           .resource_rule = applied.rule};
  const Request request{.principal = &principal, .action = action, .resource = resource, .context = context};
  const std::string decision = told(evaluate(request, policies));
  Trace trace;
  EXPECT_EQ(told(evaluate(request, policies, &trace)), decision);
  return decision;
}

}  // namespace martlet::policy::testing
