#pragma once

// Martlet's own endpoints: health, reset, clock, outbox, and the packages behind Code.Location. (Metrics are
// the gateway's.) Lives on the loop.

#include <functional>
#include <string>
#include <vector>

#include "authorization/authorizer.h"
#include "base/clock.h"
#include "base/task.h"
#include "net/http.h"
#include "services/lambda/service.h"
#include "services/sns/service.h"
#include "wire/service.h"

namespace martlet::server {

class Admin {
 public:
  struct Parts {
    Clock& clock;
    lambda::LambdaService& lambda;
    sns::SnsService& sns;
    std::vector<wire::BoundService> services;
    /// Forgets everything; see App.
    std::function<Task<>()> reset;
    /// Whether a stranger may reset and move the clock: not under --auth enforce.
    bool open = true;
    authorization::Authorizer& authorizer;
    /// Where functions are looked for.
    std::string region;
    std::string account;
    /// Request::listener() of the server's own port: from inside environments nobody does either.
    std::string listener;
  };

  explicit Admin(Parts parts) : parts_(std::move(parts)) {}

  /// GET /_martlet/health
  Task<> health(net::Request& request, net::ResponseWriter& answer);
  /// GET /_localstack/health: the form that existing wrappers wait for.
  Task<> localstack_health(net::Request& request, net::ResponseWriter& answer);
  /// POST /_martlet/reset
  Task<> reset(net::Request& request, net::ResponseWriter& answer);
  /// GET and POST /_martlet/clock
  Task<> clock(net::Request& request, net::ResponseWriter& answer);
  /// GET /_martlet/audit
  Task<> audit(net::Request& request, net::ResponseWriter& answer);
  /// GET /_martlet/policy/FUNCTION: the least policy that covers what it was seen to do; what there is to say
  /// of it, in headers (authorization::kNoteHeader)
  Task<> policy(net::Request& request, net::ResponseWriter& answer);
  /// GET /_martlet/lambda/code/...
  Task<> code(net::Request& request, net::ResponseWriter& answer);
  /// GET and DELETE /_martlet/outbox: email and text messages
  Task<> outbox(net::Request& request, net::ResponseWriter& answer);

 private:
  /// Why this request may not change the state of the server; empty when it may.
  [[nodiscard]] std::string objection(const net::Request& request) const;
  /// Why there is nothing to say of a function.
  Task<std::string> why_unseen(std::string function);

  Parts parts_;
};

}  // namespace martlet::server
