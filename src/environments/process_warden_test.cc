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
#include <stdexcept>

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

class ProcessSandbox final : public sandbox::Sandbox {
 public:
  ProcessSandbox(Executor executor, ProcessWarden& warden, sandbox::Policy policy)
      : warden_(warden), name_(policy.name), exited_(executor) {
    for (const sandbox::Listener& listener : policy.listeners) {
      std::uint16_t port = 0;
      listeners_.push_back(listen_anywhere(port));
      for (auto& [name, value] : policy.environment)
        replace_all(value, ":" + std::to_string(listener.port), ":" + std::to_string(port));
    }
    start(policy);
    exited_.assign(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    ++warden_.alive;
  }

  ~ProcessSandbox() override {
    kill();
    if (!reaped_) ::waitpid(pid_, nullptr, 0);
    for (const int fd : listeners_)
      if (fd >= 0) ::close(fd);
  }

  [[nodiscard]] const std::string& name() const override { return name_; }
  int take_listener(std::size_t index) override { return std::exchange(listeners_.at(index), -1); }
  int take_stdout() override { return std::exchange(outputs_[0], -1); }
  int take_stderr() override { return std::exchange(outputs_[1], -1); }

  Task<sandbox::Result> wait() override {
    boost::system::error_code ignored;
    int status = 0;
    // A wake-up may be for nothing; only waitpid() knows.
    while (::waitpid(pid_, &status, WNOHANG) == 0)
      co_await exited_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                  boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    reaped_ = true;
    ::kill(-pid_, SIGKILL);
    --warden_.alive;
    sandbox::Result result;
    result.kind = killed_               ? sandbox::Result::Kind::kKilled
                  : WIFSIGNALED(status) ? sandbox::Result::Kind::kSignalled
                                        : sandbox::Result::Kind::kExited;
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    co_return result;
  }

  void kill() override {
    if (reaped_) return;
    killed_ = true;
    ::kill(-pid_, SIGKILL);
  }

  Task<> finish(sandbox::Finish) override { throw std::logic_error("this warden has no such thing"); }
  Task<> run_main(sandbox::Program) override { throw std::logic_error("this warden has no such thing"); }
  Task<std::unique_ptr<sandbox::Process>> run(sandbox::Program) override {
    throw std::logic_error("this warden has no such thing");
  }
  void signal_main(int) override { throw std::logic_error("this warden has no such thing"); }
  Task<int> connect(std::uint16_t port) override { co_return connect_to(port); }
  Task<> freeze() override {
    ++warden_.freezes;
    ::kill(-pid_, SIGSTOP);
    co_return;
  }
  Task<> thaw() override {
    ++warden_.thaws;
    ::kill(-pid_, SIGCONT);
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
  void start(const sandbox::Policy& policy) {
    const auto host_path = [&](std::string text) {
      for (const sandbox::Bind& bind : policy.binds) replace_all(text, bind.target, bind.source);
      return text;
    };
    std::vector<std::string> arguments;
    for (const std::string& argument : policy.command) arguments.push_back(host_path(argument));
    std::vector<std::string> variables;
    for (const auto& [name, value] : policy.environment) variables.push_back(name + "=" + host_path(value));
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

  ProcessWarden& warden_;
  std::string name_;
  std::vector<int> listeners_;
  int outputs_[2] = {-1, -1};
  pid_t pid_ = -1;
  bool killed_ = false;
  bool reaped_ = false;
  boost::asio::posix::stream_descriptor exited_;
};

}  // namespace

ProcessWarden::ProcessWarden(Executor executor) : executor_(std::move(executor)) {}

Task<std::unique_ptr<sandbox::Sandbox>> ProcessWarden::create(sandbox::Policy policy) {
  if (!refusal.empty()) throw std::runtime_error(refusal);
  co_return std::make_unique<ProcessSandbox>(executor_, *this, std::move(policy));
}

}  // namespace martlet::environments
