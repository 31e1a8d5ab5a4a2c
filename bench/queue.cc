// What a visibility queue does in a second, inside one process: messages sent, received and erased in batches
// of ten, with few and with many others waiting, over the store in memory and over the one on disk.
//
//   martlet_queue_bench [messages to wait, default 1000000] [memory | disk]

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/async_test.h"
#include "flow/visibility_queue.h"
#include "store/key.h"

namespace {

using namespace martlet;

constexpr std::size_t kBatch = 10;
constexpr std::size_t kMeasured = 100'000;
const std::string kPayload(200, 'x');

std::size_t resident_mib() {
  std::size_t pages = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / (1024UL * 1024);
}

/// Processor time of the loop's thread: what others do on the machine does not count.
double used_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

struct Bench {
  Task<> send(std::size_t count) {
    const TimePoint now = clock->now();
    for (std::size_t sent = 0; sent < count; sent += kBatch) {
      co_await store->transact([&](store::Txn& txn) -> Task<> {
        for (std::size_t i = 0; i < kBatch; ++i) {
          queue->send(txn, {.payload = kPayload,
                            .group = groups == 0 ? "" : fmt::format("group{}", (sent + i) % groups),
                            .sent = now,
                            .due = now});
        }
        co_return;
      });
    }
  }

  Task<std::vector<std::vector<flow::ReceivedMessage>>> receive(std::size_t count) {
    std::vector<std::vector<flow::ReceivedMessage>> batches;
    for (std::size_t received = 0; received < count; received += kBatch) {
      batches.push_back(co_await queue->receive(
          {.most = kBatch, .visibility = std::chrono::seconds(30), .wait_until = clock->now()}));
    }
    co_return batches;
  }

  Task<> erase(std::vector<std::vector<flow::ReceivedMessage>> batches) {
    for (const auto& batch : batches) {
      co_await store->transact([&](store::Txn& txn) -> Task<> {
        for (const auto& message : batch) (void)co_await queue->erase(txn, message.receipt);
      });
    }
  }

  Task<> measure(const std::string& name) {
    const auto rate = [](double from, double to) { return kMeasured / (to - from) / 1000; };
    const double begin = used_seconds();
    co_await send(kMeasured);
    const double sent = used_seconds();
    auto batches = co_await receive(kMeasured);
    const double received = used_seconds();
    co_await erase(std::move(batches));
    const double erased = used_seconds();
    fmt::print(
        "{:32} send {:6.0f}  receive {:6.0f}  erase {:6.0f}  all three {:6.0f} thousand a second of the "
        "loop's time; {} MiB\n",
        name, rate(begin, sent), rate(sent, received), rate(received, erased), rate(begin, erased),
        resident_mib());
  }

  martlet::Clock* clock;
  store::Store* store;
  flow::VisibilityQueue* queue;
  std::size_t groups;
};

Task<> run(Executor executor, bool on_disk, bool fifo, std::size_t groups, std::size_t waiting) {
  const std::string directory = fmt::format("/tmp/martlet-queue-bench-{}", ::getpid());
  auto clock = make_system_clock(executor);
  Ids ids(1);
  auto store = on_disk ? store::open_rocksdb_store(executor, {.directory = directory})
                       : store::make_memory_store(executor);
  {
    flow::VisibilityQueue queue(executor, *store, *clock, ids, store::Key("bench", "queue").str(),
                                {.fifo = fifo});
    co_await queue.open();
    Bench bench{.clock = clock.get(), .store = store.get(), .queue = &queue, .groups = groups};
    const std::string name = fmt::format("{}, {}{}", on_disk ? "disk" : "memory", fifo ? "FIFO" : "standard",
                                         groups ? ", groups" : "");
    co_await bench.send(1000);
    co_await bench.measure(name + ", 1000 wait");
    co_await bench.send(waiting - 1000);
    if (on_disk) co_await clock->sleep_elapsed(std::chrono::seconds(20));  // for what is written to be sorted
    co_await bench.measure(fmt::format("{}, {} wait", name, waiting));
    flow::VisibilityQueue again(executor, *store, *clock, ids, store::Key("bench", "queue").str(),
                                {.fifo = fifo});
    const double begin = used_seconds();
    co_await again.open();
    fmt::print("  opened in {:.2f} s\n", used_seconds() - begin);
  }
  co_await clock->sleep_elapsed(std::chrono::milliseconds(10));
  co_await store->close();
  std::filesystem::remove_all(directory);
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::size_t waiting = argc > 1 ? std::stoul(argv[1]) : 1'000'000;
  const std::string only = argc > 2 ? argv[2] : "";
  for (const bool on_disk : {false, true}) {
    for (const auto& [fifo, groups] :
         {std::pair(false, 0UL), std::pair(false, 100UL), std::pair(true, 100'000UL)}) {
      if (!only.empty() && only != (on_disk ? "disk" : "memory")) continue;
      run_async([=](Executor executor) { return run(executor, on_disk, fifo, groups, waiting); });
    }
  }
}
