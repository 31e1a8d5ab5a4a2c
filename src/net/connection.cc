#include "net/connection.h"

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <optional>

#include "base/log.h"
#include "net/exchange.h"
#include "net/message_writer.h"

namespace martlet::net {

namespace {

/// After a last answer the client's remaining bytes are read and dropped, so that they do not make the kernel
/// reset the connection before the client has read the answer. Bounded in bytes and in silence.
constexpr std::size_t kMaxLinger = 256 * 1024 * 1024;
constexpr Duration kLingerSilence = std::chrono::seconds(2);

/// How often deadlines are looked at, as a part of the shortest one.
Duration granularity(const ServerOptions& options) {
  return std::min({options.idle_timeout, options.read_timeout, options.write_timeout}) / 16;
}

int status_of(MessageReader<ParsedRequest>::NoHead reason) {
  using NoHead = MessageReader<ParsedRequest>::NoHead;
  switch (reason) {
    case NoHead::kTooLarge:
      return 431;
    case NoHead::kVersion:
      return 505;
    default:
      return 400;
  }
}

/// What to answer, if anything can be answered, to a request whose handler ended with `failure`. Logs what is
/// a bug.
std::optional<int> status_of_failure(std::exception_ptr failure, const RequestHead& head) {
  try {
    std::rethrow_exception(failure);
  } catch (const Disconnected&) {
    return 400;
  } catch (const TooLarge&) {
    return 413;
  } catch (const std::exception& error) {
    log::error("a request handler failed",
               {{"method", head.method}, {"path", head.path()}, {"error", error.what()}});
  } catch (...) {
    log::error("a request handler failed", {{"method", head.method}, {"path", head.path()}});
  }
  return 500;
}

bool is_cancellation(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == boost::asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

struct CountInFlight {
  explicit CountInFlight(ConnectionContext& counted) : context(counted) {
    ++context.requests;
    ++context.requests_in_flight;
  }
  ~CountInFlight() { --context.requests_in_flight; }
  CountInFlight(const CountInFlight&) = delete;
  CountInFlight& operator=(const CountInFlight&) = delete;
  ConnectionContext& context;
};

}  // namespace

ConnectionContext::ConnectionContext(Executor executor, Clock& with, ServerOptions chosen, Handler answers)
    : clock(with),
      options(chosen),
      handler(std::move(answers)),
      deadlines(std::move(executor), with, granularity(chosen)) {}

const std::string& ConnectionContext::date() {
  const std::int64_t second = to_epoch_ms(clock.now()) / 1000;
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(second);
  }
  return date_;
}

Connection::Connection(std::shared_ptr<ConnectionContext> context, std::unique_ptr<Stream> stream,
                       ConnectionOrigin origin)
    : context_(std::move(context)),
      origin_(std::move(origin)),
      channel_(std::move(stream), context_->deadlines),
      reader_(channel_, context_->options.max_head_bytes,
              {context_->options.idle_timeout, context_->options.read_timeout}) {}

Connection::~Connection() = default;

void Connection::drain() {
  if (!busy_ && reader_.between_messages()) channel_.close();
}

Task<> Connection::run() {
  while (!channel_.closed()) {
    auto request = co_await reader_.read_head();
    if (!request) {
      if (request.error() != Reader::NoHead::kEnd) co_await answer_bare(status_of(request.error()));
      break;
    }
    busy_ = true;
    const bool goes_on = co_await serve_one(std::move(*request));
    busy_ = false;
    if (!goes_on || (context_->draining && reader_.between_messages())) break;
  }
  if (!held_.empty()) co_await write({});
  co_await linger();
  channel_.close();
}

Task<bool> Connection::serve_one(ParsedRequest request) {
  const CountInFlight counted(*context_);
  Exchange exchange(*this, std::move(request));
  std::exception_ptr failure;
  try {
    co_await context_->handler(exchange, exchange);
    // A handler may take the client's going for granted and return.
    if (!exchange.finished() && channel_.closed()) throw Disconnected();
    if (!exchange.finished()) throw std::logic_error("the handler ended without finishing its answer");
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    if (is_cancellation(failure)) std::rethrow_exception(failure);
    const auto status = status_of_failure(failure, exchange.head());
    if (!exchange.started() && status) co_await answer_bare(*status);
    if (!exchange.finished() && exchange.started()) channel_.close();
    co_return false;
  }
  if (!exchange.keeps_connection()) co_return false;
  if (!exchange.body_unread()) co_return true;
  bool discarded = false;
  try {
    discarded = co_await exchange.discard_body();
  } catch (const Disconnected&) {
    // The answer was given: there is nothing left to say.
  }
  co_return discarded;
}

Task<bool> Connection::write(Pieces pieces) {
  const std::string before = std::exchange(held_, {});
  std::array<boost::asio::const_buffer, 4> all{boost::asio::buffer(before)};
  if (pieces.size() >= all.size()) throw std::logic_error("too many pieces");
  std::ranges::copy(pieces, all.begin() + 1);
  const std::size_t skip = before.empty() ? 1 : 0;
  co_return co_await channel_.write(Pieces(all.data() + skip, pieces.size() + 1 - skip),
                                    context_->options.write_timeout);
}

Task<> Connection::answer_bare(int status) {
  std::string answer;
  append_status_line(answer, status);
  append_field(answer, "Date", context_->date());
  append_field(answer, "Connection", "close");
  append_field(answer, "Content-Length", "0");
  answer += "\r\n";
  const std::array<boost::asio::const_buffer, 1> pieces{boost::asio::buffer(answer)};
  co_await write(pieces);
}

Task<> Connection::linger() {
  // The end of a TLS stream comes last: after it nothing could be read any more.
  if (!origin_.is_tls) co_await channel_.shutdown(kLingerSilence);
  if (!reader_.between_messages()) co_await drop_input();
  if (origin_.is_tls) co_await channel_.shutdown(kLingerSilence);
}

Task<> Connection::drop_input() {
  static constexpr std::size_t kPiece = 64 * 1024;
  const auto scratch = std::make_unique_for_overwrite<char[]>(kPiece);
  std::size_t dropped = 0;
  while (dropped < kMaxLinger) {
    const std::size_t count =
        co_await channel_.read_some(boost::asio::buffer(scratch.get(), kPiece), kLingerSilence);
    if (count == 0) break;
    dropped += count;
  }
}

}  // namespace martlet::net
