// One environment as a hostile function sees it: arbitrary bytes, and calls of the Runtime, Extensions,
// Telemetry and credentials interfaces in arbitrary order, on several connections that come and go, while the
// platform gives events, restores, lets time pass, and processes end. Nothing may crash, every invocation
// must come to an end, and nothing may be left running.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "environments/environment.h"
#include "environments/policy.h"

namespace {

using namespace martlet;
using namespace martlet::environments;
using namespace std::chrono_literals;

/// The read end of a pipe at its end.
int empty_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  ::close(ends[1]);
  return ends[0];
}

sockaddr_un address_of(int fd, socklen_t& size) {
  sockaddr_un address{};
  size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}

/// Listens under a name that the kernel chooses.
int listen_somewhere() {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(sa_family_t)) != 0) std::abort();
  if (::listen(fd, 16) != 0) std::abort();
  return fd;
}

/// What ends when somebody says so.
struct Life {
  explicit Life(Executor executor) : changed(std::move(executor)) {}
  void end(sandbox::Result::Kind kind, int code) {
    if (result) return;
    result = sandbox::Result{.kind = kind, .exit_code = code, .signal = code};
    changed.notify_all();
  }
  static Task<sandbox::Result> wait(std::shared_ptr<Life> self) {
    while (!self->result) co_await self->changed.wait();
    co_return *self->result;
  }
  std::optional<sandbox::Result> result;
  Signal changed;
};

using Lives = std::vector<std::shared_ptr<Life>>;

class FakeProcess final : public sandbox::Process {
 public:
  explicit FakeProcess(std::shared_ptr<Life> life) : life_(std::move(life)) {}
  int take_stdout() override { return empty_pipe(); }
  int take_stderr() override { return empty_pipe(); }
  Task<sandbox::Result> wait() override { return Life::wait(life_); }
  void signal(int number) override { life_->end(sandbox::Result::Kind::kSignalled, number); }

 private:
  std::shared_ptr<Life> life_;
};

class FakeSandbox final : public sandbox::Sandbox {
 public:
  FakeSandbox(Executor executor, std::shared_ptr<Lives> lives, int listener)
      : executor_(std::move(executor)), lives_(std::move(lives)), listener_(listener) {
    lives_->push_back(std::make_shared<Life>(executor_));
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  int take_listener(std::size_t index) override { return index == 0 ? listener_ : empty_pipe(); }
  int take_stdout() override { return empty_pipe(); }
  int take_stderr() override { return empty_pipe(); }
  Task<sandbox::Result> wait() override { return Life::wait(lives_->front()); }
  void kill() override {
    for (const auto& life : *lives_) life->end(sandbox::Result::Kind::kKilled, 9);
  }
  Task<> finish(sandbox::Finish) override { co_return; }
  Task<> run_main(sandbox::Program) override { co_return; }
  Task<std::unique_ptr<sandbox::Process>> run(sandbox::Program) override {
    lives_->push_back(std::make_shared<Life>(executor_));
    co_return std::make_unique<FakeProcess>(lives_->back());
  }
  void signal_main(int number) override { lives_->front()->end(sandbox::Result::Kind::kSignalled, number); }
  Task<int> connect(std::uint16_t) override { throw std::runtime_error("nobody listens"); }
  Task<> freeze() override { co_return; }
  Task<> thaw() override { co_return; }
  Task<> set_cpus(double) override { co_return; }
  Task<sandbox::Usage> usage() override { co_return sandbox::Usage{}; }
  Task<> reset_peak() override { co_return; }

 private:
  Executor executor_;
  std::shared_ptr<Lives> lives_;
  int listener_;
  std::string name_ = "fuzz";
};

class FakeWarden final : public sandbox::Warden {
 public:
  explicit FakeWarden(Executor executor) : executor_(std::move(executor)) {}
  Task<std::unique_ptr<sandbox::Sandbox>> create(sandbox::Policy) override {
    listener = listen_somewhere();
    socklen_t size = 0;
    address = address_of(listener, size);
    address_size = size;
    co_return std::make_unique<FakeSandbox>(executor_, lives, listener);
  }
  [[nodiscard]] const sandbox::Capabilities& capabilities() const override { return capabilities_; }

  std::shared_ptr<Lives> lives = std::make_shared<Lives>();
  int listener = -1;
  sockaddr_un address{};
  socklen_t address_size = 0;

 private:
  Executor executor_;
  sandbox::Capabilities capabilities_;
};

struct NoLog final : LogSink {
  Task<> write(const Spec&, const std::string&, std::vector<LogEvent>) override { co_return; }
};

struct CountingSink final : ResponseSink {
  Task<> begin(std::string) override { co_return; }
  Task<> write(std::string piece) override {
    if (piece.size() % 7 == 6) throw std::runtime_error("the caller has left");
    co_return;
  }
};

/// Two programs in /opt/extensions, for as long as the fuzzer runs.
struct Layer {
  Layer() {
    std::string pattern = std::filesystem::temp_directory_path() / "martlet-fuzz-XXXXXX";
    directory = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(directory + "/extensions");
    for (const char* name : {"/extensions/a", "/extensions/b"}) {
      std::ofstream(directory + name) << "#!/bin/sh\n";
      ::chmod((directory + name).c_str(), 0755);
    }
  }
  ~Layer() { std::filesystem::remove_all(directory); }
  std::string directory;
};

/// What is left of the fuzzer's bytes.
struct Input {
  std::string_view bytes;
  std::uint8_t byte() {
    if (bytes.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    return value;
  }
  std::string_view text() {
    const std::string_view taken = bytes.substr(0, byte());
    bytes.remove_prefix(std::min(bytes.size(), taken.size()));
    return taken;
  }
};

constexpr const char* kCalls[] = {"GET /2018-06-01/runtime/invocation/next",
                                  "POST /2018-06-01/runtime/invocation/ID/response",
                                  "POST /2018-06-01/runtime/invocation/ID/error",
                                  "POST /2018-06-01/runtime/init/error",
                                  "GET /2018-06-01/runtime/restore/next",
                                  "POST /2018-06-01/runtime/restore/error",
                                  "GET /2021-04-23/credentials",
                                  "POST /2020-01-01/extension/register",
                                  "GET /2020-01-01/extension/event/next",
                                  "POST /2020-01-01/extension/init/error",
                                  "POST /2020-01-01/extension/exit/error",
                                  "PUT /2022-07-01/telemetry",
                                  "PUT /2020-08-15/logs",
                                  "POST /2018-06-01/runtime/invocation//response"};

constexpr const char* kSubscription = R"({"schemaVersion":"2022-07-01","types":["platform","function"],)"
                                      R"("destination":{"protocol":"HTTP","URI":"http://sandbox:8080"}})";
constexpr const char* kBodies[] = {"", "{}", R"({"events":["INVOKE","SHUTDOWN"]})",
                                   R"({"events":["INVOKE"]})", kSubscription};

class World {
 public:
  explicit World(std::uint8_t flags)
      : clock_(make_simulated_clock(loop_.get_executor(), from_epoch_ms(1'700'000'000'000))),
        warden_(loop_.get_executor()),
        tasks_(loop_.get_executor()),
        callers_(loop_.get_executor()),
        api_(loop_.get_executor(), *clock_),
        around_{.executor = loop_.get_executor(),
                .clock = *clock_,
                .warden = warden_,
                .tasks = tasks_,
                .runtime_api = api_,
                .adopt_endpoint =
                    [](int fd, const std::string&) {
                      ::close(fd);
                      return std::function<void()>();
                    },
                .changed = [](Environment&) {}} {
    static const Layer layer;
    auto spec = std::make_shared<Spec>();
    spec->function_name = "f";
    spec->snap_start = (flags & 1) != 0;
    spec->concurrency = (flags & 2) != 0 ? 2 : 1;
    if ((flags & 4) != 0) spec->opt_directory = layer.directory;
    sandbox::Policy policy;
    policy.name = "fuzz";
    policy.command = {"/x"};
    policy.listeners = {{.port = 9001}, {.port = 4566}};
    policy.environment["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:9001";
    auto log = std::make_shared<LogStream>(loop_.get_executor(), *clock_, sink_, tasks_, spec, "stream");
    environment_ = std::make_shared<Environment>(around_, spec, std::make_shared<Runtime>(), std::move(log),
                                                 std::move(policy));
    if ((flags & 8) != 0) begin(false);
    callers_.spawn("start", environment_->start(10s));
    settle();
  }

  void step(Input& input) {
    const std::uint8_t what = input.byte();
    switch (what % 8) {
      case 0:
      case 1:
      case 2:
        send(what >> 6, call(input));
        break;
      case 3:
        send(what >> 6, std::string(input.text()));
        break;
      case 4:
        disconnect(what >> 6);
        break;
      case 5:
        if (environment_->takes_events()) begin((what & 64) != 0);
        break;
      case 6:
        if (environment_->state() == Environment::State::kHeld) callers_.spawn("restore", restore());
        end_a_process(what >> 4, input.byte());
        break;
      default:
        clock_->advance(std::chrono::milliseconds(input.byte() * 16));
    }
    settle();
  }

  void finish() {
    environment_->kill();
    for (int i = 0; i < 8; ++i) disconnect(i);
    for (int i = 0; i < 400 && tasks_.size() + callers_.size() > 0; ++i) {
      clock_->advance(100ms);
      settle();
    }
    if (tasks_.size() + callers_.size() > 0) std::abort();
    for (const auto& run : runs_)
      if (!run->outcome && !run->lost) std::abort();
    callers_.spawn("stop", api_.stop());
    settle();
    if (callers_.size() > 0) std::abort();
    // What was cancelled ends before the clock that it waits for does.
    environment_.reset();
    settle();
  }

 private:
  void settle() {
    for (int idle = 0; idle < 3;) {
      loop_.restart();
      idle = loop_.poll() > 0 ? 0 : idle + 1;
      for (auto& [index, fd] : connections_) receive(fd);
    }
  }

  void begin(bool streamed) {
    if (runs_.size() >= 8) return;
    auto run = std::make_shared<Run>();
    run->invocation.request_id = "id" + std::to_string(runs_.size());
    run->invocation.payload = "{}";
    if (streamed) run->invocation.sink = std::make_shared<CountingSink>();
    runs_.push_back(run);
    environment_->begin(run);
    callers_.spawn("caller", environment_->finished(run));
  }

  Task<> restore() { co_await environment_->restore(); }

  void end_a_process(std::size_t index, int code) {
    auto& lives = *warden_.lives;
    if (!lives.empty()) lives[index % lives.size()]->end(sandbox::Result::Kind::kExited, code);
  }

  std::string call(Input& input) {
    std::string line = kCalls[input.byte() % std::size(kCalls)];
    const std::uint8_t how = input.byte();
    if (const auto at = line.find("/ID/"); at != std::string::npos)
      line.replace(at + 1, 2, "id" + std::to_string(how % 8));
    std::string text = line + " HTTP/1.1\r\n";
    if ((how & 16) != 0) text += "Lambda-Runtime-Function-Response-Mode: streaming\r\n";
    if ((how & 32) != 0) text += "Lambda-Extension-Function-Error-Type: T\r\n";
    text += "Lambda-Extension-Name: " + std::string(1, static_cast<char>('a' + how % 4)) + "\r\n";
    if (!identifiers_.empty())
      text += "Lambda-Extension-Identifier: " + identifiers_[how % identifiers_.size()] + "\r\n";
    const std::string body((how & 64) != 0 ? std::string(input.text())
                                           : kBodies[input.byte() % std::size(kBodies)]);
    if ((how & 128) == 0) return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    // Chunked; the rest may come later, or never.
    text += "Transfer-Encoding: chunked\r\n\r\n";
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", body.size());
    if (!body.empty()) text += size + body + "\r\n";
    if ((how & 8) != 0) text += "0\r\nLambda-Runtime-Function-Error-Type: T\r\n\r\n";
    return text;
  }

  void send(int index, const std::string& bytes) {
    auto [at, fresh] = connections_.try_emplace(index, -1);
    if (at->second < 0) {
      at->second = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ::connect(at->second, reinterpret_cast<const sockaddr*>(&warden_.address), warden_.address_size);
    }
    (void)!::send(at->second, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  void receive(int fd) {
    static char buffer[64 << 10];
    const ssize_t count = fd < 0 ? 0 : ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count <= 0) return;
    constexpr std::string_view kHeader = "Lambda-Extension-Identifier: ";
    const std::string_view text(buffer, static_cast<std::size_t>(count));
    if (const auto at = text.find(kHeader); at != std::string_view::npos && identifiers_.size() < 16)
      identifiers_.emplace_back(text.substr(at + kHeader.size(), 36));
  }

  void disconnect(int index) {
    const auto found = connections_.find(index);
    if (found == connections_.end()) return;
    if (found->second >= 0) ::close(found->second);
    connections_.erase(found);
  }

  boost::asio::io_context loop_{1};
  std::unique_ptr<Clock> clock_;
  FakeWarden warden_;
  NoLog sink_;
  TaskGroup tasks_;
  TaskGroup callers_;
  RuntimeApi api_;
  Environment::Surroundings around_;
  std::shared_ptr<Environment> environment_;
  std::vector<std::shared_ptr<Run>> runs_;
  std::map<int, int> connections_;
  std::vector<std::string> identifiers_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 4096) return 0;
  Input input{{reinterpret_cast<const char*>(data), size}};
  World world(input.byte());
  while (!input.bytes.empty()) world.step(input);
  world.finish();
  return 0;
}
