#pragma once

// The elements of a policy document as JSON, taken apart; what compiling and checking share. Only for .cc
// files of this room.

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document.h"

namespace martlet::policy::grammar {

namespace json = boost::json;

inline constexpr const char* kSyntax = "Syntax errors in policy.";

[[noreturn]] inline void refuse(const std::string& why) { throw InvalidPolicy(why); }

/// The document as JSON; refuses what is too large, too deep, or no object with the elements of a policy.
json::object read_policy(std::string_view document);

/// Calls `take` with each statement, which is an object with the elements of a statement.
void for_each_statement(const json::object& policy, const auto& take);

/// Calls `take` with the text, or with each text of a list that is not empty.
void for_each_text(const json::value& value, const auto& take) {
  if (const auto* text = value.if_string()) return take(std::string_view(*text));
  const auto* list = value.if_array();
  if (!list || list->empty()) refuse(kSyntax);
  for (const json::value& item : *list) {
    const auto* text = item.if_string();
    if (!text) refuse(kSyntax);
    take(std::string_view(*text));
  }
}

/// An element that may be written in a negated form.
struct Element {
  /// nullptr when neither form is there.
  const json::value* value = nullptr;
  bool negated = false;
};

/// Refuses a statement with both forms: "Action" and "NotAction".
Element element(const json::object& statement, const char* name, const char* negated_name);

/// Refuses members other than those of a statement.
void require_statement(const json::object& statement);

Effect effect(const json::object& statement);

/// Calls `take(type, who)` for each principal; `type` is "" for the bare "*".
void for_each_principal(const json::value& principal, const auto& take);

/// Calls `take(operator, key, value)` for each line of a Condition element.
void for_each_condition(const json::value& condition, const auto& take) {
  const auto* operators = condition.if_object();
  if (!operators) refuse(kSyntax);
  for (const auto& each : *operators) {
    const auto* keys = each.value().if_object();
    if (!keys) refuse(kSyntax);
    for (const auto& key : *keys) {
      if (key.value().is_object() || key.value().is_null()) refuse(kSyntax);
      take(std::string_view(each.key()), std::string_view(key.key()), key.value());
    }
  }
}

/// The values of such a line. Numbers and truth values need no quotes.
std::vector<std::string> condition_values(const json::value& value);

void for_each_statement(const json::object& policy, const auto& take) {
  const auto* statements = policy.if_contains("Statement");
  if (!statements) refuse("Missing required field Statement");
  const auto one = [&](const json::value& value) {
    const auto* statement = value.if_object();
    if (!statement) refuse(kSyntax);
    require_statement(*statement);
    take(*statement);
  };
  const auto* list = statements->if_array();
  if (!list) return one(*statements);
  if (list->empty()) refuse(kSyntax);
  for (const json::value& statement : *list) one(statement);
}

bool is_principal_type(std::string_view name);

void for_each_principal(const json::value& principal, const auto& take) {
  if (const auto* text = principal.if_string()) {
    if (*text != "*") refuse("Invalid principal in policy: \"AWS\":\"" + std::string(*text) + "\"");
    return take(std::string_view(), std::string_view(*text));
  }
  const auto* types = principal.if_object();
  if (!types || types->empty()) refuse(kSyntax);
  for (const auto& type : *types) {
    if (!is_principal_type(type.key())) refuse(kSyntax);
  }
  for (const auto& type : *types) {
    for_each_text(type.value(), [&](std::string_view who) {
      if (who.empty()) refuse("Invalid principal in policy: \"" + std::string(type.key()) + "\":\"\"");
      take(std::string_view(type.key()), who);
    });
  }
}

}  // namespace martlet::policy::grammar
