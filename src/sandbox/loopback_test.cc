// Connections from outside into a sandbox.

#include <sys/socket.h>

#include "sandbox/sandbox_test.h"

namespace martlet::sandbox {
namespace {

using namespace testing;

Task<std::string> failure_of(Task<int> connecting) {
  try {
    ::close(co_await std::move(connecting));
  } catch (const std::exception& error) {
    co_return error.what();
  }
  co_return "";
}

TEST(Loopback, AConnectionReachesAProgramInsideAndNoOther) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(python(R"(
import socket
listener = socket.create_server(('sandbox.localdomain', 8080))
print('listening', flush=True)
for name in ('first', 'second'):
    connection, peer = listener.accept()
    print(name, peer[0], connection.recv(100).decode(), flush=True))"));
    LineReader output(executor, sandbox->take_stdout());
    EXPECT_EQ(co_await output.next(), "listening");
    for (const std::string name : {"first", "second"}) {
      const int connection = co_await sandbox->connect(8080);
      EXPECT_EQ(::send(connection, "hello", 5, 0), 5);
      ::close(connection);
      EXPECT_EQ(co_await output.next(), name + " 127.0.0.1 hello");
    }
    co_await sandbox->wait();
  });
}

TEST(Loopback, NobodyListensOrTheSandboxHasEnded) {
  with_warden([](Executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(shell("sleep 600"));
    EXPECT_EQ(co_await failure_of(sandbox->connect(8080)), "cannot connect to port 8080: Connection refused");
    sandbox->kill();
    co_await sandbox->wait();
    EXPECT_EQ(co_await failure_of(sandbox->connect(8080)), "the sandbox has ended");
  });
}

TEST(Loopback, AListenerThatTakesNoConnectionsHoldsNobodyUp) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(python(R"(
import socket, time
listener = socket.create_server(('127.0.0.1', 8080), backlog=0)
first = socket.create_connection(('127.0.0.1', 8080))
print('full', flush=True)
time.sleep(600))"));
    LineReader output(executor, sandbox->take_stdout());
    EXPECT_EQ(co_await output.next(), "full");
    EXPECT_EQ(co_await failure_of(sandbox->connect(8080)),
              "cannot connect to port 8080: Connection timed out");
  });
}

}  // namespace
}  // namespace martlet::sandbox
