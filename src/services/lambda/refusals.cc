#include "services/lambda/refusals.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "services/lambda/errors.h"

namespace martlet::lambda {

using environments::Outcome;

void throw_refusal(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kThrottled:
      throw throttled(outcome.throttle_reason);
    case Outcome::Kind::kInvalidRuntime:
      throw invalid_runtime(error_message_of(outcome.payload));
    case Outcome::Kind::kRestoreError:
      throw snap_start_failed(error_message_of(outcome.payload));
    case Outcome::Kind::kRestoreTimeout:
      throw snap_start_timed_out(error_message_of(outcome.payload));
    default:
      return;
  }
}

std::string error_message_of(const std::string& document) {
  boost::system::error_code failed;
  const boost::json::value parsed = boost::json::parse(document, failed);
  const auto* object = failed ? nullptr : parsed.if_object();
  const auto* message = object == nullptr ? nullptr : object->if_contains("errorMessage");
  return message != nullptr && message->is_string() ? std::string(message->as_string()) : document;
}

}  // namespace martlet::lambda
