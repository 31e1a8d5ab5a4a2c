#include "net/client.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>

#include "base/signal.h"
#include "base/task_group.h"
#include "net/test_support.h"

namespace martlet::net {
namespace {

using std::string;
using namespace std::chrono_literals;

Task<> echo(Request& request, ResponseWriter& writer) {
  string body = co_await request.read_all(10'000'000);
  co_await writer.send({200,
                        {{"X-Target", request.head().target},
                         {"X-Host", string(request.head().headers.get("host"))},
                         {"X-Tls", request.is_tls() ? "1" : "0"}},
                        request.head().method + ":" + body});
}

string url_of(const Bench& bench, const string& target) {
  return "http://127.0.0.1:" + std::to_string(bench.port) + target;
}

/// Runs `body` with a client that is stopped at the end.
using ClientBody = std::function<Task<>(Bench&, Client&)>;
void with_client(ClientOptions options, Handler handler, ClientBody body) {
  with_server(std::move(handler), [&](Bench& bench) -> Task<> {
    Client client(bench.executor, bench.clock, options);
    std::exception_ptr failure;
    try {
      co_await body(bench, client);
    } catch (...) {
      failure = std::current_exception();
    }
    co_await client.stop();
    if (failure) std::rethrow_exception(failure);
  });
}

/// The message of the ClientError that `task` throws; "" when it throws none.
Task<string> error_of(Task<Response> task) {
  try {
    co_await std::move(task);
  } catch (const ClientError& error) {
    co_return error.what();
  }
  co_return string();
}

TEST(Client, SendsAndReceives) {
  with_client({}, echo, [](Bench& bench, Client& client) -> Task<> {
    const Response answer =
        co_await client.send({"POST", url_of(bench, "/a?b=c"), {{"X-A", "b"}}, "body"}, 1000);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "POST:body");
    EXPECT_EQ(answer.headers.get("x-target"), "/a?b=c");
    EXPECT_EQ(answer.headers.get("x-host"), "127.0.0.1:" + std::to_string(bench.port));
  });
}

TEST(Client, UsesConnectionsAgain) {
  with_client({}, echo, [](Bench& bench, Client& client) -> Task<> {
    for (int i = 0; i < 3; ++i) {
      const Response answer = co_await client.send({.url = url_of(bench, "/")}, 1000);
      EXPECT_EQ(answer.body, "GET:");
    }
    EXPECT_EQ(bench.server.statistics().connections_accepted, 1U);
    EXPECT_EQ(client.idle_connections(), 1U);
    bench.clock.advance(31s);
    const Response late = co_await client.send({.url = url_of(bench, "/")}, 1000);
    EXPECT_EQ(late.status, 200);
    EXPECT_EQ(bench.server.statistics().connections_accepted, 2U);
  });
}

TEST(Client, ReadsAnswersAsTheyArrive) {
  with_client(
      {},
      [](Request&, ResponseWriter& writer) -> Task<> {
        co_await writer.start(201, {{"Content-Type", "text/plain"}});
        co_await writer.write("one");
        co_await writer.write("two");
        co_await writer.finish();
      },
      [](Bench& bench, Client& client) -> Task<> {
        const auto answer = co_await client.open({.url = url_of(bench, "/")});
        EXPECT_EQ(answer->status(), 201);
        string whole;
        while (true) {
          const string piece = co_await answer->read_some(2);
          if (piece.empty()) break;
          EXPECT_LE(piece.size(), 2U);
          whole += piece;
        }
        EXPECT_EQ(whole, "onetwo");
        EXPECT_EQ(client.idle_connections(), 1U);
      });
}

TEST(Client, AnswersWithoutBodies) {
  with_client(
      {},
      [](Request& request, ResponseWriter& writer) -> Task<> {
        const bool none = request.head().target == "/none";
        co_await writer.send({none ? 204 : 200, {}, none ? "" : "12345"});
      },
      [](Bench& bench, Client& client) -> Task<> {
        const Response head = co_await client.send({.method = "HEAD", .url = url_of(bench, "/")}, 1000);
        EXPECT_EQ(head.headers.get("content-length"), "5");
        EXPECT_EQ(head.body, "");
        const Response none = co_await client.send({.url = url_of(bench, "/none")}, 1000);
        EXPECT_EQ(none.status, 204);
        EXPECT_EQ(bench.server.statistics().connections_accepted, 1U);
      });
}

TEST(Client, LimitsBodies) {
  with_client(
      {},
      [](Request&, ResponseWriter& writer) -> Task<> { co_await writer.send({200, {}, string(1001, 'x')}); },
      [](Bench& bench, Client& client) -> Task<> {
        bool too_large = false;
        try {
          co_await client.send({.url = url_of(bench, "/")}, 1000);
        } catch (const TooLarge&) {
          too_large = true;
        }
        EXPECT_TRUE(too_large);
        EXPECT_EQ(client.idle_connections(), 0U);
      });
}

TEST(Client, ForgetsAKeptConnectionThatWasClosed) {
  ServerOptions impatient;
  impatient.idle_timeout = 1s;
  with_server(impatient, echo, [](Bench& bench) -> Task<> {
    Client client(bench.executor, bench.clock);
    co_await client.send({.url = url_of(bench, "/")}, 1000);
    bench.clock.advance(2s);
    while (bench.server.statistics().connections_open > 0) co_await settle(bench.executor);
    EXPECT_EQ(client.idle_connections(), 1U);
    const Response answer = co_await client.send({"POST", url_of(bench, "/"), {}, "x"}, 1000);
    EXPECT_EQ(answer.body, "POST:x");
    EXPECT_EQ(bench.server.statistics().connections_accepted, 2U);
    co_await client.stop();
  });
}

TEST(Client, SaysWhyThereIsNoAnswer) {
  with_client(
      {},
      [](Request& request, ResponseWriter& writer) -> Task<> {
        co_await writer.start(200, {{"Content-Length", "100"}});
        co_await writer.write("abc");
        (void)request;
        throw std::runtime_error("on purpose");
      },
      [](Bench& bench, Client& client) -> Task<> {
        EXPECT_EQ(co_await error_of(client.send({.url = "ftp://x/"}, 10)),
                  "'ftp://x/' is not an http or https URL");
        EXPECT_EQ(co_await error_of(client.send({.url = "http://127.0.0.1:1/"}, 10)),
                  "cannot connect to http://127.0.0.1:1: Connection refused");
        const string broken = co_await error_of(client.send({.url = url_of(bench, "/")}, 1000));
        EXPECT_NE(broken.find("broke off"), string::npos);
      });
}

TEST(Client, GivesUpOnASilentServer) {
  ClientOptions options;
  options.read_timeout = 10s;
  Signal* never = nullptr;
  with_client(
      options, [&](Request&, ResponseWriter&) -> Task<> { co_await never->wait(); },
      [&](Bench& bench, Client& client) -> Task<> {
        Signal signal(bench.executor);
        never = &signal;
        TaskGroup group(bench.executor);
        string error;
        group.spawn("ask", [](Client& asking, string url, string& out) -> Task<> {
          out = co_await error_of(asking.send({.url = url}, 10));
        }(client, url_of(bench, "/"), error));
        while (bench.server.statistics().requests_in_flight == 0) co_await settle(bench.executor);
        while (group.size() > 0) {
          bench.clock.advance(1s);
          co_await settle(bench.executor);
        }
        EXPECT_NE(error.find("timed out"), string::npos) << error;
      });
}

/// A key and a certificate for "localhost" signed by itself, in files that go away.
class TestCertificate {
 public:
  TestCertificate() {
    char name[] = "/tmp/martlet-tls-XXXXXX";
    folder_ = ::mkdtemp(name);
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(certificate, names, -1);
    X509_sign(certificate, key, EVP_sha256());
    write(certificate_file(), [&](FILE* file) { PEM_write_X509(file, certificate); });
    write(key_file(),
          [&](FILE* file) { PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr); });
    X509_EXTENSION_free(names);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~TestCertificate() { std::filesystem::remove_all(folder_); }
  string certificate_file() const { return folder_ + "/certificate.pem"; }
  string key_file() const { return folder_ + "/key.pem"; }

 private:
  template <class Write>
  static void write(const string& path, Write body) {
    FILE* file = std::fopen(path.c_str(), "w");
    body(file);
    std::fclose(file);
  }
  string folder_;
};

TEST(Tls, ServesAndVerifies) {
  const TestCertificate certificate;
  ClientOptions trusting;
  trusting.authorities_file = certificate.certificate_file();
  with_client(trusting, echo, [&](Bench& bench, Client& client) -> Task<> {
    const auto port = bench.server.listen_tls(
        "127.0.0.1", 0, {certificate.certificate_file(), certificate.key_file()}, "tls");
    const string url = "https://localhost:" + std::to_string(port) + "/";
    for (int i = 0; i < 2; ++i) {
      const Response answer = co_await client.send({"POST", url, {}, string(1'000'000, 'x')}, 2'000'000);
      EXPECT_EQ(answer.headers.get("x-tls"), "1");
      EXPECT_EQ(answer.body.size(), 1'000'005U);
    }
    EXPECT_EQ(bench.server.statistics().connections_accepted, 1U);
    // Another name than the certificate's, and an authority that nobody trusts.
    const string by_address = "https://127.0.0.1:" + std::to_string(port) + "/";
    EXPECT_NE((co_await error_of(client.send({.url = by_address}, 10))).find("certificate"), string::npos);
    Client distrusting(bench.executor, bench.clock);
    EXPECT_NE((co_await error_of(distrusting.send({.url = url}, 10))).find("certificate"), string::npos);
    co_await distrusting.stop();
  });
}

TEST(Tls, PlainTextIsNotAnswered) {
  const TestCertificate certificate;
  with_server(echo, [&](Bench& bench) -> Task<> {
    const auto port = bench.server.listen_tls(
        "127.0.0.1", 0, {certificate.certificate_file(), certificate.key_file()}, "tls");
    RawClient client(bench.executor, port);
    co_await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const string answer = co_await client.read_all();
    EXPECT_EQ(answer.find("HTTP/1.1 200"), string::npos);
    EXPECT_THROW(bench.server.listen_tls("127.0.0.1", 0, {"/no/such/file", "/no/such/file"}, "x"),
                 std::runtime_error);
  });
}

}  // namespace
}  // namespace martlet::net
