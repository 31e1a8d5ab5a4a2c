#include "services/sqs/redrive.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <optional>

#include "services/sqs/errors.h"
#include "services/sqs/limits.h"

namespace martlet::sqs {

namespace {

namespace json = boost::json;

[[noreturn]] void refuse(std::string_view parameter, const std::string& text, std::string_view reason) {
  throw invalid_parameter(parameter, text, reason);
}

json::object object_of(std::string_view parameter, const std::string& text) {
  boost::system::error_code failed;
  const json::value value = json::parse(text, failed);
  if (failed || !value.is_object()) refuse(parameter, text, "Redrive policy is not a valid JSON map.");
  return value.as_object();
}

/// Clients write the count as a number or as text.
std::optional<std::int64_t> integer_of(const json::value& value) {
  if (const auto* number = value.if_int64()) return *number;
  const auto* text = value.if_string();
  if (text == nullptr) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

}  // namespace

RedrivePolicy parse_redrive_policy(const std::string& text) {
  constexpr std::string_view kParameter = "RedrivePolicy";
  const json::object policy = object_of(kParameter, text);
  for (const auto& member : policy)
    if (member.key() != "deadLetterTargetArn" && member.key() != "maxReceiveCount")
      refuse(kParameter, text,
             "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].");
  const json::value* target = policy.if_contains("deadLetterTargetArn");
  const json::value* most = policy.if_contains("maxReceiveCount");
  if (target == nullptr || !target->is_string())
    refuse(kParameter, text, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  if (most == nullptr)
    refuse(kParameter, text, "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  const auto queue = queue_of_arn(std::string_view(target->as_string()));
  if (!queue) refuse(kParameter, text, "Invalid value for deadLetterTargetArn.");
  const auto count = integer_of(*most);
  if (!count || *count < 1 || *count > kMaxReceiveCount)
    refuse(kParameter, text, "Invalid value for maxReceiveCount: it must be between 1 and 1000.");
  return {.target = *queue, .most_receives = static_cast<std::uint32_t>(*count)};
}

bool RedriveAllowPolicy::allows(std::string_view source_arn) const {
  switch (permission) {
    case Permission::kAllowAll:
      return true;
    case Permission::kDenyAll:
      return false;
    case Permission::kByQueue:
      return std::find(sources.begin(), sources.end(), source_arn) != sources.end();
  }
  return false;
}

RedriveAllowPolicy parse_redrive_allow_policy(const std::string& text) {
  constexpr std::string_view kParameter = "RedriveAllowPolicy";
  using Permission = RedriveAllowPolicy::Permission;
  const json::object policy = object_of(kParameter, text);
  const json::value* permission = policy.if_contains("redrivePermission");
  const json::value* sources = policy.if_contains("sourceQueueArns");
  RedriveAllowPolicy parsed;
  if (permission == nullptr || !permission->is_string())
    refuse(kParameter, text, "It does not contain mandatory attribute: redrivePermission.");
  const json::string& word = permission->as_string();
  if (word == "denyAll")
    parsed.permission = Permission::kDenyAll;
  else if (word == "byQueue")
    parsed.permission = Permission::kByQueue;
  else if (word != "allowAll")
    refuse(kParameter, text, "redrivePermission must be one of [allowAll, denyAll, byQueue].");
  if (parsed.permission != Permission::kByQueue) {
    if (sources != nullptr) refuse(kParameter, text, "sourceQueueArns can only be used with byQueue.");
    return parsed;
  }
  if (sources == nullptr || !sources->is_array() || sources->as_array().empty() ||
      sources->as_array().size() > kMaxRedriveSources)
    refuse(kParameter, text, "byQueue needs 1 to 10 sourceQueueArns.");
  for (const json::value& source : sources->as_array()) {
    if (!source.is_string() || !queue_of_arn(std::string_view(source.as_string())))
      refuse(kParameter, text, "sourceQueueArns must be ARNs of queues.");
    parsed.sources.emplace_back(source.as_string());
  }
  return parsed;
}

}  // namespace martlet::sqs
