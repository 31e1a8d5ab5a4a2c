// Limits: memory, /tmp, processes, files, processor time; freezing; what is measured.

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "sandbox/sandbox_test.h"

namespace martlet::sandbox {
namespace {

using namespace testing;
using testing::run;

constexpr std::uint64_t kMiB = 1ULL << 20;

TEST(Limits, MemoryIsLimitedAndReported) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    if (!warden.capabilities().memory_limit) {
      // The loose limit that there is instead: the program is refused memory.
      Policy policy = python("x = bytearray(1 << 30)");
      policy.memory_bytes = 64 * kMiB;
      const Outcome outcome = co_await run(executor, warden, std::move(policy));
      EXPECT_NE(outcome.errors.find("MemoryError"), std::string::npos) << outcome.errors;
      co_return;
    }
    Policy policy = python("x = bytearray(100 << 20); print('never')");
    policy.memory_bytes = 64 * kMiB;
    const Outcome outcome = co_await run(executor, warden, std::move(policy));
    EXPECT_EQ(outcome.result.kind, Result::Kind::kOutOfMemory) << outcome.result.detail;
    EXPECT_EQ(outcome.output, "");
    EXPECT_GT(outcome.result.peak_memory_bytes, 60 * kMiB);
    EXPECT_LE(outcome.result.peak_memory_bytes, 64 * kMiB);
  });
}

TEST(Limits, MemoryOfAChildCountsToo) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    if (!warden.capabilities().memory_limit) skip("no cgroup limits memory here");
    Policy policy = shell("/usr/bin/python3 -c 'x = bytearray(100 << 20)'; echo child ended with $?");
    policy.memory_bytes = 64 * kMiB;
    const Outcome outcome = co_await run(executor, warden, std::move(policy));
    EXPECT_EQ(outcome.output, "child ended with 137\n");
    EXPECT_EQ(outcome.result.kind, Result::Kind::kExited);
    EXPECT_NE(outcome.result.detail.find("1 of its processes"), std::string::npos) << outcome.result.detail;
  });
}

TEST(Limits, TmpIsLimitedInBytesAndFiles) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    Policy policy = python(R"(
import os
try:
    with open('/tmp/big', 'wb') as f:
        for _ in range(64): f.write(bytes(1 << 20)); f.flush()
except OSError as e: print(e.strerror, 16 <= os.stat('/tmp/big').st_size >> 20 < 20)  # a disk has a little more
os.unlink('/tmp/big')
try:
    for i in range(100000): open(f'/tmp/{i}', 'w').close()
except OSError as e: print(e.strerror, 1000 < i < 10000))");
    policy.tmp_bytes = 16 * kMiB;
    const Outcome outcome = co_await run(executor, warden, std::move(policy));
    EXPECT_EQ(outcome.output, "No space left on device True\nNo space left on device True\n")
        << outcome.errors;
  });
}

TEST(Limits, ProcessesAndFilesAreLimited) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    Policy policy = python(R"(
import os, time
count = 1
try:
    while True:
        if os.fork() == 0: time.sleep(600)
        count += 1
except OSError as e: print(count, e.strerror)
files = []
try:
    while True: files.append(os.open('/dev/null', os.O_RDONLY))
except OSError as e: print(files[-1] + 1, e.strerror))");
    policy.max_processes = 20;
    policy.max_open_files = 50;
    const Outcome outcome = co_await run(executor, warden, std::move(policy));
    EXPECT_EQ(outcome.output, "20 Resource temporarily unavailable\n50 Too many open files\n")
        << outcome.errors;
  });
}

TEST(Limits, AForkBombStaysInside) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(python(R"(
import os
while True:
    try: os.fork()
    except OSError: pass)"));
    const Outcome other = co_await run(executor, warden, shell("echo alive"));
    EXPECT_EQ(other.output, "alive\n");
    sandbox->kill();
    EXPECT_EQ((co_await sandbox->wait()).kind, Result::Kind::kKilled);
  });
}

/// Prints how many processor milliseconds it needs, by the clock, for a fixed number of its own.
constexpr const char* kSpin = R"(
import time
while True:
    begin, used = time.monotonic(), time.process_time()
    while time.process_time() - used < 0.1: pass
    print(time.monotonic() - begin, flush=True))";

TEST(Limits, ProcessorShareCanBeChanged) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    if (!warden.capabilities().cpu_limit) skip("no cgroup limits processor time here");
    const auto sandbox = co_await warden.create(python(kSpin));
    LineReader lines(executor, sandbox->take_stdout());
    co_await sandbox->set_cpus(0.1);
    co_await lines.next();  // begun with the old share
    const double slow = std::strtod((co_await lines.next()).c_str(), nullptr);
    // A tenth of a processor needs a second for what takes a tenth of one.
    EXPECT_GT(slow, 0.7);
    co_await sandbox->set_cpus(0);
    // With the small share no round could be this fast; without it one will be, however busy the machine is.
    while (std::strtod((co_await lines.next()).c_str(), nullptr) > 0.5) {
    }
    const Usage usage = co_await sandbox->usage();
    EXPECT_GE(usage.cpu_time, std::chrono::milliseconds(300));
  });
}

TEST(Limits, ManyBusyProcessesDieHoweverSmallTheirShare) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    if (!warden.capabilities().cpu_limit) skip("no cgroup limits processor time here");
    const auto sandbox = co_await warden.create(
        shell("for i in $(seq 300); do while :; do :; done & done; echo all there; wait"));
    LineReader lines(executor, sandbox->take_stdout());
    EXPECT_EQ(co_await lines.next(), "all there");
    co_await sandbox->set_cpus(0.01);
    // Their first process, which is to die first, would have to wait for its turn for minutes.
    sandbox->kill();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ((co_await sandbox->wait()).kind, Result::Kind::kKilled);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  });
}

TEST(Limits, FreezesAndThaws) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    if (!warden.capabilities().freezer) skip("no cgroup freezes processes here");
    const auto sandbox = co_await warden.create(shell("while :; do :; done"));
    co_await sandbox->freeze();
    auto before = (co_await sandbox->usage()).cpu_time;
    // Freezing takes effect when each process next enters the kernel; from then on its time stands still.
    for (auto now = before; (now = (co_await sandbox->usage()).cpu_time) != before;) before = now;
    co_await sandbox->thaw();
    while ((co_await sandbox->usage()).cpu_time == before) {
    }
    co_await sandbox->freeze();
    sandbox->kill();
    EXPECT_EQ((co_await sandbox->wait()).kind, Result::Kind::kKilled);
  });
}

TEST(Limits, UsageAndPeakAreMeasured) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto sandbox = co_await warden.create(python(R"(
import time
x = bytearray(40 << 20)
del x
print('done', flush=True)
time.sleep(600))"));
    LineReader lines(executor, sandbox->take_stdout());
    EXPECT_EQ(co_await lines.next(), "done");
    Usage usage = co_await sandbox->usage();
    EXPECT_GT(usage.memory_bytes, 1 * kMiB);
    EXPECT_GT(usage.cpu_time.count(), 0);
    if (!warden.capabilities().memory_limit) co_return;
    EXPECT_GT(usage.peak_memory_bytes, 40 * kMiB);
    co_await sandbox->reset_peak();
    usage = co_await sandbox->usage();
    EXPECT_LT(usage.peak_memory_bytes, 40 * kMiB);
  });
}

}  // namespace
}  // namespace martlet::sandbox
