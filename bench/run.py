#!/usr/bin/env python3
"""Measures Martlet and prints one table.

A figure that depends on the machine comes with its ratio to a reference measured in the same run, so that tables from
different machines can be compared.

    ./dev bench [--quick] [--rounds N] [--build] [--json FILE]

Rounds of all measurements are taken in turn (A B C, A B C, ...), so that a disturbance does not fall on one of them
alone. The table shows the median over the rounds and, as ±, half the spread of their middle half.
"""

import argparse
import base64
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
MARTLET = ROOT / "build/release/martlet"
LOAD = ROOT / "build/release/bench/martlet_load"
INVOKE = "/2015-03-31/functions/{}/invocations"
HEALTH = "/_martlet/health"
ROLE = "arn:aws:iam::000000000000:role/bench"

PYTHON_SOURCE = "def handler(event, context):\n    return event\n"
NODE_SOURCE = "export const handler = async (event) => event;\n"


# ---- Figures --------------------------------------------------------------------------------------------------------


class Figure:
    """Samples of one quantity, one per round."""

    def __init__(self, samples):
        self.samples = sorted(samples)
        self.median = statistics.median(self.samples)

    def spread(self):
        count = len(self.samples)
        return (self.samples[(3 * count) // 4 if count > 1 else 0] - self.samples[count // 4]) / 2


class Table:
    HEADER = ("what", "median", "spread", "unit", "ratio", "p99", "rate", "promised")

    def __init__(self):
        self.rows = []

    def add(self, what, figure, unit, reference=None, p99=None, rate=None, promised=""):
        """`reference` is (name, Figure): the row shows the ratio to it. `p99` and `rate` are of the same measurement."""
        if not isinstance(figure, Figure):
            figure = Figure([figure])
        ratio = f"{figure.median / reference[1].median:.2f} x {reference[0]}" if reference else ""
        spread = f"±{shown(figure.spread())}" if len(figure.samples) > 1 else ""
        p99 = f"{shown(p99.median)} {unit}" if p99 else ""
        rate = f"{shown(rate.median)}/s" if rate else ""
        self.rows.append((what, shown(figure.median), spread, unit, ratio, p99, rate, promised))

    def print(self):
        columns = list(zip(self.HEADER, *self.rows))
        widths = [max(map(len, column)) for column in columns]
        for row in [self.HEADER, tuple("-" * width for width in widths), *self.rows]:
            cells = [
                cell.rjust(w) if 0 < i < 3 or 4 < i < 7 else cell.ljust(w)
                for i, (cell, w) in enumerate(zip(row, widths))
            ]
            print("| " + " | ".join(cells) + " |")


def shown(number):
    if number >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}" if number >= 1 or number == 0 else f"{number:.2g}"


# ---- The server -----------------------------------------------------------------------------------------------------


class Server:
    def __init__(self, *storage):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = tempfile.TemporaryFile()
        command = [MARTLET, "serve", "--listen", f"127.0.0.1:{self.port}", *(storage or ["--ephemeral"])]
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

    def call(self, method, path, document=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = None if document is None else json.dumps(document)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300 or answer.getheader("X-Amz-Function-Error"):
            sys.exit(f"{method} {path} was answered with {answer.status}: {text.decode(errors='replace')}")
        return text

    def deploy(self, name, runtime, handler, files):
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in files.items():
                entry = zipfile.ZipInfo(path)
                entry.external_attr = 0o755 << 16
                archive.writestr(entry, content)
        code = {"ZipFile": base64.b64encode(package.getvalue()).decode()}
        settings = {"FunctionName": name, "Runtime": runtime, "Handler": handler, "Role": ROLE, "MemorySize": 1769}
        self.call("POST", "/2015-03-31/functions", {**settings, "Timeout": 30, "Code": code})

    def load(self, connections, warmup, requests, method, target, body=""):
        command = [LOAD, "127.0.0.1", self.port, connections, warmup, requests, method, target, body]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        answer = json.loads(done.stdout)
        if answer["errors"]:
            sys.exit(f"{answer['errors']} of {requests} requests to {target} failed")
        return answer

    def memory(self):
        """MiB: the server's resident memory; the server and its warden together, what they share counted once."""
        pages = 0
        for pid in [self.process.pid, *children(self.process.pid)]:
            rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            pages += int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1])
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024, pages / 1024

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


def children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


# ---- What is measured -----------------------------------------------------------------------------------------------


def measure_start(table, options):
    """Start to first healthy answer, in memory and on an existing data directory; memory when idle."""
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as directory:
        samples = {"in memory": [], "on disk": []}
        resident, shared = [], []
        for _ in range(options.rounds + 1):
            for kind, storage in (("in memory", ["--ephemeral"]), ("on disk", ["--data", directory])):
                server = Server(*storage)
                samples[kind].append(server.start_seconds * 1000)
                if kind == "on disk":
                    time.sleep(0.3)
                    own, with_warden = server.memory()
                    resident.append(own)
                    shared.append(with_warden)
                server.stop()
        reference = (
            "a bare python3",
            Figure(repeat(options.rounds, lambda: milliseconds([sys.executable, "-S", "-c", "pass"]))),
        )
        for kind, taken in samples.items():
            table.add(
                f"start to first healthy answer, {kind}",
                Figure(taken[1:]),
                "ms",
                reference,
                promised="at most 50, aim 20",
            )
        table.add("resident memory when idle", Figure(resident), "MiB", promised="at most 25, aim 12")
        table.add("resident memory with the warden, shared pages once", Figure(shared), "MiB")
    table.add("size of the binary", MARTLET.stat().st_size / 2**20, "MiB")


def functions(scratch):
    """(name, runtime, handler, files, bare interpreter) of the functions that are measured."""
    subprocess.run([ROOT / "examples/word-count/build", scratch / "bootstrap"], check=True)
    bootstrap = (scratch / "bootstrap").read_bytes()
    yield "provided", "provided.al2023", "bootstrap", {"bootstrap": bootstrap}, None
    yield "python", "python3.11", "app.handler", {"app.py": PYTHON_SOURCE}, ["/usr/bin/python3", "-c", "pass"]
    node = shutil.which("node")
    if node:
        major = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.lstrip("v").split(".")[0]
        yield "node", f"nodejs{major}.x", "index.handler", {"index.mjs": NODE_SOURCE}, [node, "-e", "0"]


def measure_warm(table, server, names, options):
    """Warm synchronous invocations against the health request, under the same client."""
    body = '{"text": "one two two"}'
    targets = {"health": ("GET", HEALTH, "")} | {name: ("POST", INVOKE.format(name), body) for name in names}
    for connections in (1, 8):
        taken = {name: [] for name in targets}
        for _ in range(options.rounds):
            for name, (method, target, content) in targets.items():
                requests = options.requests * (4 if name == "health" else 1)
                taken[name].append(server.load(connections, 20, requests, method, target, content))
        health = Figure([answer["p50"] for answer in taken["health"]])
        promised = {"provided": "aim 5 x", "python": "aim 8 x"} if connections == 1 else {}
        plural = "connection" if connections == 1 else "connections"
        for name, answers in taken.items():
            what = f"GET {HEALTH}" if name == "health" else f"warm invocation, {name}"
            p50, p99, rate = (Figure([answer[key] for answer in answers]) for key in ("p50", "p99", "rate"))
            title = f"{what}, {connections} {plural}"
            table.add(title, p50, "µs", ("health", health), p99, rate, promised.get(name, ""))


def measure_cold(table, server, described, options):
    """The first invocation of a version, against starting the bare interpreter; each round deploys afresh."""
    taken = {name: [] for name, *_ in described}
    bare = {name: [] for name, *_ in described}
    for turn in range(options.rounds):
        for name, runtime, handler, files, interpreter in described:
            cold = f"cold-{name}-{turn}"
            server.deploy(cold, runtime, handler, files)
            time.sleep(0.2)
            started = time.monotonic()
            server.call("POST", INVOKE.format(cold), {"text": "a"})
            taken[name].append((time.monotonic() - started) * 1000)
            bare[name].append(milliseconds(interpreter or ["/bin/true"]))
            server.call("DELETE", f"/2015-03-31/functions/{cold}")
    for name, _, _, _, interpreter in described:
        command = " ".join([pathlib.Path(interpreter[0]).name, *interpreter[1:]]) if interpreter else "true"
        table.add(f"bare start: {command}", Figure(bare[name]), "ms")
        table.add(f"cold invocation, {name}", Figure(taken[name]), "ms", (f"`{command}`", Figure(bare[name])))


def measure_source(table):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    product = tests = 0
    for path in listed.stdout.split():
        if not path.endswith((".cc", ".h", ".py", ".mjs")) or not (ROOT / path).exists():
            continue
        lines = (ROOT / path).read_text(errors="replace").count("\n")
        if path.startswith("src/") and not path.endswith("_test.cc") or path.startswith("runtimes/"):
            product += lines
        else:
            tests += lines
    table.add("lines of code, src and runtimes", product, "")
    table.add("lines of code, tests, tools, examples", tests, "")


def measure_build(table):
    """A clean build of the release binary without ccache, in a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="martlet-bench-build-") as directory:
        environment = {**os.environ, "CCACHE_DISABLE": "1"}
        subprocess.run(
            ["cmake", "--preset", "release", "-B", directory], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        started = time.monotonic()
        build = ["cmake", "--build", directory, "--target", "martlet"]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL, env=environment)
        table.add(
            "clean build of the release binary", time.monotonic() - started, "s", promised="at most 600 on 2 CPUs"
        )


def milliseconds(command):
    started = time.monotonic()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return (time.monotonic() - started) * 1000


def repeat(times, measure):
    return [measure() for _ in range(times)]


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measures Martlet and prints one table.")
    parser.add_argument("--rounds", type=int, default=7, help="how often everything is measured (7)")
    parser.add_argument("--requests", type=int, default=1000, help="invocations per round and runtime (1000)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 200 requests")
    parser.add_argument("--build", action="store_true", help="also the seconds of a clean build")
    parser.add_argument("--json", metavar="FILE", help="write the rows there as well")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.requests = 3, 200
    subprocess.run(
        ["cmake", "--build", ROOT / "build/release", "--target", "martlet", "martlet_load"],
        check=True,
        stdout=subprocess.DEVNULL,
    )

    table = Table()
    measure_start(table, options)
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as directory:
        described = list(functions(pathlib.Path(directory)))
        server = Server()
        try:
            for name, runtime, handler, files, _ in described:
                server.deploy(name, runtime, handler, files)
            measure_warm(table, server, [name for name, *_ in described], options)
            measure_cold(table, server, described, options)
        finally:
            server.stop()
    measure_source(table)
    if options.build:
        measure_build(table)
    print(f"{os.cpu_count()} CPUs, {options.rounds} rounds")
    table.print()
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(table.rows, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
