#pragma once

// Gateway: one port for everything. For each request it finds out which service and which operation are
// meant, who calls, and whether they may; has the service answer; and is the one place where errors become
// answers in the caller's protocol. Besides services it serves Martlet's own endpoints and hosts that belong
// to something a service has made. Lives on the loop.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "base/task.h"
#include "gateway/auth.h"
#include "gateway/call_observer.h"
#include "net/server.h"
#include "wire/service.h"

namespace martlet::gateway {

struct GatewayOptions {
  AuthMode auth = AuthMode::kOpen;
  /// For requests that do not tell theirs.
  std::string region = "us-east-1";
  std::string account = "000000000000";
  /// Web origins besides those of this machine whose pages may use an open server; "*" for all.
  std::vector<std::string> allowed_origins;
  /// Request::listener() of the server's own port. Others are inside environments, whose tags they have.
  /// Empty: there are no environments.
  std::string listener;
};

/// What the gateway uses; all of it outlives it.
struct GatewayParts {
  Clock& clock;
  Ids& ids;
  metrics::Registry& metrics;
  /// May be null: no access key is known, so that nothing but unsigned operations passes enforcement.
  CredentialSource* credentials = nullptr;
  /// May be null: whoever is authenticated may do everything.
  Authorizer* authorizer = nullptr;
  /// May be null.
  CallObserver* observer = nullptr;
};

/// A host like "abc123.lambda-url.us-east-1.on.aws".
struct HostTarget {
  /// "abc123"
  std::string subject;
  /// Empty where the path names the subject.
  std::string region;
  /// Path and query, encoded, as the subject sees them: "/orders?id=1".
  std::string target;
};
/// All references live until the task ends.
using HostHandler = std::function<Task<>(const HostTarget&, net::Request&, net::ResponseWriter&)>;

/// Who signed a request to such a host.
struct Signer {
  /// Of an unsigned request: anybody, or the default account's root where every request is believed.
  wire::Caller caller;
  /// In the credential scope; empty without one.
  std::string service;
  bool is_signed = false;
  /// With the credentials of a function.
  bool is_function = false;
  /// As in Credentials.
  std::string entity_id = {};
};

class Gateway {
 public:
  Gateway(GatewayParts parts, GatewayOptions options);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  void register_service(wire::BoundService service);

  /// Has `handler` answer `method` ("*": any) at `path` and below it: "/_martlet/health", "/metrics". GET
  /// includes HEAD. Not for hosts that name a service, nor, unless the path starts with "/_", for signed
  /// requests.
  void register_endpoint(std::string method, std::string path, net::Handler handler);

  /// Has `handler` answer hosts "<subject>.<kind>.<region>...": "lambda-url", "execute-api". For clients that
  /// cannot resolve such names the same is at the path "/_martlet/<kind>/<subject>/...".
  void register_host(std::string kind, HostHandler handler);

  /// Who signed a request to such a host, as the authentication mode has it; `body` is all of its body. The
  /// request outlives the task. Throws aws::Error where a signature is verified and is not good.
  Task<Signer> authenticate(const net::Request& request, std::string body);

  /// Where a request to such a host comes from, as condition keys tell it; who calls is left open.
  [[nodiscard]] wire::Context origin_of(const net::Request& request) const;

  /// Answers one request. Throws only what the server is to see: net::Disconnected and cancellations.
  Task<> handle(net::Request& request, net::ResponseWriter& writer);

  /// handle() as a server takes it; the gateway outlives the server.
  [[nodiscard]] net::Handler handler();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace martlet::gateway
