#pragma once

// LogStream collects what one environment prints, and what the platform says about it, and hands it to the
// LogSink in order, in the function's log format and filtered by its log levels. It reads the two pipes of
// the sandbox and those of extensions; when the sink falls behind it stops reading them, so that a function
// that prints faster than its log can be written is slowed down, as with any pipe. Everything, filtered or
// not, goes to the environment's Telemetry as well. Shared by its environment and its own tasks; lives on the
// loop.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "base/task_group.h"
#include "environments/environments.h"
#include "environments/platform_events.h"
#include "environments/telemetry.h"

namespace martlet::environments {

class LogStream {
 public:
  /// Its tasks run in `tasks`; they end when the pipes do and everything is written.
  LogStream(Executor executor, Clock& clock, LogSink& sink, TaskGroup& tasks,
            std::shared_ptr<const Spec> spec, std::string name);
  ~LogStream();
  LogStream(const LogStream&) = delete;
  LogStream& operator=(const LogStream&) = delete;

  [[nodiscard]] const std::string& name() const;

  /// Starts to read the pipes, which it owns from now on. May be called again for a sandbox that follows the
  /// first.
  void attach(int stdout_fd, int stderr_fd);
  /// The same for what an extension prints, for as long as it runs. `name` is for people.
  void attach_extension(const std::string& name, int stdout_fd, int stderr_fd);
  /// Who is told everything from now on; null for nobody.
  void set_telemetry(std::shared_ptr<Telemetry> telemetry);
  /// Takes in what the function has written so far, an unfinished line included.
  void drain();
  /// Adds what the platform says.
  void add(const PlatformEvent& event);

  /// Forgets the tail: an invocation begins.
  void begin_tail();
  /// The last 4 KiB since begin_tail().
  [[nodiscard]] std::string tail() const;

  /// Starts to write what is there, or does so in a few milliseconds when it has just done so; without it,
  /// that happens within 100 ms.
  void flush();
  /// Waits until both pipes have ended and everything is written.
  Task<> finished();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace martlet::environments
