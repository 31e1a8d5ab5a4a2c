"""The AWS SDK for JavaScript v3: runs js/*.test.mjs with Node's own test runner against a server."""

import filecmp
import fcntl
import os
import pathlib
import shutil
import subprocess
import unittest

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
}


def install():
    """The SDK, by the lock file, into build/: nothing to do when that is there from before."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with open(INSTALLED / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = INSTALLED / ".installed"
        fresh = done.exists() and filecmp.cmp(done, SOURCE / "package-lock.json", shallow=False)
        for name in ("package.json", "package-lock.json", "sdk.test.mjs", "lambda.test.mjs"):
            shutil.copy(SOURCE / name, INSTALLED / name)
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

    def test_sdk(self):
        packages = self.server.directory / "packages"
        packages.mkdir()
        for name, source in PACKAGES.items():
            file = "app.js" if "exports" in source else "app.py"
            (packages / f"{name}.zip").write_bytes(zip_of({file: source}))
        environment = {
            **os.environ,
            "MARTLET_ENDPOINT": self.server.endpoint,
            "MARTLET_PACKAGES": str(packages),
            "MARTLET_PYTHON": PYTHON_RUNTIME,
            "NODE_NO_WARNINGS": "1",
        }
        done = subprocess.run(
            ["node", "--test", "--test-reporter=spec", "sdk.test.mjs", "lambda.test.mjs"],
            cwd=INSTALLED,
            env=environment,
            timeout=300,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
