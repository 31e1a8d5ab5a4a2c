#pragma once

// What tests of whole environments share: a directory with a function's code, a sink that keeps what was
// logged, and a fleet over some warden.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/async_test.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/task_group.h"
#include "environments/fleet.h"

namespace martlet::environments {

class CollectingSink final : public LogSink {
 public:
  Task<> write(const Spec&, const std::string& stream, std::vector<LogEvent> events) override {
    ++writes;
    streams[stream] += "";
    for (LogEvent& event : events) {
      bytes += event.message.size();
      if (bytes < (4 << 20)) streams[stream] += event.message;
      messages.push_back(std::move(event.message));
    }
    co_return;
  }

  /// Everything, stream after stream.
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& [name, content] : streams) all += content;
    return all;
  }

  std::map<std::string, std::string> streams;
  std::vector<std::string> messages;
  std::size_t bytes = 0;
  int writes = 0;
};

/// Code of one function in a directory of its own.
class Code {
 public:
  Code() {
    std::string pattern = std::filesystem::temp_directory_path() / "martlet-code-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
  }
  ~Code() { std::filesystem::remove_all(directory_); }

  Code& file(const std::string& name, const std::string& text, int mode = 0644) {
    const auto path = std::filesystem::path(directory_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
    return *this;
  }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
};

inline std::shared_ptr<Spec> spec_for(const Code& code, const std::string& runtime,
                                      const std::string& handler) {
  auto spec = std::make_shared<Spec>();
  spec->account = "000000000000";
  spec->region = "us-east-1";
  spec->function_name = "f";
  spec->function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  spec->runtime = runtime;
  spec->handler = handler;
  spec->code_directory = code.directory();
  spec->memory_mb = 256;
  spec->log_group = "/aws/lambda/f";
  return spec;
}

inline Invocation event(const std::string& payload,
                        const std::string& id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd") {
  return {.request_id = id,
          .payload = payload,
          .invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f",
          .client_context = {},
          .cognito_identity = {},
          .trace_id = {}};
}

/// runtimes/ of this source tree, from wherever the test is started.
inline std::string runtimes_of_this_tree() {
  for (auto at = std::filesystem::read_symlink("/proc/self/exe"); at.has_relative_path();
       at = at.parent_path())
    if (std::filesystem::exists(at / "runtimes/python")) return at / "runtimes";
  throw std::runtime_error("no runtimes/ above the test's program");
}

inline FleetOptions options_for_test() {
  FleetOptions options;
  options.runtimes_directory = runtimes_of_this_tree();
  options.memory_budget_bytes = 64ULL << 30;
  options.stock.per_runtime = 0;
  return options;
}

}  // namespace martlet::environments
