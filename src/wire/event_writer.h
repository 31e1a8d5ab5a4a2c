#pragma once

// How an operation whose output has an event stream answers: it sends the output struct, then events, one at
// a time, while it runs. The endpoint gives it an EventWriter in Context::events; the gateway carries the
// bytes. Lives for one call.

#include <string>
#include <string_view>

#include "base/task.h"
#include "wire/message.h"

namespace martlet::wire {

class EventWriter {
 public:
  virtual ~EventWriter() = default;
  /// Sends the head of the answer from the output struct, once and before all events. What the operation
  /// throws until then is answered as everywhere.
  virtual Task<> begin(const void* output) = 0;
  /// Sends one event, a member of the output's event stream; `value` is the struct of its shape. Returns when
  /// the client can take more. Throws what the transport throws when the client is gone.
  virtual Task<> send(std::string_view event, const void* value) = 0;
};

/// What carries an answer that comes in pieces.
class StreamTransport {
 public:
  virtual ~StreamTransport() = default;
  /// `head` has no body. It goes out at once.
  virtual Task<> start(Answer head) = 0;
  virtual Task<> write(std::string bytes) = 0;
};

}  // namespace martlet::wire
