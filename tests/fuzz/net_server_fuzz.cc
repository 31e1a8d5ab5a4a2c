// Throws bytes at a server connection over a stream in memory, in pieces of varying size, and at the reader
// of answers. The handler reads bodies and echoes them, so that every way of framing is used in both
// directions.

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstring>

#include "base/clock.h"
#include "net/connection.h"
#include "net/message_reader.h"

namespace {

using namespace martlet;
using namespace martlet::net;

/// Reads from memory; what is written is counted and dropped.
class MemoryStream final : public Stream {
 public:
  MemoryStream(std::string_view input, std::size_t piece) : input_(input), piece_(piece) {}

  Task<IoResult> read_some(boost::asio::mutable_buffer into) override {
    const std::size_t count = std::min({input_.size(), into.size(), piece_});
    if (closed_ || count == 0) co_return IoResult(boost::asio::error::eof, 0);
    std::memcpy(into.data(), input_.data(), count);
    input_.remove_prefix(count);
    co_return IoResult({}, count);
  }
  Task<IoResult> write_some(Pieces pieces) override { co_return IoResult({}, try_write(pieces)); }
  std::size_t try_write(Pieces pieces) override {
    std::size_t total = 0;
    for (const auto& piece : pieces) total += piece.size();
    return total;
  }
  Task<> shutdown() override { co_return; }
  void close() override { closed_ = true; }
  std::string remote_address() const override { return "memory"; }
  bool is_quiet() override { return true; }
  bool peer_has_gone() override { return closed_; }

 private:
  std::string_view input_;
  std::size_t piece_;
  bool closed_ = false;
};

Task<> echo(Request& request, ResponseWriter& writer) {
  if (request.head().target.size() % 2 == 0) {
    std::string body = co_await request.read_all(100'000);
    co_await writer.send({200, request.head().headers, std::move(body)});
    co_return;
  }
  co_await writer.start(200, {});
  while (true) {
    const std::string piece = co_await request.read_some(7);
    if (piece.empty()) break;
    co_await writer.write(piece);
  }
  co_await writer.finish(request.trailers());
}

Task<> serve(std::shared_ptr<ConnectionContext> context, std::string_view input, std::size_t piece) {
  Connection connection(context, std::make_unique<MemoryStream>(input, piece),
                        {false, std::make_shared<const std::string>("fuzz")});
  co_await connection.run();
}

Task<> read_answers(std::shared_ptr<ConnectionContext> context, std::string_view input, std::size_t piece) {
  Channel channel(std::make_unique<MemoryStream>(input, piece), context->deadlines);
  MessageReader<ParsedResponse> reader(channel, 4096, {std::chrono::seconds(1), std::chrono::seconds(1)});
  try {
    while (true) {
      const auto answer = co_await reader.read_head();
      if (!answer) break;
      co_await reader.read_all(100'000);
    }
  } catch (const Disconnected&) {
  } catch (const TooLarge&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = data[0] % 64 + 1;
  const bool as_server = data[1] % 4 != 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  boost::asio::io_context loop(1);
  const auto clock = make_simulated_clock(loop.get_executor(), from_epoch_ms(1'700'000'000'000));
  ServerOptions options;
  options.max_head_bytes = 4096;
  auto context = std::make_shared<ConnectionContext>(loop.get_executor(), *clock, options, echo);
  boost::asio::co_spawn(loop, as_server ? serve(context, input, piece) : read_answers(context, input, piece),
                        [&](std::exception_ptr failure) {
                          context->deadlines.cancel();
                          if (failure) std::rethrow_exception(failure);
                        });
  loop.run();
  return 0;
}
