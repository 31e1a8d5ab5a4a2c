#pragma once

// An Endpoint is what the gateway holds of one service: it tells the protocol and the operation of a request,
// calls the operation, and renders its output or error in that protocol. Made once per service; lives on the
// loop.

#include <optional>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "wire/context.h"
#include "wire/errors.h"
#include "wire/event_writer.h"
#include "wire/message.h"
#include "wire/router.h"
#include "wire/service.h"

namespace martlet::wire {

class Endpoint {
 public:
  /// What `service` points to must outlive this.
  explicit Endpoint(BoundService service);

  [[nodiscard]] const BoundService& service() const { return service_; }
  [[nodiscard]] const ServiceModel& model() const { return *service_.model; }

  /// The protocol that the caller speaks, told from its headers and path; of those that the service knows.
  [[nodiscard]] Protocol protocol_of(const RequestView& request) const;

  /// The operation that the request names, by X-Amz-Target, Action, or method and path. Null when it names
  /// none of this service; unknown_operation() is the answer to that.
  [[nodiscard]] const Operation* find_operation(Protocol protocol, const RequestView& request) const;

  /// AWS's error for a request that names no operation.
  [[nodiscard]] aws::Error unknown_operation(Protocol protocol, const RequestView& request) const;

  /// Decodes, validates, calls and encodes. Throws aws::Error as the operation does; give it to
  /// encode_error(). What `request` and `context` refer to must outlive the task.
  Task<Answer> call(const Operation& operation, Protocol protocol, RequestView request,
                    Context& context) const;

  /// The same for an operation whose output has an event stream: the answer goes to `transport` while the
  /// operation runs. The end of the task is the end of the stream. Only for the REST protocols: AWS has none
  /// elsewhere that Martlet serves. An error after the head was sent leaves the stream unfinished.
  Task<> call_streaming(const Operation& operation, Protocol protocol, RequestView request, Context& context,
                        StreamTransport& transport) const;

  /// The same for calls from inside: input and output are JSON objects with the names of the model. An
  /// operation without output answers "{}".
  Task<std::string> call_document(const Operation& operation, std::string document, Context& context) const;

 private:
  BoundService service_;
  Router router_;
};

/// The answer to a successful call, before the body: the status and the headers of the protocol.
Answer start_answer(Protocol protocol, const Operation& operation);

/// Fills the input struct of `operation`. Throws aws::Error, validation included.
void decode_input(Protocol protocol, const ServiceModel& service, const Operation& operation,
                  const RequestView& request, void* input);

/// Adds the output struct to `answer`; `output` is null for operations that have none.
void encode_output(Protocol protocol, const ServiceModel& service, const Operation& operation,
                   const void* output, std::string_view request_id, Answer& answer);

}  // namespace martlet::wire
