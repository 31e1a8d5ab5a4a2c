// Main programs: what they print, how they end, what they are given.

#include <sys/socket.h>

#include <algorithm>

#include "sandbox/sandbox_test.h"

namespace martlet::sandbox {
namespace {

using namespace testing;
using testing::run;

TEST(Program, PrintsAndExits) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const Outcome outcome = co_await run(executor, warden, shell("echo hello; echo oops >&2; exit 3"));
    EXPECT_EQ(outcome.output, "hello\n");
    EXPECT_EQ(outcome.errors, "oops\n");
    EXPECT_EQ(outcome.result.kind, Result::Kind::kExited) << outcome.result.detail;
    EXPECT_EQ(outcome.result.exit_code, 3);
    EXPECT_GT(outcome.result.peak_memory_bytes, 0U);
  });
}

TEST(Program, EndsBySignalsLikeAnyProcess) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    for (const int number : {SIGTERM, SIGABRT, SIGSEGV, SIGKILL}) {
      const Outcome outcome =
          co_await run(executor, warden, shell("kill -" + std::to_string(number) + " $$; sleep 600"));
      EXPECT_EQ(outcome.result.kind, Result::Kind::kSignalled) << outcome.result.detail;
      EXPECT_EQ(outcome.result.signal, number);
    }
    const Outcome aborted = co_await run(executor, warden, python("import os; os.abort()"));
    EXPECT_EQ(aborted.result.signal, SIGABRT);
  });
}

TEST(Program, HasItsIdentityDirectoryAndHostName) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    Policy policy = shell("id -u; id -g; pwd; hostname; cat; echo end");
    policy.working_directory = "/tmp";
    policy.hostname = "box";
    const Outcome outcome = co_await run(executor, warden, std::move(policy));
    EXPECT_EQ(outcome.output, "993\n990\n/tmp\nbox\nend\n");
  });
}

TEST(Program, HasExactlyTheGivenEnvironment) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    Policy policy = program({"/usr/bin/env"});
    policy.environment = {{"A", "1"}, {"B", "two words = x"}};
    const Outcome outcome = co_await run(executor, warden, std::move(policy));
    EXPECT_EQ(outcome.output, "A=1\nB=two words = x\n");
  });
}

TEST(Program, InheritsNoDescriptorsAndNoSignalSettings) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    Outcome outcome =
        co_await run(executor, warden, python("import os; print(sorted(os.listdir('/proc/self/fd')))"));
    // The fourth is the directory being read.
    EXPECT_EQ(outcome.output, "['0', '1', '2', '3']\n");
    outcome =
        co_await run(executor, warden, program({"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}));
    EXPECT_EQ(outcome.output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  });
}

TEST(Program, OrphansAreReaped) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const Outcome outcome = co_await run(executor, warden, python(R"(
import os, sys
r, w = os.pipe()
for _ in range(5):
    if os.fork() == 0:
        if os.fork() == 0: os._exit(0)
        os._exit(0)
    os.wait()
# Orphans end in their own time; every one must be gone in the end.
while any(os.path.exists(f'/proc/{p}') for p in range(3, 20) if p != os.getpid()): os.sched_yield()
print('reaped'))"));
    EXPECT_EQ(outcome.output, "reaped\n") << outcome.errors;
  });
}

TEST(Program, TakesItsBackgroundProcessesWithIt) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    // The background process holds standard output, which ends only with it.
    const Outcome outcome = co_await run(executor, warden, shell("sleep 600 & echo started"));
    EXPECT_EQ(outcome.output, "started\n");
    EXPECT_EQ(outcome.result.kind, Result::Kind::kExited);
  });
}

TEST(Program, SeesBindsReadOnly) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const TemporaryDirectory code;
    co_await run(executor, warden, shell("true"));
    write_text(code.path() + "/file", "content\n");
    std::filesystem::create_directory(code.path() + "/more");
    Policy policy = shell("cat /var/task/file /opt/one; ls -d /tmp/deep/er; echo x > /var/task/file");
    policy.binds = {{code.path(), "/var/task"},
                    {code.path() + "/file", "/opt/one"},
                    {code.path() + "/more", "/tmp/deep/er"}};
    const Outcome outcome = co_await run(executor, warden, std::move(policy));
    EXPECT_EQ(outcome.output, "content\ncontent\n/tmp/deep/er\n");
    EXPECT_NE(outcome.errors.find("Read-only file system"), std::string::npos) << outcome.errors;
  });
}

std::string refusal_of(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing was refused";
}

Task<std::string> creation_failure(Warden& warden, Policy policy) {
  std::exception_ptr thrown;
  try {
    const auto sandbox = co_await warden.create(std::move(policy));
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return refusal_of(thrown);
}

TEST(Program, WhatCannotBeMadeSaysWhy) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    Policy policy = program({"/var/task/bootstrap"});
    EXPECT_EQ(co_await creation_failure(warden, policy),
              "cannot execute /var/task/bootstrap: No such file or directory");
    policy = shell("true");
    policy.working_directory = "/nowhere";
    EXPECT_EQ(co_await creation_failure(warden, policy), "cannot enter /nowhere: No such file or directory");
    policy = shell("true");
    policy.binds = {{"/no/such/directory", "/var/task"}};
    EXPECT_EQ(co_await creation_failure(warden, policy),
              "cannot bind /no/such/directory: No such file or directory");
    policy.binds = {{"/usr", "/var/../task"}};
    EXPECT_NE((co_await creation_failure(warden, policy)).find("target"), std::string::npos);
    policy = shell("true");
    policy.command = {"true"};
    EXPECT_NE((co_await creation_failure(warden, policy)).find("command"), std::string::npos);
    policy = shell(std::string(200'000, 'x'));
    EXPECT_NE((co_await creation_failure(warden, policy)).find("too large"), std::string::npos);
    policy = shell("true");
    policy.listeners = {{9001}, {9001}};
    EXPECT_NE((co_await creation_failure(warden, policy)).find("9001"), std::string::npos);
    // And afterwards all is well.
    const Outcome outcome = co_await run(executor, warden, shell("echo fine"));
    EXPECT_EQ(outcome.output, "fine\n");
  });
}

TEST(Program, ReachesTheServerThroughListeners) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    Policy policy = python(R"(
import socket
for port in (9001, 80):
    s = socket.create_connection(('localhost', port), 10)
    print(s.recv(100).decode())
try:
    socket.create_connection(('127.0.0.1', 9002), 1)
except ConnectionRefusedError:
    print('refused'))");
    policy.listeners = {{9001}, {80}};
    const auto sandbox = co_await warden.create(std::move(policy));
    for (std::size_t i = 0; i < 2; ++i) {
      boost::asio::posix::stream_descriptor listener(executor, sandbox->take_listener(i));
      EXPECT_EQ(sandbox->take_listener(i), -1);
      co_await readable(listener);
      const int connection = ::accept(listener.native_handle(), nullptr, nullptr);
      const std::string text = "from listener " + std::to_string(i);
      EXPECT_EQ(::send(connection, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
      ::close(connection);
    }
    const Outcome outcome = co_await finish(executor, *sandbox);
    EXPECT_EQ(outcome.output, "from listener 0\nfrom listener 1\nrefused\n") << outcome.errors;
  });
}

}  // namespace
}  // namespace martlet::sandbox
