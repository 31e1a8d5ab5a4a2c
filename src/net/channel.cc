#include <array>
#include <boost/asio/error.hpp>

#include "net/stream.h"

namespace martlet::net {

using boost::asio::const_buffer;

Channel::Channel(std::unique_ptr<Stream> stream, Deadlines& deadlines)
    : Deadlines::Entry(deadlines), stream_(std::move(stream)) {}

Task<std::size_t> Channel::read_some(boost::asio::mutable_buffer into, Duration timeout) {
  if (closed_) co_return 0;
  arm(timeout);
  const auto [error, count] = co_await stream_->read_some(into);
  disarm();
  if (error && !error_) error_ = error;
  co_return count;
}

Task<bool> Channel::write(Pieces pieces, Duration timeout) {
  static constexpr std::size_t kMaxPieces = 4;
  if (closed_ || pieces.size() > kMaxPieces) co_return false;
  std::array<const_buffer, kMaxPieces> left;
  std::copy(pieces.begin(), pieces.end(), left.begin());
  std::span<const_buffer> rest(left.data(), pieces.size());

  std::size_t written = stream_->try_write(rest);
  while (true) {
    while (!rest.empty() && written >= rest.front().size()) {
      written -= rest.front().size();
      rest = rest.subspan(1);
    }
    if (rest.empty()) co_return true;
    rest.front() += written;
    arm(timeout);
    const auto [error, count] = co_await stream_->write_some(rest);
    disarm();
    written = count;
    if (!error) continue;
    if (!error_) error_ = error;
    co_return false;
  }
}

Task<> Channel::shutdown(Duration timeout) {
  if (closed_) co_return;
  arm(timeout);
  co_await stream_->shutdown();
  disarm();
}

void Channel::close() {
  if (closed_) return;
  closed_ = true;
  disarm();
  stream_->close();
}

void Channel::expired() {
  timed_out_ = true;
  if (!error_) error_ = boost::asio::error::timed_out;
  close();
}

std::string Channel::error_text() const {
  return error_ ? error_.message() : std::string("the connection was closed");
}

}  // namespace martlet::net
