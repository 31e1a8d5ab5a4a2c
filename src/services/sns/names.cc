#include "services/sns/names.h"

#include <algorithm>

#include "base/strings.h"
#include "services/sns/errors.h"
#include "services/sns/limits.h"

namespace martlet::sns {

namespace {

constexpr std::string_view kFifoSuffix = ".fifo";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

std::string TopicName::arn() const { return Arn{partition, "sns", region, account, name}.str(); }

std::optional<TopicName> topic_of_arn(std::string_view text) {
  std::optional<Arn> arn = Arn::parse(text);
  if (!arn || arn->service != "sns" || arn->region.empty() || arn->account.empty()) return std::nullopt;
  if (arn->resource.find_first_of(":/") != std::string::npos) return std::nullopt;
  return TopicName{std::move(arn->partition), std::move(arn->account), std::move(arn->region),
                   std::move(arn->resource)};
}

TopicName parse_topic_arn(const std::string& arn, const std::string& parameter) {
  std::optional<TopicName> topic = topic_of_arn(arn);
  if (!topic) throw invalid_arn(parameter, arn);
  return std::move(*topic);
}

SubscriptionName parse_subscription_arn(const std::string& arn) {
  const std::size_t colon = arn.rfind(':');
  std::optional<TopicName> topic;
  if (colon != std::string::npos) topic = topic_of_arn(std::string_view(arn).substr(0, colon));
  if (!topic) {
    // The ARN of a topic has all parts but one.
    if (topic_of_arn(arn)) throw invalid_parameter("SubscriptionId");
    throw invalid_arn("SubscriptionArn", arn);
  }
  return {std::move(*topic), arn.substr(colon + 1)};
}

bool is_topic_name(std::string_view name, TopicKind kind) {
  if (name.size() > kMaxTopicNameLength) return false;
  if (kind == TopicKind::kFifo) {
    if (!name.ends_with(kFifoSuffix)) return false;
    name.remove_suffix(kFifoSuffix.size());
  }
  return !name.empty() && std::ranges::all_of(name, is_name_character);
}

bool is_phone_number(std::string_view text) {
  constexpr std::size_t kFewest = 7;
  constexpr std::size_t kMost = 15;
  if (text.starts_with('+')) text.remove_prefix(1);
  return text.size() >= kFewest && text.size() <= kMost && text.front() != '0' &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace martlet::sns
