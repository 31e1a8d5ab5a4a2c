// Requests and answers over real sockets: framing, keep-alive, pipelining, bodies, bad input.

#include "net/server.h"

#include <gtest/gtest.h>

#include "net/test_support.h"

namespace martlet::net {
namespace {

using std::string;

/// Answers with method, target and body of the request.
Task<> echo(Request& request, ResponseWriter& writer) {
  string body = co_await request.read_all(64 * 1024 * 1024);
  Response answer{
      200, {{"Content-Type", "text/plain"}}, request.head().method + " " + request.head().target + " "};
  answer.body += body;
  co_await writer.send(std::move(answer));
}

Task<> hello(Request&, ResponseWriter& writer) { co_await writer.send({200, {}, "hello"}); }

/// Sends `bytes`, says that there is no more, and gives the whole answer.
string talk(const Handler& handler, string bytes, ServerOptions options = {}) {
  string answer;
  with_server(options, handler, [&](Bench& bench) -> Task<> {
    RawClient client = bench.connect();
    co_await client.send(bytes);
    co_await client.finish();
    answer = co_await client.read_all();
  });
  return answer;
}

string first_line(const string& answer) { return answer.substr(0, answer.find("\r\n")); }

std::size_t count(const string& text, const string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Server, AnswersARequest) {
  const string answer = talk(hello, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(answer,
            "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Length: 5\r\n\r\nhello");
}

TEST(Server, KeepsAConnectionForManyRequests) {
  with_server(echo, [](Bench& bench) -> Task<> {
    RawClient client = bench.connect();
    for (int i = 0; i < 3; ++i) {
      co_await client.send("POST /" + std::to_string(i) +
                           " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
      EXPECT_TRUE(co_await client.read_until("POST /" + std::to_string(i) + " abc"));
    }
    EXPECT_EQ(bench.server.statistics().connections_accepted, 1U);
    EXPECT_EQ(bench.server.statistics().requests, 3U);
  });
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  const string answer =
      talk(echo,
           "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
           "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n\r\n"
           "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n"
           "GET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
           "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(count(answer, "HTTP/1.1 200 OK"), 4U);
  EXPECT_LT(answer.find("POST /1 ab"), answer.find("GET /2 "));
  EXPECT_LT(answer.find("GET /2 "), answer.find("POST /3 xyz"));
  EXPECT_LT(answer.find("POST /3 xyz"), answer.find("GET /4 "));
  EXPECT_EQ(count(answer, "Connection: close"), 1U);
  EXPECT_EQ(count(answer, "never"), 0U);
}

Task<> receipt(Request& request, ResponseWriter& writer) {
  if (request.head().target == "/event") co_return co_await writer.send({200, {}, "the event"});
  co_await request.read_all(1024);
  co_await writer.send_with_next({202, {}, "accepted"});
}

TEST(Server, AnAnswerThatLeavesWithTheNextLosesNeither) {
  const string answer = talk(receipt,
                             "POST /answer HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
                             "GET /event HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(first_line(answer), "HTTP/1.1 202 Accepted");
  EXPECT_LT(answer.find("accepted"), answer.find("HTTP/1.1 200 OK"));
  EXPECT_TRUE(answer.ends_with("the event"));
}

TEST(Server, AnAnswerThatLeavesWithTheNextDoesNotWaitForOneThatIsNotThere) {
  with_server(receipt, [](Bench& bench) -> Task<> {
    RawClient client = bench.connect();
    for (const char* begun : {"", "GET /ev"}) {
      co_await client.send("POST /answer HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab" + string(begun));
      EXPECT_TRUE(co_await client.read_until("accepted"));
    }
  });
}

TEST(Server, AnAnswerThatWasHeldBackComesBeforeTheOneToAMalformedRequest) {
  const string answer = talk(receipt,
                             "POST /answer HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
                             "nonsense\r\n\r\n");
  EXPECT_EQ(first_line(answer), "HTTP/1.1 202 Accepted");
  EXPECT_LT(answer.find("accepted"), answer.find("HTTP/1.1 400"));
}

TEST(Server, ReadsARequestByteByByte) {
  with_server(echo, [](Bench& bench) -> Task<> {
    RawClient client = bench.connect();
    const string bytes =
        "POST /x?y=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "4;name=value\r\nabcd\r\n00A\r\n0123456789\r\n0\r\nX-Sum: 7\r\n\r\n";
    for (const char c : bytes) {
      co_await client.send(string(1, c));
      co_await settle(bench.executor);
    }
    EXPECT_TRUE(co_await client.read_until("POST /x?y=1 abcd0123456789"));
  });
}

TEST(Server, GivesTrailersAfterAChunkedBody) {
  const Handler trailers = [](Request& request, ResponseWriter& writer) -> Task<> {
    co_await request.read_all(100);
    co_await writer.send({200, {}, "sum " + string(request.trailers().get("x-sum"))});
  };
  const string answer = talk(trailers,
                             "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "3\r\nabc\r\n0\r\nX-Sum:  42 \r\n\r\n");
  EXPECT_TRUE(answer.ends_with("sum 42"));
}

TEST(Server, SpeaksHttp10) {
  const string closed = talk(hello, "GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(count(closed, "Connection: close"), 1U);
  const string kept = talk(hello, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(count(kept, "Connection: keep-alive"), 1U);
  EXPECT_EQ(count(kept, "hello"), 2U);
  const Handler streams = [](Request&, ResponseWriter& writer) -> Task<> {
    co_await writer.start(200, {});
    co_await writer.write("one");
    co_await writer.write("two");
    co_await writer.finish();
  };
  const string streamed = talk(streams, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(streamed.ends_with("\r\n\r\nonetwo"));
  EXPECT_EQ(count(streamed, "chunked"), 0U);
}

TEST(Server, TakesTheAbsoluteForm) {
  const Handler where = [](Request& request, ResponseWriter& writer) -> Task<> {
    co_await writer.send({200, {}, string(request.head().headers.get("host")) + " " + request.head().target});
  };
  EXPECT_TRUE(talk(where, "GET http://sqs.localhost:4566/q?a=1 HTTP/1.1\r\nHost: b\r\n\r\n")
                  .ends_with("sqs.localhost:4566 /q?a=1"));
  EXPECT_TRUE(talk(where, "GET http://other HTTP/1.1\r\nHost: b\r\n\r\n").ends_with("other /"));
}

TEST(Server, SendsContinueOnlyWhenTheBodyIsRead) {
  with_server(echo, [](Bench& bench) -> Task<> {
    RawClient client = bench.connect();
    co_await client.send("PUT /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_TRUE(co_await client.read_until("HTTP/1.1 100 Continue\r\n\r\n"));
    EXPECT_EQ(count(client.received(), "200 OK"), 0U);
    co_await client.send("abc");
    EXPECT_TRUE(co_await client.read_until("PUT /b abc"));
  });
  const string refused =
      talk(hello, "PUT /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(count(refused, "100 Continue"), 0U);
  EXPECT_EQ(count(refused, "Connection: close"), 1U);
}

TEST(Server, ReusesAConnectionWhoseBodyWasNotRead) {
  const string answer = talk(
      hello, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(count(answer, "hello"), 2U);
}

TEST(Server, ClosesAfterALargeBodyThatWasNotRead) {
  with_server(
      [](Request& request, ResponseWriter& writer) -> Task<> {
        bool too_large = false;
        try {
          co_await request.read_all(1000);
        } catch (const TooLarge&) {
          too_large = true;
        }
        co_await writer.send({too_large ? 413 : 200, {}, "no"});
      },
      [](Bench& bench) -> Task<> {
        RawClient client = bench.connect();
        co_await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n");
        // The client goes on sending for a while, and can read the answer all the same.
        co_await client.send(string(3'000'000, 'x'));
        co_await client.finish();
        const string answer = co_await client.read_all();
        EXPECT_EQ(first_line(answer), "HTTP/1.1 413 Payload Too Large");
        EXPECT_EQ(count(answer, "Connection: close"), 1U);
      });
}

TEST(Server, LimitsBodiesOfUnknownLength) {
  string body;
  for (int i = 0; i < 100; ++i) body += "10\r\n0123456789abcdef\r\n";
  const Handler limited = [](Request& request, ResponseWriter& writer) -> Task<> {
    co_await request.read_all(1599);
    co_await writer.send({200, {}, "fits"});
  };
  const string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(first_line(talk(limited, head + body + "0\r\n\r\n")), "HTTP/1.1 413 Payload Too Large");
  const Handler exact = [](Request& request, ResponseWriter& writer) -> Task<> {
    const string whole = co_await request.read_all(1600);
    co_await writer.send({200, {}, std::to_string(whole.size())});
  };
  EXPECT_TRUE(talk(exact, head + body + "0\r\n\r\n").ends_with("1600"));
}

TEST(Server, LeavesOutBodiesWhereThereAreNone) {
  EXPECT_TRUE(talk(hello, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").ends_with("Content-Length: 5\r\n\r\n"));
  for (const int status : {204, 304}) {
    const Handler bodiless = [status](Request&, ResponseWriter& writer) -> Task<> {
      co_await writer.send({status, {}, ""});
    };
    const string answer = talk(bodiless, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(count(answer, "Content-Length"), 0U);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  }
  const Handler object = [](Request&, ResponseWriter& writer) -> Task<> {
    co_await writer.send({200, {{"Content-Length", "77"}}, ""});
  };
  EXPECT_EQ(count(talk(object, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), "Content-Length: 77"), 1U);
}

TEST(Server, HeaderValuesCannotAddLines) {
  const Handler hostile = [](Request&, ResponseWriter& writer) -> Task<> {
    co_await writer.send({200, {{"X-Name", "a\r\nX-Evil: 1"}}, ""});
  };
  EXPECT_EQ(count(talk(hostile, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "X-Name: a  X-Evil: 1\r\n"), 1U);
}

TEST(Server, RefusesWhatIsNotHttp) {
  const struct {
    string bytes;
    string status;
  } cases[] = {
      {"nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET / HT", "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/1.1\r\nNo colon\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"GET / HTTP/1.1\nHost: a\n\n", "HTTP/1.1 505 HTTP Version Not Supported"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
       "HTTP/1.1 400 Bad Request"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400 Bad Request"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
       "HTTP/1.1 400 Bad Request"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 400 Bad Request"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "HTTP/1.1 400 Bad Request"},
  };
  for (const auto& [bytes, status] : cases) {
    const string answer = talk(echo, bytes);
    EXPECT_EQ(first_line(answer), status) << bytes;
    EXPECT_EQ(count(answer, "Connection: close"), 1U) << bytes;
  }
}

TEST(Server, RefusesHeadsThatAreTooLarge) {
  ServerOptions options;
  options.max_head_bytes = 2000;
  const string line = "GET / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(first_line(talk(hello, line + "X-A: " + string(1900, 'x') + "\r\n\r\n", options)),
            "HTTP/1.1 200 OK");
  EXPECT_EQ(first_line(talk(hello, line + "X-A: " + string(2000, 'x') + "\r\n\r\n", options)),
            "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(first_line(talk(hello, "GET /" + string(3000, 'x') + " HTTP/1.1\r\n\r\n", options)),
            "HTTP/1.1 431 Request Header Fields Too Large");
  string many;
  for (int i = 0; i < 300; ++i) many += "A: b\r\n";
  EXPECT_EQ(first_line(talk(hello, line + many + "\r\n", options)),
            "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST(Server, LimitsAHeadThatTricklesIn) {
  ServerOptions options;
  options.max_head_bytes = 1000;
  with_server(options, hello, [](Bench& bench) -> Task<> {
    RawClient client = bench.connect();
    co_await client.send("GET / HTTP/1.1\r\n");
    for (int i = 0; i < 100; ++i) {
      co_await client.send("X-" + std::to_string(i) + ": 0123456789\r\n");
      co_await settle(bench.executor);
    }
    EXPECT_EQ(first_line(co_await client.read_all()), "HTTP/1.1 431 Request Header Fields Too Large");
  });
}

TEST(Server, AnswersAFailedHandlerWith500) {
  const Handler fails = [](Request&, ResponseWriter&) -> Task<> {
    throw std::runtime_error("on purpose");
    co_return;
  };
  EXPECT_EQ(first_line(talk(fails, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")),
            "HTTP/1.1 500 Internal Server Error");
  const Handler forgets = [](Request&, ResponseWriter&) -> Task<> { co_return; };
  EXPECT_EQ(first_line(talk(forgets, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")),
            "HTTP/1.1 500 Internal Server Error");
}

TEST(Server, TellsWhereARequestCameFrom) {
  const Handler where = [](Request& request, ResponseWriter& writer) -> Task<> {
    co_await writer.send(
        {200,
         {},
         request.remote_address() + " " + request.listener() + (request.is_tls() ? " tls" : " plain")});
  };
  EXPECT_TRUE(talk(where, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").ends_with("127.0.0.1 test plain"));
}

}  // namespace
}  // namespace martlet::net
