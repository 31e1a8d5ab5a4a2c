#include "environments/process_warden_test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/signal.h"

namespace martlet::environments {

namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

int listen_anywhere(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 64) != 0)
    throw std::runtime_error("no port for a test's listener");
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  throw std::runtime_error("nobody listens");
}

using Paths = std::vector<sandbox::Bind>;

/// One program as a process group of its own.
class Child {
 public:
  Child(Executor executor, const sandbox::Program& program, const Paths& paths)
      : exited_(std::move(executor)) {
    start(program, paths);
    exited_.assign(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  }
  ~Child() {
    if (!result_) {
      signal(SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    for (const int fd : outputs_)
      if (fd >= 0) ::close(fd);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int take_output(std::size_t index) { return std::exchange(outputs_[index], -1); }

  void signal(int number) {
    if (!result_) ::kill(-pid_, number);
  }

  static Task<sandbox::Result> wait(std::shared_ptr<Child> self) {
    boost::system::error_code ignored;
    // A wake-up may be for nothing; only waitpid() knows.
    while (!self->reap())
      co_await self->exited_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                        boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    co_return *self->result_;
  }

 private:
  bool reap() {
    int status = 0;
    if (result_) return true;
    if (::waitpid(pid_, &status, WNOHANG) == 0) return false;
    ::kill(-pid_, SIGKILL);
    result_.emplace();
    result_->kind = WIFSIGNALED(status) ? sandbox::Result::Kind::kSignalled : sandbox::Result::Kind::kExited;
    result_->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    result_->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return true;
  }

  void start(const sandbox::Program& program, const Paths& paths) {
    const auto host_path = [&](std::string text) {
      for (const sandbox::Bind& bind : paths) replace_all(text, bind.target, bind.source);
      return text;
    };
    std::vector<std::string> arguments;
    for (const std::string& argument : program.command) arguments.push_back(host_path(argument));
    std::vector<std::string> variables;
    for (const auto& [name, value] : program.environment) variables.push_back(name + "=" + host_path(value));
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    std::vector<char*> envp;
    for (std::string& variable : variables) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);

    int pipes[2][2];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 2; ++i) {
      if (::pipe2(pipes[i], O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
      ::posix_spawn_file_actions_adddup2(&actions, pipes[i][1], i + 1);
      outputs_[i] = pipes[i][0];
    }
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const int failure = ::posix_spawn(&pid_, argv[0], &actions, &attributes, argv.data(), envp.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    for (const auto& pipe : pipes) ::close(pipe[1]);
    if (failure != 0) throw std::runtime_error("the program cannot be started: " + arguments[0]);
  }

  pid_t pid_ = -1;
  int outputs_[2] = {-1, -1};
  std::optional<sandbox::Result> result_;
  boost::asio::posix::stream_descriptor exited_;
};

class ChildProcess final : public sandbox::Process {
 public:
  explicit ChildProcess(std::shared_ptr<Child> child) : child_(std::move(child)) {}
  int take_stdout() override { return child_->take_output(0); }
  int take_stderr() override { return child_->take_output(1); }
  Task<sandbox::Result> wait() override { return Child::wait(child_); }
  void signal(int number) override { child_->signal(number); }

 private:
  std::shared_ptr<Child> child_;
};

class ProcessSandbox final : public sandbox::Sandbox {
 public:
  ProcessSandbox(Executor executor, ProcessWarden& warden, sandbox::Policy policy)
      : executor_(executor), warden_(warden), name_(policy.name), paths_(policy.binds), changed_(executor) {
    for (const sandbox::Listener& listener : policy.listeners) {
      std::uint16_t port = 0;
      listeners_.push_back(listen_anywhere(port));
      ports_.emplace_back(":" + std::to_string(listener.port), ":" + std::to_string(port));
    }
    if (!policy.command.empty())
      main_ = start({.command = policy.command,
                     .environment = policy.environment,
                     .working_directory = policy.working_directory});
    ++warden_.alive;
  }

  ~ProcessSandbox() override {
    kill();
    for (const int fd : listeners_)
      if (fd >= 0) ::close(fd);
  }

  [[nodiscard]] const std::string& name() const override { return name_; }
  int take_listener(std::size_t index) override { return std::exchange(listeners_.at(index), -1); }
  int take_stdout() override { return main_ ? main_->take_output(0) : -1; }
  int take_stderr() override { return main_ ? main_->take_output(1) : -1; }

  Task<sandbox::Result> wait() override {
    while (!main_ && !killed_) co_await changed_.wait();
    sandbox::Result result;
    if (main_) result = co_await Child::wait(main_);
    if (killed_) result.kind = sandbox::Result::Kind::kKilled;
    for (const auto& child : others_) {
      child->signal(SIGKILL);
      co_await Child::wait(child);
    }
    --warden_.alive;
    co_return result;
  }

  void kill() override {
    killed_ = true;
    if (main_) main_->signal(SIGKILL);
    for (const auto& child : others_) child->signal(SIGKILL);
    changed_.notify_all();
  }

  Task<> finish(sandbox::Finish) override { throw std::logic_error("this warden has no such thing"); }
  Task<> run_main(sandbox::Program program) override {
    main_ = start(std::move(program));
    changed_.notify_all();
    co_return;
  }
  Task<std::unique_ptr<sandbox::Process>> run(sandbox::Program program) override {
    others_.push_back(start(std::move(program)));
    co_return std::make_unique<ChildProcess>(others_.back());
  }
  void signal_main(int number) override {
    if (main_) main_->signal(number);
  }
  Task<int> connect(std::uint16_t port) override { co_return connect_to(port); }
  Task<> freeze() override {
    ++warden_.freezes;
    signal_all(SIGSTOP);
    co_return;
  }
  Task<> thaw() override {
    ++warden_.thaws;
    signal_all(SIGCONT);
    co_return;
  }
  Task<> set_cpus(double cpus) override {
    warden_.cpus = cpus;
    co_return;
  }
  Task<sandbox::Usage> usage() override {
    co_return sandbox::Usage{.memory_bytes = 20 << 20, .peak_memory_bytes = 30 << 20};
  }
  Task<> reset_peak() override { co_return; }

 private:
  std::shared_ptr<Child> start(sandbox::Program program) {
    for (auto& [name, value] : program.environment)
      for (const auto& [from, to] : ports_) replace_all(value, from, to);
    return std::make_shared<Child>(executor_, program, paths_);
  }
  void signal_all(int number) {
    signal_main(number);
    for (const auto& child : others_) child->signal(number);
  }

  Executor executor_;
  ProcessWarden& warden_;
  std::string name_;
  Paths paths_;
  std::vector<std::pair<std::string, std::string>> ports_;
  std::vector<int> listeners_;
  std::shared_ptr<Child> main_;
  std::vector<std::shared_ptr<Child>> others_;
  bool killed_ = false;
  Signal changed_;
};

}  // namespace

ProcessWarden::ProcessWarden(Executor executor) : executor_(std::move(executor)) {}

Task<std::unique_ptr<sandbox::Sandbox>> ProcessWarden::create(sandbox::Policy policy) {
  if (!refusal.empty()) throw std::runtime_error(refusal);
  co_return std::make_unique<ProcessSandbox>(executor_, *this, std::move(policy));
}

}  // namespace martlet::environments
