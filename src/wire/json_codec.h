#pragma once

// Structures as JSON: the bodies of awsJson 1.0, 1.1 and restJson1, and the documents of in-process actions.

#include <string>
#include <string_view>

#include "wire/decoding.h"
#include "wire/tables.h"

namespace martlet::wire {

/// Which members of a structure belong to its JSON.
enum class JsonMembers {
  kAll,   // whatever their location says
  kBody,  // those that do not travel elsewhere: in a request's path, query and headers, an answer's headers
          // and status
};

/// Reads an object into the struct at `value`. Unknown keys and nulls are skipped; an empty text is an empty
/// object. Throws SerializationException. Marks what was found in `seen`, without noting what is missing at
/// this level.
void decode_json_members(const Shape& structure, JsonMembers which, std::string_view text, void* value,
                         Seen& seen, Decoding& decoding);

/// The same, and notes missing members.
void decode_json(const Shape& structure, JsonMembers which, std::string_view text, void* value,
                 Decoding& decoding);

/// Reads one value of any shape: a payload member, a modelled member of an error.
void decode_json_value(const Shape& shape, TimeFormat format, std::string_view text, void* value,
                       const Path* path, Decoding& decoding);

/// Appends the members of the struct at `value` to an object that is open in `out`, each followed by a comma.
void encode_json_members(const Shape& structure, JsonMembers which, const void* value, std::string& out);

/// The struct at `value` as an object.
std::string encode_json(const Shape& structure, JsonMembers which, const void* value);

/// Any value.
std::string encode_json_value(const Shape& shape, TimeFormat format, const void* value);

}  // namespace martlet::wire
