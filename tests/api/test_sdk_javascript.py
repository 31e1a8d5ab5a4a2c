"""The AWS SDK for JavaScript v3: runs js/*.test.mjs with Node's own test runner against a server.

The tests of Lambda note down what they call. When they are through, every operation must have been seen to succeed, to give
its documented errors and its pages; js_coverage.py has the exceptions.
"""

import filecmp
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import unittest

import js_coverage
from harness import PYTHON_RUNTIME, ROOT, ApiTest, zip_of

SOURCE = pathlib.Path(__file__).resolve().parent / "js"
INSTALLED = ROOT / "build/sdk-javascript"

PACKAGES = {
    "echo": "def handler(event, context):\n    return event\n",
    "other": "def handler(event, context):\n    return 'other'\n",
    "streams": """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('first ');
  await new Promise((go) => setTimeout(go, 10));
  if (event.fail) throw new Error('half-way');
  stream.end('second');
});
""",
    "raises": "def handler(event, context):\n    raise ValueError('no')\n",
    "sleeps": "import time\ndef handler(event, context):\n    time.sleep(2)\n",
    "tenant": """
seen = []
def handler(event, context):
    seen.append(context.tenant_id)
    return seen
""",
    "trace": "import os\ndef handler(event, context):\n    return os.environ['_X_AMZN_TRACE_ID']\n",
}


def install():
    """The SDK, by the lock file, into build/: nothing to do when that is there from before."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with open(INSTALLED / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = INSTALLED / ".installed"
        fresh = done.exists() and filecmp.cmp(done, SOURCE / "package-lock.json", shallow=False)
        for source in SOURCE.iterdir():
            shutil.copy(source, INSTALLED / source.name)
        if not fresh:
            command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
            subprocess.run(command, cwd=INSTALLED, check=True, timeout=600)
            shutil.copy(SOURCE / "package-lock.json", done)


class JavaScriptSdkTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("node") or not shutil.which("npm"):
            raise unittest.SkipTest("Node.js or npm is not installed")
        install()
        super().setUpClass()

    def test_what_no_test_shows_is_told(self):
        missing = js_coverage.missing([{"operation": "ListAliases", "paged": False}])
        for line in ("GetAlias never succeeded", "GetAlias never failed with ResourceNotFoundException"):
            self.assertIn(line, missing)
        self.assertIn("ListAliases never went beyond its first page", missing)
        self.assertNotIn("ListAliases never succeeded", missing)

    def test_sdk(self):
        packages = self.server.directory / "packages"
        packages.mkdir()
        calls = self.server.directory / "calls.jsonl"
        for name, source in PACKAGES.items():
            file = "app.js" if "exports" in source else "app.py"
            (packages / f"{name}.zip").write_bytes(zip_of({file: source}))
        environment = {
            **os.environ,
            "MARTLET_ENDPOINT": self.server.endpoint,
            "MARTLET_PACKAGES": str(packages),
            "MARTLET_COVERAGE": str(calls),
            "MARTLET_PYTHON": PYTHON_RUNTIME,
            "NODE_NO_WARNINGS": "1",
        }
        done = subprocess.run(
            ["node", "--test", "--test-reporter=spec", *sorted(path.name for path in SOURCE.glob("*.test.mjs"))],
            cwd=INSTALLED,
            env=environment,
            timeout=300,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout)
        missing = js_coverage.missing([json.loads(line) for line in calls.read_text().splitlines()])
        self.assertEqual(missing, [], "not shown by any test:\n" + "\n".join(missing))


if __name__ == "__main__":
    unittest.main()
