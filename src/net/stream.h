#pragma once

// Stream: the bytes of one connection, plain or TLS. Channel: a Stream with timeouts, whose errors are
// values. Server and client are built on them; a fuzzer brings a Stream of its own. Lives on the loop.

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include "base/task.h"
#include "net/deadlines.h"

namespace boost::asio::ssl {
class context;
}

namespace martlet::net {

/// Error and bytes moved. The end of the stream is the error eof.
using IoResult = std::tuple<boost::system::error_code, std::size_t>;
using Pieces = std::span<const boost::asio::const_buffer>;

class Stream {
 public:
  virtual ~Stream() = default;
  virtual Task<IoResult> read_some(boost::asio::mutable_buffer into) = 0;
  virtual Task<IoResult> write_some(Pieces pieces) = 0;
  /// Writes what fits without waiting; 0 when nothing does or the stream cannot tell.
  virtual std::size_t try_write(Pieces) { return 0; }
  /// Says that no more will be written.
  virtual Task<> shutdown() = 0;
  /// Ends pending reads and writes with an error. Idempotent.
  virtual void close() = 0;
  [[nodiscard]] virtual std::string remote_address() const = 0;
  /// Whether an idle stream is still open and silent, as one that is to be used again must be.
  [[nodiscard]] virtual bool is_quiet() = 0;
  /// Whether the other side has ended the stream, or its half of it, or broken it off.
  [[nodiscard]] virtual bool peer_has_gone() = 0;
};

class Channel final : private Deadlines::Entry {
 public:
  Channel(std::unique_ptr<Stream> stream, Deadlines& deadlines);

  /// Bytes read; 0 at the end of the stream, after an error and after `timeout`.
  Task<std::size_t> read_some(boost::asio::mutable_buffer into, Duration timeout);
  /// Writes all pieces, at most four. False when that failed or the peer took nothing for `timeout`.
  Task<bool> write(Pieces pieces, Duration timeout);
  Task<> shutdown(Duration timeout);
  void close();
  [[nodiscard]] bool closed() const { return closed_; }
  /// Whether a timeout of ours closed it.
  [[nodiscard]] bool timed_out() const { return timed_out_; }
  /// What went wrong first, for people: "Connection refused", "certificate verify failed", ...
  [[nodiscard]] std::string error_text() const;
  [[nodiscard]] Stream& stream() { return *stream_; }

 private:
  void expired() override;

  std::unique_ptr<Stream> stream_;
  boost::system::error_code error_;
  bool closed_ = false;
  bool timed_out_ = false;
};

/// Takes over a connected descriptor of any family of stream sockets.
std::unique_ptr<Stream> make_plain_stream(Executor executor, int fd);

/// Which end of a TLS connection this is.
struct TlsPeer {
  enum class Role { kServer, kClient };
  Role role = Role::kServer;
  /// For a client: the name that the certificate must carry, and that is asked for.
  std::string host;
};
/// A TLS stream over a connected descriptor. The handshake is part of the first read or write.
std::unique_ptr<Stream> make_tls_stream(Executor executor, int fd,
                                        std::shared_ptr<boost::asio::ssl::context> context, TlsPeer peer);

}  // namespace martlet::net
