// What the server holds of the warden and of its sandboxes: thin handles over the Connection.

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

#include "sandbox/connection.h"
#include "sandbox/loopback.h"
#include "sandbox/sandbox.h"

namespace martlet::sandbox {

namespace {

// A coroutine that does not need the handle to outlive it.
Task<Result> wait_for(std::shared_ptr<End> end) {
  while (!end->result) co_await end->ended.wait();
  co_return *end->result;
}

int take_from(Connection::Created& created, std::size_t index) {
  return index < created.descriptors.size() ? created.descriptors[index].release() : -1;
}

class RemoteProcess : public Process {
 public:
  RemoteProcess(std::shared_ptr<Connection> connection, std::uint64_t sandbox, Connection::Created created)
      : connection_(std::move(connection)), sandbox_(sandbox), created_(std::move(created)) {}

  int take_stdout() override { return take_from(created_, 0); }
  int take_stderr() override { return take_from(created_, 1); }
  Task<Result> wait() override { return wait_for(created_.end); }
  void signal(int number) override {
    if (!created_.end->result) connection_->signal(sandbox_, created_.id, number);
  }

 private:
  std::shared_ptr<Connection> connection_;
  std::uint64_t sandbox_;
  Connection::Created created_;
};

class RemoteSandbox : public Sandbox {
 public:
  RemoteSandbox(std::shared_ptr<Connection> connection, std::string name, Connection::Created created)
      : connection_(std::move(connection)), name_(std::move(name)), created_(std::move(created)) {}
  ~RemoteSandbox() override { kill(); }

  const std::string& name() const override { return name_; }
  int take_stdout() override { return take(0); }
  int take_stderr() override { return take(1); }
  int take_listener(std::size_t index) override { return take(2 + index); }

  Task<Result> wait() override { return wait_for(created_.end); }
  void kill() override {
    if (!created_.end->result) connection_->kill(created_.id);
  }

  Task<> finish(Finish finish) override {
    std::string wrong = check_finish(finish);
    return tell(connection_,
                {.kind = Request::Kind::kFinish, .sandbox = created_.id, .finish = std::move(finish)},
                std::move(wrong));
  }
  Task<> run_main(Program program) override {
    std::string wrong = check_program(program);
    return tell(connection_,
                {.kind = Request::Kind::kRunMain, .sandbox = created_.id, .program = std::move(program)},
                std::move(wrong));
  }
  Task<std::unique_ptr<Process>> run(Program program) override {
    return start(connection_, created_.id, std::move(program));
  }
  void signal_main(int number) override {
    if (!created_.end->result) connection_->signal(created_.id, 0, number);
  }
  Task<int> connect(std::uint16_t port) override { return connect(connection_, created_.id, port); }
  Task<> freeze() override {
    return tell(connection_, {.kind = Request::Kind::kFreeze, .sandbox = created_.id});
  }
  Task<> thaw() override { return tell(connection_, {.kind = Request::Kind::kThaw, .sandbox = created_.id}); }
  Task<> set_cpus(double cpus) override {
    return tell(connection_, {.kind = Request::Kind::kSetCpus, .sandbox = created_.id, .cpus = cpus});
  }
  Task<> reset_peak() override {
    return tell(connection_, {.kind = Request::Kind::kResetPeak, .sandbox = created_.id});
  }
  Task<Usage> usage() override { return ask_usage(connection_, created_.id); }

 private:
  // Coroutines that do not need the handle to outlive them.
  static Task<std::unique_ptr<Process>> start(std::shared_ptr<Connection> connection, std::uint64_t sandbox,
                                              Program program) {
    if (auto wrong = check_program(program); !wrong.empty()) throw std::runtime_error(wrong);
    auto created = co_await connection->run(sandbox, std::move(program));
    co_return std::make_unique<RemoteProcess>(connection, sandbox, std::move(created));
  }
  static Task<int> connect(std::shared_ptr<Connection> connection, std::uint64_t id, std::uint16_t port) {
    Answer answer = co_await connection->call({.kind = Request::Kind::kSocket, .sandbox = id});
    if (answer.descriptors.size() != 1) throw std::runtime_error("the sandbox gave no socket");
    co_return co_await connect_loopback(std::move(answer.descriptors.front()), port);
  }
  static Task<> tell(std::shared_ptr<Connection> connection, Request request, std::string wrong = {}) {
    if (!wrong.empty()) throw std::runtime_error(wrong);
    co_await connection->call(std::move(request));
  }
  static Task<Usage> ask_usage(std::shared_ptr<Connection> connection, std::uint64_t id) {
    const Answer answer = co_await connection->call({.kind = Request::Kind::kUsage, .sandbox = id});
    co_return answer.reply.usage;
  }

  int take(std::size_t index) { return take_from(created_, index); }

  std::shared_ptr<Connection> connection_;
  std::string name_;
  Connection::Created created_;
};

class RemoteWarden : public Warden {
 public:
  RemoteWarden(std::shared_ptr<Connection> connection, pid_t pid, Capabilities capabilities)
      : connection_(std::move(connection)), pid_(pid), capabilities_(std::move(capabilities)) {
    connection_->start();
  }
  ~RemoteWarden() override {
    connection_->lose("the server has let go of the warden");
    // Takes milliseconds: when it has ended, nothing of any sandbox is left.
    while (pid_ > 0 && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  Task<std::unique_ptr<Sandbox>> create(Policy policy) override {
    if (!capabilities_.refusal.empty()) throw std::runtime_error(capabilities_.refusal);
    if (auto wrong = check_policy(policy); !wrong.empty()) throw std::runtime_error(wrong);
    const auto connection = connection_;
    std::string name = policy.name;
    auto created = co_await connection->create(std::move(policy));
    co_return std::make_unique<RemoteSandbox>(connection, std::move(name), std::move(created));
  }
  const Capabilities& capabilities() const override { return capabilities_; }

 private:
  std::shared_ptr<Connection> connection_;
  pid_t pid_;
  Capabilities capabilities_;
};

/// The warden's first message. It comes a few milliseconds after the fork.
Capabilities read_hello(int socket) {
  constexpr int kPatienceMs = 15'000;
  pollfd readable{socket, POLLIN, 0};
  Packet packet;
  if (::poll(&readable, 1, kPatienceMs) == 1 &&
      receive_packet(socket, packet, Blocking::kDontWait) == Transfer::kDone) {
    if (auto hello = decode_reply(packet.bytes); hello && hello->kind == Reply::Kind::kHello)
      return std::move(hello->capabilities);
  }
  Capabilities none;
  none.refusal = "the warden process did not start; its log says why";
  return none;
}

}  // namespace

std::unique_ptr<Warden> connect_warden(Executor executor, WardenProcess process) {
  Descriptor socket(process.socket);
  Capabilities capabilities = read_hello(socket.get());
  auto connection = std::make_shared<Connection>(std::move(executor), std::move(socket));
  return std::make_unique<RemoteWarden>(std::move(connection), process.pid, std::move(capabilities));
}

}  // namespace martlet::sandbox
