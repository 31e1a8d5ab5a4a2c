#include "policy/grammar.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <utility>

namespace martlet::policy::grammar {

namespace {

constexpr std::array<std::string_view, 3> kPolicyElements{"Version", "Id", "Statement"};
constexpr std::array<std::string_view, 9> kStatementElements{"Sid",          "Effect",      "Principal",
                                                             "NotPrincipal", "Action",      "NotAction",
                                                             "Resource",     "NotResource", "Condition"};
constexpr std::array<std::string_view, 4> kPrincipalTypes{"AWS", "Federated", "Service", "CanonicalUser"};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <std::size_t N>
void require_known(const json::object& object, const std::array<std::string_view, N>& known) {
  for (const auto& member : object) {
    if (!is_one_of(member.key(), known)) refuse(kSyntax);
  }
}

}  // namespace

json::object read_policy(std::string_view document) {
  if (document.size() > Policy::kMaxBytes) refuse(kSyntax);
  boost::system::error_code failure;
  // Refuses more than 32 levels, and text that is not UTF-8.
  json::value parsed = json::parse(document, failure);
  if (failure) refuse("This policy contains invalid Json");
  auto* policy = parsed.if_object();
  if (!policy) refuse(kSyntax);
  require_known(*policy, kPolicyElements);
  if (const auto* version = policy->if_contains("Version");
      version && *version != "2012-10-17" && *version != "2008-10-17") {
    refuse(kSyntax);
  }
  if (const auto* id = policy->if_contains("Id"); id && !id->is_string()) refuse(kSyntax);
  return std::move(*policy);
}

void require_statement(const json::object& statement) {
  require_known(statement, kStatementElements);
  if (const auto* sid = statement.if_contains("Sid"); sid && !sid->is_string()) refuse(kSyntax);
}

Element element(const json::object& statement, const char* name, const char* negated_name) {
  const json::value* positive = statement.if_contains(name);
  const json::value* negative = statement.if_contains(negated_name);
  if (positive && negative) refuse(kSyntax);
  return positive ? Element{positive, false} : Element{negative, true};
}

Effect effect(const json::object& statement) {
  const auto* effect = statement.if_contains("Effect");
  if (!effect) refuse("Missing required field Effect");
  if (*effect == "Allow") return Effect::kAllow;
  if (*effect == "Deny") return Effect::kDeny;
  refuse("Invalid effect: " + json::serialize(*effect));
}

std::vector<std::string> condition_values(const json::value& value) {
  const auto text_of = [](const json::value& item) {
    const auto* text = item.if_string();
    return text ? std::string(*text) : json::serialize(item);
  };
  std::vector<std::string> values;
  if (const auto* list = value.if_array()) {
    for (const json::value& item : *list) values.push_back(text_of(item));
  } else {
    values.push_back(text_of(value));
  }
  return values;
}

bool is_principal_type(std::string_view name) { return is_one_of(name, kPrincipalTypes); }

}  // namespace martlet::policy::grammar
