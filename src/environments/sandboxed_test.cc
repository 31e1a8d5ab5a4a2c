// Environments in real sandboxes; skipped, with the reason, where none can be made.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "environments/sandboxed_fleet_test.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

using World = SandboxedWorld;

void with_fleet(const SandboxedBody& body, FleetOptions options = options_for_test()) {
  with_sandboxed_fleet(body, std::move(options));
}

constexpr const char* kPython = R"(
import os, time
def handler(event, context):
    what = event.get('do')
    if what == 'where':
        return {'task': os.environ['LAMBDA_TASK_ROOT'], 'cwd': os.getcwd(), 'file': __file__, 'runtime': 'bootstrap.py' in os.listdir('/var/runtime')}
    if what == 'tmp':
        open('/tmp/x', 'w').write('y')
        try:
            open('/var/task/x', 'w')
        except OSError as error:
            return [os.listdir('/tmp'), error.errno]
    if what == 'memory':
        blocks = [b'x' * (1 << 20) for _ in range(event['mb'])]
        return len(blocks)
    if what == 'sleep':
        time.sleep(event['seconds'])
    if what == 'print':
        print('x' * event['bytes'])
    if what == 'pid':
        time.sleep(0.3)
        return context.log_stream_name
    return event
)";

TEST(Sandboxed, APythonFunction) {
  Code code;
  code.file("app.py", kPython);
  with_fleet([&](World& world) -> Task<> {
    auto spec = spec_for(code, "python3.11", "app.handler");
    spec->timeout = 30s;  // a fraction of a processor has to fill its memory
    const Outcome where = co_await world.fleet.invoke(spec, event("{\"do\":\"where\"}"));
    EXPECT_EQ(where.payload,
              R"({"task": "/var/task", "cwd": "/var/task", "file": "/var/task/app.py", "runtime": true})");
    const Outcome tmp = co_await world.fleet.invoke(spec, event("{\"do\":\"tmp\"}"));
    EXPECT_EQ(tmp.payload, R"([["x"], 30])");  // EROFS
    EXPECT_GT(where.peak_memory_bytes, 1u << 20);
    const Outcome memory = co_await world.fleet.invoke(spec, event("{\"do\":\"memory\",\"mb\":64}"));
    EXPECT_EQ(memory.payload, "64");
    EXPECT_GT(memory.peak_memory_bytes, 64u << 20);
    const std::string big = "{\"do\":\"" + std::string(5 << 20, 'z') + "\"}";
    const Outcome echoed = co_await world.fleet.invoke(spec, event(big));
    EXPECT_EQ(echoed.payload.size(), big.size() + 1);
    EXPECT_EQ(world.fleet.statistics().cold_starts, 1u);
  });
}

TEST(Sandboxed, TooMuchMemory) {
  Code code;
  code.file("app.py", kPython);
  with_fleet([&](World& world) -> Task<> {
    if (!world.warden.capabilities().memory_limit) co_return;
    auto spec = spec_for(code, "python3.11", "app.handler");
    spec->timeout = 30s;
    const Outcome outcome = co_await world.fleet.invoke(spec, event("{\"do\":\"memory\",\"mb\":2000}", "id"));
    EXPECT_EQ(outcome.kind, Outcome::Kind::kOutOfMemory);
    EXPECT_EQ(
        outcome.payload,
        R"({"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: id Error: Runtime exited with error: signal: killed"})");
    EXPECT_THAT(outcome.log_tail, HasSubstr("\tStatus: error\tError Type: Runtime.OutOfMemory\n"));
    EXPECT_GT(outcome.peak_memory_bytes, 250u << 20);
    const Outcome next = co_await world.fleet.invoke(spec, event("{}", "id"));
    EXPECT_TRUE(next.succeeded());
    EXPECT_TRUE(next.init_duration);
  });
}

TEST(Sandboxed, TimeoutAndOutput) {
  Code code;
  code.file("app.py", kPython);
  with_fleet([&](World& world) -> Task<> {
    auto spec = spec_for(code, "python3.11", "app.handler");
    spec->timeout = 1s;
    const Outcome late = co_await world.fleet.invoke(spec, event("{\"do\":\"sleep\",\"seconds\":30}", "id"));
    EXPECT_EQ(late.kind, Outcome::Kind::kTimeout);
    auto patient = spec_for(code, "python3.11", "app.handler");
    patient->timeout = 30s;
    const Outcome loud =
        co_await world.fleet.invoke(patient, event("{\"do\":\"print\",\"bytes\":3000000}", "id"));
    EXPECT_TRUE(loud.succeeded());
    EXPECT_GT(world.sink.bytes, 2'900'000u);
  });
}

TEST(Sandboxed, NodeAndProvided) {
  Code code;
  code.file(
      "index.mjs",
      "export const handler = async (event) => ({got: event, version: process.version.slice(0, 1)});\n");
  code.file("bootstrap",
            "#!/usr/bin/python3\nimport http.client, os\nc = "
            "http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n"
            "while True:\n c.request('GET', '/2018-06-01/runtime/invocation/next')\n r = c.getresponse()\n "
            "body = r.read()\n"
            " c.request('POST', '/2018-06-01/runtime/invocation/' + "
            "r.headers['Lambda-Runtime-Aws-Request-Id'] + '/response', body)\n"
            " c.getresponse().read()\n",
            0755);
  with_fleet([&](World& world) -> Task<> {
    auto node = spec_for(code, "nodejs20.x", "index.handler");
    node->timeout = 10s;
    EXPECT_EQ((co_await world.fleet.invoke(node, event("{\"a\":[1]}"))).payload,
              R"({"got":{"a":[1]},"version":"v"})");
    const auto provided = spec_for(code, "provided.al2023", "x");
    EXPECT_EQ((co_await world.fleet.invoke(provided, event("\"echo\""))).payload, "\"echo\"");
  });
}

TEST(Sandboxed, AnUnstartableBootstrap) {
  Code code;
  code.file("bootstrap", "not a program", 0755);
  with_fleet([&](World& world) -> Task<> {
    const Outcome outcome = co_await world.fleet.invoke(spec_for(code, "provided", "x"), event("{}", "id"));
    EXPECT_EQ(outcome.kind, Outcome::Kind::kInitError);
    EXPECT_THAT(outcome.payload, HasSubstr("Runtime.InvalidEntrypoint"));
  });
}

Task<> invoke_into(Fleet& fleet, std::shared_ptr<const Spec> spec, std::string payload,
                   std::vector<Outcome>& into) {
  Outcome outcome = co_await fleet.invoke(std::move(spec), event(payload));
  into.push_back(std::move(outcome));
}

TEST(Sandboxed, ParallelOnesThenFrozenThenReused) {
  Code code;
  code.file("app.py", kPython);
  FleetOptions options = options_for_test();
  options.freeze_after = 20ms;
  with_fleet(
      [&](World& world) -> Task<> {
        const auto spec = spec_for(code, "python3.11", "app.handler");
        std::vector<Outcome> outcomes;
        TaskGroup group(world.executor);
        for (int i = 0; i < 5; ++i)
          group.spawn("invoke", invoke_into(world.fleet, spec, "{\"do\":\"pid\"}", outcomes));
        co_await group.join();
        std::map<std::string, int> streams;
        for (const Outcome& outcome : outcomes) ++streams[outcome.payload];
        EXPECT_EQ(streams.size(), 5u);
        while (world.fleet.statistics().frozen < 5) co_await world.clock->sleep_elapsed(5ms);
        const Outcome again = co_await world.fleet.invoke(spec, event("{\"do\":\"again\"}"));
        EXPECT_EQ(again.payload, R"({"do": "again"})");
        EXPECT_EQ(world.fleet.statistics().cold_starts, 5u);
        world.fleet.retire(spec->function_arn);
        while (world.fleet.statistics().memory_bytes > 0) co_await world.clock->sleep_elapsed(5ms);
      },
      options);
}

/// An extension of a layer that prints what it sees, and holds on to what it is told at its end.
constexpr const char* kExtension = R"(#!/usr/bin/python3
import http.client, json, os, sys
c = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
def call(method, path, body=None, headers={}):
    c.request(method, '/2020-01-01/extension/' + path, body, headers)
    r = c.getresponse()
    return r.read(), r.headers
id = call('POST', 'register', '{"events":["INVOKE","SHUTDOWN"]}', {'Lambda-Extension-Name': 'watcher'})[1]['Lambda-Extension-Identifier']
while True:
    event = json.loads(call('GET', 'event/next', None, {'Lambda-Extension-Identifier': id})[0])
    print('watcher', event['eventType'], event.get('shutdownReason'), os.getuid(), sorted(os.listdir('/opt/extensions')), flush=True)
    if event['eventType'] == 'SHUTDOWN': sys.exit(0)
)";

TEST(Sandboxed, AnExtensionRunsBesideTheFunctionUntilTheEnd) {
  Code code;
  code.file("app.py", kPython);
  Code layer;
  layer.file("extensions/watcher", kExtension, 0755);
  with_fleet([&](World& world) -> Task<> {
    auto spec = spec_for(code, "python3.11", "app.handler");
    spec->opt_directory = layer.directory();
    spec->timeout = 20s;
    EXPECT_EQ((co_await world.fleet.invoke(spec, event("{\"do\":\"it\"}", "id"))).payload, R"({"do": "it"})");
    world.fleet.retire(spec->function_arn);
    co_await world.fleet.stop();
    EXPECT_THAT(world.sink.text(), HasSubstr("watcher INVOKE None 993 ['watcher']\n"));
    EXPECT_THAT(world.sink.text(), HasSubstr("EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE,"));
    EXPECT_THAT(world.sink.text(), HasSubstr("watcher SHUTDOWN spindown 993"));
  });
}

TEST(Sandboxed, TooMuchMemoryBesideAnExtension) {
  Code code;
  code.file("app.py", kPython);
  Code layer;
  layer.file("extensions/watcher", kExtension, 0755);
  with_fleet([&](World& world) -> Task<> {
    if (!world.warden.capabilities().memory_limit) co_return;
    auto spec = spec_for(code, "python3.11", "app.handler");
    spec->opt_directory = layer.directory();
    spec->timeout = 30s;
    const Outcome outcome = co_await world.fleet.invoke(spec, event("{\"do\":\"memory\",\"mb\":2000}", "id"));
    EXPECT_EQ(outcome.kind, Outcome::Kind::kOutOfMemory);
  });
}

TEST(Sandboxed, ManyWarmInvocationsUseOneEnvironment) {
  Code code;
  code.file("app.py", "def handler(event, context):\n    return event\n");
  with_fleet([&](World& world) -> Task<> {
    auto spec = spec_for(code, "python3.11", "app.handler");
    spec->memory_mb = 1769;
    co_await world.fleet.invoke(spec, event("{}"));
    const auto began = world.clock->elapsed();
    constexpr int kCount = 500;
    for (int i = 0; i < kCount; ++i) {
      const Outcome outcome = co_await world.fleet.invoke(spec, event("{\"n\": 1}"));
      if (!outcome.succeeded()) ADD_FAILURE() << outcome.payload;
    }
    const auto each = (world.clock->elapsed() - began) / kCount;
    RecordProperty("microseconds_each", static_cast<int>(each.count() / 1000));
    EXPECT_EQ(world.fleet.statistics().cold_starts, 1u);
  });
}

}  // namespace
}  // namespace martlet::environments
