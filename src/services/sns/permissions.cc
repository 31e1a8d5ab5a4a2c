// AddPermission and RemovePermission: statements of a topic's policy, by label.

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "services/sns/calls.h"
#include "services/sns/errors.h"
#include "services/sns/limits.h"
#include "services/sns/service.h"
#include "services/sns/sns_store.h"
#include "services/sns/topic_attributes.h"

namespace martlet::sns {

namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 9> kActions{"GetTopicAttributes",
                                                   "SetTopicAttributes",
                                                   "AddPermission",
                                                   "RemovePermission",
                                                   "DeleteTopic",
                                                   "Subscribe",
                                                   "Publish",
                                                   "Receive",
                                                   "ListSubscriptionsByTopic"};

bool is_label(const std::string& label) {
  return !label.empty() && label.size() <= kMaxLabelLength && std::ranges::all_of(label, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_account(const std::string& text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string::npos;
}

/// One as itself, several as a list: as AWS writes policies.
json::value one_or_many(json::array values) {
  if (values.size() == 1) return values.front();
  return values;
}

json::object statement_of(const TopicName& topic, const AddPermissionInput& input) {
  if (!is_label(input.label)) throw invalid_parameter("Label");
  if (input.aws_account_id.empty()) throw invalid_parameter("AWSAccountId");
  if (input.action_name.empty()) throw invalid_parameter("ActionName");
  json::array principals;
  for (const std::string& account : input.aws_account_id) {
    if (!is_account(account)) throw invalid_parameter("AWSAccountId");
    principals.emplace_back("arn:" + topic.partition + ":iam::" + account + ":root");
  }
  json::array actions;
  for (const std::string& action : input.action_name) {
    if (std::ranges::find(kActions, action) == kActions.end())
      throw invalid_parameter("Policy statement action out of service scope!");
    actions.emplace_back("SNS:" + action);
  }
  json::object principal;
  principal["AWS"] = one_or_many(std::move(principals));
  json::object statement;
  statement["Sid"] = input.label;
  statement["Effect"] = "Allow";
  statement["Principal"] = std::move(principal);
  statement["Action"] = one_or_many(std::move(actions));
  statement["Resource"] = topic.arn();
  return statement;
}

/// The statements of a policy, as a list.
json::array& statements_of(json::value& policy) {
  json::value& statements = policy.as_object()["Statement"];
  if (!statements.is_array()) {
    json::array list;
    if (statements.is_object()) list.push_back(std::move(statements));
    statements = std::move(list);
  }
  return statements.as_array();
}

bool has_label(const json::value& statement, const std::string& label) {
  const json::value* sid = statement.is_object() ? statement.as_object().if_contains("Sid") : nullptr;
  return sid != nullptr && sid->is_string() && sid->as_string() == label;
}

}  // namespace

Task<> SnsService::AddPermission(wire::Context& context, AddPermissionInput input) {
  const TopicName name = called_topic(context, input.topic_arn);
  const json::object statement = statement_of(name, input);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    std::optional<TopicRecord> topic = co_await load_topic(txn, name);
    if (!topic) throw topic_not_found();
    json::value policy = json::parse(policy_of(name, *topic));
    json::array& statements = statements_of(policy);
    if (std::ranges::any_of(statements,
                            [&](const json::value& there) { return has_label(there, input.label); }))
      throw invalid_parameter("Statement already exists");
    if (statements.size() >= kMaxPolicyStatements)
      throw invalid_parameter("Policy Reason: too many statements");
    statements.push_back(statement);
    set_topic_attribute(name, *topic, "Policy", json::serialize(policy));
    save_topic(txn, name, *topic);
    policies_.change(txn);
  });
}

Task<> SnsService::RemovePermission(wire::Context& context, RemovePermissionInput input) {
  const TopicName name = called_topic(context, input.topic_arn);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    std::optional<TopicRecord> topic = co_await load_topic(txn, name);
    if (!topic) throw topic_not_found();
    json::value policy = json::parse(policy_of(name, *topic));
    json::array& statements = statements_of(policy);
    const auto found = std::ranges::find_if(
        statements, [&](const json::value& there) { return has_label(there, input.label); });
    if (found == statements.end()) co_return;
    statements.erase(found);
    set_topic_attribute(name, *topic, "Policy", json::serialize(policy));
    save_topic(txn, name, *topic);
    policies_.change(txn);
  });
}

}  // namespace martlet::sns
