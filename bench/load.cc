// martlet_load: sends the same HTTP request again and again over N connections and tells how long the answers
// took.
//
//   martlet_load HOST PORT CONNECTIONS WARMUP REQUESTS METHOD TARGET [BODY [HEADER]]
//
// One thread and one blocking socket per connection; a connection sends its next request when it has the
// whole answer to the last. REQUESTS is for all connections together. The answer is one JSON line; times are
// in microseconds.

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "connection.h"

namespace {

using martlet::bench::Address;
using martlet::bench::Connection;

using Clock = std::chrono::steady_clock;

struct Job {
  Address address;
  int connections = 1;
  int warmup = 0;
  int requests = 0;
  std::string message = {};
};

struct Totals {
  std::vector<double> micros;
  double seconds = 0;
  long errors = 0;
};

Totals run(const Job& job) {
  Totals totals;
  std::atomic<long> errors = 0;
  std::atomic<int> left = job.requests;
  std::vector<std::vector<double>> micros(static_cast<std::size_t>(job.connections));
  Clock::time_point started;
  std::barrier start_line(job.connections, [&]() noexcept { started = Clock::now(); });
  {
    std::vector<std::jthread> threads;
    for (auto& own : micros) {
      threads.emplace_back([&job, &own, &errors, &left, &start_line] {
        try {
          Connection connection(job.address);
          for (int i = 0; i < job.warmup; ++i) connection.exchange(job.message);
          start_line.arrive_and_wait();
          while (left.fetch_sub(1) > 0) {
            const auto begin = Clock::now();
            errors += connection.exchange(job.message) ? 0 : 1;
            own.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
          }
        } catch (const std::exception& error) {
          std::fprintf(stderr, "martlet_load: %s\n", error.what());
          std::exit(1);
        }
      });
    }
  }
  totals.seconds = std::chrono::duration<double>(Clock::now() - started).count();
  totals.errors = errors;
  for (const auto& own : micros) totals.micros.insert(totals.micros.end(), own.begin(), own.end());
  std::sort(totals.micros.begin(), totals.micros.end());
  return totals;
}

Job parse(int argc, char** argv) {
  if (argc < 8)
    throw std::runtime_error(
        "usage: martlet_load HOST PORT CONNECTIONS WARMUP REQUESTS METHOD TARGET [BODY [HEADER]]");
  Job job{.address = {argv[1], argv[2]}};
  job.connections = std::stoi(argv[3]);
  job.warmup = std::stoi(argv[4]);
  job.requests = std::stoi(argv[5]);
  const std::string body = argc > 8 ? argv[8] : "";
  std::string headers = body.empty() ? "" : "Content-Type: application/json\r\n";
  if (argc > 9 && argv[9][0] != '\0') headers += std::string(argv[9]) + "\r\n";
  job.message = martlet::bench::request(job.address, argv[6], argv[7], headers, body);
  return job;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Totals totals = run(parse(argc, argv));
    const auto& micros = totals.micros;
    const auto at = [&](double part) {
      return micros[static_cast<std::size_t>(part * static_cast<double>(micros.size() - 1))];
    };
    std::printf(
        "{\"requests\": %zu, \"errors\": %ld, \"rate\": %.1f, \"p50\": %.1f, \"p99\": %.1f, \"min\": %.1f, "
        "\"max\": %.1f}\n",
        micros.size(), totals.errors, static_cast<double>(micros.size()) / totals.seconds, at(0.5), at(0.99),
        micros.front(), micros.back());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "martlet_load: %s\n", error.what());
    return 2;
  }
}
