#pragma once

// For the tests of this room: a warden, a loop, and programs in sandboxes.

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <filesystem>
#include <functional>
#include <string>

#include "base/async_test.h"
#include "sandbox/sandbox.h"

namespace martlet::sandbox::testing {

/// A directory of the test's own, removed at its end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string path = std::filesystem::temp_directory_path() / "martlet-sandbox-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary directory");
    std::filesystem::permissions(path, std::filesystem::perms{0755});
    path_ = path;
  }
  ~TemporaryDirectory() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Ends the test, saying why it cannot be made here.
struct Skip {
  std::string reason;
};
[[noreturn]] inline void skip(std::string reason) { throw Skip{std::move(reason)}; }

/// Runs `body` with a warden; skips the test, saying why, where sandboxes cannot be made.
inline void with_warden(const std::function<Task<>(Executor, Warden&)>& body) {
  const TemporaryDirectory run;
  const WardenProcess process = fork_warden({run.path()});
  boost::asio::io_context loop(1);
  const auto warden = connect_warden(loop.get_executor(), process);
  if (!warden->capabilities().refusal.empty()) GTEST_SKIP() << warden->capabilities().refusal;
  std::exception_ptr failure;
  bool ended = false;
  boost::asio::co_spawn(loop, body(loop.get_executor(), *warden), [&](std::exception_ptr thrown) {
    failure = thrown;
    ended = true;
  });
  // The warden's socket is always being read, so the loop ends only when the body does.
  while (!ended && loop.run_one() > 0) {
  }
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const Skip& skipped) {
    GTEST_SKIP() << skipped.reason;
  }
}

/// A policy that runs a program with arguments.
inline Policy program(std::vector<std::string> command) {
  static int count = 0;
  Policy policy;
  policy.name = "test-" + std::to_string(++count);
  policy.command = std::move(command);
  policy.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"LANG", "C.UTF-8"}};
  return policy;
}
inline Policy shell(const std::string& script) { return program({"/bin/sh", "-c", script}); }
inline Policy python(const std::string& script) { return program({"/usr/bin/python3", "-c", script}); }

/// All that comes from a pipe until it is closed.
Task<std::string> read_all(Executor executor, int descriptor);
/// Lines of a pipe, one by one, without their ends; "" at the end of the pipe.
class LineReader {
 public:
  LineReader(Executor executor, int descriptor) : pipe_(executor, descriptor) {}
  Task<std::string> next();

 private:
  boost::asio::posix::stream_descriptor pipe_;
  std::string buffer_;
};

/// Waits until there is something to read, or to accept.
Task<> readable(boost::asio::posix::stream_descriptor& descriptor);

void write_text(const std::string& path, const std::string& text);

struct Outcome {
  Result result;
  std::string output;
  std::string errors;
};

/// Waits for the end of a sandbox and collects what it printed.
Task<Outcome> finish(Executor executor, Sandbox& sandbox);
/// Makes a sandbox and does that.
Task<Outcome> run(Executor executor, Warden& warden, Policy policy);

}  // namespace martlet::sandbox::testing
