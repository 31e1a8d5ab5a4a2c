#include "net/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "net/message_writer.h"

namespace martlet::net {

namespace {

using boost::asio::buffer;
using boost::asio::const_buffer;

/// A body that nobody asked for is read up to here so that the connection can go on; beyond, it is closed.
constexpr std::uint64_t kMaxDiscard = 1024 * 1024;
constexpr std::size_t kDiscardPiece = 64 * 1024;

std::optional<std::uint64_t> declared_length(const Headers& headers) {
  const auto text = headers.find("Content-Length");
  if (!text) return std::nullopt;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return length;
}

}  // namespace

Exchange::Exchange(Connection& connection, ParsedRequest request)
    : connection_(connection), request_(std::move(request)), continue_owed_(request_.expects_continue) {}

std::string Exchange::remote_address() const { return connection_.channel_.stream().remote_address(); }
bool Exchange::is_tls() const { return connection_.origin_.is_tls; }
bool Exchange::client_has_gone() const {
  return connection_.channel_.closed() || connection_.channel_.stream().peer_has_gone();
}
const std::string& Exchange::listener() const { return *connection_.origin_.listener; }
const Headers& Exchange::trailers() const { return connection_.reader_.body().trailers(); }

Task<> Exchange::put(Pieces pieces) {
  if (co_await connection_.write(pieces)) co_return;
  connection_.close();  // half an answer must not be followed by another one
  throw Disconnected();
}

Task<> Exchange::send_continue() {
  continue_owed_ = false;
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const std::array<const_buffer, 1> pieces{buffer(kContinue)};
  co_await put(pieces);
}

Task<std::string> Exchange::read_some(std::size_t max) {
  if (continue_owed_ && !started()) co_await send_continue();
  co_return co_await connection_.reader_.read_some(max);
}

Task<std::string> Exchange::read_all(std::size_t limit) {
  if (connection_.reader_.body().remaining() > limit) throw TooLarge();
  if (continue_owed_ && !started()) co_await send_continue();
  co_return co_await connection_.reader_.read_all(limit);
}

bool Exchange::body_unread() const { return !connection_.reader_.body().done(); }

Task<bool> Exchange::discard_body() {
  std::uint64_t dropped = 0;
  while (body_unread()) {
    dropped += (co_await connection_.reader_.read_some(kDiscardPiece)).size();
    if (dropped > kMaxDiscard) co_return false;
  }
  co_return true;
}

bool Exchange::bodiless(int status) const {
  return request_.head.method == "HEAD" || status == 204 || status == 304 || status / 100 == 1;
}

bool Exchange::wants_keep_alive(const Headers& headers) const {
  if (!request_.keep_alive || connection_.context_->draining) return false;
  // Whether a client that was not told to continue sends its body cannot be known, so nothing can follow on
  // it.
  if (body_unread() && (continue_owed_ || connection_.reader_.body().remaining() > kMaxDiscard)) return false;
  return !same_name(headers.get("Connection"), "close");
}

std::string Exchange::common_head(int status, const Headers& headers) {
  keep_alive_ = keep_alive_ && wants_keep_alive(headers);
  std::string head;
  head.reserve(512);
  append_status_line(head, status);
  bool has_date = false;
  for (const auto& [name, value] : headers) {
    if (is_framing_field(name)) continue;
    has_date = has_date || same_name(name, "Date");
    append_field(head, name, value);
  }
  if (!has_date) append_field(head, "Date", connection_.context_->date());
  if (!keep_alive_)
    append_field(head, "Connection", "close");
  else if (request_.is_http10)
    append_field(head, "Connection", "keep-alive");
  return head;
}

std::string Exchange::whole_head(const Response& response) {
  if (started()) throw std::logic_error("a request was answered twice");
  phase_ = Phase::kFinished;
  keep_alive_ = true;
  std::string head = common_head(response.status, response.headers);
  std::uint64_t length = response.body.size();
  // The answer to a HEAD tells the length that a GET would have had.
  if (bodiless(response.status) && response.body.empty())
    length = declared_length(response.headers).value_or(0);
  if (response.status != 204 && response.status / 100 != 1 && !(response.status == 304 && length == 0))
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", length);
  head += "\r\n";
  return head;
}

Task<> Exchange::send(Response response) {
  const std::string head = whole_head(response);
  const bool only_head = bodiless(response.status) || response.body.empty();
  const std::array<const_buffer, 2> pieces{buffer(head), buffer(response.body)};
  co_await put(Pieces(pieces.data(), only_head ? 1 : 2));
}

Task<> Exchange::send_with_next(Response response) {
  if (body_unread() || !connection_.reader_.has_next_head()) co_return co_await send(std::move(response));
  connection_.held_ += whole_head(response);
  if (!bodiless(response.status)) connection_.held_ += response.body;
}

Task<> Exchange::start(int status, Headers headers) {
  if (started()) throw std::logic_error("a request was answered twice");
  phase_ = Phase::kStreaming;
  const auto length = declared_length(headers);
  framing_ = bodiless(status)     ? AnswerFraming::kNoBody
             : length             ? AnswerFraming::kLength
             : request_.is_http10 ? AnswerFraming::kUntilClose
                                  : AnswerFraming::kChunked;
  left_ = length.value_or(0);
  keep_alive_ = framing_ != AnswerFraming::kUntilClose;
  pending_head_ = common_head(status, headers);
  if (framing_ == AnswerFraming::kChunked) append_field(pending_head_, "Transfer-Encoding", "chunked");
  if (length && status != 204) append_field(pending_head_, "Content-Length", headers.get("Content-Length"));
  pending_head_ += "\r\n";
  co_return;
}

Task<> Exchange::write(std::string_view piece) {
  if (phase_ != Phase::kStreaming) throw std::logic_error("a piece of an answer that was not started");
  if (framing_ == AnswerFraming::kLength) {
    if (piece.size() > left_) throw std::logic_error("an answer is longer than its Content-Length");
    left_ -= piece.size();
  }
  if (framing_ == AnswerFraming::kNoBody) piece = {};
  const bool chunk = framing_ == AnswerFraming::kChunked && !piece.empty();
  std::string before = std::exchange(pending_head_, {});
  if (chunk) fmt::format_to(std::back_inserter(before), "{:x}\r\n", piece.size());
  const std::array<const_buffer, 3> pieces{buffer(before), buffer(piece), buffer(std::string_view("\r\n"))};
  co_await put(Pieces(pieces.data(), chunk ? 3 : 2));
}

Task<> Exchange::finish(Headers trailers) {
  if (phase_ != Phase::kStreaming) throw std::logic_error("the end of an answer that was not started");
  if (framing_ == AnswerFraming::kLength && left_ > 0)
    throw std::logic_error("an answer is shorter than its Content-Length");
  std::string rest = std::exchange(pending_head_, {});
  if (framing_ == AnswerFraming::kChunked) {
    rest += "0\r\n";
    for (const auto& [name, value] : trailers) append_field(rest, name, value);
    rest += "\r\n";
  }
  phase_ = Phase::kFinished;
  const std::array<const_buffer, 1> pieces{buffer(rest)};
  co_await put(pieces);
}

}  // namespace martlet::net
