// The life of connections and listeners: streaming, disconnects, timeouts, limits, adoption, draining.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>

#include "base/signal.h"
#include "base/task_group.h"
#include "net/listen.h"
#include "net/server.h"
#include "net/test_support.h"

namespace martlet::net {
namespace {

using std::string;
using namespace std::chrono_literals;

constexpr auto kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

Task<> hello(Request&, ResponseWriter& writer) { co_await writer.send({200, {}, "hello"}); }

TEST(Streaming, SendsPiecesAsTheyCome) {
  Signal* gate = nullptr;
  with_server(
      [&](Request&, ResponseWriter& writer) -> Task<> {
        co_await writer.start(200, {{"Content-Type", "text/event-stream"}});
        co_await writer.write("first");
        co_await gate->wait();
        co_await writer.write("second piece");
        co_await writer.finish({{"X-Sum", "9"}});
      },
      [&](Bench& bench) -> Task<> {
        Signal signal(bench.executor);
        gate = &signal;
        RawClient client = bench.connect();
        co_await client.send(kGet);
        EXPECT_TRUE(co_await client.read_until("5\r\nfirst\r\n"));
        co_await settle(bench.executor);
        signal.notify_all();
        EXPECT_TRUE(co_await client.read_until("c\r\nsecond piece\r\n0\r\nX-Sum: 9\r\n\r\n"));
        EXPECT_NE(client.received().find("Transfer-Encoding: chunked\r\n"), string::npos);
        // The connection goes on afterwards.
        client.forget();
        co_await client.send(kGet);
        EXPECT_TRUE(co_await client.read_until("5\r\nfirst\r\n"));
        co_await settle(bench.executor);
        signal.notify_all();
        EXPECT_TRUE(co_await client.read_until("0\r\n"));
      });
}

TEST(Streaming, KeepsADeclaredLength) {
  with_server(
      [](Request&, ResponseWriter& writer) -> Task<> {
        co_await writer.start(200, {{"content-length", "6"}});
        co_await writer.write("abc");
        co_await writer.write("def");
        co_await writer.finish();
      },
      [](Bench& bench) -> Task<> {
        RawClient client = bench.connect();
        co_await client.send(kGet);
        EXPECT_TRUE(co_await client.read_until("\r\n\r\nabcdef"));
        EXPECT_EQ(client.received().find("chunked"), string::npos);
      });
}

TEST(Streaming, BreaksOffAnAnswerThatFailsInTheMiddle) {
  with_server(
      [](Request&, ResponseWriter& writer) -> Task<> {
        co_await writer.start(200, {});
        co_await writer.write("abc");
        throw std::runtime_error("on purpose");
      },
      [](Bench& bench) -> Task<> {
        RawClient client = bench.connect();
        co_await client.send(kGet);
        const string answer = co_await client.read_all();
        EXPECT_TRUE(answer.ends_with("3\r\nabc\r\n")) << answer;
      });
}

TEST(Streaming, CopiesALargeBodyBackWhileItArrives) {
  constexpr std::size_t kSize = 5'000'000;
  with_server(
      [](Request& request, ResponseWriter& writer) -> Task<> {
        co_await writer.start(200, {{"Content-Length", std::to_string(kSize)}});
        while (true) {
          const string piece = co_await request.read_some(10'000);
          if (piece.empty()) break;
          EXPECT_LE(piece.size(), 10'000U);
          co_await writer.write(piece);
        }
        co_await writer.finish();
      },
      [](Bench& bench) -> Task<> {
        RawClient client = bench.connect();
        TaskGroup group(bench.executor);
        string body(kSize, 'x');
        for (std::size_t i = 0; i < kSize; i += 997) body[i] = static_cast<char>('a' + i % 26);
        group.spawn("send", client.send("PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " +
                                        std::to_string(kSize) + "\r\n\r\n" + body));
        const string answer = co_await client.read_all();
        EXPECT_TRUE(answer.ends_with(body));
        co_await group.join();
      });
}

TEST(Disconnect, AClientThatGoesDuringAnAnswerEndsTheHandler) {
  bool ended = false;
  with_server(
      [&](Request&, ResponseWriter& writer) -> Task<> {
        const string piece(100'000, 'x');
        co_await writer.start(200, {});
        try {
          while (true) co_await writer.write(piece);
        } catch (const Disconnected&) {
          ended = true;
        }
      },
      [&](Bench& bench) -> Task<> {
        {
          RawClient client = bench.connect();
          co_await client.send(kGet);
          EXPECT_TRUE(co_await client.read_until("xxx"));
          client.close();
        }
        while (bench.server.statistics().connections_open > 0) co_await settle(bench.executor);
        EXPECT_TRUE(ended);
        // The server goes on.
        RawClient other = bench.connect();
        co_await other.send(kGet);
        EXPECT_TRUE(co_await other.read_until("200 OK"));
      });
}

TEST(Disconnect, AClientThatGoesDuringABodyEndsTheHandler) {
  bool ended = false;
  with_server(
      [&](Request& request, ResponseWriter& writer) -> Task<> {
        try {
          co_await request.read_all(1000);
        } catch (const Disconnected&) {
          ended = true;
          throw;
        }
        co_await writer.send({});
      },
      [&](Bench& bench) -> Task<> {
        RawClient client = bench.connect();
        co_await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
        co_await settle(bench.executor);
        client.close();
        while (bench.server.statistics().connections_open > 0) co_await settle(bench.executor);
        EXPECT_TRUE(ended);
      });
}

/// Advances time in steps until no connection is open; returns how long that took.
Task<Duration> time_until_closed(Bench& bench) {
  const Duration start = bench.clock.elapsed();
  while (bench.server.statistics().connections_open > 0 && bench.clock.elapsed() - start < 1h) {
    bench.clock.advance(500ms);
    co_await settle(bench.executor);
  }
  co_return bench.clock.elapsed() - start;
}

TEST(Timeouts, CloseAConnectionWithoutRequests) {
  ServerOptions options;
  options.idle_timeout = 20s;
  with_server(options, hello, [](Bench& bench) -> Task<> {
    RawClient client = bench.connect();
    co_await client.send(kGet);
    EXPECT_TRUE(co_await client.read_until("hello"));
    const Duration passed = co_await time_until_closed(bench);
    EXPECT_GE(passed, 20s);
    EXPECT_LE(passed, 25s);
  });
}

TEST(Timeouts, CloseARequestThatStalls) {
  ServerOptions options;
  options.read_timeout = 10s;
  for (const string part : {"GET / HT", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"}) {
    with_server(
        options,
        [](Request& request, ResponseWriter& writer) -> Task<> {
          co_await request.read_all(100);
          co_await writer.send({});
        },
        [&](Bench& bench) -> Task<> {
          RawClient client = bench.connect();
          co_await client.send(part);
          co_await settle(bench.executor);
          const Duration passed = co_await time_until_closed(bench);
          EXPECT_GE(passed, 10s);
          EXPECT_LE(passed, 12s);
        });
  }
}

TEST(Timeouts, BreakOffAnAnswerThatIsNotTaken) {
  ServerOptions options;
  options.write_timeout = 10s;
  with_server(
      options,
      [](Request&, ResponseWriter& writer) -> Task<> {
        co_await writer.send({200, {}, string(50'000'000, 'x')});
      },
      [](Bench& bench) -> Task<> {
        RawClient client = bench.connect();
        co_await client.send(kGet);
        co_await settle(bench.executor);
        EXPECT_EQ(bench.server.statistics().requests_in_flight, 1U);
        const Duration passed = co_await time_until_closed(bench);
        EXPECT_LE(passed, 12s);
      });
}

TEST(Timeouts, LeaveASlowHandlerAlone) {
  Signal* gate = nullptr;
  with_server(
      [&](Request&, ResponseWriter& writer) -> Task<> {
        co_await gate->wait();
        co_await writer.send({200, {}, "late"});
      },
      [&](Bench& bench) -> Task<> {
        Signal signal(bench.executor);
        gate = &signal;
        RawClient client = bench.connect();
        co_await client.send(kGet);
        co_await settle(bench.executor);
        bench.clock.advance(24h);
        co_await settle(bench.executor);
        signal.notify_all();
        EXPECT_TRUE(co_await client.read_until("late"));
      });
}

TEST(Limits, ConnectionsBeyondTheMostWait) {
  ServerOptions options;
  options.max_connections = 2;
  with_server(options, hello, [](Bench& bench) -> Task<> {
    RawClient first = bench.connect();
    RawClient second = bench.connect();
    RawClient third = bench.connect();
    for (RawClient* client : {&first, &second, &third}) co_await client->send(kGet);
    EXPECT_TRUE(co_await first.read_until("hello"));
    EXPECT_TRUE(co_await second.read_until("hello"));
    co_await settle(bench.executor);
    EXPECT_EQ(third.received(), "");
    EXPECT_EQ(bench.server.statistics().connections_open, 2U);
    first.close();
    EXPECT_TRUE(co_await third.read_until("hello"));
  });
}

TEST(Limits, AcceptingRestsWhenDescriptorsRunOut) {
  with_server(hello, [](Bench& bench) -> Task<> {
    RawClient client = bench.connect();
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{3, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    co_await client.send(kGet);
    co_await settle(bench.executor);
    ::setrlimit(RLIMIT_NOFILE, &before);
    co_await settle(bench.executor);
    // It does not try again and again, but after a while.
    EXPECT_EQ(bench.server.statistics().connections_accepted, 0U);
    bench.clock.advance(1s);
    EXPECT_TRUE(co_await client.read_until("hello"));
  });
}

TEST(Listeners, AdoptedSocketsServeUntilTheyAreRemoved) {
  with_server(hello, [](Bench& bench) -> Task<> {
    const int fd = open_listening_socket("127.0.0.1", 0);
    const std::uint16_t port = local_port(fd);
    const auto id = bench.server.adopt(fd, "adopted");
    RawClient client(bench.executor, port);
    co_await client.send(kGet);
    EXPECT_TRUE(co_await client.read_until("hello"));
    bench.server.remove(id);
    client.forget();
    EXPECT_EQ(co_await client.read_all(), "");
    EXPECT_THROW(connect_to(port), std::runtime_error);
    // The other listener goes on.
    RawClient other = bench.connect();
    co_await other.send(kGet);
    EXPECT_TRUE(co_await other.read_until("hello"));
    bench.server.remove(id);  // once more does nothing
  });
}

TEST(Listeners, RemovalCancelsRequestsUnderWay) {
  bool cancelled = false;
  Signal* never = nullptr;
  with_server(
      [&](Request&, ResponseWriter&) -> Task<> {
        try {
          co_await never->wait();
        } catch (const boost::system::system_error&) {
          cancelled = true;
          throw;
        }
      },
      [&](Bench& bench) -> Task<> {
        Signal signal(bench.executor);
        never = &signal;
        const int fd = open_listening_socket("127.0.0.1", 0);
        const std::uint16_t port = local_port(fd);
        const auto id = bench.server.adopt(fd, "adopted");
        RawClient client(bench.executor, port);
        co_await client.send(kGet);
        co_await settle(bench.executor);
        EXPECT_EQ(bench.server.statistics().requests_in_flight, 1U);
        bench.server.remove(id);
        co_await client.read_all();
        co_await settle(bench.executor);
        EXPECT_TRUE(cancelled);
        EXPECT_EQ(bench.server.statistics().connections_open, 0U);
      });
}

TEST(Listeners, UnixSocketsAreAdoptedToo) {
  with_server(
      [](Request& request, ResponseWriter& writer) -> Task<> {
        co_await writer.send({200, {}, "from " + request.remote_address()});
      },
      [](Bench& bench) -> Task<> {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;  // an abstract name, chosen by the kernel
        const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)), 0);
        EXPECT_EQ(::listen(listening, 5), 0);
        socklen_t length = sizeof address;
        ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &length);
        bench.server.adopt(listening, "unix");
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), length), 0);
        RawClient client(make_plain_stream(bench.executor, fd));
        co_await client.send(kGet);
        EXPECT_TRUE(co_await client.read_until("from unix"));
      });
}

TEST(Listeners, AnAddressThatCannotBeHadSaysWhy) {
  with_server(hello, [](Bench& bench) -> Task<> {
    try {
      bench.server.listen("127.0.0.1", bench.port, "again");
      ADD_FAILURE() << "two listeners on one port";
    } catch (const std::runtime_error& error) {
      EXPECT_NE(string(error.what()).find("choose another port"), string::npos);
    }
    EXPECT_THROW(bench.server.listen("not an address", 0, "x"), std::runtime_error);
    co_return;
  });
}

TEST(Drain, ClosesIdleConnectionsAndLetsRequestsFinish) {
  Signal* gate = nullptr;
  with_server(
      [&](Request& request, ResponseWriter& writer) -> Task<> {
        if (request.head().target == "/slow") co_await gate->wait();
        co_await writer.send({200, {}, "done"});
      },
      [&](Bench& bench) -> Task<> {
        Signal signal(bench.executor);
        gate = &signal;
        RawClient idle = bench.connect();
        co_await idle.send(kGet);
        EXPECT_TRUE(co_await idle.read_until("done"));
        RawClient slow = bench.connect();
        co_await slow.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
        co_await settle(bench.executor);
        TaskGroup group(bench.executor);
        bool drained = false;
        group.spawn("drain", [](Server& server, bool& flag) -> Task<> {
          co_await server.drain(10s);
          flag = true;
        }(bench.server, drained));
        idle.forget();
        EXPECT_EQ(co_await idle.read_all(), "");
        EXPECT_THROW((void)bench.connect(), std::runtime_error);
        EXPECT_FALSE(drained);
        signal.notify_all();
        const string answer = co_await slow.read_all();
        EXPECT_NE(answer.find("Connection: close"), string::npos);
        EXPECT_TRUE(answer.ends_with("done"));
        co_await group.join();
        EXPECT_TRUE(drained);
      });
}

TEST(Drain, EndsWhatOutlivesTheGrace) {
  Signal* never = nullptr;
  with_server([&](Request&, ResponseWriter&) -> Task<> { co_await never->wait(); },
              [&](Bench& bench) -> Task<> {
                Signal signal(bench.executor);
                never = &signal;
                RawClient client = bench.connect();
                co_await client.send(kGet);
                co_await settle(bench.executor);
                TaskGroup group(bench.executor);
                group.spawn("drain", bench.server.drain(10s));
                co_await settle(bench.executor);
                EXPECT_EQ(group.size(), 1U);
                bench.clock.advance(10s);
                EXPECT_EQ(co_await client.read_all(), "");
                co_await group.join();
                EXPECT_EQ(bench.server.statistics().connections_open, 0U);
              });
}

}  // namespace
}  // namespace martlet::net
