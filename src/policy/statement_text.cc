#include "policy/statement_text.h"

#include <optional>
#include <utility>

#include "policy/grammar.h"

namespace martlet::policy {

namespace {

namespace json = boost::json;

void read_texts(const grammar::Element& from, Element<std::vector<std::string>>& into) {
  if (from.value == nullptr) return;
  into.negated = from.negated;
  grammar::for_each_text(*from.value, [&](std::string_view text) { into.content.emplace_back(text); });
}

void read_principals(const grammar::Element& from, Element<std::vector<std::string>>& into) {
  if (from.value == nullptr) return;
  into.negated = from.negated;
  grammar::for_each_principal(
      *from.value, [&](std::string_view, std::string_view who) { into.content.emplace_back(who); });
}

StatementText text_of(const json::object& from) {
  StatementText text;
  if (const auto* sid = from.if_contains("Sid")) text.sid = sid->as_string();
  text.effect = grammar::effect(from);
  read_principals(grammar::element(from, "Principal", "NotPrincipal"), text.principals);
  read_texts(grammar::element(from, "Action", "NotAction"), text.actions);
  read_texts(grammar::element(from, "Resource", "NotResource"), text.resources);
  if (const auto* condition = from.if_contains("Condition"))
    grammar::for_each_condition(*condition,
                                [&](std::string_view name, std::string_view key, const json::value& value) {
                                  text.conditions.push_back({.comparison = std::string(name),
                                                             .key = std::string(key),
                                                             .values = grammar::condition_values(value)});
                                });
  return text;
}

}  // namespace

StatementText statement_text(std::string_view document, std::size_t number) {
  std::optional<StatementText> found;
  std::size_t at = 0;
  grammar::for_each_statement(grammar::read_policy(document), [&](const json::object& statement) {
    if (at++ == number) found = text_of(statement);
  });
  if (!found) grammar::refuse("There is no such statement.");
  return std::move(*found);
}

}  // namespace martlet::policy
