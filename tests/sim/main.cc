// martlet_sim: runs queues, event source mappings and asynchronous invocations in simulated time, with
// crashes, commits that get lost, slow and failing handlers and leaps of the clock, and holds what happened
// against the invariants of ledger.h. All chance comes from a seed: a seed that fails does so again.
//
//   martlet_sim [--seeds N] [--first S] [--jobs J]     N seeds from S on, in J processes
//   martlet_sim --seed S                               one seed, with all that happens and the server's log

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <vector>

#include "scenario.h"

namespace {

/// Runs the seeds first, first + step, ... below `end`; the number that failed.
int run_seeds(std::uint64_t first, std::uint64_t end, std::uint64_t step) {
  int failed = 0;
  for (std::uint64_t seed = first; seed < end; seed += step) {
    const martlet::sim::Result result = martlet::sim::run(seed);
    for (const std::string& breach : result.breaches)
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), breach.c_str());
    if (!result.breaches.empty()) {
      std::printf("   again, with the log: martlet_sim --seed %llu\n", static_cast<unsigned long long>(seed));
      ++failed;
    }
  }
  std::fflush(stdout);
  return failed;
}

void silence_log() {
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(nowhere, STDERR_FILENO);
  close(nowhere);
}

int run_in_processes(std::uint64_t first, std::uint64_t seeds, unsigned jobs) {
  std::vector<pid_t> children;
  for (unsigned job = 0; job < jobs; ++job) {
    const pid_t child = fork();
    if (child == 0) {
      silence_log();
      _exit(std::min(run_seeds(first + job, first + seeds, jobs), 100));
    }
    children.push_back(child);
  }
  int failed = 0;
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status)) std::printf("a simulation crashed with signal %d\n", WTERMSIG(status));
    failed += WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  }
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Simulates the server's queues with faults; see tests/sim/README.md.");
  std::uint64_t seeds = 1000;
  std::uint64_t first = 1;
  std::uint64_t only = 0;
  unsigned jobs = 2;
  app.add_option("--seeds", seeds, "how many seeds are run (1000)");
  app.add_option("--first", first, "the first of them (1)");
  app.add_option("--jobs", jobs, "in so many processes (2)")->check(CLI::Range(1, 64));
  app.add_option("--seed", only, "only this one, with all that happens and the server's log");
  CLI11_PARSE(app, argc, argv);
  if (only != 0) {
    const martlet::sim::Result result = martlet::sim::run(only, true);
    std::printf("%zu items, %d crashes\n", result.items, result.crashes);
    for (const std::string& breach : result.breaches) std::printf("%s\n", breach.c_str());
    return result.breaches.empty() ? 0 : 1;
  }
  const int failed = run_in_processes(first, seeds, jobs);
  std::printf("%llu seeds passed, %d seeds failed\n",
              static_cast<unsigned long long>(seeds) - static_cast<unsigned>(failed), failed);
  return failed == 0 ? 0 : 1;
}
