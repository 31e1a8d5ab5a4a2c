#pragma once

// BodyDecoder finds the end of a message body and takes the chunked coding off it. Synchronous; knows no
// socket.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "net/head_parser.h"
#include "net/http.h"

namespace martlet::net {

class BodyDecoder {
 public:
  struct Malformed {};

  explicit BodyDecoder(Framing framing);

  /// Decodes from the front of `bytes`, appending at most `max` bytes of body to `out`. Returns how many of
  /// `bytes` were used: all of them unless `max` or the end of the body was reached.
  std::expected<std::size_t, Malformed> decode(std::string_view bytes, std::size_t max, std::string& out);

  /// Whether the whole body, trailers included, was decoded.
  [[nodiscard]] bool done() const { return state_ == State::kDone; }
  /// Tells that no more bytes will come; false when the body is thereby cut off.
  bool end_of_stream();
  /// The body's size where it was declared; 0 otherwise.
  [[nodiscard]] std::uint64_t declared_length() const { return declared_length_; }
  /// Bytes of a declared length that are still to come; 0 where none was declared.
  [[nodiscard]] std::uint64_t remaining() const { return framing_ == Framing::Kind::kLength ? left_ : 0; }
  [[nodiscard]] const Headers& trailers() const { return trailers_; }

 private:
  enum class State { kData, kChunkSize, kChunkData, kChunkEnd, kTrailers, kDone };

  std::size_t take_data(std::string_view bytes, std::size_t max, std::string& out);
  /// Moves bytes of the current line into line_. True once the line is complete, without its end.
  std::expected<bool, Malformed> take_line(std::string_view& bytes);
  bool line_complete();
  bool begin_chunk();
  bool add_trailer();

  Framing::Kind framing_;
  State state_;
  std::uint64_t declared_length_ = 0;
  /// Of the body, or of the current chunk.
  std::uint64_t left_ = 0;
  std::string line_;
  std::size_t trailer_bytes_ = 0;
  Headers trailers_;
};

}  // namespace martlet::net
