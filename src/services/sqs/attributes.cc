#include "services/sqs/attributes.h"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "base/strings.h"
#include "services/sqs/errors.h"
#include "services/sqs/limits.h"

namespace martlet::sqs {

namespace {

enum class Form { kInteger, kBoolean, kWord, kPolicy, kRedrive, kRedriveAllow, kText };
enum class Queues { kAll, kFifo };

struct Row {
  std::string_view name;
  Form form = Form::kText;
  /// What holds where none was set; empty: none does.
  std::string_view initial = {};
  Queues queues = Queues::kAll;
  // Of integers.
  std::int64_t least = 0;
  std::int64_t most = 0;
  // Of words.
  std::array<std::string_view, 2> words = {};
};

constexpr std::array kRows{
    Row{.name = "ContentBasedDeduplication",
        .form = Form::kBoolean,
        .initial = "false",
        .queues = Queues::kFifo},
    Row{.name = "DeduplicationScope",
        .form = Form::kWord,
        .initial = "queue",
        .queues = Queues::kFifo,
        .words = {"queue", "messageGroup"}},
    Row{.name = "DelaySeconds", .form = Form::kInteger, .initial = "0", .most = kMaxDelaySeconds},
    Row{.name = "FifoQueue", .form = Form::kBoolean, .initial = "true", .queues = Queues::kFifo},
    Row{.name = "FifoThroughputLimit",
        .form = Form::kWord,
        .initial = "perQueue",
        .queues = Queues::kFifo,
        .words = {"perQueue", "perMessageGroupId"}},
    Row{.name = "KmsDataKeyReusePeriodSeconds", .form = Form::kInteger, .least = 60, .most = 86'400},
    Row{.name = "KmsMasterKeyId"},
    Row{.name = "MaximumMessageSize",
        .form = Form::kInteger,
        .initial = "1048576",
        .least = kMinMaximumMessageSize,
        .most = kMaxMessageBytes},
    Row{.name = "MessageRetentionPeriod",
        .form = Form::kInteger,
        .initial = "345600",
        .least = kMinRetentionSeconds,
        .most = kMaxRetentionSeconds},
    Row{.name = "Policy", .form = Form::kPolicy},
    Row{.name = "ReceiveMessageWaitTimeSeconds",
        .form = Form::kInteger,
        .initial = "0",
        .most = kMaxWaitSeconds},
    Row{.name = "RedriveAllowPolicy", .form = Form::kRedriveAllow},
    Row{.name = "RedrivePolicy", .form = Form::kRedrive},
    Row{.name = "SqsManagedSseEnabled", .form = Form::kBoolean, .initial = "true"},
    Row{.name = "VisibilityTimeout", .form = Form::kInteger, .initial = "30", .most = kMaxVisibilitySeconds},
};

constexpr std::array<std::string_view, 6> kReadOnly{"ApproximateNumberOfMessages",
                                                    "ApproximateNumberOfMessagesDelayed",
                                                    "ApproximateNumberOfMessagesNotVisible",
                                                    "CreatedTimestamp",
                                                    "LastModifiedTimestamp",
                                                    "QueueArn"};

constexpr std::string_view kDefaultReusePeriod = "300";

const Row* find_row(std::string_view name) {
  const auto* const found =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.name == name; });
  return found == kRows.end() ? nullptr : found;
}

std::optional<std::int64_t> integer_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void check_policy(const std::string& text) {
  boost::system::error_code failed;
  const boost::json::value policy = boost::json::parse(text, failed);
  if (failed || !policy.is_object() || policy.as_object().if_contains("Statement") == nullptr)
    throw invalid_attribute_value("Policy");
  if (text.size() > kMaxPolicyBytes)
    throw invalid_attribute_value("Policy",
                                  "It is larger than " + std::to_string(kMaxPolicyBytes) + " bytes.");
}

/// `value` as it is kept; throws when the attribute cannot have it.
std::string checked_value(const Row& row, const std::string& value) {
  switch (row.form) {
    case Form::kInteger: {
      const auto number = integer_of(value);
      if (!number || *number < row.least || *number > row.most) throw invalid_attribute_value(row.name);
      return std::to_string(*number);
    }
    case Form::kBoolean: {
      std::string word = to_lower(value);
      if (word != "true" && word != "false") throw invalid_attribute_value(row.name);
      return word;
    }
    case Form::kWord:
      if (std::find(row.words.begin(), row.words.end(), value) == row.words.end())
        throw invalid_attribute_value(row.name);
      return value;
    case Form::kPolicy:
      check_policy(value);
      return value;
    case Form::kRedrive:
      static_cast<void>(parse_redrive_policy(value));
      return value;
    case Form::kRedriveAllow:
      static_cast<void>(parse_redrive_allow_policy(value));
      return value;
    case Form::kText:
      return value;
  }
  return value;
}

bool may_be_empty(const Row& row) {
  return row.form == Form::kPolicy || row.form == Form::kRedrive || row.form == Form::kRedriveAllow ||
         row.form == Form::kText;
}

/// A queue is encrypted with a key of SQS or with one of KMS, not both.
void settle_encryption(AttributeMap& attributes, const AttributeMap& changes) {
  const auto kms = changes.find("KmsMasterKeyId");
  const auto sse = changes.find("SqsManagedSseEnabled");
  const bool wants_kms = kms != changes.end() && !kms->second.empty();
  const bool wants_sse = sse != changes.end() && to_lower(sse->second) == "true";
  if (wants_kms && wants_sse)
    throw invalid_attribute_value("SqsManagedSseEnabled",
                                  "You can use one type of server-side encryption (SSE) at one time.");
  if (wants_kms) attributes["SqsManagedSseEnabled"] = "false";
  if (wants_sse) attributes.erase("KmsMasterKeyId");
}

void check_throughput(const AttributeMap& attributes) {
  const auto limit = attributes.find("FifoThroughputLimit");
  const auto scope = attributes.find("DeduplicationScope");
  const bool per_group = limit != attributes.end() && limit->second == "perMessageGroupId";
  if (per_group && (scope == attributes.end() || scope->second != "messageGroup"))
    throw invalid_attribute_value("FifoThroughputLimit",
                                  "perMessageGroupId needs the DeduplicationScope messageGroup.");
}

std::int64_t integer_in(const QueueRecord& queue, std::string_view name) {
  return integer_of(value_of(queue, name).value_or("0")).value_or(0);
}

}  // namespace

void apply_attributes(AttributeMap& attributes, const AttributeMap& changes, bool fifo) {
  for (const auto& [name, value] : changes) {
    const Row* row = find_row(name);
    if (row == nullptr) throw unknown_attribute(name);
    if (name == "FifoQueue") {
      if ((checked_value(*row, value) == "true") != fifo)
        throw invalid_attribute_value(name, "Modifying queue type is not supported.");
      continue;
    }
    if (row->queues == Queues::kFifo && !fifo)
      throw invalid_attribute_name("You can specify the " + name + " only when FifoQueue is set to true.");
    if (value.empty() && may_be_empty(*row))
      attributes.erase(name);
    else
      attributes[name] = checked_value(*row, value);
  }
  settle_encryption(attributes, changes);
  check_throughput(attributes);
}

std::optional<std::string> value_of(const QueueRecord& queue, std::string_view name) {
  const auto set = queue.attributes.find(std::string(name));
  if (set != queue.attributes.end()) return set->second;
  const Row* row = find_row(name);
  if (row == nullptr || (row->queues == Queues::kFifo && !queue.fifo)) return std::nullopt;
  if (name == "KmsDataKeyReusePeriodSeconds" && queue.attributes.contains("KmsMasterKeyId"))
    return std::string(kDefaultReusePeriod);
  return row->initial.empty() ? std::nullopt : std::optional(std::string(row->initial));
}

QueueSettings settings_of(const QueueRecord& queue) {
  QueueSettings settings;
  settings.delay_seconds = integer_in(queue, "DelaySeconds");
  settings.maximum_message_size = integer_in(queue, "MaximumMessageSize");
  settings.retention_seconds = integer_in(queue, "MessageRetentionPeriod");
  settings.wait_seconds = integer_in(queue, "ReceiveMessageWaitTimeSeconds");
  settings.visibility_seconds = integer_in(queue, "VisibilityTimeout");
  settings.content_based_deduplication = value_of(queue, "ContentBasedDeduplication") == "true";
  settings.deduplicates_by_group = value_of(queue, "DeduplicationScope") == "messageGroup";
  if (const auto policy = value_of(queue, "RedrivePolicy")) settings.redrive = parse_redrive_policy(*policy);
  if (const auto policy = value_of(queue, "RedriveAllowPolicy"))
    settings.redrive_allow = parse_redrive_allow_policy(*policy);
  return settings;
}

bool same_value(const std::string& a, const std::string& b) {
  if (a == b) return true;
  boost::system::error_code failed;
  const boost::json::value left = boost::json::parse(a, failed);
  if (failed) return false;
  const boost::json::value right = boost::json::parse(b, failed);
  return !failed && left == right;
}

bool is_readable(std::string_view name) {
  return find_row(name) != nullptr || std::find(kReadOnly.begin(), kReadOnly.end(), name) != kReadOnly.end();
}

const std::vector<std::string_view>& settable_attributes() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names;
    for (const Row& row : kRows) names.push_back(row.name);
    return names;
  }();
  return kNames;
}

}  // namespace martlet::sqs
