// /tmp on a disk: what it holds beyond the sandbox's memory, what falls back to memory, what is left.

#include <poll.h>

#include <cstdlib>
#include <fstream>

#include "sandbox/sandbox_test.h"

namespace martlet::sandbox {
namespace {

using namespace testing;
using testing::run;

constexpr std::uint64_t kMiB = 1ULL << 20;

/// Whether /tmp of sandboxes can lie on a disk here.
void need_disks(const Warden& warden) {
  if (!warden.capabilities().privileged || ::access("/dev/loop-control", W_OK) != 0)
    skip("no loop devices for this user");
  if (::access("/usr/sbin/mkfs.ext4", X_OK) != 0 && ::access("/sbin/mkfs.ext4", X_OK) != 0)
    skip("there is no mkfs.ext4");
}

constexpr char kTypeOfTmp[] = "while read _ at type _; do [ $at = /tmp ] && echo $type; done < /proc/mounts";

TEST(TmpDisks, MoreThanTheMemoryCanBeWritten) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    need_disks(warden);
    Policy policy = python(R"(
import os
s = os.stat('/tmp')
print(s.st_uid == os.getuid(), oct(s.st_mode), os.listdir('/tmp'))
block = os.urandom(1 << 20)
with open('/tmp/big', 'wb') as f:
    for _ in range(512): f.write(block)
print(os.stat('/tmp/big').st_size >> 20)
try:
    with open('/tmp/more', 'wb') as f:
        for _ in range(64): f.write(block); f.flush()
except OSError as e: print(e.strerror)
with open('/tmp/big', 'rb') as f: print(all(f.read(1 << 20) == block for _ in range(512)))
)");
    policy.tmp_bytes = 512 * kMiB;
    policy.memory_bytes = 128 * kMiB;
    const Outcome outcome = co_await run(executor, warden, std::move(policy));
    EXPECT_EQ(outcome.output, "True 0o41777 []\n512\nNo space left on device\nTrue\n") << outcome.errors;
    EXPECT_EQ(outcome.result.kind, Result::Kind::kExited) << outcome.result.detail;
  });
}

TEST(TmpDisks, NoDevicesAndNoSetuidThere) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    need_disks(warden);
    const Outcome outcome = co_await run(executor, warden, shell("grep ' /tmp ' /proc/mounts"));
    EXPECT_NE(outcome.output.find(" ext4 rw,nosuid,nodev"), std::string::npos) << outcome.output;
  });
}

TEST(TmpDisks, WhatTheDiskCannotHoldLiesInMemory) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    need_disks(warden);
    Policy policy = shell(kTypeOfTmp);
    policy.tmp_bytes = 1ULL << 50;
    EXPECT_EQ((co_await run(executor, warden, std::move(policy))).output, "tmpfs\n");
    EXPECT_EQ((co_await run(executor, warden, shell(kTypeOfTmp))).output, "ext4\n");
  });
}

TEST(TmpDisks, FinishedWithAnotherSize) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    need_disks(warden);
    for (const std::uint64_t bytes : {512 * kMiB, 64 * kMiB, std::uint64_t{1} << 50}) {
      Policy policy = shell("");
      policy.command.clear();
      policy.unfinished = true;
      const auto sandbox = co_await warden.create(std::move(policy));
      co_await sandbox->finish({.binds = {}, .tmp_bytes = bytes});
      co_await sandbox->run_main(
          {.command = {"/bin/sh", "-c",
                       "df --output=fstype,size -k /tmp | tail -1; : > /tmp/file && echo written"},
           .environment = {{"PATH", "/usr/bin:/bin"}}});
      const Outcome outcome = co_await finish(executor, *sandbox);
      const bool fits = bytes < (1ULL << 50);
      EXPECT_EQ(outcome.output.starts_with(fits ? "ext4 " : "tmpfs "), true) << outcome.output;
      EXPECT_TRUE(outcome.output.ends_with("written\n")) << outcome.output << outcome.errors;
      const std::uint64_t size = std::strtoull(outcome.output.c_str() + 6, nullptr, 10) * 1024;
      EXPECT_GE(size, bytes);
      EXPECT_LE(size, bytes + bytes / 8 + 8 * kMiB);
    }
  });
}

TEST(TmpDisks, ManyAtOnce) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    need_disks(warden);
    std::vector<std::unique_ptr<Sandbox>> sandboxes;
    for (int i = 0; i < 12; ++i) sandboxes.push_back(co_await warden.create(shell(kTypeOfTmp)));
    for (auto& sandbox : sandboxes) EXPECT_EQ((co_await finish(executor, *sandbox)).output, "ext4\n");
  });
}

/// Backing files of loop devices below a directory.
int loops_over(const std::string& directory) {
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block")) {
    std::ifstream file(entry.path() / "loop/backing_file");
    std::string path;
    if (std::getline(file, path) && path.starts_with(directory)) ++found;
  }
  return found;
}

TEST(TmpDisks, NothingIsLeft) {
  const TemporaryDirectory run;
  {
    const WardenProcess process = fork_warden({.run_directory = run.path()});
    boost::asio::io_context loop(1);
    const auto warden = connect_warden(loop.get_executor(), process);
    if (!warden->capabilities().privileged) GTEST_SKIP() << "no loop devices for this user";
    bool ended = false;
    const auto body = [](Executor executor, Warden& with) -> Task<> {
      co_await testing::run(executor, with, shell("echo x > /tmp/x"));
    };
    boost::asio::co_spawn(loop, body(loop.get_executor(), *warden),
                          [&](std::exception_ptr) { ended = true; });
    while (!ended && loop.run_one() > 0) {
    }
  }
  // The kernel lets go of a device a moment after its mount.
  for (int i = 0; i < 500 && loops_over(run.path()) > 0; ++i) ::poll(nullptr, 0, 10);
  EXPECT_EQ(loops_over(run.path()), 0);
  EXPECT_TRUE(std::filesystem::is_empty(run.path()));
}

}  // namespace
}  // namespace martlet::sandbox
