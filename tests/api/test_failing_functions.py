"""Functions that fail, in every way there is: the documented error, a log that tells, and a server that goes on."""

import base64
import concurrent.futures
import socket
import time

from harness import ApiTest, node_runtime

MEGABYTE = 1 << 20


class FailingTest(ApiTest):
    def tearDown(self):
        self.assert_healthy()

    def fails(self, kind, message, source, event=None, name="failing", **settings):
        """Deploys, invokes twice (a failure must not spoil the next invocation) and returns the second answer."""
        self.deploy(name, source, **settings)
        for _ in range(2):
            answer = self.invoke(name, event or {}, LogType="Tail")
            self.assert_function_error(answer, kind, message)
        tail = base64.b64decode(answer["LogResult"]).decode()
        self.assertIn("REPORT RequestId: " + answer["ResponseMetadata"]["RequestId"], tail)
        answer["Tail"] = tail
        self.forget(name)
        return answer


class PythonTest(FailingTest):
    def test_raising(self):
        source = "class Mine(Exception):\n    pass\ndef handler(event, context):\n    raise Mine('went wrong: ✓')\n"
        answer = self.fails("Mine", "^went wrong: ✓$", source)
        self.assertIn("requestId", answer["Payload"])
        self.assertTrue(any("in handler" in line for line in answer["Payload"]["stackTrace"]), answer["Payload"])
        self.assertIn("[ERROR] Mine: went wrong: ✓", answer["Tail"])

    def test_one_failure_does_not_spoil_the_next(self):
        self.deploy("sometimes", "def handler(event, context):\n    return 1 / event\n")
        self.assert_function_error(self.invoke("sometimes", 0), "ZeroDivisionError", "division by zero")
        self.assertEqual(self.invoke("sometimes", 2)["Payload"], 0.5)

    def test_missing_handler(self):
        source = "def other(event, context):\n    pass\n"
        self.fails("Runtime.HandlerNotFound", "^Handler 'handler' missing on module 'app'$", source)

    def test_missing_module(self):
        answer = self.fails(
            "Runtime.ImportModuleError",
            "^Unable to import module 'nowhere': No module named 'nowhere'$",
            "x = 1\n",
            handler="nowhere.handler",
        )
        self.assertIn("Unable to import module 'nowhere'", answer["Tail"])

    def test_a_module_that_needs_a_missing_one(self):
        self.fails("Runtime.ImportModuleError", "No module named 'not_installed'", "import not_installed\n")

    def test_a_syntax_error(self):
        self.fails("Runtime.UserCodeSyntaxError", "^Syntax error in module 'app'", "def handler(:\n")

    def test_a_handler_without_a_dot(self):
        self.fails("Runtime.MalformedHandlerName", "^Bad handler 'handler'", "x = 1\n", handler="handler")

    def test_raising_while_it_is_imported(self):
        answer = self.fails("RuntimeError", "not today", "raise RuntimeError('not today')\n")
        self.assertEqual(answer["StatusCode"], 200)

    def test_an_answer_that_json_cannot_hold(self):
        self.fails(
            "Runtime.MarshalError",
            "^Unable to marshal response: Object of type set is not JSON serializable",
            "def handler(event, context):\n    return {1, 2}\n",
        )
        self.fails(
            "Runtime.MarshalError",
            "^Unable to marshal response",
            "def handler(event, context):\n    a = []\n    a.append(a)\n    return a\n",
        )

    def test_exiting(self):
        self.fails(
            "Runtime.ExitError",
            "^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 3$",
            "import os\ndef handler(event, context):\n    os._exit(3)\n",
        )
        self.fails(
            "Runtime.ExitError",
            "^RequestId: [0-9a-f-]{36} Error: Runtime exited without providing a reason$",
            "import os\ndef handler(event, context):\n    os._exit(0)\n",
        )
        self.fails("Runtime.ExitError", "exit status 4", "import os\nos._exit(4)\n")

    def test_crashing(self):
        self.fails(
            "Runtime.ExitError",
            "Error: Runtime exited with error: signal: (segmentation fault|killed|aborted)",
            "import os\ndef handler(event, context):\n    os.abort()\n",
        )

    def test_killing_everything_it_sees(self):
        source = (
            "import os, signal\ndef handler(event, context):\n    try:\n        os.kill(-1, signal.SIGKILL)\n"
            "    except ProcessLookupError:\n        pass  # there is nobody else\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        self.fails("Runtime.ExitError", "Runtime exited with error", source)


class LimitsTest(FailingTest):
    def test_looping_past_the_timeout(self):
        source = "def handler(event, context):\n    while True:\n        pass\n"
        answer = self.fails(
            "Sandbox.Timedout",
            r"^RequestId: [0-9a-f-]{36} Error: Task timed out after 1\.00 seconds$",
            source,
            Timeout=1,
        )
        self.assertRegex(answer["Tail"], r"Task timed out after 1\.00 seconds|Status: timeout")
        self.assertRegex(answer["Tail"], r"Max Memory Used: [1-9]\d* MB")

    def test_sleeping_past_the_timeout_with_children(self):
        source = (
            "import subprocess, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "def handler(event, context):\n    subprocess.Popen(['sleep', '1000'])\n    time.sleep(1000)\n"
        )
        self.deploy("sleeping", source, Timeout=1)
        started = time.monotonic()
        self.assert_function_error(self.invoke("sleeping", {}), "Sandbox.Timedout", "Task timed out after 1.00 seconds")
        self.assertLess(time.monotonic() - started, 10)

    def test_a_timeout_keeps_what_was_printed(self):
        source = "import time\ndef handler(event, context):\n    print('before', flush=True)\n    time.sleep(100)\n"
        self.deploy("printed", source, Timeout=1)
        tail = base64.b64decode(self.invoke("printed", {}, LogType="Tail")["LogResult"]).decode()
        self.assertIn("before\n", tail)

    def test_taking_more_memory_than_allowed(self):
        source = (
            "def handler(event, context):\n    hold = []\n    while True:\n        hold.append(bytearray(10_000_000))\n"
        )
        self.deploy("greedy", source, MemorySize=128, Timeout=30)
        for _ in range(2):
            answer = self.invoke("greedy", {}, LogType="Tail")
            self.assertEqual(answer["FunctionError"], "Unhandled")
            self.assertIn(answer["Payload"]["errorType"], ("Runtime.OutOfMemory", "Runtime.ExitError"))
            self.assertRegex(base64.b64decode(answer["LogResult"]).decode(), r"Max Memory Used: 12[678] MB")

    def test_filling_tmp(self):
        source = (
            "def handler(event, context):\n"
            "    with open('/tmp/fill', 'wb') as file:\n"
            "        for _ in range(event):\n            file.write(bytes(1 << 20))\n    return event\n"
        )
        self.deploy("filling", source, MemorySize=1024, Timeout=60)
        self.assert_function_error(self.invoke("filling", 600), "OSError", "No space left on device")

    def test_forking_without_end(self):
        source = (
            "import os, time\ndef handler(event, context):\n    made = 0\n    try:\n        while made < 20000:\n"
            "            if os.fork() == 0:\n                time.sleep(100)\n            made += 1\n"
            "    except OSError:\n        pass\n    return made\n"
        )
        self.deploy("forking", source, MemorySize=512, Timeout=20)
        answer = self.invoke("forking", {})
        if "FunctionError" not in answer:
            self.assertLessEqual(answer["Payload"], 1100)  # AWS allows 1,024 processes and threads

    def test_an_answer_over_6_megabytes(self):
        source = "def handler(event, context):\n    return 'x' * (7 * 1024 * 1024)\n"
        self.fails(
            "Function.ResponseSizeTooLarge",
            r"^Response payload size exceeded maximum allowed payload size \(6291556 bytes\)",
            source,
        )

    def test_an_event_over_6_megabytes(self):
        self.deploy("event", "def handler(event, context):\n    return 1\n")
        self.assert_refused(
            "RequestEntityTooLargeException",
            self.functions.invoke,
            FunctionName="event",
            status=413,
            Payload=b'"' + b"x" * (6 * MEGABYTE) + b'"',
        )
        self.assertEqual(self.invoke("event", {})["Payload"], 1)

    def test_an_event_that_is_no_json(self):
        self.deploy("no-json", "def handler(event, context):\n    return 1\n")
        for payload in (b"{", b"text", b"\xff\xfe", b"{'a': 1}", b"1 2", b"NaN"):
            self.assert_refused(
                "InvalidRequestContentException",
                self.functions.invoke,
                FunctionName="no-json",
                Payload=payload,
                status=400,
                message="^Could not parse request body into json",
            )

    def test_printing_megabytes(self):
        source = (
            "import sys\ndef handler(event, context):\n    for i in range(40000):\n        print(f'{i:06} ' + 'x' * 100)\n"
            "    sys.stdout.write('y' * 2_000_000)\n    print()\n    return 'printed'\n"
        )
        self.deploy("printing", source, Timeout=60, MemorySize=512)
        self.assertEqual(self.invoke("printing", {})["Payload"], "printed")
        messages = self.messages("/aws/lambda/printing")
        numbered = [message for message in messages if message[:6].isdigit()]
        self.assertEqual([int(message[:6]) for message in numbered], list(range(40000)))
        self.assertEqual(sum(message.count("y") for message in messages if message.startswith("y")), 2_000_000)

    def test_printing_bytes_that_are_no_text(self):
        source = "import sys\ndef handler(event, context):\n    sys.stdout.buffer.write(b'\\xff\\xfe\\x00 bytes\\n')\n    sys.stdout.flush()\n    return 1\n"
        self.deploy("bytes", source)
        self.assertEqual(self.invoke("bytes", {}, LogType="Tail")["Payload"], 1)
        self.assertIn("bytes", "".join(self.messages("/aws/lambda/bytes")))

    def test_a_client_that_disappears(self):
        source = "import time\ndef handler(event, context):\n    time.sleep(1)\n    print('reached the end')\n"
        self.deploy("abandoned", source)
        self.invoke("abandoned", {})
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
                connection.sendall(
                    b"POST /2015-03-31/functions/abandoned/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
                )
                time.sleep(0.2)
        deadline = time.monotonic() + 15
        while self.messages("/aws/lambda/abandoned").count("reached the end\n") < 4:  # AWS lets them run to their end
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.assertIsNone(self.invoke("abandoned", {})["Payload"])


class NodeTest(FailingTest):
    def setUp(self):
        if not node_runtime():
            self.skipTest("there is no Node.js on this machine")
        self.node = {"runtime": node_runtime()}

    def test_raising(self):
        answer = self.fails(
            "TypeError",
            "^no good$",
            "export const handler = async () => { throw new TypeError('no good'); };",
            **self.node,
        )
        self.assertTrue(answer["Payload"]["trace"][0].startswith("TypeError: no good"), answer["Payload"])
        self.fails(
            "Error",
            "^called back$",
            {"app.js": "exports.handler = (e, c, done) => done(new Error('called back'));"},
            **self.node,
        )

    def test_missing_handler_and_module(self):
        self.fails(
            "Runtime.HandlerNotFound",
            "^app.handler is undefined or not exported$",
            "export const other = 1;",
            **self.node,
        )
        self.fails(
            "Runtime.ImportModuleError",
            "Cannot find module 'nowhere'",
            "export const x = 1;",
            handler="nowhere.handler",
            **self.node,
        )
        self.fails("Runtime.UserCodeSyntaxError", "SyntaxError", "export const handler = async () => {{{;", **self.node)

    def test_exiting_and_timing_out(self):
        self.fails(
            "Runtime.ExitError",
            "exit status 5",
            "export const handler = async () => { process.exit(5); };",
            **self.node,
        )
        self.fails(
            "Sandbox.Timedout",
            "Task timed out after 1.00 seconds",
            "export const handler = async () => { while (true); };",
            Timeout=1,
            **self.node,
        )

    def test_a_rejection_that_nobody_handles(self):
        source = "export const handler = async () => { Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 300)); };"
        self.fails("Runtime.UnhandledPromiseRejection", "lost", source, **self.node)

    def test_an_answer_that_json_cannot_hold(self):
        self.deploy("circular", "export const handler = async () => { const a = {}; a.a = a; return a; };", **self.node)
        answer = self.invoke("circular", {})
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertIn(answer["Payload"]["errorType"], ("Error", "TypeError", "Runtime.MarshalError"))


class ProvidedTest(FailingTest):
    PROVIDED = {"runtime": "provided.al2023", "handler": "unused"}

    def test_no_bootstrap(self):
        self.fails("Runtime.InvalidEntrypoint", r"Couldn't find valid bootstrap\(s\)", {"other": "x"}, **self.PROVIDED)

    def test_a_bootstrap_that_ends(self):
        self.fails("Runtime.ExitError", "exit status 7", {"bootstrap": "#!/bin/sh\nexit 7\n"}, **self.PROVIDED)

    def test_a_bootstrap_that_is_no_program(self):
        self.fails("Runtime.InvalidEntrypoint", "", {"bootstrap": b"\x00\x01\x02\x03"}, **self.PROVIDED)

    def test_a_shell_script_as_runtime(self):
        """A whole runtime in a few lines, and every wrong thing it may say to the Runtime API."""
        script = (
            "#!/bin/bash\nexec 3<>/dev/tcp/${AWS_LAMBDA_RUNTIME_API/:/\\/}\n"
            "while :; do\n"
            "  printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' >&3\n"
            "  id=; length=0\n"
            "  while IFS= read -r -u 3 line && line=${line%$'\\r'} && [ -n \"$line\" ]; do\n"
            "    case ${line,,} in lambda-runtime-aws-request-id:*) id=${line#*: };; content-length:*) length=${line#*: };; esac\n"
            "  done\n"
            '  IFS= read -r -u 3 -N "$length" body\n'
            '  printf \'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n%s\' "$id" "${#body}" "$body" >&3\n'
            "  length=0\n"
            "  while IFS= read -r -u 3 line && line=${line%$'\\r'} && [ -n \"$line\" ]; do\n"
            "    case ${line,,} in content-length:*) length=${line#*: };; esac\n"
            "  done\n"
            '  [ "$length" = 0 ] || IFS= read -r -u 3 -N "$length" body\n'
            "done\n"
        )
        self.deploy("shell", {"bootstrap": script}, **self.PROVIDED)
        for event in ({"a": 1}, "text", [1, 2]):
            self.assertEqual(self.invoke("shell", event)["Payload"], event)


class StormTest(FailingTest):
    def test_failures_side_by_side(self):
        """Crashes, timeouts and successes at the same time keep to themselves."""
        source = (
            "import os, time\ndef handler(event, context):\n"
            "    if event['how'] == 'exit':\n        os._exit(1)\n"
            "    if event['how'] == 'sleep':\n        time.sleep(60)\n"
            "    if event['how'] == 'raise':\n        raise ValueError('x')\n"
            "    return event['n']\n"
        )
        self.deploy("storm", source, Timeout=2)
        expected = {"exit": "Runtime.ExitError", "sleep": "Sandbox.Timedout", "raise": "ValueError"}
        kinds = ["fine", "exit", "fine", "raise", "sleep", "fine"]

        def one(number):
            how = kinds[number % len(kinds)]
            answer = self.invoke("storm", {"how": how, "n": number})
            return how, number, answer["Payload"], answer.get("FunctionError")

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            for how, number, payload, error in pool.map(one, range(30)):
                if how == "fine":
                    self.assertEqual((payload, error), (number, None))
                else:
                    self.assertEqual((payload["errorType"], error), (expected[how], "Unhandled"))
