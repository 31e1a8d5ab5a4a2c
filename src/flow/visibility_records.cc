#include "flow/visibility_records.h"

#include "store/key.h"

namespace martlet::flow {

namespace {

// A stored message ends with: sent, delayed (8 bytes each, the highest first), flags, version.
constexpr std::size_t kTrailer = 18;
constexpr char kVersion = 1;
constexpr char kAged = 1;

// A state: version, receives, due, aged; if it was received: first received, changed, lease; then the group.
constexpr char kStateVersion = 1;
constexpr std::size_t kMostNumbers = 1 + 6 * 10;

std::uint64_t take_varint(std::string_view& in) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  throw store::MalformedRecord("a number of a message's state is cut short");
}

void append_time(std::string& out, std::int64_t time_ms) {
  store::record::append_varint(out, static_cast<std::uint64_t>(time_ms));
}

std::int64_t take_time(std::string_view& in) { return static_cast<std::int64_t>(take_varint(in)); }

void append_number(std::string& out, std::int64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> shift);
}

std::int64_t read_number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return static_cast<std::int64_t>(value);
}

std::string key(const std::string& prefix, const auto&... parts) {
  const std::string rest = store::Key(parts...).str();
  std::string out;
  out.reserve(prefix.size() + rest.size());
  out += prefix;
  out += rest;
  return out;
}

}  // namespace

std::string encode_message(StoredMessage message) {
  std::string value = std::move(message.payload);
  value.reserve(value.size() + kTrailer);
  append_number(value, message.sent_ms);
  append_number(value, message.delayed_ms);
  value += message.aged ? kAged : '\0';
  value += kVersion;
  return value;
}

StoredMessage decode_message(std::string value) {
  if (value.size() < kTrailer || value.back() != kVersion)
    throw store::MalformedRecord("a message of a queue in a form that is not known");
  const std::string_view trailer = std::string_view(value).substr(value.size() - kTrailer);
  StoredMessage message{.payload = {},
                        .sent_ms = read_number(trailer),
                        .delayed_ms = read_number(trailer.substr(8)),
                        .aged = trailer[16] == kAged};
  value.resize(value.size() - kTrailer);
  message.payload = std::move(value);
  return message;
}

std::string encode_state(const MessageState& state) {
  std::string value;
  value.reserve(kMostNumbers + state.group.size());
  value += kStateVersion;
  store::record::append_varint(value, state.receives);
  append_time(value, state.due_ms);
  append_time(value, state.aged_ms);
  if (state.receives != 0) {
    append_time(value, state.first_received_ms);
    append_time(value, state.changed_ms);
    store::record::append_varint(value, state.lease);
  }
  value += state.group;
  return value;
}

MessageState decode_state(std::string_view value) {
  if (value.empty() || value.front() != kStateVersion)
    throw store::MalformedRecord("a message's state in a form that is not known");
  value.remove_prefix(1);
  MessageState state;
  state.receives = static_cast<std::uint32_t>(take_varint(value));
  state.due_ms = take_time(value);
  state.aged_ms = take_time(value);
  if (state.receives != 0) {
    state.first_received_ms = take_time(value);
    state.changed_ms = take_time(value);
    state.lease = take_varint(value);
  }
  state.group = value;
  return state;
}

VisibilityKeys::VisibilityKeys(const std::string& prefix)
    : messages_(prefix + store::Key("m").str()),
      states_(prefix + store::Key("s").str()),
      delayed_(prefix + store::Key("w").str()),
      ages_(prefix + store::Key("a").str()),
      reserved_(prefix + store::Key("n").str()) {}

std::string VisibilityKeys::message(std::uint64_t sequence) const { return key(messages_, sequence); }

std::string VisibilityKeys::state(std::uint64_t sequence) const { return key(states_, sequence); }

std::string VisibilityKeys::delayed(std::int64_t due_ms, std::uint64_t sequence) const {
  return key(delayed_, due_ms, sequence);
}

std::string VisibilityKeys::age(std::int64_t sent_ms, std::uint64_t sequence) const {
  return key(ages_, sent_ms, sequence);
}

// The four kinds' prefixes have the same length.
std::uint64_t VisibilityKeys::sequence_of(std::string_view key) const {
  return std::get<0>(store::unpack<std::uint64_t>(key.substr(messages_.size())));
}

std::pair<std::int64_t, std::uint64_t> VisibilityKeys::place_of(std::string_view key) const {
  const auto [time_ms, sequence] = store::unpack<std::int64_t, std::uint64_t>(key.substr(messages_.size()));
  return {time_ms, sequence};
}

store::Range VisibilityKeys::store_range(const std::string& prefix) { return store::range_below(prefix); }

}  // namespace martlet::flow
