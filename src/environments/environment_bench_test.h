#pragma once

// For tests of single environments without a fleet: what an environment needs around it, over the process
// warden.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "environments/environment.h"
#include "environments/fleet_test_support_test.h"
#include "environments/policy.h"
#include "environments/process_warden_test.h"

namespace martlet::environments {

class EnvironmentBench {
 public:
  explicit EnvironmentBench(Executor with)
      : executor(with),
        clock(make_system_clock(with)),
        warden(with),
        tasks(with),
        api(with, *clock),
        runtimes(runtimes_of_this_tree(), RuntimeOptions{}),
        around{.executor = with,
               .clock = *clock,
               .warden = warden,
               .tasks = tasks,
               .runtime_api = api,
               .adopt_endpoint =
                   [](int fd, const std::string&) {
                     ::close(fd);
                     return std::function<void()>();
                   },
               .changed = [this](Environment&) { ++changes; }} {}

  std::shared_ptr<Environment> make(const std::shared_ptr<const Spec>& spec) {
    const auto runtime = runtimes.find(spec->runtime).value();
    const auto log = std::make_shared<LogStream>(executor, *clock, sink, tasks, spec, "stream");
    auto policy = policy_for(*spec, *runtime, Ports{}, "env-" + std::to_string(++made), "stream",
                             {{"AWS_ACCESS_KEY_ID", "of the environment"}});
    environments.push_back(
        std::make_shared<Environment>(around, spec, runtime, log, std::move(policy.value())));
    return environments.back();
  }

  /// Made, started and initialised.
  Task<std::shared_ptr<Environment>> start(std::shared_ptr<const Spec> spec) {
    const auto environment = make(spec);
    co_await environment->start(std::chrono::seconds(20));
    EXPECT_TRUE(co_await environment->initialised()) << environment->init_failure().message;
    co_return environment;
  }

  static std::shared_ptr<Run> run_of(Invocation invocation) {
    auto run = std::make_shared<Run>();
    run->invocation = std::move(invocation);
    return run;
  }

  Task<Outcome> invoke(std::shared_ptr<Environment> environment, Invocation invocation) {
    const auto run = run_of(std::move(invocation));
    EXPECT_TRUE(environment->takes_events());
    environment->begin(run);
    co_await environment->finished(run);
    EXPECT_TRUE(run->outcome);
    co_return run->outcome.value_or(Outcome{.kind = Outcome::Kind::kCrash, .payload = "lost"});
  }

  Task<> until(Environment& environment, Environment::State state) {
    while (environment.state() != state && environment.state() != Environment::State::kEnded)
      co_await clock->sleep_elapsed(std::chrono::milliseconds(2));
  }

  Task<> stop() {
    for (const auto& environment : environments) environment->kill();
    co_await tasks.join();
    co_await api.stop();
  }

  Executor executor;
  std::unique_ptr<Clock> clock;
  ProcessWarden warden;
  CollectingSink sink;
  TaskGroup tasks;
  RuntimeApi api;
  Runtimes runtimes;
  Environment::Surroundings around;
  std::vector<std::shared_ptr<Environment>> environments;
  int changes = 0;
  int made = 0;
};

/// Runs `body` with a bench, and ends everything that it left.
inline void with_bench(const std::function<Task<>(EnvironmentBench&)>& body) {
  run_async([&](Executor executor) -> Task<> {
    EnvironmentBench bench(executor);
    std::exception_ptr failure;
    try {
      co_await body(bench);
    } catch (...) {
      failure = std::current_exception();
    }
    co_await bench.stop();
    EXPECT_EQ(bench.warden.alive, 0);
    if (failure) std::rethrow_exception(failure);
  });
}

/// Python that speaks the APIs by hand: call(method, path, body, headers) → (status, body, headers).
inline const std::string kApiClient = R"(#!/usr/bin/python3
import http.client, json, os, sys, time, threading
def connection():
    return http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
c = connection()
def call(method, path, body=None, headers={}, on=None):
    on = on or c
    on.request(method, path, body, headers, encode_chunked=True)
    r = on.getresponse()
    return r.status, r.read().decode(), r.headers
R = '/2018-06-01/runtime/'
E = '/2020-01-01/extension/'
def next_event():
    status, body, headers = call('GET', R + 'invocation/next')
    return json.loads(body), headers['Lambda-Runtime-Aws-Request-Id']
def register(name, events, on=None):
    status, body, headers = call('POST', E + 'register', json.dumps({'events': events}), {'Lambda-Extension-Name': name}, on)
    return status, body, headers['Lambda-Extension-Identifier']
def next_for(id, on=None):
    return call('GET', E + 'event/next', None, {'Lambda-Extension-Identifier': id}, on)
)";

}  // namespace martlet::environments
