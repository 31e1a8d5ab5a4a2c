#pragma once

// For this room's tests: a gateway with small services, one known access key, and time standing where the
// signed vectors were made.

#include <gtest/gtest.h>

#include "base/async_test.h"
#include "base/strings.h"
#include "gateway/gateway.h"
#include "gateway/sigv4_vectors.h"
#include "gateway/test_service.h"

namespace martlet::gateway {

using std::string;

/// When the vectors were signed.
inline const TimePoint kNow = from_epoch_ms(1'700'000'000'000);

class OneKey final : public CredentialSource {
 public:
  Credentials credentials{
      .secret_access_key = kVectorSecret, .session_token = {}, .expires = {}, .caller = {}};
  OneKey() {
    credentials.caller.kind = wire::Caller::Kind::kUser;
    credentials.caller.account = "123456789012";
    credentials.caller.arn = "arn:aws:iam::123456789012:user/u";
  }
  Task<std::optional<Credentials>> find(string access_key_id, string) override {
    if (access_key_id == "AKIDEXAMPLE" || access_key_id == "ASIAEXAMPLE") co_return credentials;
    co_return std::nullopt;
  }
};

class DenyAll final : public Authorizer {
 public:
  bool concerned = true;
  [[nodiscard]] bool concerns(const Credentials*) const override { return concerned; }
  Task<> authorize(const Credentials*, const wire::Context& context, const wire::ServiceModel&,
                   const wire::Operation& operation, const void*) override {
    throw aws::Error("AccessDeniedException", context.caller.arn + " may not " + string(operation.name), 403);
    co_return;
  }
};

/// Notes who has called what.
class Notes final : public CallObserver {
 public:
  void called(const wire::Context& context, const wire::ServiceModel& service,
              const wire::Operation& operation) override {
    text += context.caller.arn + " " + string(service.name) + " " + string(operation.name) + " " +
            context.region + "\n";
  }
  string text;
};

class GatewayTest : public testing::Test {
 protected:
  net::Response ask(net::RequestHead head, string body = {}) {
    TestWriter writer;
    run_async([&](Executor executor) -> Task<> {
      const auto clock = make_simulated_clock(executor, kNow);
      Gateway gateway({*clock, ids_, metrics_, &keys_, authorizer_, &notes_}, options_);
      for (TestService* service : services_.all()) gateway.register_service(service->bound());
      gateway.register_endpoint(
          "GET", "/_martlet/health",
          [](net::Request&, net::ResponseWriter& w) -> Task<> { co_await w.send({200, {}, "healthy"}); });
      gateway.register_endpoint("GET", "/metrics", [](net::Request&, net::ResponseWriter& w) -> Task<> {
        co_await w.send({200, {}, "numbers"});
      });
      gateway.register_host(
          "lambda-url", [](const HostTarget& target, net::Request&, net::ResponseWriter& w) -> Task<> {
            co_await w.send(
                {200, {{"x-target", target.target}}, "url " + target.subject + " in " + target.region});
          });
      TestRequest request(std::move(head), std::move(body), listener_);
      co_await gateway.handle(request, writer);
    });
    return writer.response;
  }

  static net::RequestHead rest(const string& method, const string& target, const string& key = "test") {
    return {method,
            target,
            {{"Host", "localhost:4566"}, {"Authorization", claim_to_be(key, "eu-west-1", "lambda")}}};
  }
  static net::RequestHead json(const string& target) {
    return {"POST",
            "/",
            {{"Host", "localhost:4566"},
             {"Content-Type", "application/x-amz-json-1.0"},
             {"X-Amz-Target", target}}};
  }
  static string get(const net::Response& response, std::string_view name) {
    return string(response.headers.get(name));
  }

  TestServices services_;
  OneKey keys_;
  Ids ids_{7};
  metrics::Registry metrics_;
  GatewayOptions options_;
  Authorizer* authorizer_ = nullptr;
  Notes notes_;
  /// Where requests arrive.
  string listener_ = "test";
};

}  // namespace martlet::gateway
