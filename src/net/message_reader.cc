#include "net/message_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace martlet::net {

namespace {

constexpr std::size_t kHeadBuffer = 4 * 1024;
constexpr std::size_t kBodyBuffer = 64 * 1024;
/// A declared length is believed up to here; beyond, memory grows with what really arrives.
constexpr std::size_t kMaxReserve = 8 * 1024 * 1024;

}  // namespace

void InputBuffer::consume(std::size_t count) {
  begin_ += count;
  if (begin_ == end_) begin_ = end_ = 0;
}

boost::asio::mutable_buffer InputBuffer::space(std::size_t wanted) {
  if (end_ == capacity_ || (empty() && capacity_ < wanted)) {
    const std::size_t held = end_ - begin_;
    if (begin_ > 0 && held < capacity_ / 2) {
      std::memmove(data_.get(), data_.get() + begin_, held);
    } else {
      capacity_ = std::max(wanted, held * 2);
      auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
      if (held > 0) std::memcpy(larger.get(), data_.get() + begin_, held);
      data_ = std::move(larger);
    }
    begin_ = 0;
    end_ = held;
  }
  return {data_.get() + end_, capacity_ - end_};
}

void InputBuffer::shrink(std::size_t to) {
  if (!empty() || capacity_ <= to) return;
  data_.reset();
  capacity_ = begin_ = end_ = 0;
}

template <class Parsed>
Task<std::size_t> MessageReader<Parsed>::fill(std::size_t wanted, Duration timeout) {
  const std::size_t count = co_await channel_.read_some(input_.space(wanted), timeout);
  input_.arrived(count);
  co_return count;
}

template <class Parsed>
Task<std::expected<Parsed, typename MessageReader<Parsed>::NoHead>> MessageReader<Parsed>::read_head() {
  input_.shrink(kHeadBuffer);
  while (true) {
    if (!input_.empty()) {
      const auto used = parser_.feed(input_.unread());
      if (!used) {
        switch (used.error()) {
          case HeadError::kTooLarge:
            co_return std::unexpected(NoHead::kTooLarge);
          case HeadError::kVersion:
            co_return std::unexpected(NoHead::kVersion);
          case HeadError::kMalformed:
            co_return std::unexpected(NoHead::kMalformed);
        }
      }
      input_.consume(*used);
      if (parser_.done()) break;
    }
    const bool begun = parser_.begun() || !input_.empty();
    const std::size_t count = co_await fill(kHeadBuffer, begun ? timeouts_.stall : timeouts_.first_byte);
    if (count == 0) co_return std::unexpected(begun ? NoHead::kTruncated : NoHead::kEnd);
  }
  Parsed parsed = parser_.take();
  body_ = BodyDecoder(parsed.framing);
  co_return parsed;
}

template <class Parsed>
Task<std::string> MessageReader<Parsed>::read_some(std::size_t max) {
  std::string piece;
  while (!body_.done() && max > 0) {
    if (malformed_) throw Disconnected();
    const auto used = body_.decode(input_.unread(), max, piece);
    if (!used) {
      malformed_ = true;
      throw Disconnected();
    }
    input_.consume(*used);
    if (!piece.empty() || body_.done()) break;
    const std::size_t count = co_await fill(kBodyBuffer, timeouts_.stall);
    if (count == 0 && !body_.end_of_stream()) throw Disconnected();
  }
  co_return piece;
}

template <class Parsed>
Task<std::string> MessageReader<Parsed>::read_all(std::size_t limit) {
  if (body_.remaining() > limit) throw TooLarge();
  limit = std::min(limit, std::numeric_limits<std::size_t>::max() - 1);
  std::string whole;
  whole.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(body_.remaining(), kMaxReserve)));
  while (!body_.done()) {
    // One byte past the limit is asked for, so that a body of exactly the limit is seen to end.
    const auto used = body_.decode(input_.unread(), limit + 1 - whole.size(), whole);
    malformed_ = malformed_ || !used;
    if (malformed_) throw Disconnected();
    input_.consume(*used);
    if (whole.size() > limit) throw TooLarge();
    if (body_.done()) break;
    const std::size_t count = co_await fill(kBodyBuffer, timeouts_.stall);
    if (count == 0 && !body_.end_of_stream()) throw Disconnected();
  }
  co_return whole;
}

template class MessageReader<ParsedRequest>;
template class MessageReader<ParsedResponse>;

}  // namespace martlet::net
