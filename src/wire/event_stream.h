#pragma once

// The framing of application/vnd.amazon.eventstream: messages with typed headers and a payload, each closed
// by checksums. InvokeWithResponseStream, StartLiveTail, SubscribeToShard and SelectObjectContent speak it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.h"
#include "wire/rest.h"
#include "wire/tables.h"

namespace martlet::wire {

/// A header's value of the byte array type.
struct EventBytes {
  std::string bytes;
  bool operator==(const EventBytes&) const = default;
};
using EventUuid = std::array<std::uint8_t, 16>;

/// Timestamps have milliseconds on the wire.
using EventValue = std::variant<bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t, EventBytes,
                                std::string, TimePoint, EventUuid>;

struct EventMessage {
  std::vector<std::pair<std::string, EventValue>> headers;
  std::string payload;

  bool operator==(const EventMessage&) const = default;
  /// The text of a header of the string type.
  [[nodiscard]] std::optional<std::string_view> text(std::string_view header) const;
};

inline constexpr const char* kEventStreamContentType = "application/vnd.amazon.eventstream";
/// Limits of the format, bytes.
inline constexpr std::size_t kMaxEventHeaders = 128 * 1024;
inline constexpr std::size_t kMaxEventPayload = 24 * 1024 * 1024;

/// Throws std::length_error when a name, a header or the payload is too long for the format.
std::string encode_event_message(const EventMessage& message);

/// Takes the first message off `bytes`; nullopt when it is not complete yet. Throws SerializationException
/// when what is there cannot be a message: wrong checksums, lengths or types.
std::optional<EventMessage> decode_event_message(std::string_view& bytes);

/// One event of a modelled stream, such as PayloadChunk of InvokeWithResponseStreamResponseEvent: `value` is
/// the struct of that member's shape, `format` how the service writes structures. Throws std::logic_error for
/// an unknown event.
std::string encode_event(const Shape& stream, std::string_view event, const void* value, RestBody format);

}  // namespace martlet::wire
