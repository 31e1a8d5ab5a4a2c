#pragma once

// What the REST protocols put outside of the body: labels of the path, query parameters, headers, the status.
// Bodies are the business of json_codec.h and xml_codec.h; this joins the two.

#include "wire/decoding.h"
#include "wire/message.h"
#include "wire/service.h"

namespace martlet::wire {

enum class RestBody : std::uint8_t { kJson, kXml };

/// Reads a request into the input struct of `operation`. Throws SerializationException.
void decode_rest(const Operation& operation, RestBody format, const RequestView& request, void* input,
                 Decoding& decoding);

/// Adds what `output` says to `answer`: headers, body and Content-Type; the status where a member carries it.
/// `service` gives the namespace of XML bodies.
void encode_rest(const Shape& structure, RestBody format, const ServiceModel& service, const void* output,
                 Answer& answer);

/// Only the members that travel in headers, for errors.
void encode_rest_headers(const Shape& structure, const void* value, Answer& answer);

}  // namespace martlet::wire
