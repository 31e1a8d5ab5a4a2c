#include "wire/event_stream.h"

#include <stdexcept>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/utf8.h"
#include "wire/decoding.h"
#include "wire/json_codec.h"
#include "wire/xml_codec.h"

namespace martlet::wire {
namespace {

// Total length, length of the headers, checksum of the two.
constexpr std::size_t kPreludeBytes = 12;
constexpr std::size_t kChecksumBytes = 4;

// The type byte of a header's value.
enum Type : std::uint8_t {
  kTrue,
  kFalse,
  kByte,
  kShort,
  kInteger,
  kLong,
  kByteArray,
  kString,
  kTimestamp,
  kUuid
};

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

void put_text(std::string& out, std::string_view text) {
  if (text.size() > 0x7fff) throw std::length_error("an event stream header is too long");
  put(out, text.size(), 2);
  out += text;
}

/// Appends type and value of a header.
struct ValueWriter {
  std::string& out;

  void number(Type type, std::int64_t value, int bytes) const {
    put(out, type, 1);
    put(out, static_cast<std::uint64_t>(value), bytes);
  }
  void operator()(bool value) const { put(out, value ? kTrue : kFalse, 1); }
  void operator()(std::int8_t value) const { number(kByte, value, 1); }
  void operator()(std::int16_t value) const { number(kShort, value, 2); }
  void operator()(std::int32_t value) const { number(kInteger, value, 4); }
  void operator()(std::int64_t value) const { number(kLong, value, 8); }
  void operator()(TimePoint value) const { number(kTimestamp, to_epoch_ms(value), 8); }
  void operator()(const EventBytes& value) const {
    put(out, kByteArray, 1);
    put_text(out, value.bytes);
  }
  void operator()(const std::string& value) const {
    put(out, kString, 1);
    put_text(out, value);
  }
  void operator()(const EventUuid& value) const {
    put(out, kUuid, 1);
    out += as_view(value);
  }
};

[[noreturn]] void broken(const char* what) {
  throw serialization_error(std::string("The event stream is malformed: ") + what);
}

/// Reads the headers of one message.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  std::pair<std::string, EventValue> next() {
    std::string name(take(number(1)));
    if (name.empty() || !is_utf8(name)) broken("a header has no name");
    return {std::move(name), value()};
  }

 private:
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) broken("a header ends too early");
    const std::string_view part = rest_.substr(0, static_cast<std::size_t>(count));
    rest_.remove_prefix(part.size());
    return part;
  }

  std::uint64_t number(std::size_t bytes) {
    std::uint64_t result = 0;
    for (const char c : take(bytes)) result = result << 8 | static_cast<std::uint8_t>(c);
    return result;
  }

  EventValue value() {
    switch (number(1)) {
      case kTrue:
        return true;
      case kFalse:
        return false;
      case kByte:
        return static_cast<std::int8_t>(number(1));
      case kShort:
        return static_cast<std::int16_t>(number(2));
      case kInteger:
        return static_cast<std::int32_t>(number(4));
      case kLong:
        return static_cast<std::int64_t>(number(8));
      case kByteArray:
        return EventBytes{std::string(take(number(2)))};
      case kString: {
        std::string text(take(number(2)));
        if (!is_utf8(text)) broken("a header is not UTF-8");
        return text;
      }
      case kTimestamp: {
        const auto ms = static_cast<std::int64_t>(number(8));
        if (ms > 9'000'000'000'000 || ms < -9'000'000'000'000) broken("a timestamp is out of range");
        return from_epoch_ms(ms);
      }
      case kUuid: {
        EventUuid uuid{};
        std::ranges::copy(take(uuid.size()), uuid.begin());
        return uuid;
      }
      default:
        broken("a header has an unknown type");
    }
  }

  std::string_view rest_;
};

std::uint32_t read_u32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

void put_event_header(const Member& member, const void* content, EventMessage& message) {
  switch (member.shape->kind) {
    case Kind::kBoolean:
      message.headers.emplace_back(member.wire_name, *static_cast<const bool*>(content));
      break;
    case Kind::kInteger:
      message.headers.emplace_back(member.wire_name, *static_cast<const std::int32_t*>(content));
      break;
    case Kind::kLong:
      message.headers.emplace_back(member.wire_name, *static_cast<const std::int64_t*>(content));
      break;
    case Kind::kTimestamp:
      message.headers.emplace_back(member.wire_name, *static_cast<const TimePoint*>(content));
      break;
    case Kind::kBlob:
      message.headers.emplace_back(member.wire_name, EventBytes{*static_cast<const std::string*>(content)});
      break;
    case Kind::kString:
      message.headers.emplace_back(member.wire_name, *static_cast<const std::string*>(content));
      break;
    default:
      break;  // the format allows no others
  }
}

/// Payload and its content type for a member that is the whole payload.
std::pair<std::string, const char*> payload_of(const Member& member, const void* content, RestBody format) {
  if (member.shape->kind == Kind::kBlob)
    return {*static_cast<const std::string*>(content), "application/octet-stream"};
  if (member.shape->kind == Kind::kString) return {*static_cast<const std::string*>(content), "text/plain"};
  if (format == RestBody::kJson)
    return {encode_json_value(*member.shape, member.time_format, content), "application/json"};
  return {encode_xml_payload(member, content), "text/xml"};
}

}  // namespace

std::optional<std::string_view> EventMessage::text(std::string_view header) const {
  for (const auto& [name, value] : headers)
    if (name == header && std::holds_alternative<std::string>(value)) return std::get<std::string>(value);
  return std::nullopt;
}

std::string encode_event_message(const EventMessage& message) {
  std::string headers;
  for (const auto& [name, value] : message.headers) {
    if (name.empty() || name.size() > 255)
      throw std::length_error("the name of an event stream header is too long");
    put(headers, name.size(), 1);
    headers += name;
    std::visit(ValueWriter{headers}, value);
  }
  if (headers.size() > kMaxEventHeaders || message.payload.size() > kMaxEventPayload)
    throw std::length_error("an event stream message is too long");
  std::string out;
  out.reserve(kPreludeBytes + headers.size() + message.payload.size() + kChecksumBytes);
  put(out, kPreludeBytes + headers.size() + message.payload.size() + kChecksumBytes, 4);
  put(out, headers.size(), 4);
  put(out, crc32(out), 4);
  out += headers;
  out += message.payload;
  put(out, crc32(out), 4);
  return out;
}

std::optional<EventMessage> decode_event_message(std::string_view& bytes) {
  if (bytes.size() < kPreludeBytes) return std::nullopt;
  const std::size_t total = read_u32(bytes, 0);
  const std::size_t header_bytes = read_u32(bytes, 4);
  if (crc32(bytes.substr(0, 8)) != read_u32(bytes, 8)) broken("the checksum of a prelude is wrong");
  if (header_bytes > kMaxEventHeaders ||
      total > kPreludeBytes + kMaxEventHeaders + kMaxEventPayload + kChecksumBytes ||
      total < kPreludeBytes + header_bytes + kChecksumBytes)
    broken("a message has an impossible length");
  if (bytes.size() < total) return std::nullopt;
  if (crc32(bytes.substr(0, total - kChecksumBytes)) != read_u32(bytes, total - kChecksumBytes))
    broken("the checksum of a message is wrong");
  EventMessage message;
  HeaderReader reader(bytes.substr(kPreludeBytes, header_bytes));
  while (!reader.at_end()) message.headers.push_back(reader.next());
  message.payload =
      bytes.substr(kPreludeBytes + header_bytes, total - kPreludeBytes - header_bytes - kChecksumBytes);
  bytes.remove_prefix(total);
  return message;
}

std::string encode_event(const Shape& stream, std::string_view event, const void* value, RestBody format) {
  const Member* member = stream.find_member(event);
  if (member == nullptr)
    throw std::logic_error("no event " + std::string(event) + " in " + std::string(stream.name));
  const Shape& shape = *member->shape;
  EventMessage message;
  message.headers.emplace_back(":message-type", std::string(shape.is_exception ? "exception" : "event"));
  message.headers.emplace_back(shape.is_exception ? ":exception-type" : ":event-type",
                               std::string(member->wire_name));
  bool whole = true;  // no member is the payload by itself, so the structure is
  std::pair<std::string, const char*> payload;
  for (const Member& part : shape.members) {
    if (part.event_payload || part.event_header) whole = false;
    const void* content = part.find(value);
    if (content == nullptr) continue;
    if (part.event_header) put_event_header(part, content, message);
    if (part.event_payload) payload = payload_of(part, content, format);
  }
  if (whole && !shape.members.empty())
    payload = format == RestBody::kJson
                  ? std::pair(encode_json(shape, JsonMembers::kAll, value), "application/json")
                  : std::pair(encode_xml(shape, shape.name, nullptr, value), "text/xml");
  if (payload.second != nullptr) message.headers.emplace_back(":content-type", std::string(payload.second));
  message.payload = std::move(payload.first);
  return encode_event_message(message);
}

}  // namespace martlet::wire
