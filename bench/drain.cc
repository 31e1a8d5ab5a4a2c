// martlet_drain: takes every message out of an SQS queue over N connections and tells how fast that went.
//
//   martlet_drain HOST PORT CONNECTIONS MESSAGES BATCH QUEUE_URL
//
// Each connection receives up to BATCH messages, deletes them together, and goes on until MESSAGES were
// deleted by all of them. The answer is one JSON line; a message that was received twice is counted.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "connection.h"

namespace {

using martlet::bench::Address;
using martlet::bench::Connection;
using Clock = std::chrono::steady_clock;

struct Job {
  Address address;
  int connections = 1;
  long messages = 0;
  std::string batch;
  std::string queue_url;

  [[nodiscard]] std::string call(const std::string& operation, const std::string& members) const {
    const std::string headers =
        "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS." + operation + "\r\n";
    return martlet::bench::request(address, "POST", "/", headers,
                                   R"({"QueueUrl":")" + queue_url + R"(",)" + members + "}");
  }
};

/// What stands in `text` as the values of `member`, a string without escapes.
std::vector<std::string> values_of(const std::string& text, const std::string& member) {
  std::vector<std::string> found;
  const std::string before = "\"" + member + "\":\"";
  for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
    at += before.size();
    const std::size_t end = text.find('"', at);
    found.push_back(text.substr(at, end - at));
  }
  return found;
}

struct Totals {
  std::atomic<long> deleted = 0;
  std::mutex mutex;
  std::unordered_set<std::string> seen;
  long twice = 0;

  void note(const std::vector<std::string>& ids) {
    const std::scoped_lock lock(mutex);
    for (const std::string& id : ids) twice += seen.insert(id).second ? 0 : 1;
  }
};

void drain(const Job& job, Totals& totals) {
  Connection connection(job.address);
  const std::string receive =
      job.call("ReceiveMessage", R"("WaitTimeSeconds":1,"MaxNumberOfMessages":)" + job.batch);
  while (totals.deleted < job.messages) {
    if (!connection.exchange(receive)) throw std::runtime_error(connection.body());
    totals.note(values_of(connection.body(), "MessageId"));
    const std::vector<std::string> handles = values_of(connection.body(), "ReceiptHandle");
    if (handles.empty()) continue;
    std::string entries;
    for (const std::string& handle : handles)
      entries += (entries.empty() ? "" : ",") + (R"({"Id":"e)" + std::to_string(entries.size())) +
                 R"(","ReceiptHandle":")" + handle + "\"}";
    const bool deleted =
        handles.size() == 1
            ? connection.exchange(job.call("DeleteMessage", R"("ReceiptHandle":")" + handles[0] + "\""))
            : connection.exchange(job.call("DeleteMessageBatch", "\"Entries\":[" + entries + "]"));
    if (!deleted || connection.body().find("\"Code\"") != std::string::npos)
      throw std::runtime_error(connection.body());
    totals.deleted += static_cast<long>(handles.size());
  }
}

void drain_all(const Job& job, Totals& totals) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < job.connections; ++i)
    threads.emplace_back([&] {
      try {
        drain(job, totals);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "martlet_drain: %s\n", error.what());
        std::exit(1);
      }
    });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: martlet_drain HOST PORT CONNECTIONS MESSAGES BATCH QUEUE_URL\n");
    return 2;
  }
  const Job job{.address = {argv[1], argv[2]},
                .connections = std::stoi(argv[3]),
                .messages = std::stol(argv[4]),
                .batch = argv[5],
                .queue_url = argv[6]};
  Totals totals;
  const auto started = Clock::now();
  drain_all(job, totals);
  const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
  std::printf("{\"messages\": %ld, \"rate\": %.1f, \"twice\": %ld}\n", totals.deleted.load(),
              static_cast<double>(totals.deleted) / seconds, totals.twice);
}
