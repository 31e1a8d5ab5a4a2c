"""Starts the real server for a test and hands out real clients for it.

A test module derives its classes from ApiTest. Each class gets a server of its own on a free port, so that modules can run
at the same time; when the class is done the server is stopped and must have left nothing behind: no process, no mount,
no cgroup, no file outside its data directory.

The binary is $MARTLET, or build/release/martlet. boto3 is Debian's python3-boto3, therefore tests keep to the parts of
the API that botocore 1.29 knows and use `Server.http` for the rest.
"""

import http.client
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import zipfile

import boto3
import botocore.config
from botocore.exceptions import ClientError

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("MARTLET", ROOT / "build/release/martlet"))
ROLE = "arn:aws:iam::000000000000:role/test-role"
START_SECONDS = 20
STOP_SECONDS = 30


def free_port():
    """A TCP port of 127.0.0.1 that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# ---- What a server may leave behind ---------------------------------------------------------------------------------


def _process_table():
    """{pid: (parent, start time)} of everything that runs."""
    table = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = pathlib.Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            table[int(entry)] = (int(fields[1]), fields[19])
    return table


def descendants(root):
    """{(pid, start time)} of `root` and everything below it."""
    table = _process_table()
    children = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    found, queue = set(), [root]
    while queue:
        pid = queue.pop()
        if pid in table:
            found.add((pid, table[pid][1]))
        queue.extend(children.get(pid, []))
    return found


def alive(processes):
    table = _process_table()
    return {pid for pid, started in processes if pid in table and table[pid][1] == started}


def mounts_below(directory):
    text = pathlib.Path("/proc/self/mountinfo").read_text()
    return [line.split()[4] for line in text.splitlines() if line.split()[4].startswith(str(directory))]


def cgroups_of(pids):
    """Directories below /sys/fs/cgroup/**/martlet whose name carries one of these process ids, as a warden names its own."""
    found = []
    for directory, names, _ in os.walk("/sys/fs/cgroup"):
        if os.path.basename(directory) == "martlet":
            found += [
                os.path.join(directory, name)
                for name in names
                if set(re.findall(r"\d+", name)) & {str(pid) for pid in pids}
            ]
            names.clear()
    return found


# ---- The server -----------------------------------------------------------------------------------------------------


class Server:
    """One `martlet serve` on a free port, with a directory of its own for everything it writes.

    Keeps its data over kill() and start() when made with `ephemeral=False`.
    """

    def __init__(self, *arguments, ephemeral=True, environment=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="martlet-test-"))
        self.data = self.directory / "data"
        self.temporary = self.directory / "tmp"
        self.temporary.mkdir()
        self.log_file = self.directory / "server.log"
        self._storage = ["--ephemeral"] if ephemeral else ["--data", str(self.data)]
        self._arguments = list(arguments)
        self._environment = environment or {}
        self._seen = set()
        self.process = None
        self.port = None

    def change_arguments(self, *arguments):
        """For the next start()."""
        self._arguments = list(arguments)

    def start(self):
        for _ in range(5):
            self.port = free_port()
            if self._start_once():
                return self
        raise RuntimeError("the server did not start:\n" + self.log())

    def _start_once(self):
        command = [str(BINARY), "serve", "--listen", f"127.0.0.1:{self.port}", *self._storage, *self._arguments]
        environment = {**os.environ, "TMPDIR": str(self.temporary), **self._environment}
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            try:
                if self.http("GET", "/_martlet/health").status == 200:
                    self.note_processes()
                    return True
            except OSError:
                time.sleep(0.01)
        self.kill()
        return False

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def note_processes(self):
        """Remembers what runs below the server now; stop() demands that it is gone."""
        if self.process and self.process.poll() is None:
            self._seen |= descendants(self.process.pid)

    def stop(self):
        """Ends the server as Ctrl-C does and returns its exit code."""
        self.note_processes()
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the server did not end on SIGINT:\n" + self.log()) from None

    def restart(self, *arguments):
        """Starts anew on the same data, with other arguments."""
        assert self.stop() == 0, self.log()
        self._arguments = list(arguments)
        return self.start()

    def kill(self):
        """kill -9, as a crash would be."""
        self.note_processes()
        self.process.kill()
        return self.process.wait()

    def leftovers(self):
        """What is still there after the server has ended, as text; empty when all is well."""
        deadline = time.monotonic() + 10
        while True:
            rest = self._leftovers_now()
            if not rest or time.monotonic() > deadline:
                return rest
            time.sleep(0.05)  # the warden clears up after a killed server; give it its moment

    def _leftovers_now(self):
        rest = [f"process {pid}" for pid in sorted(alive(self._seen))]
        rest += [f"mount {path}" for path in mounts_below(self.directory)]
        rest += [f"cgroup {path}" for path in cgroups_of([pid for pid, _ in self._seen])]
        rest += [f"file {path}" for path in sorted(self.temporary.rglob("*"))]
        return rest

    def remove(self):
        if self.process and self.process.poll() is None:
            self.kill()
        if not mounts_below(self.directory):
            shutil.rmtree(self.directory, ignore_errors=True)

    # -- clients --

    def client(self, service, access_key="test", region="us-east-1", retries=0, **config):
        """A boto3 client. Without retries, so that a test sees what the server said."""
        config.setdefault("read_timeout", 120)
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key="test",
            config=botocore.config.Config(retries={"max_attempts": retries}, **config),
        )

    def http(self, method, path, body=None, headers=None, timeout=60):
        """A plain request. The answer has .status, .headers, .body and .json()."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return HttpAnswer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def signed(self, service, method, path, body=b"", headers=None, access_key="test", region="us-east-1"):
        """A plain request that carries the credential scope of `service`, for what boto3 would not send."""
        scope = f"{access_key}/20260101/{region}/{service}/aws4_request"
        authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
        fields = {"Authorization": authorization, "X-Amz-Date": "20260101T000000Z", **(headers or {})}
        return self.http(method, path, body, fields)

    def json_call(self, service, target, document, version="1.1"):
        """One awsJson request, its body given as an object or as raw bytes."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = {"X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{version}"}
        return self.signed(service, "POST", "/", body, headers)

    def query_call(self, service, body):
        return self.signed(service, "POST", "/", body.encode(), {"Content-Type": "application/x-www-form-urlencoded"})


class HttpAnswer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def error_type(self):
        """The error code of a JSON answer: from the header or the body, without namespace or link."""
        code = self.headers.get("x-amzn-ErrorType") or ""
        if not code and self.body[:1] == b"{":
            document = self.json()
            code = document.get("__type") or document.get("code") or ""
        return code.split(":")[0].split("#")[-1]


# ---- Functions to deploy --------------------------------------------------------------------------------------------


def zip_of(files):
    """A zip archive in memory: {path: text or bytes}. Every file may be executed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0))
            entry.external_attr = 0o755 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def node_runtime():
    """The Lambda runtime name for the Node.js of this machine, or None where there is none."""
    node = shutil.which("node")
    if not node:
        return None
    major = (
        subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        .stdout.strip("v\n")
        .split(".")[0]
    )
    return f"nodejs{major}.x"


PYTHON_RUNTIME = "python3.11"  # Debian 12's


class ApiTest(unittest.TestCase):
    """A test class with a server. SERVER_ARGUMENTS and EPHEMERAL may be overridden."""

    SERVER_ARGUMENTS = ()
    EPHEMERAL = True

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.SERVER_ARGUMENTS, ephemeral=cls.EPHEMERAL)
        cls.addClassCleanup(cls.server.remove)
        cls.server.start()
        cls.functions = cls.server.client("lambda")
        cls.logs = cls.server.client("logs")

    @classmethod
    def tearDownClass(cls):
        if cls.server.process.poll() is not None:
            raise AssertionError("the server ended during the tests:\n" + cls.server.log()[-4000:])
        code = cls.server.stop()
        rest = cls.server.leftovers()
        if code != 0 or rest:
            raise AssertionError(f"exit code {code}, left behind: {rest}\n" + cls.server.log()[-4000:])

    # -- functions --

    def deploy(self, name, source, handler="app.handler", runtime=PYTHON_RUNTIME, file=None, **settings):
        """Creates a function from one source text, or from {path: content}, and deletes it after the test."""
        if not isinstance(source, dict):
            source = {file or ("app.mjs" if runtime.startswith("nodejs") else "app.py"): source}
        settings.setdefault("Timeout", 30)
        settings.setdefault("Role", ROLE)
        created = self.functions.create_function(
            FunctionName=name, Runtime=runtime, Handler=handler, Code={"ZipFile": zip_of(source)}, **settings
        )
        self.addCleanup(self.forget, name)
        return created

    def forget(self, name):
        self.server.note_processes()
        try:
            self.functions.delete_function(FunctionName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise

    def invoke(self, name, event=None, **settings):
        """Invokes and returns the answer with its Payload decoded from JSON."""
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        answer = self.functions.invoke(FunctionName=name, Payload=payload, **settings)
        text = answer["Payload"].read()
        answer["Payload"] = json.loads(text) if text else None
        return answer

    def messages(self, group, **filters):
        """All log messages of a group, oldest first."""
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group, **filters)
        return [event["message"] for page in pages for event in page["events"]]

    # -- assertions --

    def assert_refused(self, code, call, *arguments, status=None, message=None, **parameters):
        """`call` must fail with this AWS error code. Returns the error."""
        with self.assertRaises(ClientError) as caught:
            call(*arguments, **parameters)
        error = caught.exception.response
        self.assertEqual(error["Error"]["Code"], code, error)
        if status:
            self.assertEqual(error["ResponseMetadata"]["HTTPStatusCode"], status, error)
        if message:
            self.assertRegex(error["Error"]["Message"], message)
        return error

    def assert_function_error(self, answer, kind, message=""):
        """The function failed with this errorType; `message` is a regular expression."""
        self.assertEqual(answer["StatusCode"], 200)
        self.assertEqual(answer.get("FunctionError"), "Unhandled", answer)
        self.assertEqual(answer["Payload"]["errorType"], kind, answer["Payload"])
        if message:
            self.assertRegex(answer["Payload"]["errorMessage"], message)

    def assert_healthy(self):
        self.assertEqual(self.server.http("GET", "/_martlet/health").status, 200)
