// Telemetry and its API, with subscribers that listen on this machine.

#include "environments/telemetry.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/async_test.h"
#include "environments/telemetry_api.h"
#include "net/server.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;

Task<int> connect_here(std::uint16_t port) {
  tcp::socket socket(co_await boost::asio::this_coro::executor);
  co_await socket.async_connect({boost::asio::ip::address_v4::loopback(), port}, boost::asio::use_awaitable);
  co_return socket.release();
}

class Host final : public TelemetryHost {
 public:
  Host(Executor executor, Clock& clock, TaskGroup& tasks, Logging::Format format)
      : clock_(clock), telemetry_(executor, clock, tasks, format) {
    telemetry_.connect_with(connect_here);
  }
  std::optional<std::string> extension_name(std::string_view identifier) override {
    if (!identifier.starts_with("id-of-")) return std::nullopt;
    return std::string(identifier.substr(6));
  }
  Telemetry& telemetry() override { return telemetry_; }
  void log_event(const PlatformEvent& event) override { telemetry_.note(event, clock_.now()); }
  std::uint16_t runtime_api_port() const override { return 9001; }

 private:
  Clock& clock_;
  Telemetry telemetry_;
};

net::Response subscribe(Host& host, const std::string& extension, const std::string& body,
                        const std::string& path = "/2022-07-01/telemetry") {
  net::RequestHead head{.method = "PUT", .target = path, .headers = {}};
  if (!extension.empty()) head.headers.add("Lambda-Extension-Identifier", extension);
  return answer_telemetry(host, head, body);
}

std::string body_for(const std::string& types, const std::string& destination) {
  return R"({"schemaVersion":"2022-07-01","types":)" + types +
         R"(,"buffering":{"timeoutMs":25},"destination":)" + destination + "}";
}

std::string http_to(std::uint16_t port) {
  return R"({"protocol":"HTTP","URI":"http://sandbox.localdomain:)" + std::to_string(port) + R"(/in"})";
}

/// A subscriber that speaks HTTP.
struct Listener {
  Listener(Executor executor, Clock& clock)
      : arrived(executor),
        server(executor, clock, {},
               [this](net::Request& request, net::ResponseWriter& writer) { return take(request, writer); }),
        port(server.listen("127.0.0.1", 0, "subscriber")) {}

  Task<> take(net::Request& request, net::ResponseWriter& writer) {
    heads.push_back(request.head().method + " " + request.head().target + " " +
                    std::string(request.head().headers.get("Content-Type")));
    bodies.push_back(co_await request.read_all(1 << 20));
    net::Response answer;
    answer.status = status;
    co_await writer.send(std::move(answer));
    arrived.notify_all();
  }
  Task<> wait_for(std::size_t requests) {
    while (bodies.size() < requests) co_await arrived.wait();
  }

  Signal arrived;
  int status = 200;
  std::vector<std::string> heads;
  std::vector<std::string> bodies;
  net::Server server;
  std::uint16_t port;
};

TEST(Telemetry, BatchesGoToTheListenerBeginningWithWhatCameBefore) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_system_clock(executor);
    TaskGroup tasks(executor);
    Listener listener(executor, *clock);
    Host host(executor, *clock, tasks, Logging::Format::kText);
    const TimePoint now = from_epoch_ms(0);
    host.telemetry().note(InitStart{.runtime_version = "python:3.12"}, now);
    host.telemetry().note_line(LineSource::kFunction, "loading\n", now);
    host.telemetry().note_line(LineSource::kExtension, "not asked for\n", now);
    const auto answer =
        subscribe(host, "id-of-agent", body_for(R"(["platform","function"])", http_to(listener.port)));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "\"OK\"");
    co_await listener.wait_for(1);
    EXPECT_EQ(listener.heads[0], "POST /in application/json");
    EXPECT_THAT(listener.bodies[0], testing::StartsWith(R"([{"time":"1970-01-01T00:00:00.000Z",)"
                                                        R"("type":"platform.initStart","record":{)"));
    EXPECT_THAT(listener.bodies[0], HasSubstr(R"("type":"function","record":"loading\n"},{)"));
    EXPECT_THAT(listener.bodies[0],
                HasSubstr(R"("platform.telemetrySubscription","record":{"name":"agent",)"));
    EXPECT_THAT(listener.bodies[0], EndsWith("}]"));
    EXPECT_THAT(listener.bodies[0], testing::Not(HasSubstr("not asked for")));
    host.telemetry().close_subscriptions();
    host.telemetry().note(Start{"id", "1"}, now);
    co_await listener.wait_for(2);
    EXPECT_EQ(listener.bodies[1], R"([{"time":"1970-01-01T00:00:00.000Z","type":"platform.start",)"
                                  R"("record":{"requestId":"id","version":"1"}}])");
    host.telemetry().stop();
    co_await tasks.join();
    co_await listener.server.drain(0s);
  });
}

TEST(Telemetry, AnErrorOfTheListenerBringsTheBatchAgain) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_system_clock(executor);
    TaskGroup tasks(executor);
    Listener listener(executor, *clock);
    listener.status = 503;
    Host host(executor, *clock, tasks, Logging::Format::kText);
    subscribe(host, "id-of-agent", body_for(R"(["function"])", http_to(listener.port)));
    host.telemetry().note_line(LineSource::kFunction, "line\n", clock->now());
    co_await listener.wait_for(2);
    listener.status = 200;
    const std::size_t before = listener.bodies.size();
    co_await listener.wait_for(before + 1);
    EXPECT_EQ(listener.bodies.front(), listener.bodies.back());
    host.telemetry().stop();
    co_await tasks.join();
    co_await listener.server.drain(0s);
  });
}

TEST(Telemetry, OverTcpEveryRecordIsALine) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_system_clock(executor);
    TaskGroup tasks(executor);
    tcp::acceptor acceptor(executor, {boost::asio::ip::address_v4::loopback(), 0});
    Host host(executor, *clock, tasks, Logging::Format::kJson);
    const std::string port = std::to_string(acceptor.local_endpoint().port());
    subscribe(host, "id-of-agent",
              body_for(R"(["function","extension"])", R"({"protocol":"TCP","port":)" + port + "}"));
    const TimePoint now = from_epoch_ms(0);
    host.telemetry().note_line(LineSource::kFunction, "{\"level\":\"INFO\"}\n", now);
    host.telemetry().note_line(LineSource::kExtension, "text\n", now);
    tcp::socket peer = co_await acceptor.async_accept(boost::asio::use_awaitable);
    std::string received;
    for (const char* expected :
         {R"({"time":"1970-01-01T00:00:00.000Z","type":"function","record":{"level":"INFO"}})",
          R"({"time":"1970-01-01T00:00:00.000Z","type":"extension","record":"text\n"})"}) {
      const std::size_t size = co_await boost::asio::async_read_until(
          peer, boost::asio::dynamic_buffer(received), '\n', boost::asio::use_awaitable);
      EXPECT_EQ(received.substr(0, size), std::string(expected) + "\n");
      received.erase(0, size);
    }
    host.telemetry().stop();
    co_await tasks.join();
  });
}

TEST(TelemetryApi, WhoMaySubscribeAndWhen) {
  run_async([](Executor executor) -> Task<> {
    const auto clock = make_simulated_clock(executor, from_epoch_ms(0));
    TaskGroup tasks(executor);
    Host host(executor, *clock, tasks, Logging::Format::kText);
    const std::string good = body_for(R"(["function"])", http_to(1));
    auto answer = subscribe(host, "", good);
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.body, HasSubstr("Extension.MissingExtensionIdentifier"));
    answer = subscribe(host, "somebody", good);
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.body, HasSubstr("Extension.UnknownExtensionIdentifier"));
    answer = subscribe(host, "id-of-a", "{}");
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body, HasSubstr(R"("errorType":"ValidationError")"));
    answer = subscribe(host, "id-of-a", "{}", "/2020-08-15/logs");
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body, HasSubstr(R"("errorType":"Logs.ValidationError")"));
    EXPECT_EQ(subscribe(host, "id-of-a", good, "/2022-07-01/telemetry/").status, 200);
    EXPECT_EQ(subscribe(host, "id-of-a", good).status, 200);
    answer = subscribe(host, "id-of-a", R"({"types":["function"],"destination":)" + http_to(1) + "}",
                       "/2020-08-15/logs");
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.body, HasSubstr("Logs.SubscriptionClosed"));
    EXPECT_EQ(subscribe(host, "id-of-b", R"({"types":["function"],"destination":)" + http_to(1) + "}",
                        "/2020-08-15/logs")
                  .status,
              200);
    EXPECT_EQ(
        answer_telemetry(host, {.method = "GET", .target = "/2020-08-15/logs", .headers = {}}, "").status,
        405);
    host.telemetry().close_subscriptions();
    answer = subscribe(host, "id-of-c", good);
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.body, HasSubstr("Telemetry.SubscriptionClosed"));
    host.telemetry().stop();
    co_await tasks.join();
  });
}

TEST(TelemetryApi, Paths) {
  EXPECT_TRUE(is_telemetry_path("/2022-07-01/telemetry"));
  EXPECT_TRUE(is_telemetry_path("/2020-08-15/logs/"));
  EXPECT_FALSE(is_telemetry_path("/2022-07-01/telemetry/x"));
  EXPECT_FALSE(is_telemetry_path("/2018-06-01/runtime/invocation/next"));
}

}  // namespace
}  // namespace martlet::environments
