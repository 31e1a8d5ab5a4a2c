"""What the server itself costs: its start, its memory when idle, its size, its build."""

import os
import subprocess
import sys
import tempfile
import time

from environments import milliseconds
from server import MARTLET, ROOT, Server
from table import Figure


def measure_start(table, functions, options):
    """Start to first healthy answer, in memory and on an existing data directory; memory when idle."""
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as directory:
        samples = {"in memory": [], "on disk": []}
        resident, shared, bare = [], [], []
        for _ in range(options.rounds + 1):
            for kind, storage in (("in memory", ["--ephemeral"]), ("on disk", ["--data", directory])):
                server = Server(*storage)
                samples[kind].append(server.start_seconds * 1000)
                if kind == "on disk":
                    time.sleep(0.3)
                    resident.append(server.resident())
                    shared.append(server.proportional())
                server.stop()
            bare.append(milliseconds([sys.executable, "-S", "-c", "pass"]))
        for kind, taken in samples.items():
            title = f"start to first healthy answer, {kind}"
            promised = "at most 50, aim 20"
            table.add(title, Figure(taken[1:]), "ms", ("a bare python3", Figure(bare)), promised=promised)
        table.add("resident memory when idle", Figure(resident), "MiB", promised="at most 25, aim 12")
        table.add("resident memory with the warden, shared pages once", Figure(shared), "MiB")
    table.add("size of the binary", MARTLET.stat().st_size / 2**20, "MiB")


def measure_source(table, functions, options):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    product = tests = 0
    for path in listed.stdout.split():
        if not path.endswith((".cc", ".h", ".py", ".mjs", ".cjs", ".java", ".rb")) or not (ROOT / path).exists():
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
        seconds = time.monotonic() - started
        table.add("clean build of the release binary", seconds, "s", promised="at most 600 on 2 CPUs")
