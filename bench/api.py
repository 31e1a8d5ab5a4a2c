"""What the Lambda API itself costs, and that it costs the same however many functions there are."""

import concurrent.futures
import re
import tempfile
import time

from server import FUNCTIONS, HEALTH, INVOKE, Server, descendants
from table import Figure

FEW, MANY = 10, 10_000


def measure_api(table, functions, options):
    python = next(function for function in functions if function.name == "python")
    server = Server()
    taken = {}
    try:
        count = 0
        for stored in (FEW, MANY):
            started = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                names = [f"f{number:05}" for number in range(count, stored)]
                list(pool.map(lambda name: server.deploy(name, python), names))
            created = len(names) / (time.monotonic() - started)
            count = stored
            server.invoke("f00000")
            for name, request in requests().items():
                answers = [server.load(1, 20, options.requests, *request) for _ in range(options.rounds)]
                taken[name, stored] = Figure([answer["p50"] for answer in answers])
        table.add(f"CreateFunction with up to {MANY:,} stored", created, "1/s")
        for name in requests():
            table.add(f"{name}, {FEW} functions stored", taken[name, FEW], "µs")
            reference = (f"with {FEW}", taken[name, FEW])
            table.add(f"{name}, {MANY:,} functions stored", taken[name, MANY], "µs", reference, promised="at most 1.2 x")
    finally:
        server.stop()


def requests():
    return {
        "GetFunction": ("GET", f"{FUNCTIONS}/f00000"),
        "ListFunctions of 10": ("GET", f"{FUNCTIONS}?MaxItems=10"),
        "Invoke, warm": ("POST", INVOKE.format("f00000"), "{}"),
    }


def measure_events(table, functions, options):
    """How many asynchronous events are accepted in a second, on disk, while the function works them off; how many
    are done in a second from the first to the last; and how many processes that takes."""
    python = next(function for function in functions if function.name == "python")
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as directory:
        server = Server("--data", directory)
        try:
            server.deploy("event", python)
            server.invoke("event")
            rates, done, processes, health = [], [], [], []
            target = INVOKE.format("event")
            for _ in range(options.rounds):
                health.append(server.load(8, 20, 4 * options.requests, "GET", HEALTH)["rate"])
                started = time.monotonic()
                load = server.load(8, 0, 5 * options.requests, "POST", target, "{}", "X-Amz-Invocation-Type: Event")
                rates.append(load["rate"])
                settle(server)
                done.append(5 * options.requests / (time.monotonic() - started))
                processes.append(len(descendants(server.process.pid)))
            reference = ("health", Figure(health))
            table.add("Invoke (Event) accepted, 8 connections", Figure(rates), "1/s", reference, promised="at least 5,000")
            table.add("the same events, until the function has been given the last", Figure(done), "1/s", reference)
            table.add("processes of the server and its environments then", Figure(processes), "")
        finally:
            server.stop()


def settle(server):
    """Waits until every accepted event was tried."""
    def total(name):
        text = server.call("GET", "/metrics").decode()
        return sum(float(value) for value in re.findall(rf"^{name}\S* (\S+)$", text, re.MULTILINE))

    while total("martlet_lambda_async_event_age_seconds_count") < total("martlet_lambda_async_events_received_total"):
        time.sleep(0.05)
