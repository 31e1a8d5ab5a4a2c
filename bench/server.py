"""A server to be measured, and the functions that are deployed to it."""

import base64
import http.client
import io
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
MARTLET = ROOT / "build/release/martlet"
LOAD = ROOT / "build/release/bench/martlet_load"
FUNCTIONS = "/2015-03-31/functions"
INVOKE = FUNCTIONS + "/{}/invocations"
HEALTH = "/_martlet/health"
ROLE = "arn:aws:iam::000000000000:role/bench"


class Server:
    """`martlet serve` on a free port; in memory, unless `storage` says otherwise."""

    def __init__(self, *storage, auth="open"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = tempfile.TemporaryFile()
        command = [MARTLET, "serve", "--listen", f"127.0.0.1:{self.port}", "--auth", auth, *(storage or ["--ephemeral"])]
        started = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() - started > 20:
                self.log.seek(0)
                sys.exit("the server did not start:\n" + self.log.read().decode(errors="replace"))
        self.start_seconds = time.monotonic() - started

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(f"GET {HEALTH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                return connection.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def call(self, method, path, document=None, headers=None):
        """The body of an answer; a failure, the function's own included, ends the run. Texts are sent as they are."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        body = document if document is None or isinstance(document, str) else json.dumps(document)
        connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300 or answer.getheader("X-Amz-Function-Error"):
            sys.exit(f"{method} {path} was answered with {answer.status}: {text.decode(errors='replace')}")
        return text

    def deploy(self, name, function, memory=1769, timeout=60):
        settings = {"FunctionName": name, "Role": ROLE, "MemorySize": memory, "Timeout": timeout}
        settings |= {"Runtime": function.runtime, "Handler": function.handler}
        self.call("POST", FUNCTIONS, {**settings, "Code": {"ZipFile": function.package}})

    def invoke(self, name, event=None):
        return self.call("POST", INVOKE.format(name), {} if event is None else event)

    def delete(self, name):
        self.call("DELETE", f"{FUNCTIONS}/{name}")

    def load(self, connections, warmup, requests, method, target, body="", header=""):
        command = [LOAD, "127.0.0.1", self.port, connections, warmup, requests, method, target, body, header]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        answer = json.loads(done.stdout)
        if answer["errors"]:
            sys.exit(f"{answer['errors']} of {requests} requests to {target} failed")
        return answer

    def busy_microseconds(self):
        """Processor time of the server process so far, the warden and environments not counted."""
        total = 0
        for stat in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat"):
            total += int(stat.read_text().split()[0])
        return total / 1000

    def resident(self):
        """MiB of resident memory of the server process."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def proportional(self):
        """MiB of the server, its warden and all environments together; what processes share counts once."""
        pages = 0
        for pid in descendants(self.process.pid):
            try:
                rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue  # it has just ended
            pages += int((re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE) or [0, 0])[1])
        return pages / 1024

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


def descendants(pid):
    found = [pid]
    for parent in found:
        try:
            children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            continue
        found += map(int, children)
    return found


class Function:
    """Code to deploy, and the command that starts its bare interpreter."""

    def __init__(self, name, runtime, handler, files, bare):
        self.name, self.runtime, self.handler, self.bare = name, runtime, handler, bare
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
            for path, content in files.items():
                entry = zipfile.ZipInfo(path)
                entry.external_attr = 0o755 << 16
                package.writestr(entry, content)
        self.package = base64.b64encode(archive.getvalue()).decode()

    def bare_name(self):
        return " ".join([pathlib.Path(self.bare[0]).name, *self.bare[1:]])


PYTHON_SOURCE = "def handler(event, context):\n    return event\n"
NODE_SOURCE = "export const handler = async (event) => event;\n"
JAVA_SOURCE = """public class Echo {
  public java.util.Map<String, Object> handleRequest(java.util.Map<String, Object> event) { return event; }
}
"""


def provided(scratch):
    subprocess.run([ROOT / "examples/word-count/build", scratch / "bootstrap"], check=True)
    return Function(
        "provided", "provided.al2023", "bootstrap", {"bootstrap": (scratch / "bootstrap").read_bytes()}, ["/bin/true"]
    )


def python():
    minor = subprocess.run(
        ["/usr/bin/python3", "-c", "import sys; print(sys.version_info[1])"], capture_output=True, text=True
    ).stdout.strip()
    return Function(
        "python", f"python3.{minor}", "app.handler", {"app.py": PYTHON_SOURCE}, ["/usr/bin/python3", "-c", "pass"]
    )


def node():
    program = shutil.which("node")
    if not program:
        return None
    major = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.lstrip("v").split(".")[0]
    return Function("node", f"nodejs{major}.x", "index.handler", {"index.mjs": NODE_SOURCE}, [program, "-e", "0"])


def java(scratch):
    compiler, program = shutil.which("javac"), shutil.which("java")
    if not compiler or not program:
        return None
    (scratch / "Echo.java").write_text(JAVA_SOURCE)
    subprocess.run([compiler, "--release", "11", "-d", scratch, scratch / "Echo.java"], check=True)
    version = subprocess.run([program, "-version"], capture_output=True, text=True).stderr
    major = re.search(r'version "(\d+)', version)[1]
    files = {"Echo.class": (scratch / "Echo.class").read_bytes()}
    return Function("java", f"java{major}", "Echo::handleRequest", files, [program, "-version"])


def functions(scratch):
    """What can be measured on this machine."""
    return [function for function in (provided(scratch), python(), node(), java(scratch)) if function]
