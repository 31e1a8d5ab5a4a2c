#pragma once

// What Amazon SQS answers when something is wrong. Statuses and the codes of the Query protocol are in the
// model.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace martlet::sqs {

aws::Error queue_does_not_exist();
aws::Error queue_deleted_recently();
/// There is one of that name whose `attribute` differs.
aws::Error queue_name_exists(const std::string& attribute);
aws::Error purge_in_progress(const std::string& queue);
/// A queue URL that is none.
aws::Error invalid_address(const std::string& url);

/// InvalidParameterValue
aws::Error invalid_parameter(std::string message);
aws::Error invalid_parameter(std::string_view parameter, std::string_view value, std::string_view reason);
aws::Error out_of_range(std::string_view parameter, std::int64_t value, std::int64_t least,
                        std::int64_t most);
aws::Error missing_parameter(std::string_view parameter);

aws::Error unknown_attribute(const std::string& name);
aws::Error invalid_attribute_name(std::string message);
aws::Error invalid_attribute_value(std::string_view name, std::string_view reason = {});

aws::Error invalid_message_contents();
aws::Error message_too_long(std::size_t limit);
aws::Error receipt_handle_is_invalid(const std::string& handle);
aws::Error message_not_in_flight();
aws::Error over_limit(std::string message);

aws::Error empty_batch(std::string_view entry);
aws::Error too_many_entries(std::size_t count);
aws::Error batch_ids_not_distinct(const std::string& id);
aws::Error invalid_batch_id();
aws::Error batch_too_long(std::size_t bytes);

aws::Error unsupported_operation(std::string message);
aws::Error resource_not_found(std::string message);

}  // namespace martlet::sqs
