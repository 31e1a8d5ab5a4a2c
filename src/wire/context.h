#pragma once

// Context: who calls, where, and as which request. The gateway fills one per API call; a service's operations
// and the in-process actions receive it. It owns its strings and outlives the call.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace martlet::wire {

class Admission;
class EventWriter;

/// What temporary credentials carry beside the principal: the session that they were made for.
struct Session {
  /// Whose policies apply: the ARN of the role, with its path; of a federated user the user's or root's.
  std::string entity_arn = {};
  TimePoint issued = {};
  /// Policy documents that limit it.
  std::vector<std::string> policies = {};
  std::vector<std::pair<std::string, std::string>> tags = {};
  /// Keys of the tags that go on to sessions that are made by this one.
  std::vector<std::string> transitive_tag_keys = {};
  std::string source_identity = {};
  /// When a second factor confirmed the user; nullopt when none did.
  std::optional<TimePoint> confirmed = {};
};

/// The principal behind a call.
struct Caller {
  enum class Kind { kAnonymous, kRoot, kUser, kAssumedRole, kFederatedUser, kService };
  Kind kind = Kind::kAnonymous;
  /// The account the principal belongs to, twelve digits.
  std::string account;
  /// "arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:assumed-role/role/session", ...
  std::string arn;
  /// What STS calls UserId: the account for root, "AIDA…" for users, "AROA…:session" for assumed roles.
  std::string user_id;
  std::string access_key_id;
  /// Null for long-term credentials.
  std::shared_ptr<const Session> session = {};
};

struct Context {
  /// Comes back to the caller in the service's request id header.
  std::string request_id;
  std::string partition = "aws";
  std::string region;
  std::string account;
  Caller caller;
  /// Scheme, host and port by which the caller reached us ("http://localhost:4566"): every URL in an answer
  /// starts with it.
  std::string base_url;
  std::string source_ip;
  std::string user_agent;
  /// X-Amzn-Trace-Id of the request; empty when it has none. It comes from the caller as it is.
  std::string trace_header;
  /// Whether the caller has left while its request waits; asks the connection, and only until the
  /// request is answered. Empty for calls that came by none.
  std::function<bool()> caller_has_gone = {};
  /// For operations whose output has an event stream: where they answer (wire/event_writer.h). Null for all
  /// others.
  EventWriter* events = nullptr;
  /// Decides, once the input is known, whether the operation may run (wire/admission.h). Null: it may.
  Admission* admission = nullptr;
  /// Headers an operation adds to its answer beyond those of its output shape.
  std::vector<std::pair<std::string, std::string>> response_headers;

  /// "arn:aws:<service>:<region>:<account>:<resource>" in the caller's region and account.
  [[nodiscard]] std::string arn(std::string_view service, std::string_view resource) const {
    std::string text = "arn:";
    for (const std::string_view part :
         {std::string_view(partition), service, std::string_view(region), std::string_view(account)}) {
      text += part;
      text += ':';
    }
    text += resource;
    return text;
  }
};

}  // namespace martlet::wire
