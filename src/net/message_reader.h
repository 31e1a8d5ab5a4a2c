#pragma once

// MessageReader reads one message after the other from a Channel: first the head, then its body piece by
// piece. What arrives beyond the end of a message (pipelining) stays for the next one. Lives on the loop.

#include <cstddef>
#include <expected>
#include <memory>
#include <string>

#include "net/body_decoder.h"
#include "net/head_parser.h"
#include "net/stream.h"

namespace martlet::net {

/// Bytes that have arrived and were not used yet.
class InputBuffer {
 public:
  [[nodiscard]] std::string_view unread() const { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  void consume(std::size_t count);
  /// Space for at least one more byte, at least `wanted` in total when the buffer is empty.
  boost::asio::mutable_buffer space(std::size_t wanted);
  void arrived(std::size_t count) { end_ += count; }
  /// Gives back memory that a large body needed and an idle connection does not.
  void shrink(std::size_t to);

 private:
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

template <class Parsed>
class MessageReader {
 public:
  struct Timeouts {
    /// Until the first byte of a message.
    Duration first_byte;
    /// Between one piece and the next.
    Duration stall;
  };
  /// Why there is no head: the stream ended (or timed out) before its first byte, in its middle, or it is no
  /// HTTP.
  enum class NoHead { kEnd, kTruncated, kMalformed, kTooLarge, kVersion };

  MessageReader(Channel& channel, std::size_t max_head_bytes, Timeouts timeouts)
      : channel_(channel), timeouts_(timeouts), parser_(max_head_bytes), body_({}) {}

  /// The next head. The body of the message before must have been read to its end.
  Task<std::expected<Parsed, NoHead>> read_head();
  /// The next piece of the body, at most `max` bytes; empty at its end. Throws Disconnected.
  Task<std::string> read_some(std::size_t max);
  /// The rest of the body. Throws TooLarge past `limit`, and before reading where the declared length is
  /// larger.
  Task<std::string> read_all(std::size_t limit);

  /// Whether a message has begun that is not at its end.
  [[nodiscard]] bool between_messages() const { return body_.done() && input_.empty() && !parser_.begun(); }
  /// Whether the whole head of the next message has arrived behind this one.
  [[nodiscard]] bool has_next_head() const {
    return body_.done() && !parser_.begun() && input_.unread().find("\r\n\r\n") != std::string_view::npos;
  }
  [[nodiscard]] const BodyDecoder& body() const { return body_; }
  /// The body is not to be read, whatever its head said (the answer to a HEAD request).
  void forgo_body() { body_ = BodyDecoder({}); }
  /// Whether a body broke the protocol, rather than off.
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  Task<std::size_t> fill(std::size_t wanted, Duration timeout);

  Channel& channel_;
  const Timeouts timeouts_;
  InputBuffer input_;
  HeadParser<Parsed> parser_;
  BodyDecoder body_;
  bool malformed_ = false;
};

extern template class MessageReader<ParsedRequest>;
extern template class MessageReader<ParsedResponse>;

}  // namespace martlet::net
