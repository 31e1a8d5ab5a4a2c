#pragma once

// Targets: what an event can be delivered to, by ARN. Destinations, dead-letter queues, notifications, rules
// and schedules all end here. Owned by the server; lives on the loop.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/arn.h"
#include "base/error.h"
#include "base/task.h"
#include "store/store.h"

namespace martlet::targets {

/// A typed attribute that goes with a message where the target has such (SQS, SNS).
struct Attribute {
  /// "String", "Number", "String.Array", "Binary" (the value then is the bytes themselves) or one of these
  /// with a custom ending.
  std::string type = "String";
  std::string value;
};

/// An event on its way.
struct Delivery {
  /// Of the resource that is to get it.
  Arn to;
  std::string body;
  std::map<std::string, Attribute> attributes;
  /// The role as which it is delivered; empty: the service itself, in the name of `source_arn`.
  std::string role_arn;
  /// Where the target keeps order by groups (FIFO queues and topics); empty otherwise.
  std::string group_id;
  /// Where the target tells copies apart by it; empty: by the content, where it is set so.
  std::string deduplication_id;
  /// X-Amzn-Trace-Id of what caused it; empty when it is not known.
  std::string trace_header;
  /// The service that delivers: "sns.amazonaws.com".
  std::string service = {};
  /// The resource that causes it: a topic, a function.
  std::string source_arn = {};
};

/// What a delivery to a resource of that service ("sqs") does there, in the words of policies
/// ("sqs:SendMessage"); empty for services that nothing is delivered to.
std::string_view action_of_delivery(std::string_view service);

class Target {
 public:
  virtual ~Target() = default;
  /// Takes the delivery over, durably, as part of `txn`. Throws aws::Error when the resource does not exist
  /// or does not take it; then nothing of it was written, so that the transaction may go on.
  virtual Task<> deliver(store::Txn& txn, const Delivery& delivery) = 0;
};

/// Asked before each delivery whether who delivers may do so. Throws aws::Error when not.
using Guard = std::function<Task<>(const Delivery& delivery)>;

class Targets {
 public:
  /// Without one, whatever is delivered is taken.
  void set_guard(Guard guard) { guard_ = std::move(guard); }

  /// `target`, which must outlive this, takes what goes to ARNs of that service ("lambda", "sqs").
  void add(std::string service, Target& target) { targets_[std::move(service)] = &target; }

  /// Hands `delivery`, which must outlive the call, to its target. Throws aws::Error: NotImplemented where no
  /// target takes ARNs of that service, and what the guard and the target throw.
  Task<> deliver(store::Txn& txn, const Delivery& delivery) const;

 private:
  std::map<std::string, Target*> targets_;
  Guard guard_;
};

}  // namespace martlet::targets
