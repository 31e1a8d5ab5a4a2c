// Whole environments over child processes (see process_warden_test.h); src/environments/sandboxed_test.cc has
// what needs real sandboxes.

#include "environments/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "environments/fleet_test_support_test.h"
#include "environments/process_fleet_test.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

using World = ProcessWorld;

void with_fleet(const ProcessBody& body, FleetOptions options = options_for_test()) {
  with_process_fleet(body, std::move(options));
}

Code python(const std::string& text) {
  Code code;
  code.file("app.py", text);
  return code;
}

Task<std::map<std::string, std::string>> key_named(std::string name) {
  co_return std::map<std::string, std::string>{{"AWS_ACCESS_KEY_ID", std::move(name)}};
}

TEST(Fleet, APythonFunctionAnswersColdAndWarm) {
  Code code;
  code.file("app.py",
            "import logging\nlogging.getLogger().setLevel('INFO')\n"
            "def handler(event, context):\n"
            "    print('got', event['n'])\n    logging.info('two\\nlines')\n"
            "    return {'n': event['n'] + 1, 'id': context.aws_request_id, 'left': "
            "context.get_remaining_time_in_millis()}\n");
  with_fleet([&](World& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    const Outcome cold = co_await world.fleet.invoke(spec, event("{\"n\": 1}", "first"));
    EXPECT_EQ(cold.kind, Outcome::Kind::kSuccess);
    EXPECT_THAT(cold.payload, MatchesRegex("\\{\"n\": 2, \"id\": \"first\", \"left\": (2[0-9]+|3000)\\}"));
    EXPECT_TRUE(cold.init_duration);
    EXPECT_THAT(cold.log_tail, StartsWith("START RequestId: first Version: $LATEST\ngot 1\n[INFO]\t"));
    EXPECT_THAT(cold.log_tail,
                HasSubstr("Z\tfirst\ttwo\nlines\nEND RequestId: first\nREPORT RequestId: first\tDuration: "));
    EXPECT_THAT(cold.log_tail, HasSubstr("\tMemory Size: 256 MB\tMax Memory Used: 30 MB\tInit Duration: "));
    EXPECT_EQ(cold.peak_memory_bytes, 30u << 20);

    const Outcome warm = co_await world.fleet.invoke(spec, event("{\"n\": 5}", "second"));
    EXPECT_THAT(warm.payload, StartsWith("{\"n\": 6"));
    EXPECT_FALSE(warm.init_duration);
    EXPECT_THAT(warm.log_tail, StartsWith("START RequestId: second"));
    EXPECT_THAT(warm.log_tail, Not(HasSubstr("Init Duration")));
    EXPECT_EQ(world.fleet.statistics().cold_starts, 1u);
    EXPECT_NEAR(world.warden.cpus, 256.0 / 1769, 1e-6);
    co_await world.fleet.stop();
    EXPECT_EQ(world.sink.streams.size(), 1u);
    EXPECT_THAT(world.sink.text(), StartsWith("INIT_START Runtime Version: python:3.11"));
    EXPECT_THAT(world.sink.streams.begin()->first,
                MatchesRegex("[0-9]+/[0-9]+/[0-9]+/\\[\\$LATEST\\][0-9a-f]+"));
  });
}

TEST(Fleet, HandlerErrorsAreReportedAndTheEnvironmentGoesOn) {
  const Code code = python("def handler(event, context):\n    raise ValueError('boom')\n");
  with_fleet([&](World& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    for (int i = 0; i < 2; ++i) {
      const Outcome outcome = co_await world.fleet.invoke(spec, event("{}", "id"));
      EXPECT_EQ(outcome.kind, Outcome::Kind::kHandledError);
      EXPECT_THAT(
          outcome.payload,
          StartsWith("{\"errorMessage\": \"boom\", \"errorType\": \"ValueError\", \"requestId\": \"id\", "
                     "\"stackTrace\": [\"  File "));
      EXPECT_THAT(outcome.log_tail,
                  HasSubstr("[ERROR] ValueError: boom\nTraceback (most recent call last):\n  File "));
    }
    EXPECT_EQ(world.fleet.statistics().cold_starts, 1u);
  });
}

TEST(Fleet, TheContextCarriesWhatTheCallerSent) {
  const Code code = python(
      "def handler(event, context):\n"
      "    return [context.client_context.custom, context.identity.cognito_identity_id, "
      "context.invoked_function_arn[-2:],\n"
      "            context.memory_limit_in_mb, context.function_version, context.log_group_name]\n");
  with_fleet([&](World& world) -> Task<> {
    Invocation invocation = event("{}");
    invocation.client_context = "{\n \"custom\":\r\n {\"a\": 1}}";
    invocation.cognito_identity = R"({"cognitoIdentityId":"who"})";
    const Outcome outcome =
        co_await world.fleet.invoke(spec_for(code, "python3.11", "app.handler"), invocation);
    EXPECT_EQ(outcome.payload, R"([{"a": 1}, "who", ":f", "256", "$LATEST", "/aws/lambda/f"])");
  });
}

TEST(Fleet, ErrorsThatUtf8CannotHoldAndOutputThatIsClosed) {
  const Code code = python(
      "import sys\ndef handler(event, context):\n    sys.stdout.close()\n    raise ValueError('\\udc80')\n");
  with_fleet([&](World& world) -> Task<> {
    const Outcome outcome =
        co_await world.fleet.invoke(spec_for(code, "python3.12", "app.handler"), event("{}"));
    EXPECT_EQ(outcome.kind, Outcome::Kind::kHandledError) << outcome.payload;
    EXPECT_THAT(outcome.payload, HasSubstr("ValueError"));
  });
}

TEST(Fleet, TimeoutKillsAndReports) {
  const Code code =
      python("import time\ndef handler(event, context):\n    print('working')\n    time.sleep(60)\n");
  with_fleet([&](World& world) -> Task<> {
    auto spec = spec_for(code, "python3.11", "app.handler");
    spec->timeout = 1s;
    const Outcome outcome = co_await world.fleet.invoke(spec, event("{}", "id"));
    EXPECT_EQ(outcome.kind, Outcome::Kind::kTimeout);
    EXPECT_EQ(
        outcome.payload,
        R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id Error: Task timed out after 1.00 seconds"})");
    EXPECT_THAT(outcome.log_tail, HasSubstr("working\n"));
    EXPECT_THAT(
        outcome.log_tail,
        HasSubstr("Z id Task timed out after 1.00 seconds\n\nEND RequestId: id\nREPORT RequestId: id\t"
                  "Duration: 1000.00 ms\t"));
    EXPECT_THAT(outcome.log_tail, HasSubstr("Status: timeout\n"));
    co_await world.fleet.stop();
  });
}

TEST(Fleet, AProcessThatExitsIsACrashAndTheNextCallStartsAnew) {
  const Code code =
      python("import os\ndef handler(event, context):\n    print('bye', flush=True)\n    os._exit(event)\n");
  with_fleet([&](World& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    const Outcome three = co_await world.fleet.invoke(spec, event("3", "id"));
    EXPECT_EQ(three.kind, Outcome::Kind::kCrash);
    EXPECT_EQ(
        three.payload,
        R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: id Error: Runtime exited with error: exit status 3"})");
    EXPECT_THAT(three.log_tail,
                HasSubstr("bye\nRequestId: id Error: Runtime exited with error: exit status 3\n"
                          "Runtime.ExitError\nEND RequestId: id\n"));
    EXPECT_THAT(three.log_tail, HasSubstr("Status: error\tError Type: Runtime.ExitError\n"));
    const Outcome zero = co_await world.fleet.invoke(spec, event("0", "id"));
    EXPECT_THAT(zero.payload, HasSubstr("Error: Runtime exited without providing a reason"));
    EXPECT_EQ(world.fleet.statistics().cold_starts, 2u);
  });
}

TEST(Fleet, InitialisationThatFailsIsTriedOnceMoreInsideTheInvocation) {
  const Code code = python("import nothing_of_that_name\n");
  with_fleet([&](World& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    const Outcome outcome = co_await world.fleet.invoke(spec, event("{}", "id"));
    EXPECT_EQ(outcome.kind, Outcome::Kind::kInitError);
    EXPECT_EQ(outcome.payload,
              "{\"errorMessage\": \"Unable to import module 'app': No module named 'nothing_of_that_name'\", "
              "\"errorType\": \"Runtime.ImportModuleError\", \"requestId\": \"\", \"stackTrace\": []}");
    EXPECT_THAT(outcome.log_tail,
                HasSubstr("[ERROR] Runtime.ImportModuleError: Unable to import module 'app'"));
    EXPECT_THAT(outcome.log_tail, HasSubstr("Status: error\tError Type: Runtime.ImportModuleError\n"));
    EXPECT_EQ(world.fleet.statistics().cold_starts, 2u);
    co_await world.fleet.stop();
    EXPECT_THAT(world.sink.text(), HasSubstr("INIT_REPORT Init Duration: "));
    EXPECT_EQ(world.sink.streams.size(), 1u);
  });
}

TEST(Fleet, InitialisationThatExitsOrHangs) {
  const Code exits = python("import os\nos._exit(7)\n");
  const Code hangs = python("import time\ntime.sleep(60)\n");
  FleetOptions options = options_for_test();
  options.init_timeout = 300ms;
  with_fleet(
      [&](World& world) -> Task<> {
        const Outcome exited =
            co_await world.fleet.invoke(spec_for(exits, "python3.11", "app.handler"), event("{}", "id"));
        EXPECT_EQ(exited.kind, Outcome::Kind::kCrash);
        EXPECT_EQ(
            exited.payload,
            R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: id Error: Runtime exited with error: exit status 7"})");
        auto spec = spec_for(hangs, "python3.11", "app.handler");
        spec->timeout = 1s;
        const Outcome hung = co_await world.fleet.invoke(spec, event("{}", "id"));
        EXPECT_EQ(hung.kind, Outcome::Kind::kTimeout);
        EXPECT_THAT(hung.payload, HasSubstr("Task timed out after 1.00 seconds"));
      },
      options);
}

TEST(Fleet, NodeFunctionsWithPromisesCallbacksAndModules) {
  Code code;
  code.file(
      "index.js",
      "exports.handler = async (event, context) => { console.log('hi\\nthere'); return {n: event.n, fn: "
      "context.functionName}; };\n"
      "exports.callback = (event, context, callback) => { setTimeout(() => console.log('late'), 20); "
      "callback(null, 'ok'); };\n"
      "exports.throws = async () => { throw new TypeError('bad'); };\n"
      "exports.rejects = (e, c, cb) => { Promise.reject(new Error('lost')); setTimeout(cb, 5000); };\n");
  code.file("lib/module.mjs", "export const handler = async (event) => ({esm: event});\n");
  with_fleet([&](World& world) -> Task<> {
    const auto plain =
        co_await world.fleet.invoke(spec_for(code, "nodejs20.x", "index.handler"), event("{\"n\":1}", "id"));
    EXPECT_EQ(plain.payload, R"({"n":1,"fn":"f"})");
    EXPECT_THAT(plain.log_tail, HasSubstr("Z\tid\tINFO\thi\nthere\nEND"));
    const auto callback =
        co_await world.fleet.invoke(spec_for(code, "nodejs20.x", "index.callback"), event("{}", "id"));
    EXPECT_EQ(callback.payload, "\"ok\"");
    EXPECT_THAT(callback.log_tail, HasSubstr("late\nEND"));
    const auto module =
        co_await world.fleet.invoke(spec_for(code, "nodejs20.x", "lib/module.handler"), event("[1]", "id"));
    EXPECT_EQ(module.payload, R"({"esm":[1]})");
    const auto thrown =
        co_await world.fleet.invoke(spec_for(code, "nodejs20.x", "index.throws"), event("{}", "id"));
    EXPECT_EQ(thrown.kind, Outcome::Kind::kHandledError);
    EXPECT_THAT(thrown.payload,
                StartsWith(R"({"errorType":"TypeError","errorMessage":"bad","trace":["TypeError: bad",)"));
    EXPECT_THAT(thrown.log_tail, HasSubstr("\tid\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\""));
    const auto rejected =
        co_await world.fleet.invoke(spec_for(code, "nodejs20.x", "index.rejects"), event("{}", "id"));
    EXPECT_THAT(
        rejected.payload,
        StartsWith(R"({"errorType":"Runtime.UnhandledPromiseRejection","errorMessage":"Error: lost")"));
    const auto missing =
        co_await world.fleet.invoke(spec_for(code, "nodejs20.x", "index.none"), event("{}", "id"));
    EXPECT_EQ(missing.kind, Outcome::Kind::kInitError);
    EXPECT_THAT(
        missing.payload,
        StartsWith(
            R"({"errorType":"Runtime.HandlerNotFound","errorMessage":"index.none is undefined or not exported")"));
  });
}

// Speaks the Runtime API by hand; the event says what to try.
constexpr const char* kBootstrap = R"(#!/usr/bin/python3
import http.client, os, json
c = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
def call(method, path, body=None, headers={}):
    c.request(method, '/2018-06-01/runtime/' + path, body, headers, encode_chunked=True)
    r = c.getresponse()
    return r.status, r.read().decode(), r.headers
while True:
    _, event, headers = call('GET', 'invocation/next')
    id = headers['Lambda-Runtime-Aws-Request-Id']
    what = json.loads(event)
    if what == 'protocol':
        seen = [call('POST', 'invocation/other/response', 'x')[:2], call('GET', 'invocation/next')[0],
                call('POST', 'init/error', '{}')[0], call('GET', 'nothing')[0], int(headers['Lambda-Runtime-Deadline-Ms']) > 0]
        call('POST', f'invocation/{id}/response', json.dumps(seen))
    elif what == 'large':
        print(call('POST', f'invocation/{id}/response', 'x' * 6291557)[:2], flush=True)
    elif what == 'fits':
        call('POST', f'invocation/{id}/response', 'x' * 6291556)
    elif what == 'streamed':
        call('POST', f'invocation/{id}/response', iter([b'one', b'two']),
             {'Transfer-Encoding': 'chunked', 'Lambda-Runtime-Function-Response-Mode': 'streaming'})
    elif what == 'works on':
        call('POST', f'invocation/{id}/response', '1')
        import time; time.sleep(1)
    elif what == 'broken':
        c.sock.sendall(f'POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nTransfer-Encoding: chunked\r\n'
                       'Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n3\r\none\r\n0\r\n'
                       'Lambda-Runtime-Function-Error-Type: Function.Broke\r\n'
                       'Lambda-Runtime-Function-Error-Body: half-way\r\n\r\n'.encode())
        c.sock.recv(4096)
    else:
        call('POST', f'invocation/{id}/response', event)
)";

TEST(Fleet, AProvidedRuntimeSpeaksTheRuntimeApi) {
  Code code;
  code.file("bootstrap", kBootstrap, 0755);
  with_fleet([&](World& world) -> Task<> {
    const auto spec = spec_for(code, "provided.al2023", "anything");
    const auto protocol = co_await world.fleet.invoke(spec, event("\"protocol\"", "id"));
    EXPECT_EQ(protocol.payload,
              "[[400, \"{\\\"errorType\\\":\\\"InvalidRequestID\\\",\\\"errorMessage\\\":\\\"Invalid request "
              "ID\\\"}\"], 403, 403, 404, true]");
    const auto large = co_await world.fleet.invoke(spec, event("\"large\"", "id"));
    EXPECT_EQ(large.kind, Outcome::Kind::kHandledError);
    EXPECT_EQ(large.payload,
              R"({"errorType":"Function.ResponseSizeTooLarge","errorMessage":)"
              R"("Response payload size exceeded maximum allowed payload size (6291556 bytes)."})");
    const auto fits = co_await world.fleet.invoke(spec, event("\"fits\"", "id"));
    EXPECT_EQ(fits.payload.size(), 6291556u);
    const auto streamed = co_await world.fleet.invoke(spec, event("\"streamed\"", "id"));
    EXPECT_EQ(streamed.payload, "onetwo");
    const auto broken = co_await world.fleet.invoke(spec, event("\"broken\"", "id"));
    EXPECT_EQ(broken.kind, Outcome::Kind::kHandledError);
    EXPECT_EQ(broken.payload, R"({"errorType":"Function.Broke","errorMessage":"half-way"})");
    const std::string six_mb = "\"" + std::string(6 << 20, 'y') + "\"";
    const auto echoed = co_await world.fleet.invoke(spec, event(six_mb, "id"));
    EXPECT_TRUE(echoed.payload == six_mb.substr(0, six_mb.size())) << echoed.payload.size();
    EXPECT_EQ(world.fleet.statistics().cold_starts, 1u);
    co_await world.fleet.stop();
    EXPECT_THAT(world.sink.text(), HasSubstr("(413, "));
  });
}

TEST(Fleet, AFunctionThatWorksOnAfterItsAnswerDoesNotHoldTheNextEvent) {
  Code code;
  code.file("bootstrap", kBootstrap, 0755);
  with_fleet([&](World& world) -> Task<> {
    auto spec = spec_for(code, "provided.al2023", "anything");
    spec->timeout = 30s;
    const auto first = co_await world.fleet.invoke(spec, event("\"works on\"", "first"));
    EXPECT_EQ(first.payload, "1");
    const auto second = co_await world.fleet.invoke(spec, event("2", "second"));
    EXPECT_EQ(second.payload, "2");
    EXPECT_EQ(world.fleet.statistics().cold_starts, 2u);
  });
}

TEST(Fleet, CodeWithoutABootstrap) {
  const Code code;
  with_fleet([&](World& world) -> Task<> {
    const auto outcome =
        co_await world.fleet.invoke(spec_for(code, "provided.al2023", "x"), event("{}", "id"));
    EXPECT_EQ(outcome.kind, Outcome::Kind::kInitError);
    EXPECT_THAT(outcome.payload, HasSubstr("Runtime.InvalidEntrypoint"));
    EXPECT_THAT(outcome.log_tail, HasSubstr("Error Type: Runtime.InvalidEntrypoint"));
  });
}

TEST(Fleet, ARuntimeNobodyHasIsAnOutcome) {
  const Code code;
  with_fleet([&](World& world) -> Task<> {
    const auto outcome = co_await world.fleet.invoke(spec_for(code, "java21", "x"), event("{}", "id"));
    EXPECT_EQ(outcome.kind, Outcome::Kind::kInvalidRuntime);
    EXPECT_THAT(outcome.payload, HasSubstr("java21"));
  });
}

Task<> invoke_into(Fleet& fleet, std::shared_ptr<const Spec> spec, std::string id,
                   std::map<std::string, Outcome>& into) {
  Outcome outcome = co_await fleet.invoke(std::move(spec), event("{}", id));
  into[id] = std::move(outcome);
}

TEST(Fleet, ParallelInvocationsGetEnvironmentsOfTheirOwnAndTheyAreReused) {
  const Code code =
      python("import os, time\ndef handler(event, context):\n    time.sleep(0.4)\n    return os.getpid()\n");
  with_fleet([&](World& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    for (int round = 0; round < 2; ++round) {
      std::map<std::string, Outcome> outcomes;
      TaskGroup group(world.executor);
      for (int i = 0; i < 5; ++i)
        group.spawn("invoke", invoke_into(world.fleet, spec, std::to_string(i), outcomes));
      co_await group.join();
      std::map<std::string, int> processes;
      for (const auto& [id, outcome] : outcomes) ++processes[outcome.payload];
      EXPECT_EQ(processes.size(), 5u);
      EXPECT_EQ(world.fleet.statistics().cold_starts, 5u);
    }
  });
}

TEST(Fleet, BoundsAreKeptByEndingIdleOnesByWaitingAndByThrottling) {
  const Code code = python("import time\ndef handler(event, context):\n    time.sleep(0.3)\n");
  FleetOptions options = options_for_test();
  // Nothing is known of them at first, so each counts an eighth of what is configured.
  options.memory_budget_bytes = 2 * (256ULL << 20) / 8;
  with_fleet(
      [&](World& world) -> Task<> {
        const auto first = spec_for(code, "python3.11", "app.handler");
        std::map<std::string, Outcome> outcomes;
        TaskGroup group(world.executor);
        for (int i = 0; i < 4; ++i)
          group.spawn("invoke", invoke_into(world.fleet, first, std::to_string(i), outcomes));
        co_await group.join();
        for (const auto& [id, outcome] : outcomes) EXPECT_TRUE(outcome.succeeded()) << outcome.payload;
        EXPECT_EQ(world.fleet.statistics().cold_starts, 2u);
        const auto other = spec_for(code, "python3.11", "app.handler");
        const Outcome moved = co_await world.fleet.invoke(other, event("{}"));
        EXPECT_TRUE(moved.succeeded());
        EXPECT_LE(world.fleet.statistics().memory_bytes, options.memory_budget_bytes);
      },
      options);
  options.patience = 50ms;
  options.max_environments = 1;
  with_fleet(
      [&](World& world) -> Task<> {
        const auto spec = spec_for(code, "python3.11", "app.handler");
        std::map<std::string, Outcome> outcomes;
        TaskGroup group(world.executor);
        group.spawn("invoke", invoke_into(world.fleet, spec, "a", outcomes));
        group.spawn("invoke", invoke_into(world.fleet, spec, "b", outcomes));
        co_await group.join();
        EXPECT_EQ(outcomes.at("a").kind, Outcome::Kind::kSuccess);
        EXPECT_EQ(outcomes.at("b").kind, Outcome::Kind::kThrottled);
      },
      options);
}

TEST(Fleet, OldEnvironmentsAreReplacedAndTheirCredentialsEnd) {
  const Code code =
      python("import os\ndef handler(event, context):\n    return os.environ['AWS_ACCESS_KEY_ID']\n");
  FleetOptions options = options_for_test();
  options.replace_after = 3s;
  std::vector<std::string> issued;
  std::vector<std::string> ended;
  options.environment_ended = [&](const std::string& tag) { ended.push_back(tag); };
  with_fleet(
      [&](World& world) -> Task<> {
        const auto spec = spec_for(code, "python3.11", "app.handler");
        spec->credentials = [&](std::string environment, Duration lifetime) {
          EXPECT_EQ(lifetime, kCredentialsLifetime);
          issued.push_back(environment);
          return key_named("key" + std::to_string(issued.size()));
        };
        EXPECT_EQ((co_await world.fleet.invoke(spec, event("{}"))).payload, "\"key1\"");
        while (world.warden.alive > 0) co_await world.clock->sleep_elapsed(5ms);
        EXPECT_EQ((co_await world.fleet.invoke(spec, event("{}"))).payload, "\"key2\"");
        while (world.warden.alive > 0 || ended.size() < 2) co_await world.clock->sleep_elapsed(5ms);
        EXPECT_EQ(ended, issued);
      },
      options);
}

TEST(Fleet, IdleEnvironmentsAreFrozenThawedAndRetired) {
  const Code code = python("def handler(event, context):\n    return 1\n");
  FleetOptions options = options_for_test();
  options.freeze_after = 50ms;
  options.retire_after = 400ms;
  with_fleet(
      [&](World& world) -> Task<> {
        const auto spec = spec_for(code, "python3.11", "app.handler");
        co_await world.fleet.invoke(spec, event("{}"));
        while (world.fleet.statistics().frozen == 0) co_await world.clock->sleep_elapsed(5ms);
        const Outcome thawed = co_await world.fleet.invoke(spec, event("{}"));
        EXPECT_TRUE(thawed.succeeded());
        EXPECT_FALSE(thawed.init_duration);
        EXPECT_EQ(world.warden.thaws, 1);
        while (world.warden.alive > 0) co_await world.clock->sleep_elapsed(5ms);
        EXPECT_EQ(world.fleet.statistics().memory_bytes, 0u);
      },
      options);
}

TEST(Fleet, RetireEndsIdleOnesNowAndBusyOnesAfterwards) {
  const Code code =
      python("import time\ndef handler(event, context):\n    time.sleep(event)\n    return 'done'\n");
  with_fleet([&](World& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    co_await world.fleet.invoke(spec, event("0"));
    world.fleet.retire(spec->function_arn);
    while (world.warden.alive > 0) co_await world.clock->sleep_elapsed(5ms);

    std::map<std::string, Outcome> outcomes;
    TaskGroup group(world.executor);
    group.spawn("invoke", invoke_into(world.fleet, spec, "{}", outcomes));
    while (world.fleet.statistics().busy + world.fleet.statistics().starting == 0)
      co_await world.clock->sleep_elapsed(5ms);
    world.fleet.retire(std::shared_ptr<const Spec>(spec));
    co_await group.join();
    EXPECT_EQ(outcomes.size(), 1u);
    while (world.warden.alive > 0) co_await world.clock->sleep_elapsed(5ms);
  });
}

TEST(Fleet, ACallerThatLeavesDoesNotEndTheInvocation) {
  const Code code =
      python("import time\ndef handler(event, context):\n    time.sleep(0.3)\n    print('finished')\n");
  with_fleet([&](World& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    std::map<std::string, Outcome> outcomes;
    for (int round = 0; round < 2; ++round) {  // cold, then warm
      TaskGroup group(world.executor);
      group.spawn("invoke", invoke_into(world.fleet, spec, std::to_string(round), outcomes));
      while (world.fleet.statistics().busy == 0) co_await world.clock->sleep_elapsed(5ms);
      co_await group.stop();
      while (world.fleet.statistics().idle == 0) co_await world.clock->sleep_elapsed(5ms);
    }
    EXPECT_TRUE(outcomes.empty());
    co_await world.fleet.stop();
    EXPECT_THAT(world.sink.text(), HasSubstr("finished\nEND RequestId: 0"));
    EXPECT_THAT(world.sink.text(), HasSubstr("finished\nEND RequestId: 1"));
  });
}

TEST(Fleet, MegabytesOfOutputComeInOrderBeforeTheEnd) {
  const Code code = python(
      "def handler(event, context):\n    for i in range(40000):\n        print('line', i, 'x' * 150)\n    "
      "print('partial', end='')\n");
  with_fleet([&](World& world) -> Task<> {
    auto spec = spec_for(code, "python3.11", "app.handler");
    spec->timeout = 30s;
    const Outcome outcome = co_await world.fleet.invoke(spec, event("{}", "id"));
    EXPECT_TRUE(outcome.succeeded());
    EXPECT_EQ(outcome.log_tail.size(), 4096u);
    EXPECT_THAT(outcome.log_tail, HasSubstr("partial\nEND RequestId: id\nREPORT"));
    co_await world.fleet.stop();
    EXPECT_EQ(world.sink.messages.size(), 40000u + 5);  // INIT_START, START, the partial line, END, REPORT
    if (world.sink.messages.size() < 40002) co_return;
    EXPECT_THAT(world.sink.messages[2], StartsWith("line 0 "));
    EXPECT_THAT(world.sink.messages[40001], StartsWith("line 39999 "));
  });
}

TEST(Fleet, OutputOfARunningFunctionIsWrittenWhileItRuns) {
  const Code code =
      python("import time\ndef handler(event, context):\n    print('early')\n    time.sleep(30)\n");
  with_fleet([&](World& world) -> Task<> {
    auto spec = spec_for(code, "python3.11", "app.handler");
    spec->timeout = 60s;
    std::map<std::string, Outcome> outcomes;
    TaskGroup group(world.executor);
    group.spawn("invoke", invoke_into(world.fleet, spec, "id", outcomes));
    while (world.sink.text().find("early") == std::string::npos) co_await world.clock->sleep_elapsed(5ms);
    EXPECT_TRUE(outcomes.empty());
    co_await world.fleet.stop();
    co_await group.join();
    EXPECT_EQ(outcomes.at("id").kind, Outcome::Kind::kCrash);
  });
}

TEST(Fleet, StoppingDoesNotWaitForInitialisation) {
  const Code code = python("import time\nprint('initialising')\ntime.sleep(600)\n");
  with_fleet([&](World& world) -> Task<> {
    auto spec = spec_for(code, "python3.11", "app.handler");
    spec->timeout = 600s;
    std::map<std::string, Outcome> outcomes;
    TaskGroup group(world.executor);
    group.spawn("invoke", invoke_into(world.fleet, spec, "id", outcomes));
    while (world.sink.text().find("initialising") == std::string::npos)
      co_await world.clock->sleep_elapsed(5ms);
    co_await world.fleet.clear();
    co_await group.join();
    EXPECT_EQ(outcomes.at("id").kind, Outcome::Kind::kThrottled);
    EXPECT_EQ(world.fleet.statistics().cold_starts, 1u);
  });
}

TEST(Fleet, AWardenThatRefusesIsAFailureOfThePlatform) {
  const Code code = python("def handler(event, context): pass\n");
  with_fleet([&](World& world) -> Task<> {
    world.warden.refusal = "no room";
    bool thrown = false;
    try {
      co_await world.fleet.invoke(spec_for(code, "python3.11", "app.handler"), event("{}"));
    } catch (const std::runtime_error& error) {
      thrown = std::string(error.what()) == "no room";
    }
    EXPECT_TRUE(thrown);
    EXPECT_EQ(world.fleet.statistics().memory_bytes, 0u);
  });
}

}  // namespace
}  // namespace martlet::environments
