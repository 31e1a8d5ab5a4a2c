// The end of sandboxes, of the server, and of the warden: what is left afterwards.

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fstream>
#include <optional>
#include <set>

#include "base/task_group.h"
#include "sandbox/cgroups.h"
#include "sandbox/descriptor.h"
#include "sandbox/kernel.h"
#include "sandbox/sandbox_test.h"

namespace martlet::sandbox {
namespace {

using namespace testing;
using testing::run;
namespace fs = std::filesystem;

/// Processes whose command line contains `mark`.
std::vector<pid_t> processes_with(const std::string& mark) {
  std::vector<pid_t> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    std::ifstream file(entry.path() / "cmdline");
    const std::string line((std::istreambuf_iterator<char>(file)), {});
    if (pid > 0 && line.find(mark) != std::string::npos) found.push_back(pid);
  }
  return found;
}

/// Directories of cgroups that belong to this warden.
std::vector<std::string> cgroups_of(pid_t warden) {
  std::vector<std::string> found;
  for (const auto& mount : cgroup_mounts()) {
    std::error_code error;
    for (fs::directory_iterator it(mount.path + "/martlet", error), end; !error && it != end;
         it.increment(error))
      if (it->path().filename().string().find('-' + std::to_string(warden) + '-') != std::string::npos)
        found.push_back(it->path());
  }
  return found;
}

/// Waits until a process that is not a child has ended.
bool wait_for_end(pid_t pid) {
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return true;
  pollfd ended{process.get(), POLLIN, 0};
  constexpr int kPatienceMs = 20'000;
  return ::poll(&ended, 1, kPatienceMs) == 1;
}

TEST(Lifecycle, KillReachesEverything) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const std::string mark = "600." + std::to_string(::getpid());
    const auto sandbox = co_await warden.create(python(R"(
import os, signal
for s in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    try: signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError): pass
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        print('hidden', flush=True)
        os.execv('/bin/sleep', ['sleep', ')" + mark + R"('])
    os._exit(0)
while True: signal.pause())"));
    LineReader lines(executor, sandbox->take_stdout());
    EXPECT_EQ(co_await lines.next(), "hidden");
    sandbox->kill();
    const Result result = co_await sandbox->wait();
    EXPECT_EQ(result.kind, Result::Kind::kKilled) << result.detail;
    EXPECT_TRUE(processes_with(mark).empty());
    // Waiting again, and killing what is dead, do no harm.
    sandbox->kill();
    EXPECT_EQ((co_await sandbox->wait()).kind, Result::Kind::kKilled);
  });
}

TEST(Lifecycle, LettingGoOfTheHandleKills) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    auto sandbox = co_await warden.create(shell("echo started; exec sleep 600"));
    LineReader lines(executor, sandbox->take_stdout());
    EXPECT_EQ(co_await lines.next(), "started");
    auto end = sandbox->wait();
    sandbox.reset();
    EXPECT_EQ((co_await std::move(end)).kind, Result::Kind::kKilled);
  });
}

TEST(Lifecycle, FiftyAtOnce) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    constexpr int kCount = 50;
    int done = 0;
    const auto one = [&](int number) -> Task<> {
      const Outcome outcome =
          co_await run(executor, warden, shell("read x < /proc/self/stat; echo " + std::to_string(number)));
      EXPECT_EQ(outcome.output, std::to_string(number) + "\n");
      EXPECT_EQ(outcome.result.kind, Result::Kind::kExited) << outcome.result.detail;
      ++done;
    };
    TaskGroup group(executor);
    for (int i = 0; i < kCount; ++i) group.spawn("sandbox", one(i));
    co_await group.join();
    EXPECT_EQ(done, kCount);
  });
}

TEST(Lifecycle, CancelledCreationLeavesNothing) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const std::string mark = "601." + std::to_string(::getpid());
    {
      TaskGroup group(executor);
      const auto one = [&]() -> Task<> {
        const auto made = co_await warden.create(program({"/bin/sleep", mark}));
      };
      for (int i = 0; i < 5; ++i) group.spawn("sandbox", one());
      co_await group.stop();
    }
    // The warden serves in order, and ends sandboxes before it answers what comes later.
    while (!processes_with(mark).empty()) co_await run(executor, warden, shell("true"));
  });
}

TEST(Lifecycle, NothingIsLeftAfterTheWarden) {
  pid_t pid = -1;
  const TemporaryDirectory directory;
  {
    const WardenProcess process = fork_warden({directory.path()});
    pid = process.pid;
    boost::asio::io_context loop(1);
    const auto warden = connect_warden(loop.get_executor(), process);
    if (!warden->capabilities().refusal.empty()) GTEST_SKIP() << warden->capabilities().refusal;
  }
  EXPECT_TRUE(fs::is_empty(directory.path()));
  EXPECT_TRUE(cgroups_of(pid).empty());
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(Lifecycle, DeathOfTheWardenEndsEveryWait) {
  const TemporaryDirectory directory;
  const WardenProcess process = fork_warden({directory.path()});
  boost::asio::io_context loop(1);
  const auto warden = connect_warden(loop.get_executor(), process);
  if (!warden->capabilities().refusal.empty()) GTEST_SKIP() << warden->capabilities().refusal;
  const std::string mark = "602." + std::to_string(::getpid());
  bool ended = false;
  const auto body = [&]() -> Task<> {
    const auto sandbox = co_await warden->create(program({"/bin/sleep", mark}));
    const auto found = processes_with(mark);
    EXPECT_EQ(found.size(), 1U);
    ::kill(process.pid, SIGKILL);
    const Result result = co_await sandbox->wait();
    EXPECT_EQ(result.kind, Result::Kind::kKilled);
    EXPECT_NE(result.detail.find("warden"), std::string::npos) << result.detail;
    bool refused = false;
    try {
      co_await warden->create(shell("true"));
    } catch (const std::runtime_error& error) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    for (const pid_t pid : found) EXPECT_TRUE(wait_for_end(pid));
    ended = true;
  };
  boost::asio::co_spawn(loop, body(), [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  while (!ended && loop.run_one() > 0) {
  }
}

/// The process namespaces of these processes, which are as many as there are sandboxes.
std::set<std::string> namespaces_of(const std::vector<pid_t>& processes) {
  std::set<std::string> found;
  for (const pid_t pid : processes) {
    std::error_code error;
    found.insert(fs::read_symlink("/proc/" + std::to_string(pid) + "/ns/pid", error).string());
  }
  return found;
}

/// Living ones; of strangers' the namespaces cannot be seen.
std::vector<pid_t> processes_in(const std::set<std::string>& namespaces) {
  std::vector<pid_t> found;
  for (const pid_t pid : processes_with("")) {
    const std::string name = *namespaces_of({pid}).begin();
    if (!name.empty() && namespaces.contains(name) && process_start_time(pid) != 0) found.push_back(pid);
  }
  return found;
}

/// A server in a process of its own, with a sandbox of each kind: an ordinary one, one with a program beside
/// the main one, and an unfinished one.
struct OtherServer {
  pid_t server = -1;
  pid_t warden = -1;
  std::vector<pid_t> inside;
  std::set<std::string> namespaces;
};
enum class Running { kYes, kFrozen };

/// In the child: makes sandboxes, tells the warden's number, and waits to be killed.
void serve_until_killed(const std::string& directory, const std::string& mark, Running running, int tell) {
  const WardenProcess process = fork_warden({directory});
  boost::asio::io_context loop(1);
  const auto warden = connect_warden(loop.get_executor(), process);
  std::vector<std::unique_ptr<Sandbox>> sandboxes;
  std::unique_ptr<Process> beside;
  const auto body = [&]() -> Task<> {
    sandboxes.push_back(co_await warden->create(program({"/bin/sleep", mark})));
    Policy policy = program({});
    sandboxes.push_back(co_await warden->create(policy));
    beside = co_await sandboxes.back()->run({.command = {"/bin/sleep", mark}});
    policy = program({"/bin/sleep", mark});
    policy.unfinished = true;
    sandboxes.push_back(co_await warden->create(policy));
    if (running == Running::kFrozen)
      for (const auto& sandbox : sandboxes) co_await sandbox->freeze();
    (void)!::write(tell, &process.pid, sizeof process.pid);
  };
  boost::asio::co_spawn(loop, body(), [](std::exception_ptr) {});
  loop.run();
  ::_exit(1);
}

/// nullopt where sandboxes cannot be made.
std::optional<OtherServer> start_other_server(const std::string& directory, const std::string& mark,
                                              Running running = Running::kYes) {
  int ends[2];
  if (::pipe(ends) != 0) return std::nullopt;
  OtherServer other;
  other.server = ::fork();
  if (other.server == 0) serve_until_killed(directory, mark, running, ends[1]);
  ::close(ends[1]);
  const bool told = ::read(ends[0], &other.warden, sizeof other.warden) == sizeof other.warden;
  ::close(ends[0]);
  if (told) {
    other.inside = processes_with(mark);
    other.namespaces = namespaces_of(other.inside);
    return other;
  }
  ::kill(other.server, SIGKILL);
  ::waitpid(other.server, nullptr, 0);
  return std::nullopt;
}

TEST(Lifecycle, DeathOfTheServerRemovesEverything) {
  const TemporaryDirectory directory;
  const auto other = start_other_server(directory.path(), "603." + std::to_string(::getpid()));
  if (!other) GTEST_SKIP() << "sandboxes cannot be made here";
  EXPECT_EQ(other->inside.size(), 3U);
  ::kill(other->server, SIGKILL);
  ::waitpid(other->server, nullptr, 0);
  EXPECT_TRUE(wait_for_end(other->warden));
  for (const pid_t pid : other->inside) EXPECT_TRUE(wait_for_end(pid));
  EXPECT_TRUE(cgroups_of(other->warden).empty());
  EXPECT_TRUE(fs::is_empty(directory.path()));
  EXPECT_EQ(read_file("/proc/self/mountinfo").find(directory.path()), std::string::npos);
}

/// Kills server and warden, neither of which can clean up, and lets another warden find what they left.
void expect_swept(const OtherServer& other, const std::string& directory) {
  ::kill(other.warden, SIGKILL);
  EXPECT_TRUE(wait_for_end(other.warden));
  ::kill(other.server, SIGKILL);
  ::waitpid(other.server, nullptr, 0);
  EXPECT_FALSE(fs::is_empty(directory));
  const auto cgroups = cgroups_of(other.warden);
  {
    const WardenProcess process = fork_warden({directory});
    boost::asio::io_context loop(1);
    const auto warden = connect_warden(loop.get_executor(), process);
    EXPECT_EQ(warden->capabilities().refusal, "");
    for (const pid_t pid : other.inside) EXPECT_TRUE(wait_for_end(pid));
    EXPECT_TRUE(cgroups_of(other.warden).empty());
    for (const auto& path : cgroups) EXPECT_FALSE(fs::exists(path)) << path;
  }
  EXPECT_TRUE(fs::is_empty(directory));
  EXPECT_EQ(read_file("/proc/self/mountinfo").find(directory), std::string::npos);
  // Namespaces last as long as somebody is in them or holds them.
  EXPECT_TRUE(processes_in(other.namespaces).empty());
}

TEST(Lifecycle, LeftoversOfADeadWardenAreSwept) {
  const TemporaryDirectory directory;
  const auto other = start_other_server(directory.path(), "604." + std::to_string(::getpid()));
  if (!other) GTEST_SKIP() << "sandboxes cannot be made here";
  EXPECT_EQ(other->inside.size(), 3U);
  expect_swept(*other, directory.path());
}

TEST(Lifecycle, FrozenLeftoversAreSwept) {
  const TemporaryDirectory directory;
  const auto other =
      start_other_server(directory.path(), "605." + std::to_string(::getpid()), Running::kFrozen);
  if (!other) GTEST_SKIP() << "sandboxes cannot be made here";
  EXPECT_EQ(other->inside.size(), 3U);
  expect_swept(*other, directory.path());
}

TEST(Lifecycle, RefusalNamesTheRemedy) {
  const TemporaryDirectory directory;
  fs::permissions(directory.path(), fs::perms{0777});
  const pid_t child = ::fork();
  if (child == 0) {
    // A user namespace of this process may not have any namespaces below it.
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(77);
    if (!try_write_file("/proc/sys/user/max_user_namespaces", "0")) ::_exit(77);
    boost::asio::io_context loop(1);
    const auto warden = connect_warden(loop.get_executor(), fork_warden({directory.path()}));
    ::_exit(warden->capabilities().refusal.find("sysctl user.max_user_namespaces") != std::string::npos ? 0
                                                                                                        : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "user namespaces cannot be switched off for a test here";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace martlet::sandbox
