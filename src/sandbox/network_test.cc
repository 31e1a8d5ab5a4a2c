// Egress, with a server in a second network namespace that stands for the world.

#include "sandbox/network.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>

#include "sandbox/sandbox_test.h"

namespace martlet::sandbox {
namespace {

using namespace testing;
using testing::run;

void must(const std::string& command) {
  if (std::system((command + " 2>/dev/null").c_str()) != 0) skip("cannot make a second network: " + command);
}

/// A network namespace, connected by a veth pair, whose addresses are this process's own. On two ports of it
/// somebody says hello and tells from where the call came; so does somebody on a port of this host.
class World {
 public:
  World() {
    must("ip netns add " + name_);
    must("ip link add " + name_ + " type veth peer name w0 netns " + name_);
    must("ip addr add " + host() + "/24 dev " + name_ + " && ip link set " + name_ + " up");
    must("ip -n " + name_ + " addr add " + there() + "/24 dev w0 && ip -n " + name_ + " link set w0 up");
    start("ip netns exec " + name_ + " ", there());
    start("", host());
  }
  ~World() {
    for (FILE* each : servers_) ::pclose(each);
    std::system(("ip netns del " + name_ + " 2>/dev/null; ip link del " + name_ + " 2>/dev/null").c_str());
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] std::string host() const { return net_ + ".1"; }
  [[nodiscard]] std::string there() const { return net_ + ".2"; }

 private:
  /// Serves until its standard input ends.
  void start(const std::string& prefix, const std::string& address) {
    const std::string program = R"(
import os, select, socket, sys
servers = [socket.create_server(('ADDRESS', port)) for port in (8080, 8081)]
open(sys.argv[1], 'w').close()
while True:
    for ready in select.select([0, *servers], [], [])[0]:
        if ready == 0: sys.exit()
        peer, where = ready.accept()
        peer.sendall(b'hello ' + where[0].encode())
        peer.close()
)";
    std::string text = program;
    text.replace(text.find("ADDRESS"), 7, address);
    const std::string mark = directory_.path() + "/ready" + std::to_string(servers_.size());
    write_text(directory_.path() + "/server.py", text);
    if (::mkfifo(mark.c_str(), 0600) != 0) throw std::runtime_error("no pipe");
    servers_.push_back(
        ::popen((prefix + "/usr/bin/python3 " + directory_.path() + "/server.py " + mark).c_str(), "w"));
    // Opens when the program opens its end.
    ::close(::open(mark.c_str(), O_RDONLY));
  }

  TemporaryDirectory directory_;
  std::string name_ = "mtw" + std::to_string(::getpid());
  std::string net_ = "198.18." + std::to_string(::getpid() % 256);
  std::vector<FILE*> servers_;
};

/// Calls addresses one after the other and prints what they say.
Policy caller(const std::vector<std::string>& addresses) {
  std::string list;
  for (const auto& each : addresses) list += "'" + each + "',";
  return python(R"(
import socket
for address in [)" +
                list + R"(]:
    host, _, port = address.partition(':')
    try:
        with socket.create_connection((host, int(port)), 20) as s: print(s.recv(99).decode())
    except OSError as e: print('refused' if e.errno else e))");
}

Policy granted(Policy policy, std::vector<std::string> allowed) {
  policy.egress = {Egress::Kind::kNetwork, std::move(allowed)};
  return policy;
}

TEST(Egress, OnlyWhatIsOnTheList) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    if (!warden.capabilities().privileged) skip("needs root");
    const World world;
    const std::string a = world.there() + ":8080";
    const std::string b = world.there() + ":8081";
    const std::string hello = "hello " + world.host() + "\n";
    const auto call = [&](std::vector<std::string> allowed) {
      return run(executor, warden, granted(caller({a, b}), std::move(allowed)));
    };
    EXPECT_EQ((co_await call({world.there() + "/32"})).output, hello + hello);
    EXPECT_EQ((co_await call({world.there() + "/24:8080"})).output, hello + "refused\n");
    EXPECT_EQ((co_await call({"0.0.0.0/0:8081-9000"})).output, "refused\n" + hello);
    EXPECT_EQ((co_await call({"10.0.0.0/8"})).output, "refused\nrefused\n");
    EXPECT_EQ((co_await call({})).output, "refused\nrefused\n");
    EXPECT_EQ((co_await run(executor, warden, caller({a, b}))).output, "refused\nrefused\n");
  });
}

TEST(Egress, NeverThisHostNorItsNeighbours) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    if (!warden.capabilities().privileged) skip("needs root");
    const World world;
    // One that listens on all addresses of its own network, and tells its own.
    Policy server = granted(python(R"(
import socket
s = socket.create_server(('0.0.0.0', 8080))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.connect(('198.51.100.1', 9))
print(u.getsockname()[0], flush=True)
s.accept()[0].sendall(b'reached'))"),
                            {"0.0.0.0/0"});
    const auto neighbour = co_await warden.create(std::move(server));
    LineReader lines(executor, neighbour->take_stdout());
    const std::string address = co_await lines.next();
    EXPECT_TRUE(address.starts_with("100.")) << address;
    const std::string gateway = address.substr(0, address.rfind('.') + 1);
    const Outcome outcome =
        co_await run(executor, warden,
                     granted(caller({world.host() + ":8080", world.there() + ":8080", address + ":8080",
                                     "169.254.169.254:80", gateway + "1:8080"}),
                             {"0.0.0.0/0"}));
    EXPECT_EQ(outcome.output, "refused\nhello " + world.host() + "\nrefused\nrefused\nrefused\n");
  });
}

TEST(Egress, ComesWithFinish) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    if (!warden.capabilities().privileged) skip("needs root");
    const World world;
    Policy policy = caller({world.there() + ":8080"});
    Program program{.command = std::move(policy.command), .environment = policy.environment};
    policy.command.clear();
    policy.unfinished = true;
    const auto sandbox = co_await warden.create(std::move(policy));
    co_await sandbox->finish({.binds = {}, .egress = {Egress::Kind::kNetwork, {"198.18.0.0/15"}}});
    co_await sandbox->run_main(std::move(program));
    EXPECT_EQ((co_await finish(executor, *sandbox)).output, "hello " + world.host() + "\n");
  });
}

TEST(Egress, NeedsAPrivilegedWarden) {
  with_warden([](Executor, Warden& warden) -> Task<> {
    if (warden.capabilities().privileged) skip("this one is");
    std::string reason;
    try {
      co_await warden.create(granted(shell("true"), {"0.0.0.0/0"}));
    } catch (const std::runtime_error& error) {
      reason = error.what();
    }
    EXPECT_NE(reason.find("as root"), std::string::npos) << reason;
  });
}

TEST(Egress, TheRulesGoWithTheWarden) {
  pid_t pid = -1;
  const auto table = [&] { return std::system("nft list tables 2>/dev/null | grep -qw martlet_$PID"); };
  const TemporaryDirectory run;
  const WardenProcess process = fork_warden({.run_directory = run.path()});
  pid = process.pid;
  ::setenv("PID", std::to_string(pid).c_str(), 1);
  boost::asio::io_context loop(1);
  const auto warden = connect_warden(loop.get_executor(), process);
  if (!warden->capabilities().privileged || std::system("nft --version > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "needs root and nft";
  bool ended = false;
  std::exception_ptr failure;
  const auto body = [](Executor executor, Warden& with) -> Task<> {
    co_await testing::run(executor, with, granted(shell("true"), {"0.0.0.0/0"}));
  };
  boost::asio::co_spawn(loop, body(loop.get_executor(), *warden), [&](std::exception_ptr thrown) {
    failure = thrown;
    ended = true;
  });
  while (!ended && loop.run_one() > 0) {
  }
  EXPECT_EQ(failure, nullptr);
  EXPECT_EQ(table(), 0);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  EXPECT_NE(table(), 0);
  // What the kernel does not undo, the next warden does: that it was switched on is noted down.
  const auto noted = [&] {
    return std::filesystem::exists(run.path() + "/forwarding-" + std::to_string(pid));
  };
  if (!noted()) return;  // forwarding was on before
  const WardenProcess next = fork_warden({.run_directory = run.path()});
  const auto again = connect_warden(loop.get_executor(), next);
  EXPECT_FALSE(noted());
}

TEST(Egress, RangesAreChecked) {
  for (const char* good : {"10.0.0.0/8", "10.1.2.3", "0.0.0.0/0:443", "10.0.0.0/8:1-65535"})
    EXPECT_NO_THROW(parse_allowed(good)) << good;
  for (const char* bad :
       {"", "10.0.0.0/33", "10.0.0/8", "::/0", "10.0.0.0/8:", "10.0.0.0/8:99999", "10.0.0.0/8:1-",
        "10.0.0.0/8 accept", "10.0.0.0/8:443;drop", "host.example/8", "/8", "10.0.0.0/-1"})
    EXPECT_THROW(parse_allowed(bad), std::runtime_error) << bad;
}

TEST(Egress, ResolversThatCanBeReached) {
  const TemporaryDirectory directory;
  const std::string local = directory.path() + "/local";
  const std::string real = directory.path() + "/real";
  write_text(local, "search example\nnameserver 127.0.0.53\nnameserver ::1\n");
  write_text(real, "# upstream\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n");
  EXPECT_EQ(find_resolvers({local}).file, "");
  const Resolvers found = find_resolvers({"/nowhere", local, real});
  EXPECT_EQ(found.file, real);
  EXPECT_EQ(found.addresses, (std::vector<std::string>{"192.0.2.53", "192.0.2.54"}));
}

}  // namespace
}  // namespace martlet::sandbox
