"""Functions in every language that there is: handlers, errors, variables, logs. Skipped where an interpreter is missing."""

import base64
import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import BINARY, ApiTest, node_runtime

JAR = BINARY.parent / "generated/java/bootstrap.jar"


def listing():
    """What `martlet runtimes --json` says, by identifier."""
    output = subprocess.run([BINARY, "runtimes", "--json"], capture_output=True, check=True).stdout
    return {row["runtime"]: row for row in json.loads(output)}


def tail_of(answer):
    return base64.b64decode(answer["LogResult"]).decode()


class ListingTest(unittest.TestCase):
    def test_every_identifier_has_a_row(self):
        rows = listing()
        for identifier in ("python3.8", "python3.14", "nodejs18.x", "nodejs24.x", "java8.al2", "java25", "ruby3.4", "provided.al2023"):
            self.assertIn(identifier, rows)
        for identifier, row in rows.items():
            if identifier.startswith("provided"):
                self.assertEqual((row["program"], row["exact"]), (None, True))
            elif not row["exact"]:
                self.assertTrue(row["remedy"], row)
        text = subprocess.run([BINARY, "runtimes"], capture_output=True, check=True, text=True).stdout
        self.assertEqual([line.split()[0] for line in text.splitlines()], list(rows))

    def test_a_configured_directory_comes_first(self):
        with tempfile.TemporaryDirectory() as directory:
            python = Path(directory, "cpython-3.12.9/bin/python3.12")
            python.parent.mkdir(parents=True)
            python.symlink_to(shutil.which("true"))
            command = [BINARY, "runtimes", "--json", "--runtime-path", directory]
            rows = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
            row = next(row for row in rows if row["runtime"] == "python3.12")
            self.assertEqual((row["version"], row["exact"]), ("3.12.9", True))


class NodeTest(ApiTest):
    def setUp(self):
        self.runtime = node_runtime() or self.skipTest("there is no Node.js on this machine")

    def test_streaming(self):
        source = (
            "export const handler = awslambda.streamifyResponse(async (event, stream) => {\n"
            "  stream.write('one '); stream.write('two');\n"
            "  if (event.fail) { await new Promise(setImmediate); throw new RangeError('half-way'); }\n"
            "  stream.end();\n});\n"
        )
        self.deploy("streams", source, runtime=self.runtime)
        for _ in range(2):
            self.assertEqual(self.functions.invoke(FunctionName="streams", Payload=b"{}")["Payload"].read(), b"one two")
        answer = self.functions.invoke(FunctionName="streams", Payload=b'{"fail": 1}')
        self.assertEqual(answer.get("FunctionError"), "Unhandled")
        self.assertIn("RangeError", answer["Payload"].read().decode())

    def test_callbacks_are_gone_from_version_24_on(self):
        source = "exports.handler = (event, context, callback) => callback(null, 1);"
        self.deploy("callback24", source, runtime="nodejs24.x", file="app.js")
        self.assert_function_error(self.invoke("callback24"), "Runtime.CallbackHandlerDeprecated")


@unittest.skipUnless(listing()["ruby3.3"]["program"], "there is no Ruby on this machine")
class RubyTest(ApiTest):
    def test_a_function(self):
        source = (
            "require 'json'\nmodule Deep\n  class Thing\n    def self.go(event:, context:)\n"
            "      puts 'seen'\n      raise ArgumentError, 'asked to' if event['fail']\n"
            "      { 'event' => event, 'mine' => ENV['MINE'], 'name' => context.function_name, 'here' => Dir.pwd }\n"
            "    end\n  end\nend\n"
        )
        variables = {"Variables": {"MINE": "ü"}}
        self.deploy("ruby", source, handler="app.Deep::Thing.go", runtime="ruby3.3", file="app.rb", Environment=variables)
        answer = self.invoke("ruby", {"a": 1}, LogType="Tail")
        self.assertEqual(answer["Payload"], {"event": {"a": 1}, "mine": "ü", "name": "ruby", "here": "/var/task"})
        self.assertIn("seen\n", tail_of(answer))
        answer = self.invoke("ruby", {"fail": True}, LogType="Tail")
        self.assert_function_error(answer, "Function<ArgumentError>", "^asked to$")
        self.assertIn("/var/task/app.rb:6:in", answer["Payload"]["stackTrace"][0])
        self.assertIn("Error raised from handler method\n{\n", tail_of(answer))

    def test_a_function_that_cannot_be_loaded(self):
        self.deploy("unloadable", "require 'not_there'\n", runtime="ruby3.3", file="app.rb")
        self.assert_function_error(self.invoke("unloadable"), "Init<LoadError>", "not_there")


@unittest.skipUnless(listing()["java17"]["program"] and shutil.which("javac"), "there is no JDK on this machine")
@unittest.skipUnless(JAR.exists(), "this Martlet was built without a JDK")
class JavaTest(ApiTest):
    SOURCE = """
import com.amazonaws.services.lambda.runtime.*;
import java.util.*;
public class App implements RequestHandler<Map<String, Object>, Map<String, Object>> {
    public Map<String, Object> handleRequest(Map<String, Object> event, Context context) {
        context.getLogger().log("seen " + event);
        if (event.containsKey("fail")) throw new IllegalStateException("asked to");
        return Map.of("event", event, "mine", System.getenv("MINE"), "name", context.getFunctionName(),
                "memory", context.getMemoryLimitInMB(), "heap", Runtime.getRuntime().maxMemory() >> 20);
    }
    public String upper(String event) { return event.toUpperCase(); }
}
"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "App.java").write_text(cls.SOURCE, encoding="utf-8")
            subprocess.run(["javac", "--release", "11", "-cp", JAR, "-d", directory, directory + "/App.java"], check=True)
            cls.files = {"App.class": Path(directory, "App.class").read_bytes()}

    def test_a_function(self):
        settings = {"runtime": "java17", "MemorySize": 512, "Environment": {"Variables": {"MINE": "ü"}}}
        self.deploy("java", self.files, handler="App", **settings)
        answer = self.invoke("java", {"a": [1, None]}, LogType="Tail")
        self.assertGreaterEqual(answer["Payload"].pop("heap"), 350)
        self.assertEqual(answer["Payload"], {"event": {"a": [1, None]}, "mine": "ü", "name": "java", "memory": 512})
        self.assertIn("seen {a=[1, null]}\n", tail_of(answer))
        answer = self.invoke("java", {"fail": 1}, LogType="Tail")
        self.assert_function_error(answer, "java.lang.IllegalStateException", "^asked to$")
        self.assertRegex(answer["Payload"]["stackTrace"][0], r"^App\.handleRequest\(App\.java:\d+\)$")
        self.assertIn("asked to: java.lang.IllegalStateException\njava.lang.IllegalStateException: asked to\n\tat App", tail_of(answer))

    def test_variables_that_java_reads_when_it_starts(self):
        settings = {"MemorySize": 512, "Environment": {"Variables": {"JAVA_TOOL_OPTIONS": "-Dmine=1", "MINE": "x"}}}
        self.deploy("full", self.files, handler="App", runtime="java17", **settings)
        heap = self.invoke("full", {})["Payload"]["heap"]  # not pre-booted, so its heap has the function's limit
        self.assertTrue(350 <= heap <= 400, heap)

    def test_a_plain_method(self):
        self.deploy("plain", self.files, handler="App::upper", runtime="java17", MemorySize=256)
        self.assertEqual(self.invoke("plain", "text")["Payload"], "TEXT")

    def test_a_class_that_is_not_there(self):
        self.deploy("absent", self.files, handler="no.Such", runtime="java17", MemorySize=256)
        self.assert_function_error(self.invoke("absent"), "java.lang.ClassNotFoundException", "^Class not found: no.Such$")


class StrictTest(ApiTest):
    SERVER_ARGUMENTS = ("--strict-runtimes",)

    def test_another_version_is_refused(self):
        missing = [name for name, row in listing().items() if not row["exact"] and row["program"]]
        if not missing:
            self.skipTest("this machine has every version")
        self.deploy("strict", "", runtime=missing[0])
        with self.assertRaises(self.functions.exceptions.InvalidRuntimeException) as refused:
            self.functions.invoke(FunctionName="strict")
        self.assertIn("--strict-runtimes", str(refused.exception))
