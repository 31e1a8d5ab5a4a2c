// Sandboxes that come about in steps: finished later, started later, with programs beside the main one, with
// signals; and what programs must not do with that.

#include <signal.h>

#include "base/task_group.h"
#include "sandbox/sandbox_test.h"

namespace martlet::sandbox {
namespace {

using namespace testing;
using testing::run;

constexpr std::uint64_t kMiB = 1ULL << 20;

Policy unfinished(Policy policy) {
  policy.unfinished = true;
  return policy;
}

Policy without_main() {
  Policy policy = shell("");
  policy.command = {};
  return policy;
}

Program shell_program(const std::string& script) {
  return {.command = {"/bin/sh", "-c", script}, .environment = {{"PATH", "/usr/bin:/bin"}}};
}
Program python_program(const std::string& script) {
  return {.command = {"/usr/bin/python3", "-c", script}, .environment = {{"PATH", "/usr/bin:/bin"}}};
}

/// What an awaited call was refused with.
Task<std::string> refusal(Task<> call) {
  std::string reason = "nothing was refused";
  try {
    co_await std::move(call);
  } catch (const std::runtime_error& error) {
    reason = error.what();
  }
  co_return reason;
}

Task<> drop(Task<std::unique_ptr<Process>> call) { co_await std::move(call); }

/// Waits for the end of a program and collects what it printed.
Task<Outcome> finish(Executor executor, Process& process) {
  Outcome outcome;
  outcome.output = co_await read_all(executor, process.take_stdout());
  outcome.errors = co_await read_all(executor, process.take_stderr());
  outcome.result = co_await process.wait();
  co_return outcome;
}

/// A main program that says it is there and goes on when it gets the signal that finishing is over.
constexpr const char* kWaitForFinish = R"(
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
print('ready', flush=True)
signal.sigwait({signal.SIGUSR1})
)";

TEST(Unfinished, TheMainProgramSeesWhatComesLater) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const TemporaryDirectory code;
    write_text(code.path() + "/file", "content");
    const auto sandbox = co_await warden.create(unfinished(python(std::string(kWaitForFinish) + R"(
print(open('/var/task/file').read(), open('/tmp/here/file').read())
try: open('/var/task/new', 'w')
except OSError as e: print(e.strerror)
try: open('/tmp/big', 'wb').write(bytes(3 << 20))
except OSError as e: print(e.strerror))")));
    LineReader lines(executor, sandbox->take_stdout());
    EXPECT_EQ(co_await lines.next(), "ready");
    co_await sandbox->finish({.binds = {{code.path(), "/var/task"}, {code.path(), "/tmp/here"}},
                              .tmp_bytes = 2 * kMiB,
                              .memory_bytes = 256 * kMiB});
    sandbox->signal_main(SIGUSR1);
    EXPECT_EQ(co_await lines.next(), "content content");
    EXPECT_EQ(co_await lines.next(), "Read-only file system");
    EXPECT_EQ(co_await lines.next(), "No space left on device");
    EXPECT_EQ((co_await sandbox->wait()).kind, Result::Kind::kExited);
  });
}

TEST(Unfinished, TmpGrowsAndTheMemoryLimitChanges) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    Policy policy = unfinished(python(std::string(kWaitForFinish) + R"(
with open('/tmp/big', 'wb') as f: f.write(bytes(20 << 20))
print(os.stat('/tmp/big').st_size >> 20, flush=True)
x = bytearray(1300 << 20)
print('never'))"));
    policy.tmp_bytes = 2 * kMiB;
    policy.memory_bytes = 40 * kMiB;
    const auto sandbox = co_await warden.create(std::move(policy));
    LineReader lines(executor, sandbox->take_stdout());
    EXPECT_EQ(co_await lines.next(), "ready");
    co_await sandbox->finish({.binds = {}, .tmp_bytes = 32 * kMiB, .memory_bytes = 90 * kMiB});
    sandbox->signal_main(SIGUSR1);
    EXPECT_EQ(co_await lines.next(), "20");
    EXPECT_EQ(co_await lines.next(), "");
    const Result result = co_await sandbox->wait();
    EXPECT_EQ(result.kind,
              warden.capabilities().memory_limit ? Result::Kind::kOutOfMemory : Result::Kind::kExited)
        << result.detail;
  });
}

TEST(Unfinished, ProgramsHaveNoRightsBeforeOrAfterIt) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    constexpr const char* kAttempts = R"(
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def attempts():
    answers = set()
    for name, *args in (('mount', b'none', b'/tmp', b'tmpfs', 0, 0), ('umount2', b'/tmp', 2), ('unshare', 0x10000000),
                        ('setns', os.open('/proc/self/ns/mnt', os.O_RDONLY), 0), ('chroot', b'/tmp'),
                        ('ptrace', 16, 1, 0, 0), ('sethostname', b'x', 1)):
        answers.add('allowed' if getattr(libc, name)(*args) >= 0 else errno.errorcode[ctypes.get_errno()])
    for number in (428, 429, 430, 433, 442): # open_tree, move_mount, fsopen, fspick, mount_setattr
        answers.add('allowed' if libc.syscall(number, 0, 0, 0, 0, 0) >= 0 else errno.errorcode[ctypes.get_errno()])
    for path in ('/proc/1', '/proc/1/root', '/proc/1/mem', '/proc/1/fd'):
        if os.path.exists(path): answers.add(path)
    lines = open('/proc/self/status').read().split('\n')
    return sorted(answers), [l.split()[1] for l in lines if l.startswith(('CapPrm', 'CapBnd', 'NoNew', 'Seccomp:'))]
)";
    const std::string expected = "(['EPERM'], ['0000000000000000', '0000000000000000', '1', '2'])";
    const auto sandbox = co_await warden.create(
        unfinished(python(std::string(kAttempts) + "print(attempts(), flush=True)\n" + kWaitForFinish +
                          "print(attempts(), flush=True)\n" + "signal.pause()")));
    LineReader lines(executor, sandbox->take_stdout());
    const auto before = co_await sandbox->run(python_program(std::string(kAttempts) + "print(attempts())"));
    EXPECT_EQ((co_await finish(executor, *before)).output, expected + "\n");
    EXPECT_EQ(co_await lines.next(), expected);
    EXPECT_EQ(co_await lines.next(), "ready");
    co_await sandbox->finish({});
    sandbox->signal_main(SIGUSR1);
    EXPECT_EQ(co_await lines.next(), expected);
    const auto after = co_await sandbox->run(python_program(std::string(kAttempts) + "print(attempts())"));
    EXPECT_EQ((co_await finish(executor, *after)).output, expected + "\n");
  });
}

TEST(Unfinished, TheFirstProcessCannotBeReached) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(unfinished(python(R"(
import os, signal
for number in set(signal.Signals): os.kill(1, number)
try: os.kill(-1, signal.SIGTERM)
except ProcessLookupError: pass
print('ready', flush=True)
signal.pause())")));
    LineReader lines(executor, sandbox->take_stdout());
    EXPECT_EQ(co_await lines.next(), "ready");
    const TemporaryDirectory code;
    co_await sandbox->finish({.binds = {{code.path(), "/var/task"}}});
    const auto program = co_await sandbox->run(shell_program("ls -d /var/task"));
    EXPECT_EQ((co_await finish(executor, *program)).output, "/var/task\n");
  });
}

TEST(Unfinished, FinishingHappensOnceAndMayBeRefused) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(unfinished(shell("exec sleep 600")));
    EXPECT_EQ(co_await refusal(sandbox->finish({.binds = {{"/no/such/directory", "/opt"}}})),
              "cannot bind /no/such/directory: No such file or directory");
    // Refused before anything was done, so that it may be tried again.
    co_await sandbox->finish({});
    EXPECT_EQ(co_await refusal(sandbox->finish({})), "the sandbox is finished already");
    const auto finished = co_await warden.create(shell("exec sleep 600"));
    EXPECT_EQ(co_await refusal(finished->finish({})), "the sandbox is finished already");
    // What fails in the middle ends the sandbox: there is no mount point below /usr.
    const auto broken = co_await warden.create(unfinished(shell("exec sleep 600")));
    const std::string reason = co_await refusal(broken->finish({.binds = {{"/usr", "/usr/no/such"}}}));
    EXPECT_NE(reason.find("/usr/no/such"), std::string::npos) << reason;
    const Result result = co_await broken->wait();
    EXPECT_EQ(result.kind, Result::Kind::kSetupError);
    EXPECT_EQ(result.detail, reason);
    EXPECT_EQ(co_await refusal(broken->finish({})), "the sandbox has ended");
  });
}

TEST(Unfinished, DeathOfTheHandleInBetweenLeavesNothing) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    auto sandbox = co_await warden.create(unfinished(without_main()));
    auto end = sandbox->wait();
    sandbox.reset();
    EXPECT_EQ((co_await std::move(end)).kind, Result::Kind::kKilled);
    (void)executor;
  });
}

TEST(MainProgram, StartsWhenItIsOrdered) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(without_main());
    EXPECT_EQ(co_await refusal(sandbox->run_main({.command = {"/no/such"}})),
              "cannot execute /no/such: No such file or directory");
    EXPECT_NE(co_await refusal(sandbox->run_main({.command = {"/bin/true"}, .working_directory = "/no"})),
              "");
    Program program = shell_program("echo $A; pwd; read x; echo oops >&2; exit 5");
    program.environment["A"] = "1";
    program.working_directory = "/tmp";
    co_await sandbox->run_main(std::move(program));
    const Outcome outcome = co_await testing::finish(executor, *sandbox);
    EXPECT_EQ(outcome.output, "1\n/tmp\n");
    EXPECT_EQ(outcome.errors, "oops\n");
    EXPECT_EQ(outcome.result.exit_code, 5);
    EXPECT_EQ(co_await refusal(sandbox->run_main(shell_program("true"))), "the sandbox has ended");
  });
}

TEST(MainProgram, ThereIsOne) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(shell("exec sleep 600"));
    EXPECT_EQ(co_await refusal(sandbox->run_main(shell_program("true"))),
              "the sandbox has a main program already");
    (void)executor;
  });
}

TEST(SideProgram, RunsBesideTheMainOne) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(shell("echo of main > /tmp/file; echo; exec sleep 600"));
    LineReader lines(executor, sandbox->take_stdout());
    EXPECT_EQ(co_await lines.next(), "");
    const auto program = co_await sandbox->run(shell_program("cat /tmp/file; id -u; echo oops >&2; exit 4"));
    const Outcome outcome = co_await finish(executor, *program);
    EXPECT_EQ(outcome.output, "of main\n993\n");
    EXPECT_EQ(outcome.errors, "oops\n");
    EXPECT_EQ(outcome.result.kind, Result::Kind::kExited);
    EXPECT_EQ(outcome.result.exit_code, 4);
    EXPECT_EQ(program->take_stdout(), -1);
    program->signal(SIGTERM);
    EXPECT_EQ(co_await refusal(drop(sandbox->run({.command = {"/no/such"}}))),
              "cannot execute /no/such: No such file or directory");
    EXPECT_NE((co_await refusal(drop(sandbox->run(shell_program(std::string(200'000, 'x')))))).find("large"),
              std::string::npos);
  });
}

TEST(SideProgram, GetsSignalsAndNobodyElseDoes) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    constexpr const char* kCatch = R"(
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR1})
print('ready', flush=True)
print(signal.sigwait({signal.SIGTERM, signal.SIGUSR1}).name, flush=True)
signal.pause())";
    const auto sandbox = co_await warden.create(python(kCatch));
    const auto other = co_await warden.create(python(kCatch));
    const auto program = co_await sandbox->run(python_program(kCatch));
    LineReader main(executor, sandbox->take_stdout());
    LineReader outside(executor, other->take_stdout());
    LineReader side(executor, program->take_stdout());
    for (auto* lines : {&main, &outside, &side}) EXPECT_EQ(co_await lines->next(), "ready");
    // No number of a signal: nothing happens.
    for (const int number : {0, -1, 1000}) program->signal(number);
    program->signal(SIGTERM);
    EXPECT_EQ(co_await side.next(), "SIGTERM");
    // Each was spared the signals before its own.
    sandbox->signal_main(SIGUSR1);
    EXPECT_EQ(co_await main.next(), "SIGUSR1");
    other->signal_main(SIGUSR1);
    EXPECT_EQ(co_await outside.next(), "SIGUSR1");
    program->signal(SIGKILL);
    const Result result = co_await program->wait();
    EXPECT_EQ(result.kind, Result::Kind::kSignalled);
    EXPECT_EQ(result.signal, SIGKILL);
    sandbox->signal_main(SIGKILL);
    EXPECT_EQ((co_await sandbox->wait()).signal, SIGKILL);
    // Its own end has reached neither.
    other->signal_main(SIGKILL);
    EXPECT_EQ((co_await other->wait()).kind, Result::Kind::kSignalled);
  });
}

/// Ignores what can be ignored, leaves its session and its parent, and stays.
constexpr const char* kStubborn = R"(
import os, signal
for s in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    try: signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError): pass
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        print('hidden', flush=True)
    else: os._exit(0)
while True: signal.pause())";

TEST(SideProgram, EndsWithTheMainProgram) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(shell("exec sleep 600"));
    const auto program = co_await sandbox->run(python_program(kStubborn));
    boost::asio::posix::stream_descriptor pipe(executor, program->take_stdout());
    co_await readable(pipe);
    sandbox->signal_main(SIGTERM);
    EXPECT_EQ((co_await sandbox->wait()).signal, SIGTERM);
    const Result result = co_await program->wait();
    EXPECT_EQ(result.kind, Result::Kind::kKilled);
    // Everybody who held the pipe's other end is gone.
    std::string rest = co_await read_all(executor, pipe.release());
    EXPECT_EQ(rest, "hidden\n");
    program->signal(SIGTERM);
    EXPECT_EQ(co_await refusal(drop(sandbox->run(shell_program("true")))), "the sandbox has ended");
  });
}

TEST(SideProgram, EndsWithTheSandbox) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    auto sandbox = co_await warden.create(without_main());
    const auto program = co_await sandbox->run(python_program(kStubborn));
    boost::asio::posix::stream_descriptor pipe(executor, program->take_stdout());
    co_await readable(pipe);
    sandbox.reset();
    EXPECT_EQ((co_await program->wait()).kind, Result::Kind::kKilled);
    EXPECT_EQ(co_await read_all(executor, pipe.release()), "hidden\n");
  });
}

TEST(SideProgram, LettingGoOfItsHandleLeavesItRunning) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(shell("exec sleep 600"));
    auto program = co_await sandbox->run(shell_program("exec sleep 600"));
    auto end = program->wait();
    program.reset();
    const auto other =
        co_await sandbox->run(shell_program("for p in /proc/[0-9]*; do readlink $p/exe; done"));
    const std::string output = (co_await finish(executor, *other)).output;
    const auto first = output.find("sleep");
    const auto coreutils = output.rfind("sleep");
    EXPECT_NE(first, std::string::npos) << output;
    EXPECT_NE(first, coreutils) << output;
    sandbox->kill();
    EXPECT_EQ((co_await std::move(end)).kind, Result::Kind::kKilled);
  });
}

TEST(SideProgram, CannotBeKeptFromStartingForTheSandboxToHang) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    // Stops whatever it finds, which may be a program between its fork and its execution.
    const auto sandbox = co_await warden.create(python(R"(
import os, signal
print('ready', flush=True)
while True:
    try: os.kill(-1, signal.SIGSTOP)
    except ProcessLookupError: pass)"));
    LineReader lines(executor, sandbox->take_stdout());
    EXPECT_EQ(co_await lines.next(), "ready");
    TaskGroup group(executor);
    const auto one = [&]() -> Task<> { co_await refusal(drop(sandbox->run(shell_program("true")))); };
    for (int i = 0; i < 20; ++i) group.spawn("program", one());
    sandbox->signal_main(SIGTERM);
    EXPECT_EQ((co_await sandbox->wait()).signal, SIGTERM);
    co_await group.join();
  });
}

TEST(SideProgram, ThereIsABound) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(shell("exec sleep 600"));
    std::vector<std::unique_ptr<Process>> programs;
    std::string reason;
    while (reason.empty() && programs.size() < 1000) {
      try {
        programs.push_back(co_await sandbox->run({.command = {"/bin/sleep", "600"}}));
      } catch (const std::runtime_error& error) {
        reason = error.what();
      }
    }
    EXPECT_EQ(reason, "too many programs in one sandbox");
    EXPECT_EQ(programs.size(), 64U);
    (void)executor;
  });
}

}  // namespace
}  // namespace martlet::sandbox
