"""What environments cost: cold starts, many at once, memory, and the processor time that functions are given."""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import tempfile
import time

from server import Function, Server
from table import Figure

# Cold start, at most that many times the bare interpreter's start.
MOST_COLD = {"provided": 10, "python": 0.25, "node": 0.25, "java": 0.5}
BURST = 50
MEMORY_SIZES = (128, 256, 512, 1024, 1769)

SPIN_SOURCE = """import time
def spin(count):
    total = 0
    for number in range(count):
        total += number * number
    return total
def handler(event, context):
    started, used = time.monotonic(), time.process_time()
    spin(event["count"])
    return [time.monotonic() - started, time.process_time() - used]
"""


def milliseconds(command):
    started = time.monotonic()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.monotonic() - started) * 1000


def calm(server):
    """Waits until the server's stock of started runtimes does not change any more."""
    last, since = None, time.monotonic()
    while time.monotonic() - since < 0.25:
        time.sleep(0.05)
        text = server.call("GET", "/metrics").decode()
        now = re.findall(r"^martlet_preboot_runtimes.*$", text, re.MULTILINE)
        if now != last:
            last, since = now, time.monotonic()


def measure_cold(table, functions, options):
    """The first invocation of a function, against starting the bare interpreter; each time a new function."""
    server = Server()
    taken = {function.name: [] for function in functions}
    bare = {function.name: [] for function in functions}
    try:
        for function in functions:  # so that the machine's caches know the programs, and the server the runtimes
            server.deploy(f"first-{function.name}", function)
            server.invoke(f"first-{function.name}", {"text": "a"})
        for turn in range(options.cold):
            for function in functions:
                name = f"cold-{function.name}-{turn}"
                server.deploy(name, function)
                calm(server)
                started = time.monotonic()
                server.invoke(name, {"text": "a"})
                taken[function.name].append((time.monotonic() - started) * 1000)
                bare[function.name].append(milliseconds(function.bare))
                server.delete(name)
    finally:
        server.stop()
    for function in functions:
        cold, reference = Figure(taken[function.name]), Figure(bare[function.name])
        promised = f"at most {MOST_COLD[function.name]} x"
        if MOST_COLD[function.name] < 0.5:
            promised += ", p99 below 1 x"
        table.add(f"bare start: {function.bare_name()}", reference, "ms")
        table.add(
            f"cold invocation, {function.name}",
            cold,
            "ms",
            (f"`{function.bare_name()}`", reference),
            p99=cold.p99(),
            promised=promised,
        )


def measure_burst(table, functions, options):
    """Many functions called for the first time at once, against as many bare interpreters started at once."""
    server = Server()
    try:
        for function in functions:
            if function.name not in ("python", "node"):
                continue
            taken, bare = [], []
            for turn in range(min(options.rounds, 5)):
                names = [f"burst-{function.name}-{turn}-{number}" for number in range(BURST)]
                for name in names:
                    server.deploy(name, function, memory=128)
                calm(server)
                with concurrent.futures.ThreadPoolExecutor(BURST) as pool:
                    started = time.monotonic()
                    list(pool.map(server.invoke, names))
                    taken.append((time.monotonic() - started) * 1000)
                bare.append(all_at_once(function.bare))
                for name in names:
                    server.delete(name)
            table.add(f"{BURST} bare starts at once: {function.bare_name()}", Figure(bare), "ms")
            table.add(
                f"{BURST} {function.name} functions called first at once, last answer",
                Figure(taken),
                "ms",
                ("the bare starts", Figure(bare)),
                promised="at most 3 x",
            )
    finally:
        server.stop()


def all_at_once(command):
    started = time.monotonic()
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for process in [subprocess.Popen(command, **quiet) for _ in range(BURST)]:
        process.wait()
    return (time.monotonic() - started) * 1000


def available():
    """MiB of memory that the machine could still give away."""
    return int(re.search(r"MemAvailable:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) / 1024


def measure_memory(table, functions, options):
    """Idle Python environments: what each adds to all of the server's processes, and to the whole machine's use."""
    python = next(function for function in functions if function.name == "python")
    server = Server()
    try:
        time.sleep(0.5)
        before, free = server.proportional(), available()
        for number in range(options.environments):
            server.deploy(f"idle-{number}", python)
            server.invoke(f"idle-{number}")
        time.sleep(5)  # they are frozen by now
        metrics = server.call("GET", "/metrics").decode()
        kept = sum(
            float(value) for value in re.findall(r'^martlet_environments\{state="(?:idle|frozen)"\} (\S+)$', metrics, re.M)
        )
        table.add(f"idle environments of {options.environments} that are still there", kept, "", promised="all")
        each = (server.proportional() - before) / kept
        table.add("memory of an idle Python environment (PSS)", each, "MiB", promised="at most 6")
        table.add("the same by the machine's available memory", (free - available()) / kept, "MiB")
    finally:
        server.stop()


def measure_cpu(table, functions, options):
    """A fixed loop at several memory sizes: its duration is in proportion to 1/memory.

    Each round's duration is put beside the processor time that the same loop took in it, so that a machine whose processors
    are now faster and now slower does not blur the picture.
    """
    python = next(function for function in functions if function.name == "python")
    function = Function("spin", python.runtime, "app.handler", {"app.py": SPIN_SOURCE}, python.bare)
    server = Server()
    taken = {size: [] for size in MEMORY_SIZES}
    try:
        for size in MEMORY_SIZES:
            server.deploy(f"spin-{size}", function, memory=size, timeout=300)
            server.invoke(f"spin-{size}", {"count": 1000})
        for _ in range(min(options.rounds, 3)):
            for size in MEMORY_SIZES:
                wall, used = json.loads(server.invoke(f"spin-{size}", {"count": 4_000_000}))
                taken[size].append(wall / used * size / 1769)
    finally:
        server.stop()
    for size in MEMORY_SIZES:
        title = f"fixed loop at {size} MB, duration / (its processor time x 1769 / memory)"
        table.add(title, Figure(taken[size]), "", promised="0.9 to 1.1")
