#include "services/sqs/errors.h"

#include <fmt/format.h>

#include "services/sqs/limits.h"

namespace martlet::sqs {

namespace {

constexpr std::size_t kMaxShown = 256;

std::string shown(std::string_view value) {
  return value.size() <= kMaxShown ? std::string(value) : std::string(value.substr(0, kMaxShown)) + "...";
}

}  // namespace

aws::Error queue_does_not_exist() { return {"QueueDoesNotExist", "The specified queue does not exist."}; }

aws::Error queue_deleted_recently() {
  return {
      "QueueDeletedRecently",
      "You must wait 60 seconds after deleting a queue before you can create another with the same name."};
}

aws::Error queue_name_exists(const std::string& attribute) {
  return {"QueueNameExists",
          "A queue already exists with the same name and a different value for attribute " + attribute};
}

aws::Error purge_in_progress(const std::string& queue) {
  return {"PurgeQueueInProgress",
          fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue)};
}

aws::Error invalid_address(const std::string& url) {
  return {"InvalidAddress", fmt::format("The address {} is not valid for this endpoint.", shown(url))};
}

aws::Error invalid_parameter(std::string message) { return {"InvalidParameterValue", std::move(message)}; }

aws::Error invalid_parameter(std::string_view parameter, std::string_view value, std::string_view reason) {
  return invalid_parameter(
      fmt::format("Value {} for parameter {} is invalid. Reason: {}", shown(value), parameter, reason));
}

aws::Error out_of_range(std::string_view parameter, std::int64_t value, std::int64_t least,
                        std::int64_t most) {
  return invalid_parameter(parameter, std::to_string(value),
                           fmt::format("Must be between {} and {}, if provided.", least, most));
}

aws::Error missing_parameter(std::string_view parameter) {
  return {"MissingParameter", fmt::format("The request must contain the parameter {}.", parameter)};
}

aws::Error unknown_attribute(const std::string& name) {
  return invalid_attribute_name(fmt::format("Unknown Attribute {}.", shown(name)));
}

aws::Error invalid_attribute_name(std::string message) {
  return {"InvalidAttributeName", std::move(message)};
}

aws::Error invalid_attribute_value(std::string_view name, std::string_view reason) {
  std::string message = fmt::format("Invalid value for the parameter {}.", name);
  if (!reason.empty()) message += fmt::format(" Reason: {}", reason);
  return {"InvalidAttributeValue", std::move(message)};
}

aws::Error invalid_message_contents() {
  return {"InvalidMessageContents",
          "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | "
          "#x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"};
}

aws::Error message_too_long(std::size_t limit) {
  return invalid_parameter(fmt::format(
      "One or more parameters are invalid. Reason: Message must be shorter than {} bytes.", limit));
}

aws::Error receipt_handle_is_invalid(const std::string& handle) {
  return {"ReceiptHandleIsInvalid",
          fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", shown(handle))};
}

aws::Error message_not_in_flight() {
  return {"MessageNotInflight", "The specified message isn't in flight."};
}

aws::Error over_limit(std::string message) { return {"OverLimit", std::move(message)}; }

aws::Error empty_batch(std::string_view entry) {
  return {"EmptyBatchRequest", fmt::format("There should be at least one {} in the request.", entry)};
}

aws::Error too_many_entries(std::size_t count) {
  return {"TooManyEntriesInBatchRequest",
          fmt::format("Maximum number of entries per request are {}. You have sent {}.", kMaxBatchEntries,
                      count)};
}

aws::Error batch_ids_not_distinct(const std::string& id) {
  return {"BatchEntryIdsNotDistinct", fmt::format("Id {} repeated.", id)};
}

aws::Error invalid_batch_id() {
  return {
      "InvalidBatchEntryId",
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most "
      "80 letters long."};
}

aws::Error batch_too_long(std::size_t bytes) {
  return {"BatchRequestTooLong",
          fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} bytes.",
                      kMaxMessageBytes, bytes)};
}

aws::Error unsupported_operation(std::string message) { return {"UnsupportedOperation", std::move(message)}; }

aws::Error resource_not_found(std::string message) {
  return {"ResourceNotFoundException", std::move(message), 404};
}

}  // namespace martlet::sqs
