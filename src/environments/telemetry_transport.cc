#include "environments/telemetry_transport.h"

#include <array>
#include <boost/asio/buffer.hpp>

#include "base/log.h"
#include "net/client.h"
#include "net/stream.h"

namespace martlet::environments {

namespace {

/// A subscriber that takes nothing, or does not answer, for this long is tried again.
constexpr Duration kPatience = std::chrono::seconds(10);
/// Answers are read to use the connection again, not for what they say.
constexpr std::size_t kMaxAnswerBytes = 64 << 10;

class HttpTransport final : public TelemetryTransport {
 public:
  HttpTransport(Executor executor, Clock& clock, TelemetryDestination destination, ConnectInside connect)
      : destination_(std::move(destination)),
        client_(std::move(executor), clock, options(std::move(connect))) {}

  std::string batch_of(const std::vector<std::string>& records) const override {
    std::string batch;
    for (const std::string& record : records) {
      batch += batch.empty() ? '[' : ',';
      batch += record;
    }
    return batch + ']';
  }

  Task<bool> send(const std::string& batch) override {
    try {
      const net::Response answer = co_await client_.send({.method = destination_.method,
                                                          .url = destination_.uri,
                                                          .headers = {{"Content-Type", "application/json"}},
                                                          .body = batch},
                                                         kMaxAnswerBytes);
      co_return answer.status / 100 == 2;
    } catch (const net::TooLarge&) {
      co_return true;  // it has answered, at length
    } catch (const std::exception& error) {
      log::debug("telemetry was not taken", {{"uri", destination_.uri}, {"error", error.what()}});
    }
    co_return false;
  }

  Task<> stop() override { return client_.stop(); }

 private:
  static net::ClientOptions options(ConnectInside connect) {
    net::ClientOptions result;
    result.read_timeout = kPatience;
    result.max_idle = 1;
    result.connect = [connect = std::move(connect)](std::string, std::uint16_t port) {
      return connect(port);
    };
    return result;
  }

  TelemetryDestination destination_;
  net::Client client_;
};

class TcpTransport final : public TelemetryTransport {
 public:
  TcpTransport(Executor executor, Clock& clock, std::uint16_t port, ConnectInside connect)
      : executor_(executor),
        port_(port),
        connect_(std::move(connect)),
        deadlines_(executor, clock, kPatience / 16) {}

  std::string batch_of(const std::vector<std::string>& records) const override {
    std::string batch;
    for (const std::string& record : records) {
      batch += record;
      batch += '\n';
    }
    return batch;
  }

  Task<bool> send(const std::string& batch) override {
    try {
      if (!channel_ || !channel_->stream().is_quiet()) {
        channel_.reset();
        const int fd = co_await connect_(port_);
        channel_ = std::make_unique<net::Channel>(net::make_plain_stream(executor_, fd), deadlines_);
      }
      const std::array<boost::asio::const_buffer, 1> pieces{boost::asio::buffer(batch)};
      if (co_await channel_->write(pieces, kPatience)) co_return true;
    } catch (const std::exception& error) {
      log::debug("telemetry was not taken", {{"port", std::to_string(port_)}, {"error", error.what()}});
    }
    channel_.reset();
    co_return false;
  }

  Task<> stop() override {
    channel_.reset();
    return deadlines_.stop();
  }

 private:
  Executor executor_;
  std::uint16_t port_;
  ConnectInside connect_;
  net::Deadlines deadlines_;
  std::unique_ptr<net::Channel> channel_;
};

}  // namespace

std::unique_ptr<TelemetryTransport> make_transport(Executor executor, Clock& clock,
                                                   const TelemetryDestination& destination,
                                                   ConnectInside connect) {
  if (destination.protocol == TelemetryDestination::Protocol::kTcp)
    return std::make_unique<TcpTransport>(std::move(executor), clock, destination.port, std::move(connect));
  return std::make_unique<HttpTransport>(std::move(executor), clock, destination, std::move(connect));
}

}  // namespace martlet::environments
