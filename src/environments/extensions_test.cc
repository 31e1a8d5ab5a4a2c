// Extensions in environments over child processes: their API, their lifecycle, their end.

#include "environments/extensions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "environments/environment_bench_test.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

/// A function's code with a runtime that echoes, and a layer with extensions.
struct Layered {
  Layered() { code.file("bootstrap", kEcho, 0755); }

  Layered& extension(const std::string& name, const std::string& program) {
    layer.file("extensions/" + name, kApiClient + program, 0755);
    return *this;
  }
  [[nodiscard]] std::shared_ptr<Spec> spec() const {
    auto spec = spec_for(code, "provided.al2023", "the.handler");
    spec->opt_directory = layer.directory();
    spec->timeout = 20s;
    return spec;
  }

  const std::string kEcho = kApiClient + R"(
while True:
    event, id = next_event()
    if event == 'exit': os._exit(3)
    call('POST', R + f'invocation/{id}/response', json.dumps(event))
)";
  Code code;
  Code layer;
};

/// Registers, prints every event, and ends when it is told to.
constexpr const char* kObserver = R"(
status, body, id = register('observer', ['INVOKE', 'SHUTDOWN'])
print('registered', status, body, sorted(k for k in os.environ if k in ('_HANDLER', 'LAMBDA_TASK_ROOT', 'AWS_REGION')), flush=True)
while True:
    status, body, headers = next_for(id)
    event = json.loads(body)
    print('event', body, 'Lambda-Extension-Event-Identifier' in headers, flush=True)
    if event['eventType'] == 'SHUTDOWN': sys.exit(0)
)";

TEST(Extensions, AnExternalOneSeesInvocationsAndTheShutdown) {
  Layered function;
  function.extension("observer", kObserver);
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    const auto environment = co_await bench.start(function.spec());
    Invocation invocation = event("[1]", "id");
    invocation.trace_id = "Root=1-2-3";
    EXPECT_EQ((co_await bench.invoke(environment, invocation)).payload, "[1]");
    co_await bench.until(*environment, Environment::State::kIdle);
    co_await bench.stop();
    const std::string log = bench.sink.text();
    EXPECT_THAT(log, HasSubstr("EXTENSION\tName: observer\tState: Ready\tEvents: [INVOKE,"));
    EXPECT_THAT(log, HasSubstr(R"(registered 200 {"functionName":"f","functionVersion":"$LATEST",)"
                               R"("handler":"the.handler"} ['AWS_REGION'])"));
    EXPECT_THAT(log, HasSubstr(R"("requestId":"id","invokedFunctionArn":"arn:aws:lambda:us-east-1:)"
                               R"(000000000000:function:f","tracing":{"type":"X-Amzn-Trace-Id",)"
                               R"("value":"Root=1-2-3"}} True)"));
    EXPECT_THAT(log, HasSubstr(R"(event {"eventType":"SHUTDOWN","shutdownReason":"spindown","deadlineMs":)"));
  });
}

TEST(Extensions, TheAnswerGoesOutAtOnceAndTheInvocationLastsUntilTheyAreDone) {
  Layered function;
  function.extension("slow", R"(
status, body, id = register('slow', ['INVOKE'])
while True:
    next_for(id)
    while not os.path.exists(os.environ['GO']): time.sleep(0.01)
    print('worked', flush=True)
)");
  const Code flag;
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    const auto spec = function.spec();
    spec->variables["GO"] = flag.directory() + "/go";
    const auto environment = co_await bench.start(spec);
    const Outcome outcome = co_await bench.invoke(environment, event("1", "id"));
    EXPECT_EQ(outcome.payload, "1");
    EXPECT_EQ(environment->state(), Environment::State::kReplied);
    EXPECT_THAT(bench.sink.text() + outcome.log_tail, Not(HasSubstr("REPORT RequestId: id")));
    std::ofstream(flag.directory() + "/go") << "go";
    co_await bench.until(*environment, Environment::State::kIdle);
    EXPECT_TRUE(environment->takes_events());
    co_await bench.stop();
    EXPECT_THAT(bench.sink.text(), HasSubstr("worked\nEND RequestId: id\nREPORT RequestId: id\t"));
  });
}

TEST(Extensions, TheTimeoutCountsThemAndTheyAreTold) {
  Layered function;
  function.extension("stuck", R"(
status, body, id = register('stuck', ['INVOKE', 'SHUTDOWN'])
def wait():
    while True: print('told', next_for(id, connection())[1], flush=True)
next_for(id)
threading.Thread(target=lambda: (time.sleep(2), wait())).start()
)");
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    const auto spec = function.spec();
    spec->timeout = 1s;
    const auto environment = co_await bench.start(spec);
    EXPECT_TRUE((co_await bench.invoke(environment, event("1", "id"))).succeeded());
    co_await bench.until(*environment, Environment::State::kEnded);
    co_await bench.stop();
    EXPECT_THAT(bench.sink.text(), HasSubstr("id Task timed out after 1.00 seconds\n"));
    EXPECT_THAT(bench.sink.text(), HasSubstr("\tStatus: timeout"));
    EXPECT_THAT(bench.sink.text(), HasSubstr(R"("shutdownReason":"timeout")"));
  });
}

TEST(Extensions, FailuresEndTheEnvironment) {
  struct Case {
    std::string program;
    std::string error_type;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"sys.exit(7)", "Extension.Crash", "exit code 7"},
      {"register('x', [])\nsys.exit(0)", "Extension.Crash", "exit code 0"},
      {"id = register('x', [])[2]\nprint(call('POST', E + 'init/error', '{}', "
       "{'Lambda-Extension-Identifier': id, "
       "'Lambda-Extension-Function-Error-Type': 'Extension.NoConfig'})[:2], flush=True)\ntime.sleep(60)",
       "Extension.InitError", "Extension.NoConfig"},
      {"id = register('x', [])[2]\ncall('POST', E + 'exit/error', '{}', {'Lambda-Extension-Identifier': id, "
       "'Lambda-Extension-Function-Error-Type': 'Extension.Broke'})\ntime.sleep(60)",
       "Extension.ExitError", "Extension.Broke"},
  };
  for (const Case& one : cases) {
    Layered function;
    function.extension("x", one.program);
    with_bench([&](EnvironmentBench& bench) -> Task<> {
      const auto environment = bench.make(function.spec());
      co_await environment->start(20s);
      EXPECT_FALSE(co_await environment->initialised());
      EXPECT_EQ(environment->init_failure().error_type, one.error_type);
      EXPECT_EQ(environment->init_failure().message, one.message);
      co_await bench.until(*environment, Environment::State::kEnded);
    });
  }
}

TEST(Extensions, OneThatCrashesDuringAnInvocationFailsIt) {
  Layered function;
  function.code.file("bootstrap", kApiClient + "next_event()\ntime.sleep(60)\n", 0755);
  function.extension("x", "id = register('x', ['INVOKE'])[2]\nnext_for(id)\nos.kill(os.getpid(), 9)\n");
  function.extension("observer", kObserver);
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    const auto environment = co_await bench.start(function.spec());
    const Outcome outcome = co_await bench.invoke(environment, event("1", "id"));
    EXPECT_EQ(outcome.kind, Outcome::Kind::kCrash);
    EXPECT_EQ(outcome.payload,
              R"({"errorType":"Extension.Crash","errorMessage":"RequestId: id Error: signal: killed"})");
    EXPECT_THAT(outcome.log_tail, HasSubstr("Error Type: Extension.Crash\n"));
    co_await bench.until(*environment, Environment::State::kEnded);
    co_await bench.stop();
    EXPECT_THAT(bench.sink.text(), HasSubstr(R"("shutdownReason":"failure")"));
  });
}

TEST(Extensions, ARuntimeThatCrashesBesideThemIsReportedAndTheyAreTold) {
  Layered function;
  function.extension("observer", kObserver);
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    const auto environment = co_await bench.start(function.spec());
    const Outcome outcome = co_await bench.invoke(environment, event("\"exit\"", "id"));
    EXPECT_EQ(outcome.payload, R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: id Error: )"
                               R"(Runtime exited with error: exit status 3"})");
    co_await bench.until(*environment, Environment::State::kEnded);
    co_await bench.stop();
    EXPECT_THAT(bench.sink.text(), HasSubstr(R"("shutdownReason":"failure")"));
  });
}

TEST(Extensions, TheApiRefuses) {
  Layered function;
  function.extension("external", R"(
def show(what, answer): print(what, answer[0], json.loads(answer[1]).get('errorType'), flush=True)
show('nameless', call('POST', E + 'register', '{"events": []}'))
show('format', call('POST', E + 'register', '[', {'Lambda-Extension-Name': 'external'}))
show('event', register('external', ['OTHER']))
status, body, headers = call('POST', E + 'register', '{"events":["INVOKE","INVOKE"]}',
                             {'Lambda-Extension-Name': 'external', 'Lambda-Extension-Accept-Feature': 'x, accountId'})
id = headers['Lambda-Extension-Identifier']
print('account', json.loads(body)['accountId'], flush=True)
show('again', register('external', []))
show('internal shutdown', register('inner', ['SHUTDOWN']))
show('internal', register('inner', ['INVOKE']))
show('same name', register('inner', ['INVOKE']))
for i in range(8): register(f'inner{i}', [])
show('too many', register('eleventh', []))
show('missing', call('GET', E + 'event/next'))
show('invalid', next_for('x'))
show('unknown', next_for('01234567-0123-0123-0123-0123456789ab'))
show('no reason', call('POST', E + 'init/error', '', {'Lambda-Extension-Identifier': id}))
show('nothing', call('GET', E + 'nothing'))
show('method', call('POST', E + 'event/next'))
show('large', call('PUT', '/2022-07-01/telemetry', '{}', {'Lambda-Extension-Identifier': id}))
print('done', flush=True)
next_for(id)
)");
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    const auto environment = bench.make(function.spec());
    co_await environment->start(20s);
    while (bench.sink.text().find("done\n") == std::string::npos &&
           environment->state() != Environment::State::kEnded)
      co_await bench.clock->sleep_elapsed(2ms);
    environment->kill();
    co_await bench.until(*environment, Environment::State::kEnded);
    EXPECT_THAT(bench.sink.text(), HasSubstr("nameless 403 Extension.InvalidExtensionName\n"
                                             "format 403 InvalidRequestFormat\n"
                                             "event 403 Extension.InvalidEventType\n"
                                             "account 000000000000\n"
                                             "again 403 Extension.InvalidExtensionState\n"
                                             "internal shutdown 403 Extension.InvalidEventType\n"
                                             "internal 200 None\n"
                                             "same name 403 Extension.InvalidExtensionState\n"
                                             "too many 403 Extension.TooManyExtensions\n"
                                             "missing 403 Extension.MissingExtensionIdentifier\n"
                                             "invalid 403 Extension.InvalidExtensionIdentifier\n"
                                             "unknown 403 Extension.UnknownExtensionIdentifier\n"
                                             "no reason 403 Extension.MissingHeader\n"
                                             "nothing 404 NotFound\n"
                                             "method 404 NotFound\n"
                                             "large 400 ValidationError\n"));
  });
}

TEST(Extensions, InternalOnesRegisterBeforeTheFirstNextAndGetASignal) {
  Layered function;
  function.code.file("bootstrap", kApiClient + R"(
import signal
signal.signal(signal.SIGTERM, lambda *_: (print('terminated', flush=True), os._exit(0)))
status, body, id = register('inner', ['INVOKE'])
own = connection()
def inner():
    while True: print('inner', next_for(id, own)[1], flush=True)
threading.Thread(target=inner, daemon=True).start()
while True:
    event, request = next_event()
    call('POST', R + f'invocation/{request}/response', json.dumps(register('late', ['INVOKE'], connection())[0]))
)",
                     0755);
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    const auto spec = function.spec();
    spec->opt_directory.clear();
    const auto environment = co_await bench.start(spec);
    EXPECT_EQ((co_await bench.invoke(environment, event("1", "id"))).payload, "403");
    co_await bench.until(*environment, Environment::State::kIdle);
    environment->kill();
    co_await bench.until(*environment, Environment::State::kEnded);
    co_await bench.stop();
    EXPECT_THAT(bench.sink.text(), HasSubstr("EXTENSION\tName: inner\tState: Ready\tEvents: [INVOKE]"));
    EXPECT_THAT(bench.sink.text(), HasSubstr(R"(inner {"eventType":"INVOKE",)"));
    EXPECT_THAT(bench.sink.text(), HasSubstr("terminated\n"));
  });
}

TEST(Extensions, WhatCannotBeStarted) {
  Layered function;
  function.layer.file("extensions/text", "no program", 0755);
  function.layer.file("extensions/ignored", "not executable", 0644);
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    EXPECT_THAT(external_extensions_of(*function.spec()), testing::ElementsAre("text"));
    const auto environment = bench.make(function.spec());
    co_await environment->start(20s);
    EXPECT_FALSE(co_await environment->initialised());
    EXPECT_EQ(environment->init_failure().error_type, "Extension.LaunchError");
    co_await bench.until(*environment, Environment::State::kEnded);
  });
}

}  // namespace
}  // namespace martlet::environments
