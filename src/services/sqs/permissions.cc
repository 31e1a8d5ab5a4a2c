// AddPermission and RemovePermission: statements of the queue's policy, by their labels.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/strings.h"
#include "services/sqs/errors.h"
#include "services/sqs/limits.h"
#include "services/sqs/service.h"

namespace martlet::sqs {

namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 7> kActions{
    "*",           "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes",
    "GetQueueUrl", "ReceiveMessage",          "SendMessage"};

void check_label(const std::string& label) {
  const bool good = !label.empty() && label.size() <= kMaxPermissionLabel &&
                    std::all_of(label.begin(), label.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                             c == '-' || c == '_';
                    });
  if (!good)
    throw invalid_parameter(
        "Label", label,
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.");
}

void check_request(const AddPermissionRequest& input) {
  check_label(input.label);
  if (input.actions.empty()) throw missing_parameter("Actions");
  if (input.aws_account_ids.empty()) throw missing_parameter("AWSAccountIds");
  if (input.actions.size() > kMaxPermissionActions)
    throw over_limit(fmt::format("{} Actions were found, maximum allowed is {}.", input.actions.size(),
                                 kMaxPermissionActions));
  for (const std::string& action : input.actions)
    if (std::find(kActions.begin(), kActions.end(), action) == kActions.end())
      throw invalid_parameter("ActionName", "SQS:" + action,
                              "Only the queue owner is allowed to invoke this action.");
  for (const std::string& account : input.aws_account_ids)
    if (account.size() != 12 || account.find_first_not_of("0123456789") != std::string::npos)
      throw invalid_parameter("PrincipalId", account, "Unable to verify.");
}

/// One text, or a list of several.
json::value one_or_more(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return json::string(texts.front());
  json::array list;
  for (const std::string& text : texts) list.emplace_back(json::string(text));
  return list;
}

json::object statement_of(const AddPermissionRequest& input, const std::string& queue_arn,
                          const std::string& partition) {
  std::vector<std::string> principals;
  for (const std::string& account : input.aws_account_ids)
    principals.push_back(fmt::format("arn:{}:iam::{}:root", partition, account));
  std::vector<std::string> actions;
  for (const std::string& action : input.actions) actions.push_back("SQS:" + action);
  return {{"Sid", input.label},
          {"Effect", "Allow"},
          {"Principal", json::object{{"AWS", one_or_more(principals)}}},
          {"Action", one_or_more(actions)},
          {"Resource", queue_arn}};
}

/// The statements of a policy, which may also be a single one.
json::array statements_of(json::object& policy) {
  json::value& statement = policy["Statement"];
  if (statement.is_array()) return statement.as_array();
  return statement.is_object() ? json::array{statement} : json::array{};
}

bool has_label(const json::value& statement, const std::string& label) {
  const auto* object = statement.if_object();
  const auto* sid = object == nullptr ? nullptr : object->if_contains("Sid");
  return sid != nullptr && sid->is_string() && std::string_view(sid->as_string()) == label;
}

json::object policy_of(const QueueRecord& record) {
  const auto text = value_of(record, "Policy");
  return text ? json::parse(*text).as_object() : json::object();
}

void set_policy(QueueRecord& record, const json::object& policy) {
  apply_attributes(record.attributes, {{"Policy", json::serialize(policy)}}, record.fifo);
}

}  // namespace

Task<> SqsService::AddPermission(wire::Context& context, AddPermissionRequest input) {
  check_request(input);
  const QueueName name = queue_of_url(context, input.queue_url);
  const std::int64_t now = now_ms();
  co_await update(name, [&](QueueRecord& record) {
    const std::string arn = arn_of(record.partition, name);
    json::object policy = policy_of(record);
    if (policy.empty()) policy = {{"Version", "2012-10-17"}, {"Id", arn + "/SQSDefaultPolicy"}};
    json::array statements = statements_of(policy);
    for (const json::value& statement : statements)
      if (has_label(statement, input.label)) throw invalid_parameter("Label", input.label, "Already exists.");
    statements.emplace_back(statement_of(input, arn, record.partition));
    policy["Statement"] = std::move(statements);
    set_policy(record, policy);
    record.modified_ms = now;
  });
}

Task<> SqsService::RemovePermission(wire::Context& context, RemovePermissionRequest input) {
  const QueueName name = queue_of_url(context, input.queue_url);
  const std::int64_t now = now_ms();
  co_await update(name, [&](QueueRecord& record) {
    json::object policy = policy_of(record);
    json::array statements = statements_of(policy);
    json::array kept;
    for (const json::value& statement : statements)
      if (!has_label(statement, input.label)) kept.push_back(statement);
    if (kept.size() == statements.size())
      throw invalid_parameter("Label", input.label, "can't find label on existing policy");
    if (kept.empty()) {
      record.attributes.erase("Policy");
    } else {
      policy["Statement"] = std::move(kept);
      set_policy(record, policy);
    }
    record.modified_ms = now;
  });
}

}  // namespace martlet::sqs
