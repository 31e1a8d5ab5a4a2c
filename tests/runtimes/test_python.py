"""The Python bootstrap against a fake Runtime API."""

import json
import sys
import unittest

from fake_runtime_api import PATIENCE, Bootstrap
from pathlib import Path

RUNTIME = Path(__file__).resolve().parents[2] / "runtimes/python"


class PythonTest(unittest.TestCase):
    def bootstrap(self, source, preboot=False, files=None, **environment):
        command = [sys.executable, "-S", "-X", "utf8", str(RUNTIME / "bootstrap.py")]
        started = Bootstrap(command, {"app.py": source, **(files or {})}, environment, preboot)
        self.addCleanup(started.close)
        return started

    def fails_to_start(self, source, kind, message, **environment):
        started = self.bootstrap(source, **environment)
        error = started.take("runtime/init/error")
        document = json.loads(error.body)
        self.assertEqual(error.headers["lambda-runtime-function-error-type"], kind)
        self.assertEqual((document["errorType"], document["errorMessage"]), (kind, message))
        started.give(b"{}", 202)
        self.assertEqual(started.process.wait(PATIENCE), 1)
        return document

    def test_a_preboot_becomes_the_function(self):
        source = (
            "import os, sys, time\nprint('at import', os.environ['MINE'], os.getcwd() == os.environ['LAMBDA_TASK_ROOT'])\n"
            "def handler(event, context):\n"
            "    return [event, dict(os.environ), time.tzname[0], context.function_name, sys.path[0], os.getcwd()]\n"
        )
        started = self.bootstrap(source, preboot=True, MINE="1", TZ="Asia/Tokyo")
        self.assertEqual(started.take().path, "/2018-06-01/martlet/function")
        started.give(json.dumps(started.function()).encode())
        answer = started.answer_of(b'{"a": 1}')
        event, environment, zone, name, path, directory = json.loads(answer.body)
        self.assertEqual(event, {"a": 1})
        self.assertEqual(environment, started.variables)
        self.assertEqual((zone, name, path, directory), ("JST", "tried", started.task, started.task))
        self.assertEqual(started.lines(1), ["at import 1 True"])

    def test_a_preboot_has_the_functions_log_format(self):
        source = "import logging\ndef handler(event, context):\n    logging.getLogger().info('told')\n"
        started = self.bootstrap(source, preboot=True, AWS_LAMBDA_LOG_FORMAT="JSON", AWS_LAMBDA_LOG_LEVEL="INFO")
        started.take("martlet/function")
        started.give(json.dumps(started.function()).encode())
        started.answer_of(b"1", "id", Lambda_Runtime_Aws_Tenant_Id="blue")
        record = json.loads(*started.lines(1))
        self.assertEqual((record["level"], record["message"], record["logger"]), ("INFO", "told", "root"))
        self.assertEqual((record["requestId"], record["tenantId"]), ("id", "blue"))

    def test_the_trace_id_is_the_events_own(self):
        started = self.bootstrap(
            "import os\ndef handler(event, context):\n    return os.environ.get('_X_AMZN_TRACE_ID')\n"
        )
        self.assertEqual(started.answer_of(b"1", Lambda_Runtime_Trace_Id="Root=1-2").body, b'"Root=1-2"')
        self.assertEqual(started.answer_of(b"1").body, b"null")

    def test_json_records_of_exceptions(self):
        source = (
            "import logging\ndef handler(event, context):\n    try:\n        1 / 0\n    except ZeroDivisionError:\n"
            "        logging.getLogger('mine').exception('could not', extra={'more': 1})\n    print('plain')\n"
            "    logging.getLogger().debug('not wanted')\n"
        )
        started = self.bootstrap(source, AWS_LAMBDA_LOG_FORMAT="JSON", AWS_LAMBDA_LOG_LEVEL="INFO")
        started.answer_of(b"1")
        first, plain = started.lines(2)
        record = json.loads(first)
        self.assertEqual(plain, "plain")
        self.assertEqual((record["errorType"], record["errorMessage"]), ("ZeroDivisionError", "division by zero"))
        self.assertIn("line 4, in handler", record["stackTrace"][0])
        self.assertRegex(record["location"], "app.py:handler:6$")
        self.assertEqual(record["more"], 1)

    def test_failures_to_load(self):
        self.fails_to_start("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'")
        self.fails_to_start("import nowhere", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'nowhere'")
        message = "Bad handler 'app': not enough values to unpack (expected 2, got 1)"
        self.fails_to_start("x = 1", "Runtime.MalformedHandlerName", message, _HANDLER="app")
        error = self.fails_to_start("raise KeyError('k')", "KeyError", "'k'")
        self.assertIn("app.py", error["stackTrace"][-1])

    def test_snapstart_hooks(self):
        source = (
            "import random\nfrom snapshot_restore_py import register_before_snapshot, register_after_restore\n"
            "random.seed(1)\nexpected = random.Random(1).random()\nran = []\n"
            "@register_before_snapshot\ndef first():\n    ran.append('before 1')\n"
            "register_before_snapshot(ran.append, 'before 2')\n"
            "@register_after_restore\ndef third():\n    ran.append('after 1')\n"
            "register_after_restore(ran.append, 'after 2')\n"
            "def handler(event, context):\n    return ran, random.random() == expected\n"
        )
        started = self.bootstrap(source, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start")
        started.take("runtime/restore/next")
        started.give()
        ran, predictable = json.loads(started.answer_of(b"1").body)
        self.assertEqual(ran, ["before 2", "before 1", "after 1", "after 2"])
        self.assertFalse(predictable)

    def test_snapstart_hooks_that_fail(self):
        source = "import snapshot_restore_py as s\ndef bad():\n    raise ValueError('no')\ns.%s(bad)\nhandler = print\n"
        snap_start = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
        self.fails_to_start(source % "register_before_snapshot", "Runtime.BeforeSnapshotError", "no", **snap_start)
        started = self.bootstrap(source % "register_after_restore", **snap_start)
        started.take("runtime/restore/next")
        started.give()
        error = started.take("runtime/restore/error")
        self.assertEqual(error.headers["lambda-runtime-function-error-type"], "Runtime.AfterRestoreError")
        self.assertEqual(json.loads(error.body)["errorMessage"], "no")


if __name__ == "__main__":
    unittest.main()
