#pragma once

// What the fleet and an environment tell each other of one invocation, and of an initialisation that failed.

#include <memory>
#include <optional>
#include <string>

#include "environments/answer_stream.h"
#include "environments/environments.h"

namespace martlet::environments {

/// One invocation on its way through an environment; shared by the caller, who may leave, and the
/// environment.
struct Run {
  Invocation invocation;
  /// Set when it is over.
  std::optional<Outcome> outcome;
  /// The environment ended before the function saw the event: it can be given to another one.
  bool lost = false;
  /// What carries the answer to Invocation::sink, once it is known that there is one.
  std::shared_ptr<AnswerStream> stream;
};

/// Why initialisation, or a restore, failed.
struct InitFailure {
  Outcome::Kind kind = Outcome::Kind::kInitError;
  std::string error_type;
  /// Error document for the invoker; empty when the platform words it from `message`.
  std::string document;
  std::string message;
};

}  // namespace martlet::environments
