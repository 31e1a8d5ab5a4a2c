#pragma once

// Attributes of messages: what may be sent, the MD5 that SDKs verify, and which of them a receiver asked for.
// Values only.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/sqs/types.h"
#include "services/sqs/records.h"

namespace martlet::sqs {

using Attributes = std::map<std::string, AttributeRecord>;

/// The attributes of a message that is sent. Throws InvalidParameterValue: more than 10, names, types or
/// values that AWS does not take.
Attributes checked_attributes(std::map<std::string, MessageAttributeValue> given);

/// The value of AWSTraceHeader, empty when there is none. Throws InvalidParameterValue for any other
/// attribute or type.
std::string checked_trace_header(const std::map<std::string, MessageSystemAttributeValue>& given);

/// Lower-case hexadecimal, over names, types and values in the order of the names.
std::string md5_of_attributes(const Attributes& attributes);

/// Bytes that count against the size of the message.
std::size_t size_of(const Attributes& attributes);

/// A type whose values are bytes.
bool is_binary(std::string_view type);

/// What MessageAttributeNames selects: names, "All", ".*", "prefix.*".
Attributes select(const Attributes& attributes, const std::vector<std::string>& names);

std::map<std::string, MessageAttributeValue> to_wire(const Attributes& attributes);

/// The characters that a message may have: those of XML 1.0, in UTF-8.
bool is_message_text(std::string_view text);

}  // namespace martlet::sqs
