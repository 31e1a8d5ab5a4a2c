#pragma once

// Structures as XML: the bodies of restXml, and the answers of the Query protocol.

#include <string>
#include <string_view>

#include "wire/decoding.h"
#include "wire/tables.h"

namespace martlet::wire {

/// `text` with what XML gives a meaning escaped; characters that XML cannot hold become U+FFFD.
std::string escape_xml(std::string_view text);

/// Reads the children of the document's root element, whatever its name, into the struct at `value`: those of
/// its members that travel in the body. No bytes at all are an empty element. Throws SerializationException.
void decode_xml_members(const Shape& structure, std::string_view bytes, void* value, Seen& seen,
                        Decoding& decoding);

/// The same for a structure that is the payload of another; notes missing members.
void decode_xml_value(const Shape& structure, std::string_view bytes, void* value, const Path* path,
                      Decoding& decoding);

/// The struct at `value` as an element called `name`: the members that travel in the body. `xml_namespace`
/// may be null.
std::string encode_xml(const Shape& structure, std::string_view name, const XmlNamespace* xml_namespace,
                       const void* value);

/// Only the members, one element after the other.
std::string encode_xml_members(const Shape& structure, const void* value);

/// A payload member: an element with the member's name if the model gives it one, otherwise the shape's.
std::string encode_xml_payload(const Member& member, const void* value);

}  // namespace martlet::wire
