// Single environments over child processes: streamed answers, SnapStart, more than one slot.

#include "environments/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "environments/environment_bench_test.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

/// Keeps what it is given; writes only when it may.
class KeepingSink final : public ResponseSink {
 public:
  explicit KeepingSink(Executor executor) : changed_(std::move(executor)) {}
  Task<> begin(std::string type) override {
    content_type = std::move(type);
    co_return;
  }
  Task<> write(std::string piece) override {
    ++under_way;
    while (held) co_await changed_.wait();
    --under_way;
    if (gone) throw std::runtime_error("the caller has left");
    text += piece;
    pieces.push_back(std::move(piece));
  }
  void release() {
    held = false;
    changed_.notify_all();
  }

  std::string content_type;
  std::string text;
  std::vector<std::string> pieces;
  bool held = false;
  bool gone = false;
  int under_way = 0;

 private:
  Signal changed_;
};

const std::string kStreamer = kApiClient + R"(
import select
while True:
    event, id = next_event()
    path = R + f'invocation/{id}/response'
    streaming = {'Transfer-Encoding': 'chunked', 'Lambda-Runtime-Function-Response-Mode': 'streaming', 'Content-Type': 'text/x'}
    def raw(text):
        c.sock.sendall((f'POST {path} HTTP/1.1\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n'
                        'Transfer-Encoding: chunked\r\n\r\n' + text).encode())
    if event == 'stream':
        call('POST', path, iter([b'one', b'two', b'three']), streaming)
    elif event == 'whole':
        call('POST', path, '"whole"', {'Content-Type': 'application/json'})
    elif event == 'error':
        call('POST', R + f'invocation/{id}/error', '{"errorType":"Early"}')
    elif event == 'midstream':
        raw('3\r\none\r\n0\r\nLambda-Runtime-Function-Error-Type: Function.Broke\r\n'
            'Lambda-Runtime-Function-Error-Body: eyJlcnJvclR5cGUiOiJCcm9rZSJ9\r\n\r\n')
        c.sock.recv(4096)
    elif event == 'broken off':
        raw('3\r\none\r\n')
        c.close()
    elif event == 'exits':
        raw('3\r\none\r\n')
        time.sleep(0.1)
        os._exit(3)
    elif event == 'hangs':
        raw('3\r\none\r\n')
        time.sleep(60)
    elif event == 'too much':
        print(call('POST', path, iter([b'x' * 1048576] * 201), streaming)[0], flush=True)
    elif event == 'much':
        raw('')
        rest = b'10000\r\n' + b'y' * 65536 + b'\r\n'
        rest = rest * 300 + b'0\r\n\r\n'
        while rest:
            if not select.select([], [c.sock], [], 0.3)[1]:
                print('blocked', flush=True)
                select.select([], [c.sock], [])
            rest = rest[c.sock.send(rest[:65536]):]
        print('sent', flush=True)
        c.sock.recv(4096)
    elif event == 'twice':
        call('POST', path, iter([b'one']), streaming)
        print(call('POST', path, 'x', streaming)[0], flush=True)
)";

Invocation event_for(const std::string& payload, const std::shared_ptr<KeepingSink>& sink) {
  Invocation invocation = event(payload, "id");
  invocation.sink = sink;
  return invocation;
}

TEST(Streaming, AnswersGoToTheSinkAsTheyCome) {
  Code code;
  code.file("bootstrap", kStreamer, 0755);
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    const auto environment = co_await bench.start(spec_for(code, "provided.al2023", "x"));
    const auto streamed = std::make_shared<KeepingSink>(bench.executor);
    const Outcome outcome = co_await bench.invoke(environment, event_for("\"stream\"", streamed));
    EXPECT_TRUE(outcome.succeeded());
    EXPECT_TRUE(outcome.streamed);
    EXPECT_EQ(outcome.payload, "");
    EXPECT_EQ(streamed->text, "onetwothree");
    EXPECT_EQ(streamed->content_type, "text/x");

    const auto whole = std::make_shared<KeepingSink>(bench.executor);
    EXPECT_TRUE((co_await bench.invoke(environment, event_for("\"whole\"", whole))).streamed);
    EXPECT_EQ(whole->text, "\"whole\"");
    EXPECT_EQ(whole->content_type, "application/json");

    const Outcome buffered = co_await bench.invoke(environment, event("\"stream\"", "id"));
    EXPECT_FALSE(buffered.streamed);
    EXPECT_EQ(buffered.payload, "onetwothree");

    const auto failed = std::make_shared<KeepingSink>(bench.executor);
    const Outcome early = co_await bench.invoke(environment, event_for("\"error\"", failed));
    EXPECT_FALSE(early.streamed);
    EXPECT_EQ(early.payload, R"({"errorType":"Early"})");
    EXPECT_TRUE(failed->pieces.empty());
  });
}

TEST(Streaming, ErrorsInTheMiddle) {
  Code code;
  code.file("bootstrap", kStreamer, 0755);
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    auto spec = spec_for(code, "provided.al2023", "x");
    const auto environment = co_await bench.start(spec);
    const auto said = std::make_shared<KeepingSink>(bench.executor);
    const Outcome midstream = co_await bench.invoke(environment, event_for("\"midstream\"", said));
    EXPECT_EQ(midstream.kind, Outcome::Kind::kHandledError);
    EXPECT_TRUE(midstream.streamed);
    EXPECT_EQ(midstream.payload, R"({"errorType":"Broke"})");
    EXPECT_EQ(said->text, "one");

    const auto cut = std::make_shared<KeepingSink>(bench.executor);
    const Outcome broken = co_await bench.invoke(environment, event_for("\"broken off\"", cut));
    EXPECT_TRUE(broken.streamed);
    EXPECT_THAT(broken.payload, HasSubstr("Runtime.TruncatedResponse"));
    EXPECT_EQ(cut->text, "one");

    const auto dead = std::make_shared<KeepingSink>(bench.executor);
    const Outcome exits = co_await bench.invoke(environment, event_for("\"exits\"", dead));
    EXPECT_EQ(exits.kind, Outcome::Kind::kCrash);
    EXPECT_TRUE(exits.streamed);
    EXPECT_EQ(dead->text, "one");

    spec->timeout = 1s;
    const auto slow = co_await bench.start(spec);
    const auto late = std::make_shared<KeepingSink>(bench.executor);
    const Outcome hangs = co_await bench.invoke(slow, event_for("\"hangs\"", late));
    EXPECT_EQ(hangs.kind, Outcome::Kind::kTimeout);
    EXPECT_TRUE(hangs.streamed);
    EXPECT_EQ(late->text, "one");
  });
}

TEST(Streaming, ASlowReaderSlowsTheFunctionDownAndOneThatLeavesDoesNotEndIt) {
  Code code;
  code.file("bootstrap", kStreamer, 0755);
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    auto spec = spec_for(code, "provided.al2023", "x");
    spec->timeout = 60s;
    const auto environment = co_await bench.start(spec);
    const auto sink = std::make_shared<KeepingSink>(bench.executor);
    sink->held = true;
    const auto run = EnvironmentBench::run_of(event_for("\"much\"", sink));
    environment->begin(run);
    const auto printed = [&](const char* what) { return bench.sink.text().find(what) != std::string::npos; };
    while (!printed("blocked\n") && !printed("sent\n") && !run->outcome)
      co_await bench.clock->sleep_elapsed(2ms);
    EXPECT_FALSE(printed("sent\n"));
    EXPECT_EQ(sink->under_way, 1);
    EXPECT_FALSE(run->outcome);
    sink->release();
    co_await environment->finished(run);
    EXPECT_EQ(sink->text.size(), 300u * 65536);

    const auto gone = std::make_shared<KeepingSink>(bench.executor);
    gone->gone = true;
    const Outcome outcome = co_await bench.invoke(environment, event_for("\"much\"", gone));
    EXPECT_TRUE(outcome.succeeded());
    const Outcome next = co_await bench.invoke(environment, event("\"stream\"", "id"));
    EXPECT_EQ(next.payload, "onetwothree");
  });
}

TEST(Streaming, LimitsAndStates) {
  Code code;
  code.file("bootstrap", kStreamer, 0755);
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    auto spec = spec_for(code, "provided.al2023", "x");
    spec->timeout = 60s;
    const auto environment = co_await bench.start(spec);
    const auto sink = std::make_shared<KeepingSink>(bench.executor);
    const Outcome large = co_await bench.invoke(environment, event_for("\"too much\"", sink));
    EXPECT_EQ(large.kind, Outcome::Kind::kHandledError);
    EXPECT_TRUE(large.streamed);
    EXPECT_THAT(large.payload, HasSubstr("Function.ResponseSizeTooLarge"));
    EXPECT_LE(sink->text.size(), kMaxStreamedBytes);
  });
}

const std::string kSnapStart = kApiClient + R"(
import urllib.request
print('type', os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'], 'AWS_ACCESS_KEY_ID' in os.environ, flush=True)
def credentials(token):
    request = urllib.request.Request(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI'], headers={'Authorization': token})
    try:
        return json.loads(urllib.request.urlopen(request).read())
    except Exception as error:
        return str(error)
token = os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN']
print('before', credentials(token)['AccessKeyId'], credentials(token)['AccessKeyId'], credentials('x'), flush=True)
status = call('GET', R + 'restore/next')[0]
print('restored', status, call('GET', R + 'restore/next')[0], credentials(token)['AccessKeyId'], flush=True)
what = os.environ.get('WHAT')
if what == 'fails':
    call('POST', R + 'restore/error', '{"errorType":"Hook"}', {'Lambda-Runtime-Function-Error-Type': 'Hook.Failed'})
    time.sleep(60)
if what == 'exits':
    os._exit(4)
while True:
    event, id = next_event()
    call('POST', R + f'invocation/{id}/response', json.dumps(credentials(token)))
)";

struct Keys {
  int made = 0;
  Task<std::map<std::string, std::string>> make() {
    co_return std::map<std::string, std::string>{{"AWS_ACCESS_KEY_ID", "key" + std::to_string(++made)},
                                                 {"AWS_SECRET_ACCESS_KEY", "secret"},
                                                 {"AWS_SESSION_TOKEN", "token"}};
  }
};

TEST(SnapStart, HeldThenRestoredWithFreshCredentials) {
  Code code;
  code.file("bootstrap", kSnapStart, 0755);
  Keys keys;
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    const auto spec = spec_for(code, "provided.al2023", "x");
    spec->snap_start = true;
    spec->credentials = [&keys](std::string, Duration) { return keys.make(); };
    const auto environment = co_await bench.start(spec);
    EXPECT_EQ(environment->state(), Environment::State::kHeld);
    EXPECT_FALSE(environment->takes_events());
    co_await Environment::freeze(environment);
    EXPECT_TRUE(environment->frozen());
    EXPECT_TRUE(co_await environment->restore());
    EXPECT_EQ(environment->state(), Environment::State::kIdle);
    const Outcome first = co_await bench.invoke(environment, event("1", "first"));
    EXPECT_THAT(first.payload,
                MatchesRegex("\\{\"AccessKeyId\": \"key2\", \"SecretAccessKey\": \"secret\", \"Token\": "
                             "\"token\", \"Expiration\": \"20.*T.*Z\"\\}"));
    EXPECT_TRUE(first.restore_duration);
    EXPECT_FALSE(first.init_duration);
    EXPECT_THAT(first.log_tail, HasSubstr("\tRestore Duration: "));
    EXPECT_THAT(first.log_tail, HasSubstr("\tBilled Restore Duration: "));
    EXPECT_GE(first.billed_duration, *first.restore_duration);
    const Outcome second = co_await bench.invoke(environment, event("1", "second"));
    EXPECT_THAT(second.log_tail, Not(HasSubstr("Restore")));
    co_await bench.stop();
    EXPECT_THAT(bench.sink.text(), HasSubstr("type snap-start False\nbefore key1 key1 HTTP Error 403"));
    EXPECT_THAT(bench.sink.text(), HasSubstr("RESTORE_START Runtime Version: "));
    EXPECT_THAT(bench.sink.text(), HasSubstr("restored 200 403 key2\n"));
    EXPECT_THAT(bench.sink.text(), HasSubstr("RESTORE_REPORT Restore Duration: "));
  });
}

TEST(SnapStart, HooksThatFailOrExit) {
  Code code;
  code.file("bootstrap", kSnapStart, 0755);
  Keys keys;
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    for (const std::string what : {"fails", "exits"}) {
      const auto spec = spec_for(code, "provided.al2023", "x");
      spec->snap_start = true;
      spec->credentials = [&keys](std::string, Duration) { return keys.make(); };
      spec->variables["WHAT"] = what;
      const auto environment = co_await bench.start(spec);
      EXPECT_FALSE(co_await environment->restore());
      const InitFailure& failure = environment->init_failure();
      if (what == "fails") {
        EXPECT_EQ(failure.kind, Outcome::Kind::kRestoreError);
        EXPECT_EQ(failure.document, R"({"errorType":"Hook"})");
      } else {
        EXPECT_EQ(failure.message, "Runtime exited with error: exit status 4");
      }
      co_await bench.until(*environment, Environment::State::kEnded);
    }
    co_await bench.stop();
    EXPECT_THAT(bench.sink.text(), HasSubstr("\tStatus: error\tError Type: Hook.Failed\n"));
  });
}

TEST(SnapStart, ARuntimeWithoutHooksIsHeldAtItsFirstNext) {
  Code code;
  code.file("app.py", "def handler(event, context):\n    return event\n");
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    spec->snap_start = true;
    const auto environment = co_await bench.start(spec);
    EXPECT_EQ(environment->state(), Environment::State::kHeld);
    EXPECT_TRUE(co_await environment->restore());
    EXPECT_EQ((co_await bench.invoke(environment, event("7"))).payload, "7");
  });
}

TEST(Slots, MoreThanOneEventAtATime) {
  Code code;
  code.file("bootstrap", kApiClient + R"(
both = threading.Barrier(2)
def work():
    own = connection()
    while True:
        status, body, headers = call('GET', R + 'invocation/next', on=own)
        id = headers['Lambda-Runtime-Aws-Request-Id']
        if body == '"meet"': both.wait()
        if body == '"hang"': time.sleep(60)
        if body == '"third"': body = str(call('GET', R + 'invocation/next', on=connection())[0])
        call('POST', R + f'invocation/{id}/response', body, on=own)
threads = [threading.Thread(target=work) for _ in range(2)]
[t.start() for t in threads]
)",
            0755);
  with_bench([&](EnvironmentBench& bench) -> Task<> {
    const auto spec = spec_for(code, "provided.al2023", "x");
    spec->concurrency = 2;
    const auto environment = co_await bench.start(spec);
    for (int round = 0; round < 3; ++round) {
      // Both calls of /next have come when it takes a second event.
      const auto one = EnvironmentBench::run_of(event("\"meet\"", "one"));
      const auto two = EnvironmentBench::run_of(event("\"meet\"", "two"));
      environment->begin(one);
      EXPECT_EQ(environment->state(), Environment::State::kBusy);
      while (!environment->takes_events()) co_await bench.clock->sleep_elapsed(1ms);
      environment->begin(two);
      EXPECT_FALSE(environment->takes_events());
      co_await environment->finished(one);
      co_await environment->finished(two);
      EXPECT_TRUE(one->outcome && one->outcome->succeeded());
      EXPECT_TRUE(two->outcome && two->outcome->succeeded());
      co_await bench.until(*environment, Environment::State::kIdle);
    }
    const auto hangs = EnvironmentBench::run_of(event("\"hang\"", "hangs"));
    environment->begin(hangs);
    EXPECT_EQ((co_await bench.invoke(environment, event("1", "quick"))).payload, "1");
    co_await environment->finished(hangs);
    EXPECT_EQ(hangs->outcome->kind, Outcome::Kind::kTimeout);
    EXPECT_FALSE(environment->takes_events());
  });
}

}  // namespace
}  // namespace martlet::environments
