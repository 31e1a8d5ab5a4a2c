"""Invoking functions that work: what they get, what comes back, what is logged."""

import base64
import concurrent.futures
import json
import re
import time
import unittest

from harness import PYTHON_RUNTIME, ApiTest, node_runtime

ECHO = "def handler(event, context):\n    return event\n"
REPORT = re.compile(
    r"^REPORT RequestId: (?P<id>[0-9a-f-]{36})\tDuration: (?P<duration>\d+\.\d\d) ms\tBilled Duration: (?P<billed>\d+) ms\t"
    r"Memory Size: (?P<size>\d+) MB\tMax Memory Used: (?P<used>\d+) MB\t(?:Init Duration: (?P<init>\d+\.\d\d) ms\t)?\s*$",
    re.MULTILINE,
)


class AnswerTest(ApiTest):
    def test_events_come_back_as_they_were(self):
        self.deploy("echo", ECHO)
        events = [
            None,
            True,
            0,
            -1.5,
            1e300,
            "",
            "text",
            [],
            {},
            [1, [2, [3]]],
            {"a": {"b": None}},
            '✓ \U0001f426 \u0000 "quoted" \\ \n',
            {"ключ": "значение"},
            list(range(1000)),
        ]
        for event in events:
            self.assertEqual(self.invoke("echo", event)["Payload"], event)

    def test_no_payload_is_an_empty_event(self):
        self.deploy("empty", ECHO)
        answer = self.functions.invoke(FunctionName="empty")
        self.assertEqual(json.loads(answer["Payload"].read()), {})

    def test_the_answer_says_what_ran(self):
        created = self.deploy("ran", ECHO)
        for name in ("ran", created["FunctionArn"], "ran:$LATEST"):
            answer = self.invoke(name, {"n": 1})
            self.assertEqual(answer["StatusCode"], 200)
            self.assertEqual(answer["ExecutedVersion"], "$LATEST")
            self.assertNotIn("FunctionError", answer)
            self.assertNotIn("LogResult", answer)
            self.assertRegex(answer["ResponseMetadata"]["RequestId"], r"^[0-9a-f-]{36}$")

    def test_dry_run_invokes_nothing(self):
        self.deploy("dry", "def handler(event, context):\n    print('ran')\n")
        answer = self.functions.invoke(FunctionName="dry", InvocationType="DryRun")
        self.assertEqual(answer["StatusCode"], 204)
        self.assertEqual(answer["Payload"].read(), b"")
        groups = self.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/dry")["logGroups"]
        self.assertEqual(groups, [])
        self.assert_refused(
            "ResourceNotFoundException", self.functions.invoke, FunctionName="none", InvocationType="DryRun", status=404
        )

    def test_six_megabytes_either_way(self):
        self.deploy(
            "large",
            "def handler(event, context):\n    return len(event) if event else 'x' * (6 * 1024 * 1024 - 100)\n",
            Timeout=60,
        )
        self.assertEqual(self.invoke("large", "y" * (6 * 1024 * 1024 - 100))["Payload"], 6 * 1024 * 1024 - 100)
        self.assertEqual(len(self.invoke("large", "")["Payload"]), 6 * 1024 * 1024 - 100)

    def test_an_unknown_invocation_type(self):
        self.deploy("typed", ECHO)
        answer = self.server.signed(
            "lambda", "POST", "/2015-03-31/functions/typed/invocations", b"{}", {"X-Amz-Invocation-Type": "Sometimes"}
        )
        self.assertEqual(answer.status, 400)
        self.assertIn(answer.error_type(), ("InvalidParameterValueException", "ValidationException"))


class ContextTest(ApiTest):
    def test_python_context(self):
        source = (
            "def handler(event, context):\n"
            "    left = context.get_remaining_time_in_millis()\n"
            "    return {'name': context.function_name, 'version': context.function_version,\n"
            "            'arn': context.invoked_function_arn, 'memory': int(context.memory_limit_in_mb),\n"
            "            'id': context.aws_request_id, 'group': context.log_group_name, 'stream': context.log_stream_name,\n"
            "            'left': left, 'client': context.client_context and context.client_context.custom}\n"
        )
        self.deploy("context", source, MemorySize=256, Timeout=20)
        client = base64.b64encode(json.dumps({"custom": {"k": "v"}, "env": {}, "client": {}}).encode()).decode()
        answer = self.invoke("context", {}, ClientContext=client)
        told = answer["Payload"]
        self.assertEqual((told["name"], told["version"], told["memory"]), ("context", "$LATEST", 256))
        self.assertTrue(told["arn"].endswith(":function:context"), told)
        self.assertEqual(told["id"], answer["ResponseMetadata"]["RequestId"])
        self.assertEqual(told["group"], "/aws/lambda/context")
        self.assertRegex(told["stream"], r"^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$")
        self.assertTrue(15_000 < told["left"] <= 20_000, told)
        self.assertEqual(told["client"], {"k": "v"})
        self.assertIsNone(self.invoke("context", {})["Payload"]["client"])

    def test_environment_variables(self):
        source = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
        self.deploy(
            "variables",
            source,
            MemorySize=192,
            Environment={"Variables": {"STAGE": "tést", "PYTHONPATH": "/var/task/lib"}},
        )
        found = self.invoke("variables", {})["Payload"]
        expected = {
            "STAGE": "tést",
            "PYTHONPATH": "/var/task/lib",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": "variables",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "192",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/variables",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "LAMBDA_TASK_ROOT": "/var/task",
            "_HANDLER": "app.handler",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{PYTHON_RUNTIME}",
        }
        self.assertEqual({name: found.get(name) for name in expected}, expected)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_LAMBDA_LOG_STREAM_NAME", "PATH", "TZ", "LANG"):
            self.assertTrue(found.get(name), name)

    def test_the_file_system(self):
        source = (
            "import os\n"
            "def tried(path):\n"
            "    try:\n        open(path, 'w').write('x')\n        return 'written'\n"
            "    except OSError as error:\n        return type(error).__name__\n"
            "def handler(event, context):\n"
            "    return {'cwd': os.getcwd(), 'task': sorted(os.listdir('/var/task')), 'uid': os.getuid(),\n"
            "            'written': {p: tried(p) for p in ('/tmp/x', '/var/task/x', '/usr/x', '/x', '/etc/x')},\n"
            "            'tmp': sorted(os.listdir('/tmp')), 'pids': [p for p in os.listdir('/proc') if p.isdigit()]}\n"
        )
        self.deploy("files", {"app.py": source, "data.txt": "d"})
        found = self.invoke("files", {})["Payload"]
        self.assertEqual(found["cwd"], "/var/task")
        self.assertEqual([name for name in found["task"] if name != "__pycache__"], ["app.py", "data.txt"])
        self.assertNotEqual(found["uid"], 0)
        self.assertEqual(found["written"].pop("/tmp/x"), "written")
        self.assertNotIn("written", found["written"].values(), found)
        self.assertLess(len(found["pids"]), 10)  # its own processes, not the host's

    def test_two_functions_do_not_see_each_other(self):
        source = "import os\ndef handler(event, context):\n    open('/tmp/mine-' + event, 'w').close()\n    return os.listdir('/tmp')\n"
        for name in ("one", "two"):
            self.deploy(name, source)
        self.assertEqual(self.invoke("one", "a")["Payload"], ["mine-a"])
        self.assertEqual(self.invoke("two", "b")["Payload"], ["mine-b"])

    def test_a_function_calls_back_to_the_server(self):
        """The AWS endpoint is at the same localhost:4566 inside, whatever the port is outside."""
        source = (
            "import os, urllib.request\n"
            "def handler(event, context):\n"
            "    return urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/_martlet/health').status\n"
        )
        self.deploy("caller", source)
        self.assertEqual(self.invoke("caller", {})["Payload"], 200)


class NodeTest(ApiTest):
    def setUp(self):
        if not node_runtime():
            self.skipTest("there is no Node.js on this machine")

    def test_module_kinds_and_styles(self):
        styles = {
            "async": ({"app.mjs": "export const handler = async (event) => ({ got: event });"}, "app.handler"),
            "common": ({"app.js": "exports.handler = async (event) => ({ got: event });"}, "app.handler"),
            "module-type": (
                {
                    "app.js": "export async function handler(event) { return { got: event }; }",
                    "package.json": '{"type":"module"}',
                },
                "app.handler",
            ),
            "callback": (
                {
                    "app.js": "exports.run = (event, context, done) => { setTimeout(() => done(null, { got: event }), 5); };"
                },
                "app.run",
            ),
            "nested": (
                {"src/deep/app.mjs": "export const handler = async (event) => ({ got: event });"},
                "src/deep/app.handler",
            ),
        }
        for name, (files, handler) in styles.items():
            self.deploy(f"node-{name}", files, handler=handler, runtime=node_runtime())
            self.assertEqual(self.invoke(f"node-{name}", {"n": 1})["Payload"], {"got": {"n": 1}}, name)

    def test_context(self):
        source = (
            "export const handler = async (event, context) => ({ name: context.functionName, version: context.functionVersion,"
            " arn: context.invokedFunctionArn, memory: Number(context.memoryLimitInMB), id: context.awsRequestId,"
            " group: context.logGroupName, left: context.getRemainingTimeInMillis() });"
        )
        self.deploy("node-context", source, runtime=node_runtime(), MemorySize=256, Timeout=20)
        answer = self.invoke("node-context", {})
        told = answer["Payload"]
        self.assertEqual((told["name"], told["version"], told["memory"]), ("node-context", "$LATEST", 256))
        self.assertEqual(told["id"], answer["ResponseMetadata"]["RequestId"])
        self.assertEqual(told["group"], "/aws/lambda/node-context")
        self.assertTrue(15_000 < told["left"] <= 20_000, told)

    def test_console_lines_carry_request_and_level(self):
        source = "export const handler = async () => { console.log('hello', {a: 1}); console.error('bad'); };"
        self.deploy("node-console", source, runtime=node_runtime())
        answer = self.invoke("node-console", {})
        self.assertIsNone(answer["Payload"])
        identifier = answer["ResponseMetadata"]["RequestId"]
        text = "".join(self.messages("/aws/lambda/node-console"))
        self.assertRegex(text, rf"\d{{4}}-\d\d-\d\dT[\d:.]+Z\t{identifier}\tINFO\thello {{ a: 1 }}")
        self.assertRegex(text, rf"\t{identifier}\tERROR\tbad")


class LogTest(ApiTest):
    def test_lines_in_the_log_group(self):
        source = "import sys\ndef handler(event, context):\n    print('to output')\n    print('to error', file=sys.stderr)\n    return 1\n"
        self.deploy("logged", source, MemorySize=256)
        first = self.invoke("logged", {})["ResponseMetadata"]["RequestId"]
        second = self.invoke("logged", {})["ResponseMetadata"]["RequestId"]
        messages = self.messages("/aws/lambda/logged")
        for identifier in (first, second):
            start = messages.index(f"START RequestId: {identifier} Version: $LATEST\n")
            end = messages.index(f"END RequestId: {identifier}\n")
            self.assertEqual(sorted(messages[start + 1 : end]), ["to error\n", "to output\n"])
            report = REPORT.match(messages[end + 1])
            self.assertTrue(report, messages[end + 1])
            self.assertEqual((report["id"], report["size"]), (identifier, "256"))
            self.assertGreaterEqual(int(report["billed"]), float(report["duration"]) - 0.01)
            self.assertTrue(0 < int(report["used"]) <= 256)
            self.assertEqual(report["init"] is not None, identifier == first)
        streams = self.logs.describe_log_streams(logGroupName="/aws/lambda/logged")["logStreams"]
        self.assertEqual(len(streams), 1)
        self.assertRegex(streams[0]["logStreamName"], r"^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$")

    def test_python_logging(self):
        source = (
            "import logging\nlogger = logging.getLogger()\nlogger.setLevel('INFO')\n"
            "def handler(event, context):\n    logger.info('an %s line', 'info')\n"
        )
        self.deploy("logger", source)
        identifier = self.invoke("logger", {})["ResponseMetadata"]["RequestId"]
        text = "".join(self.messages("/aws/lambda/logger"))
        self.assertRegex(text, rf"\[INFO\]\t\d{{4}}-\d\d-\d\dT[\d:.]+Z\t{identifier}\tan info line")

    def test_the_tail_comes_with_the_answer(self):
        self.deploy("tail", "def handler(event, context):\n    print('hello ✓')\n")
        answer = self.invoke("tail", {}, LogType="Tail")
        tail = base64.b64decode(answer["LogResult"]).decode()
        identifier = answer["ResponseMetadata"]["RequestId"]
        self.assertTrue(tail.startswith(f"START RequestId: {identifier} Version: $LATEST\n"), tail)
        self.assertIn("hello ✓\n", tail)
        self.assertIn(f"END RequestId: {identifier}\n", tail)
        self.assertTrue(REPORT.search(tail), tail)

    def test_the_tail_is_the_last_4_kilobytes(self):
        self.deploy(
            "long-tail",
            "def handler(event, context):\n    for i in range(500):\n        print(f'line {i:04} ' + 'x' * 30)\n",
        )
        tail = base64.b64decode(self.invoke("long-tail", {}, LogType="Tail")["LogResult"])
        self.assertLessEqual(len(tail), 4096)
        self.assertGreater(len(tail), 3500)
        self.assertIn(b"line 0499", tail)
        self.assertNotIn(b"line 0001", tail)
        self.assertTrue(REPORT.search(tail.decode()))


class EnvironmentsTest(ApiTest):
    def test_an_environment_stays_warm(self):
        self.deploy(
            "warm",
            "import os\ncount = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return count\n",
        )
        self.assertEqual([self.invoke("warm", {})["Payload"] for _ in range(5)], [1, 2, 3, 4, 5])

    def test_concurrent_load_gets_more_environments(self):
        """One invocation at a time each: while one waits, others run elsewhere."""
        source = "import time, uuid\nme = str(uuid.uuid4())\ndef handler(event, context):\n    time.sleep(1)\n    return me\n"
        self.deploy("many", source)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: self.invoke("many", {})["Payload"], range(4)))
        self.assertEqual(len(set(answers)), 4)
        self.assertIn(self.invoke("many", {})["Payload"], answers)

    def test_many_small_invocations_keep_their_answers(self):
        self.deploy("busy", ECHO)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda i: self.invoke("busy", {"i": i})["Payload"]["i"], range(200)))
        self.assertEqual(answers, list(range(200)))

    def test_an_idle_environment_wakes_up(self):
        """Idle environments are frozen; the next invocation finds them as they were."""
        self.deploy("idle", "import time\nstarted = time.time()\ndef handler(event, context):\n    return started\n")
        started = self.invoke("idle", {})["Payload"]
        time.sleep(3.5)
        self.assertEqual(self.invoke("idle", {})["Payload"], started)

    def test_deleting_while_it_runs(self):
        self.deploy("going", "import time\ndef handler(event, context):\n    time.sleep(1.5)\n    return 'done'\n")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(self.invoke, "going", {})
            time.sleep(0.7)
            self.functions.delete_function(FunctionName="going")
            self.assertEqual(running.result()["Payload"], "done")


if __name__ == "__main__":
    unittest.main()
