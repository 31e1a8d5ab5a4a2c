#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>

#include "sandbox/sandbox_test.h"

namespace martlet::sandbox::testing {

namespace asio = boost::asio;

Task<std::string> read_all(Executor executor, int descriptor) {
  asio::posix::stream_descriptor pipe(executor, descriptor);
  std::string text;
  boost::system::error_code end;
  co_await asio::async_read(pipe, asio::dynamic_buffer(text), asio::redirect_error(asio::use_awaitable, end));
  co_return text;
}

Task<std::string> LineReader::next() {
  boost::system::error_code end;
  const std::size_t length = co_await asio::async_read_until(pipe_, asio::dynamic_buffer(buffer_), '\n',
                                                             asio::redirect_error(asio::use_awaitable, end));
  std::string line = buffer_.substr(0, length);
  buffer_.erase(0, length);
  if (line.ends_with('\n')) line.pop_back();
  co_return line;
}

Task<> readable(asio::posix::stream_descriptor& descriptor) {
  co_await descriptor.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

Task<Outcome> finish(Executor executor, Sandbox& sandbox) {
  Outcome outcome;
  outcome.output = co_await read_all(executor, sandbox.take_stdout());
  outcome.errors = co_await read_all(executor, sandbox.take_stderr());
  outcome.result = co_await sandbox.wait();
  co_return outcome;
}

Task<Outcome> run(Executor executor, Warden& warden, Policy policy) {
  const auto sandbox = co_await warden.create(std::move(policy));
  co_return co_await finish(executor, *sandbox);
}

}  // namespace martlet::sandbox::testing
