// An extension that subscribes to telemetry, in a real sandbox, from its registration to what it is told;
// skipped where none can be made.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "environments/sandboxed_fleet_test.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// Subscribes over SUBSCRIPTION, and shows all it was told to whoever asks its port 8081, once the asked-for
/// text is among it.
constexpr const char* kAgent = R"(#!/usr/bin/python3
import http.server, json, os, socketserver, threading, urllib.request

told = []
news = threading.Condition()

def take(text):
    with news:
        told.append(text)
        news.notify_all()

class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        take(self.rfile.read(int(self.headers['Content-Length'])).decode())
        self.send_response(200)
        self.send_header('Content-Length', '0')
        self.end_headers()
    def do_GET(self):
        wanted = self.path[1:]
        with news:
            news.wait_for(lambda: wanted in ''.join(told))
            body = ''.join(told).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass

class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            take(line.decode())

def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()

serve(http.server.ThreadingHTTPServer(('sandbox.localdomain', 8081), Listener))
serve(socketserver.ThreadingTCPServer(('sandbox', 8082), Lines))

api = 'http://' + os.environ['AWS_LAMBDA_RUNTIME_API']

def call(method, path, headers, body=None):
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(api + path, data, headers, method=method))

registered = call('POST', '/2020-01-01/extension/register', {'Lambda-Extension-Name': 'agent'},
                  {'events': ['INVOKE', 'SHUTDOWN']})
me = {'Lambda-Extension-Identifier': registered.headers['Lambda-Extension-Identifier']}
print('agent:', call('PUT', 'PATH', me, SUBSCRIPTION).read().decode(), flush=True)
while True:
    if json.load(call('GET', '/2020-01-01/extension/event/next', me))['eventType'] == 'SHUTDOWN':
        break
)";

constexpr const char* kFunction = R"(
import urllib.request
print('loaded', flush=True)
def handler(event, context):
    print('working on', event['wait'], flush=True)
    return urllib.request.urlopen('http://127.0.0.1:8081/' + event['wait']).read().decode()
)";

struct Function {
  Function(const std::string& path, const std::string& subscription) {
    std::string agent = kAgent;
    agent.replace(agent.find("'PATH'"), 6, "'" + path + "'");
    const std::string word = ", SUBSCRIPTION)";
    agent.replace(agent.find(word), word.size(), ", " + subscription + ")");
    layer.file("extensions/agent", agent, 0755);
    code.file("app.py", kFunction);
    spec = spec_for(code, "python3.11", "app.handler");
    spec->opt_directory = layer.directory();
    spec->timeout = 30s;
  }
  Code code;
  Code layer;
  std::shared_ptr<Spec> spec;
};

TEST(TelemetryExtension, IsToldOverHttpWhatHappensBeginningWithInitialisation) {
  Function function("/2022-07-01/telemetry",
                    "{'schemaVersion': '2022-07-01', 'types': ['platform', 'function', 'extension'], "
                    "'buffering': {'timeoutMs': 25}, "
                    "'destination': {'protocol': 'HTTP', 'URI': 'http://sandbox.localdomain:8081/in'}}");
  with_sandboxed_fleet([&](SandboxedWorld& world) -> Task<> {
    const Outcome first = co_await world.fleet.invoke(function.spec, event(R"({"wait":"working"})", "one"));
    EXPECT_THAT(first.payload, HasSubstr(R"(\"platform.initStart\")"));
    EXPECT_THAT(first.payload, HasSubstr(R"(\"type\":\"platform.telemetrySubscription\",\"record\":)"
                                         R"({\"name\":\"agent\",\"state\":\"Subscribed\")"));
    EXPECT_THAT(first.payload, HasSubstr(R"(\"type\":\"function\",\"record\":\"loaded\\n\")"));
    EXPECT_THAT(first.payload, HasSubstr(R"(\"type\":\"extension\",\"record\":\"agent: \\\"OK\\\"\\n\")"));
    EXPECT_THAT(first.payload, HasSubstr(R"(\"platform.initRuntimeDone\")"));
    EXPECT_THAT(first.payload, HasSubstr(R"(\"platform.start\",\"record\":{\"requestId\":\"one\")"));
    // What came after the first answer is told during the second invocation.
    const Outcome second =
        co_await world.fleet.invoke(function.spec, event(R"({"wait":"platform.report"})", "two"));
    EXPECT_THAT(second.payload, HasSubstr(R"(\"platform.runtimeDone\",\"record\":{\"requestId\":\"one\")"));
    EXPECT_THAT(second.payload, HasSubstr(R"(\"platform.report\",\"record\":{\"requestId\":\"one\")"));
    EXPECT_THAT(second.payload, Not(HasSubstr("logsDropped")));
    co_await world.fleet.clear();
    const std::string log = world.sink.text();
    EXPECT_THAT(
        log,
        HasSubstr("TELEMETRY\tName: agent\tState: Subscribed\tTypes: [Platform, Function, Extension]\n"));
    EXPECT_THAT(log, HasSubstr("agent: \"OK\"\n"));
  });
}

TEST(TelemetryExtension, TheLogsApiOverTcp) {
  Function function("/2020-08-15/logs",
                    "{'types': ['platform'], 'buffering': {'timeoutMs': 25}, "
                    "'destination': {'protocol': 'TCP', 'port': 8082}}");
  with_sandboxed_fleet([&](SandboxedWorld& world) -> Task<> {
    co_await world.fleet.invoke(function.spec, event(R"({"wait":"platform.start"})", "one"));
    const Outcome second =
        co_await world.fleet.invoke(function.spec, event(R"({"wait":"platform.report"})", "two"));
    EXPECT_THAT(second.payload, HasSubstr(R"(\"platform.logsSubscription\")"));
    EXPECT_THAT(second.payload, HasSubstr(R"(\"platform.end\",\"record\":{\"requestId\":\"one\"}}\n{)"));
    EXPECT_THAT(second.payload, Not(HasSubstr("initStart")));
    EXPECT_THAT(second.payload, Not(HasSubstr("working on")));
    co_await world.fleet.clear();
    EXPECT_THAT(world.sink.text(), HasSubstr("LOGS\tName: agent\tState: Subscribed\tTypes: [Platform]\n"));
  });
}

TEST(TelemetryExtension, WhoeverNeverTakesAnythingHoldsNobodyUp) {
  // Port 8083: nobody listens.
  Function function("/2022-07-01/telemetry",
                    "{'schemaVersion': '2022-07-01', 'types': ['platform', 'function'], "
                    "'buffering': {'timeoutMs': 25}, "
                    "'destination': {'protocol': 'HTTP', 'URI': 'http://sandbox.localdomain:8083'}}");
  function.code.file("app.py", "def handler(event, context):\n  print('x' * 3000000)\n  return 'done'\n");
  with_sandboxed_fleet([&](SandboxedWorld& world) -> Task<> {
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ((co_await world.fleet.invoke(function.spec, event("{}"))).payload, "\"done\"");
  });
}

}  // namespace
}  // namespace martlet::environments
