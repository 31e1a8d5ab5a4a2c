#pragma once

// LogLines turns the bytes that a function writes to one pipe into messages of log events. Pure; one per
// pipe.
//
// A message is one line with its newline. A unit separator (0x1f) before the newline says that the message
// goes on in the next line: the runtimes use it for stack traces. Bytes that are not UTF-8 become U+FFFD, and
// a message longer than an event may be is split.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace martlet::environments {

/// CloudWatch Logs' limit of one event, less what it counts for overhead.
inline constexpr std::size_t kMaxMessageBytes = 256 * 1024 - 26;

class LogLines {
 public:
  using Take = std::function<void(std::string message)>;

  /// Gives every message that `bytes` completes to `take`; keeps the rest, which is never longer than one
  /// message.
  void feed(std::string_view bytes, const Take& take);
  /// Gives what is left without a newline; a newline is added.
  void finish(const Take& take);

 private:
  void emit(const Take& take);

  std::string partial_;
};

}  // namespace martlet::environments
