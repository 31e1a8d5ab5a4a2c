#pragma once

// UseRecorder tells IAM who has used which service and action. It knows users of IAM and sessions of roles,
// whichever mode the server runs in. Owned by the server; lives on the loop.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/call_observer.h"
#include "server/enforcement.h"
#include "services/iam/last_accessed.h"

namespace martlet::server {

class UseRecorder final : public gateway::CallObserver {
 public:
  /// `uses` outlives it. The rules say which action an operation is.
  UseRecorder(iam::LastAccessed& uses, const std::vector<RuledService>& services);

  void called(const wire::Context& context, const wire::ServiceModel& service,
              const wire::Operation& operation) override;

  /// A session of a role ("AROA…:name") did something inside the server: "sqs:ReceiveMessage".
  void acted(std::string_view session_id, std::string_view action, std::string_view region);

 private:
  struct Action {
    /// "sqs", "ReceiveMessage".
    std::string service;
    std::string name;
  };

  iam::LastAccessed& uses_;
  std::unordered_map<const wire::Operation*, Action> actions_;
};

}  // namespace martlet::server
