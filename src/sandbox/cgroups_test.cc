// Both versions of control groups, as far as this machine has them.

#include "sandbox/cgroups.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "sandbox/kernel.h"

namespace martlet::sandbox {
namespace {

/// Puts a process that does nothing into a new cgroup, and takes it through limits, freezing and removal.
void exercise(Cgroups& cgroups) {
  Capabilities capabilities;
  cgroups.describe(capabilities);
  const auto cgroup = cgroups.make("test");
  Policy policy;
  policy.cpus = 0.5;
  cgroup->limit(policy);
  cgroup->set_cpus(0);

  Descriptor process;
  const auto entrances = cgroup->entrances();
  const pid_t pid = clone_process(0, cgroup->clone_target(), process);
  if (pid == 0) {
    for (const auto& entrance : entrances)
      if (::write(entrance.get(), "0", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  ASSERT_GT(pid, 0);
  cgroup->freeze();
  cgroup->reset_peak();
  EXPECT_EQ(cgroup->out_of_memory_kills(), 0U);
  if (capabilities.cgroup == Capabilities::Cgroup::kV2) EXPECT_FALSE(cgroup->remove());
  kill_process(process);
  cgroup->thaw();
  const ExitState state = reap(process);
  EXPECT_TRUE(state.signalled);
  EXPECT_EQ(state.value, SIGKILL);
  // A version 1 cgroup stays busy for a moment after its last process was reaped.
  for (int tries = 0; !cgroup->remove() && tries < 1000; ++tries) ::poll(nullptr, 0, 1);
  EXPECT_TRUE(cgroup->remove());
}

TEST(Cgroups, Version1) {
  const auto cgroups = open_cgroups_v1();
  if (!cgroups) GTEST_SKIP() << "version 1 is not here, or not for this user";
  exercise(*cgroups);
}

TEST(Cgroups, Version2) {
  const auto cgroups = open_cgroups_v2();
  if (!cgroups) GTEST_SKIP() << "version 2 is not here, or not for this user";
  exercise(*cgroups);
}

TEST(Cgroups, NamesOfWardensTellTheDead) {
  EXPECT_FALSE(is_dead_warden(warden_directory_name()));
  const std::string own = warden_directory_name();
  // The same number, started at another time.
  EXPECT_TRUE(is_dead_warden(own + "0"));
  // Another process namespace: nothing is known.
  EXPECT_FALSE(is_dead_warden("1" + own + "0"));
  for (const char* name : {"", "1", "1-2", "a-b-c", "1-2-3-4", "4026531836--1-5"})
    EXPECT_FALSE(is_dead_warden(name)) << name;
}

TEST(Cgroups, ShareIsExactForEverySize) {
  for (const double megabytes : {32.0, 128.0, 256.0, 512.0, 1024.0, 1769.0, 3538.0, 10240.0}) {
    const double cpus = megabytes / 1769;
    const CpuLimit limit = cpu_limit(cpus);
    EXPECT_NEAR(static_cast<double>(limit.quota) / static_cast<double>(limit.period), cpus, cpus / 1000)
        << megabytes;
    EXPECT_GE(limit.quota, 1'000) << megabytes;
    EXPECT_LE(limit.period, 1'000'000) << megabytes;
  }
  EXPECT_EQ(cpu_limit(1).quota, 20'000);
  EXPECT_EQ(cpu_limit(1).period, 20'000);
  EXPECT_EQ(cpu_limit(0.25).period, 10'000);
  // Less than the kernel can do.
  EXPECT_EQ(cpu_limit(0.0001).quota, 1'000);
  EXPECT_EQ(cpu_limit(0.0001).period, 1'000'000);
}

}  // namespace
}  // namespace martlet::sandbox
