#pragma once

// HeadParser takes bytes from the network and makes the head of a request or an answer of them, and says how
// the body that follows is delimited. It is synchronous and knows no socket, so that a fuzzer can drive it.
// Boost.Beast does the parsing; the checks that Beast leaves to its user (the size of the whole head,
// transfer codings) are here.

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace martlet::net {

/// How the end of a body is found.
struct Framing {
  enum class Kind { kNone, kLength, kChunked, kUntilClose };
  Kind kind = Kind::kNone;
  /// For kLength.
  std::uint64_t length = 0;
};

struct ParsedRequest {
  RequestHead head;
  Framing framing;
  /// HTTP/1.0 knows neither chunks nor "100 Continue".
  bool is_http10 = false;
  bool keep_alive = false;
  bool expects_continue = false;
};

struct ParsedResponse {
  int status = 0;
  Headers headers;
  Framing framing;
  bool keep_alive = false;
};

enum class HeadError { kMalformed, kTooLarge, kVersion };

/// Parsed is ParsedRequest or ParsedResponse.
template <class Parsed>
class HeadParser {
 public:
  explicit HeadParser(std::size_t max_head_bytes);
  ~HeadParser();

  /// Takes what it can use from the front of `bytes`, which must start where the last call stopped; returns
  /// how many bytes that was. Call again with more while done() is false.
  std::expected<std::size_t, HeadError> feed(std::string_view bytes);
  [[nodiscard]] bool done() const;
  /// Whether part of a head was seen.
  [[nodiscard]] bool begun() const;
  /// The result, once; the parser is then ready for the next head.
  Parsed take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

extern template class HeadParser<ParsedRequest>;
extern template class HeadParser<ParsedResponse>;

}  // namespace martlet::net
