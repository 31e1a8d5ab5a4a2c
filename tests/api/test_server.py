"""The server itself: its own endpoints, its command line, starting, stopping, crashing and coming back."""

import json
import re
import subprocess
import threading
import time
import unittest

from harness import BINARY, PYTHON_RUNTIME, ROLE, ApiTest, Server, free_port, zip_of

ECHO = "def handler(event, context):\n    print('echo', event)\n    return event\n"


def martlet(*arguments, **options):
    return subprocess.run([str(BINARY), *arguments], capture_output=True, text=True, timeout=30, **options)


class EndpointTest(ApiTest):
    def test_health(self):
        health = self.server.http("GET", "/_martlet/health").json()
        self.assertIn("version", health)
        for service in ("lambda", "logs", "sts", "iam"):
            self.assertIn(service, health["services"])
        known = self.server.http("GET", "/_localstack/health")
        self.assertEqual(known.status, 200)
        self.assertIn("lambda", known.json()["services"])

    def test_metrics(self):
        self.deploy("counted", ECHO)
        self.invoke("counted", 1)
        answer = self.server.http("GET", "/metrics")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))
        line = re.compile(r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_]\w*="([^"\\]|\\.)*",?)*\})? [-+0-9.eEInfNa]+$')
        for text in answer.body.decode().splitlines():
            self.assertTrue(text.startswith("#") or line.match(text), text)
        self.assertIn("martlet_", answer.body.decode())

    def test_clock(self):
        before = self.server.http("GET", "/_martlet/clock").json()
        answer = self.server.http(
            "POST", "/_martlet/clock", json.dumps({"seconds": 900}), {"Content-Type": "application/json"}
        )
        self.assertEqual(answer.status, 200, answer.body)
        after = self.server.http("GET", "/_martlet/clock").json()
        self.assertNotEqual(before, after)
        for wrong in (b"{", b"{}", b'{"seconds": "x"}', b'{"seconds": -5}', b'{"seconds": 1e400}'):
            refused = self.server.http("POST", "/_martlet/clock", wrong, {"Content-Type": "application/json"})
            self.assertEqual(refused.status, 400, (wrong, refused.body))
        self.deploy("later", ECHO)
        self.assertEqual(self.invoke("later", 1)["Payload"], 1)

    def test_reset(self):
        self.functions.create_function(
            FunctionName="forgotten",
            Runtime=PYTHON_RUNTIME,
            Handler="app.handler",
            Role=ROLE,
            Code={"ZipFile": zip_of({"app.py": ECHO})},
        )
        self.invoke("forgotten", 1)
        self.server.note_processes()
        self.assertEqual(self.server.http("POST", "/_martlet/reset").status, 200)
        self.assertEqual(self.functions.list_functions()["Functions"], [])
        self.assertEqual(self.logs.describe_log_groups()["logGroups"], [])
        self.deploy("forgotten", ECHO)
        self.assertEqual(self.invoke("forgotten", 2)["Payload"], 2)

    def test_wrong_methods_and_paths(self):
        for method, path in (
            ("GET", "/_martlet/reset"),
            ("DELETE", "/_martlet/health"),
            ("GET", "/_martlet/nothing"),
            ("PUT", "/metrics"),
        ):
            answer = self.server.http(method, path)
            self.assertTrue(400 <= answer.status < 500, (method, path, answer.status))


class EnforcedTest(ApiTest):
    """`--auth enforce`: who is not known does nothing."""

    SERVER_ARGUMENTS = ("--auth", "enforce")

    def test_unknown_keys_are_refused_in_every_protocol(self):
        refused = {
            "UnrecognizedClientException": (self.functions.list_functions, self.logs.describe_log_groups),
            "InvalidClientTokenId": (
                self.server.client("sts").get_caller_identity,
                self.server.client("iam", access_key="123456789012").list_roles,
            ),
        }
        for code, calls in refused.items():
            for call in calls:
                self.assert_refused(code, call)  # 403, or 400 in the awsJson services

    def test_unsigned_requests_are_refused(self):
        answer = self.server.http("GET", "/2015-03-31/functions")
        self.assertEqual((answer.status, answer.error_type()), (403, "MissingAuthenticationTokenException"))

    def test_own_endpoints(self):
        self.assert_healthy()
        for path, body in (("/_martlet/reset", b""), ("/_martlet/clock", b'{"seconds": 1}')):
            self.assertEqual(self.server.http("POST", path, body).status, 403, path)


class CommandLineTest(unittest.TestCase):
    def test_help_teaches(self):
        self.assertIn("serve", martlet("--help").stdout)
        told = martlet("serve", "--help")
        self.assertEqual(told.returncode, 0)
        for option in ("--listen", "--data", "--ephemeral", "--auth", "--region", "--account", "MARTLET_LISTEN"):
            self.assertIn(option, told.stdout)

    def test_version_and_services(self):
        self.assertRegex(martlet("--version").stdout, r"^martlet \d+\.\d+\.\d+")
        listed = martlet("services").stdout
        for operation in ("CreateFunction", "Invoke", "FilterLogEvents", "GetCallerIdentity", "CreateRole"):
            self.assertIn(operation, listed)
        self.assertTrue(martlet("services", "--markdown").stdout.startswith("#"))

    def test_mistakes_are_told(self):
        cases = [
            ([], ""),
            (["fly"], "--help"),
            (["serve", "--nonsense"], "nonsense"),
            (["serve", "--auth", "maybe"], "auth"),
            (["serve", "--ephemeral", "--listen", "nowhere"], "listen"),
            (["serve", "--ephemeral", "--listen", "127.0.0.1:99999"], "listen"),
            (["serve", "--ephemeral", "--account", "12"], "account"),
            (["serve", "--ephemeral", "--egress", "some"], "egress"),
            (["serve", "--ephemeral", "--security-group", "sg-1=10.0.0.0/8:https"], "10.0.0.0/8:https"),
            (["serve", "--ephemeral", "--security-group", "web=10.0.0.0/8"], "sg-ID"),
            (["serve", "--ephemeral", "--listen", "0.0.0.0:0"], "auth"),
            (["serve", "--data", "/proc/nothing/here", "--listen", "127.0.0.1:0"], "/proc/nothing/here"),
        ]
        for arguments, word in cases:
            done = martlet(*arguments)
            self.assertNotEqual(done.returncode, 0, arguments)
            self.assertIn(word, done.stdout + done.stderr, arguments)
            self.assertGreater(done.returncode, 0, (arguments, done.stderr))

    def test_settings_from_the_environment_and_a_file(self):
        server = Server(environment={"MARTLET_REGION": "eu-west-3", "MARTLET_ACCOUNT": "123456789012"})
        self.addCleanup(server.remove)
        server.start()
        answer = server.http("GET", "/2015-03-31/functions/nowhere")
        self.assertIn("arn:aws:lambda:eu-west-3:123456789012:function:nowhere", answer.body.decode())
        server.stop()

        file = server.directory / "martlet.toml"
        file.write_text('region = "eu-west-2"\naccount = "210987654321"\n')
        server = Server("--config", str(file))
        self.addCleanup(server.remove)
        server.start()
        answer = server.http("GET", "/2015-03-31/functions/nowhere")
        self.assertIn("arn:aws:lambda:eu-west-2:210987654321:function:nowhere", answer.body.decode())
        server.stop()

    def test_a_port_that_is_taken(self):
        server = Server()
        self.addCleanup(server.remove)
        server.start()
        done = martlet("serve", "--ephemeral", "--listen", f"127.0.0.1:{server.port}")
        self.assertGreater(done.returncode, 0)
        self.assertIn(str(server.port), done.stderr)
        server.stop()

    def test_a_data_directory_that_is_in_use(self):
        server = Server(ephemeral=False)
        self.addCleanup(server.remove)
        server.start()
        done = martlet("serve", "--data", str(server.data), "--listen", f"127.0.0.1:{free_port()}")
        self.assertGreater(done.returncode, 0)
        self.assertIn(str(server.data), done.stdout + done.stderr)
        server.stop()
        self.assertEqual(server.leftovers(), [])


class LifeTest(unittest.TestCase):
    """Stopping, crashing, coming back."""

    def start(self, **settings):
        server = Server(**settings)
        self.addCleanup(server.remove)
        return server.start()

    def create(self, server, name, source=ECHO, **settings):
        return server.client("lambda").create_function(
            FunctionName=name,
            Runtime=PYTHON_RUNTIME,
            Handler="app.handler",
            Role=ROLE,
            Timeout=60,
            Code={"ZipFile": zip_of({"app.py": source})},
            **settings,
        )

    def invoke(self, server, name, event):
        return json.loads(
            server.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))["Payload"].read()
        )

    def messages(self, server, name):
        pages = server.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
        return [event["message"] for page in pages for event in page["events"]]

    def test_data_survives_a_restart(self):
        server = self.start(ephemeral=False)
        created = self.create(server, "kept", Environment={"Variables": {"STAGE": "ü"}})
        self.assertEqual(self.invoke(server, "kept", 1), 1)
        before = self.messages(server, "kept")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.leftovers(), [])
        server.start()
        again = server.client("lambda").get_function_configuration(FunctionName="kept")
        for member in ("FunctionArn", "CodeSha256", "Environment", "RevisionId", "LastModified"):
            self.assertEqual(again[member], created[member])
        self.assertEqual(self.messages(server, "kept"), before)
        self.assertEqual(self.invoke(server, "kept", 2), 2)
        server.stop()

    def test_data_survives_kill_9(self):
        server = self.start(ephemeral=False)
        self.create(server, "function-0")
        self.assertEqual(self.invoke(server, "function-0", 1), 1)
        before = self.messages(server, "function-0")
        self.assertIn("echo 1\n", before)
        acknowledged = ["function-0"]

        def write():
            try:
                for number in range(1, 1000):
                    self.create(server, f"function-{number}")
                    acknowledged.append(f"function-{number}")
            except Exception:
                return  # the server is gone

        writer = threading.Thread(target=write)
        writer.start()
        while len(acknowledged) < 20:
            time.sleep(0.01)
        server.kill()
        writer.join()
        self.assertEqual(server.leftovers(), [])

        server.start()
        pages = server.client("lambda").get_paginator("list_functions").paginate()
        names = {function["FunctionName"] for page in pages for function in page["Functions"]}
        self.assertLessEqual(set(acknowledged), names)
        self.assertLessEqual(len(names), len(acknowledged) + 1)
        self.assertEqual(self.messages(server, "function-0"), before)
        self.assertEqual(self.invoke(server, acknowledged[-1], 2), 2)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.leftovers(), [])

    def test_kill_9_during_an_invocation_leaves_nothing(self):
        server = self.start(ephemeral=False)
        self.create(
            server, "running", "import time\ndef handler(event, context):\n    time.sleep(event)\n    return 'ok'\n"
        )
        threads = [threading.Thread(target=self.swallow, args=(self.invoke, server, "running", 50)) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(1.5)
        server.kill()
        for thread in threads:
            thread.join()
        self.assertEqual(server.leftovers(), [])
        server.start()
        self.assertEqual(self.invoke(server, "running", 0), "ok")
        server.stop()
        self.assertEqual(server.leftovers(), [])

    def test_stopping_during_an_invocation(self):
        """The invocation is ended or finishes; the server ends either way, in time, and cleanly."""
        server = self.start()
        self.create(server, "running", "import time\ndef handler(event, context):\n    time.sleep(50)\n")
        thread = threading.Thread(target=self.swallow, args=(self.invoke, server, "running", {}))
        thread.start()
        time.sleep(1.5)
        self.assertEqual(server.stop(), 0)
        thread.join()
        self.assertEqual(server.leftovers(), [])

    def test_it_ends_on_sigterm_and_while_idle(self):
        server = self.start()
        server.note_processes()
        server.process.terminate()
        self.assertEqual(server.process.wait(20), 0)
        self.assertEqual(server.leftovers(), [])

    def test_an_ephemeral_server_leaves_no_files(self):
        server = self.start()
        self.create(server, "gone")
        self.invoke(server, "gone", 1)
        server.stop()
        self.assertEqual(server.leftovers(), [])
        self.assertFalse(server.data.exists())

    def test_the_data_directory_is_private(self):
        server = self.start(ephemeral=False)
        self.assertEqual(server.data.stat().st_mode & 0o077, 0)
        server.stop()

    @staticmethod
    def swallow(call, *arguments):
        try:
            call(*arguments)
        except Exception:
            pass  # the server goes away under it, which is the test


if __name__ == "__main__":
    unittest.main()
