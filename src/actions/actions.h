#pragma once

// Actions: any operation of any service, called from inside the server with a JSON document. State machines,
// universal targets of schedules and integrations of APIs end here. The caller's Context says as whom it is
// called: its `admission` decides, as for a call that came over the network. Owned by the server; lives on
// the loop.

#include <map>
#include <memory>
#include <string>

#include "base/task.h"
#include "wire/context.h"
#include "wire/endpoint.h"
#include "wire/service.h"

namespace martlet::actions {

class Actions {
 public:
  /// What `service` points to must outlive this.
  void add(const wire::BoundService& service);

  /// Calls `operation` ("SendMessage") of `service` ("sqs") with `document`, a JSON object with the names of
  /// the API's model. Returns the output as such a document, "{}" for operations without one. Throws
  /// aws::Error: the operation's own, and for services, operations and parts of them that are not there.
  Task<std::string> call(std::string service, std::string operation, std::string document,
                         wire::Context context) const;

 private:
  std::map<std::string, std::unique_ptr<wire::Endpoint>, std::less<>> services_;
};

}  // namespace martlet::actions
