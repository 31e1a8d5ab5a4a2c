#include "services/lambda/invocation_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/strings.h"
#include "services/lambda/json_check.h"
#include "services/lambda/refusals.h"

namespace martlet::lambda {

namespace {

constexpr std::size_t kMaxErrorMessageBytes = 1024;

std::string iso_time(TimePoint time) {
  const std::int64_t ms = to_epoch_ms(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(ms / 1000)),
                     ms % 1000);
}

/// A document is taken into the record as it is; what is none, as a string.
std::string as_json(const std::string& text) {
  if (text.empty()) return "null";
  return json_problem(text) ? quote_json(text) : text;
}

std::string response_context(const AsyncAttempt& attempt) {
  std::string text =
      fmt::format(R"({{"statusCode":{},"executedVersion":{})", attempt.status,
                  quote_json(attempt.executed_version.empty() ? "$LATEST" : attempt.executed_version));
  if (attempt.kind == AsyncAttempt::Kind::kFunctionError) text += R"(,"functionError":"Unhandled")";
  return text + '}';
}

/// The first `count` bytes, less what would be a part of a character.
std::string first_bytes(std::string text, std::size_t count) {
  if (text.size() <= count) return text;
  while (count > 0 && (static_cast<unsigned char>(text[count]) & 0xC0) == 0x80) --count;
  text.resize(count);
  return text;
}

}  // namespace

std::string invocation_record(const AsyncEvent& event, std::string_view function_arn,
                              std::string_view condition, const AsyncAttempt* attempt, TimePoint now) {
  std::string record = fmt::format(
      R"({{"version":"1.0","timestamp":"{}","requestContext":{{"requestId":{},"functionArn":{},"condition":{},)"
      R"("approximateInvokeCount":{}}},"requestPayload":{})",
      iso_time(now), quote_json(event.request_id), quote_json(function_arn), quote_json(condition),
      event.attempts, as_json(event.payload));
  if (attempt != nullptr && attempt->kind != AsyncAttempt::Kind::kNotNow)
    record += fmt::format(R"(,"responseContext":{},"responsePayload":{})", response_context(*attempt),
                          as_json(attempt->payload));
  return record + '}';
}

std::map<std::string, targets::Attribute> dead_letter_attributes(const AsyncEvent& event,
                                                                 const AsyncAttempt* attempt,
                                                                 std::string_view condition) {
  std::string message = attempt == nullptr ? std::string(condition) : error_message_of(attempt->payload);
  message = first_bytes(std::move(message), kMaxErrorMessageBytes);
  return {
      {"RequestID", {.type = "String", .value = event.request_id}},
      {"ErrorCode", {.type = "Number", .value = std::to_string(attempt == nullptr ? 429 : attempt->status)}},
      {"ErrorMessage", {.type = "String", .value = message.empty() ? " " : message}}};
}

}  // namespace martlet::lambda
