#pragma once

// Structures as CBOR maps: the bodies of Smithy's RPC v2 protocol.

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "wire/decoding.h"
#include "wire/tables.h"

namespace martlet::wire {

/// Reads a map into the struct at `value`. Unknown keys and nulls are skipped; no bytes at all are an empty
/// map. Throws SerializationException.
void decode_cbor(const Shape& structure, std::string_view bytes, void* value, Decoding& decoding);

/// The struct at `value` as a map that begins with the texts `extra`, such as {"__type", code}.
std::string encode_cbor(const Shape& structure, const void* value,
                        std::span<const std::pair<std::string_view, std::string>> extra = {});

}  // namespace martlet::wire
