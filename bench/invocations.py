"""What a warm invocation costs, against the health request under the same client."""

from server import HEALTH, INVOKE, Server
from table import Figure

# At most that many times the health request's median with one connection, and at least that part of its rate with eight.
MOST_TIMES = {"provided": 4, "python": 6, "node": 6}
LEAST_RATE = {"provided": 0.25, "python": 0.1, "node": 0.1}


def measure_warm(table, functions, options):
    server = Server()
    try:
        for function in functions:
            server.deploy(function.name, function)
        for connections in (1, 8):
            measure_with(table, server, [function.name for function in functions], connections, options)
    finally:
        server.stop()


def measure_with(table, server, names, connections, options):
    body = '{"text": "one two two"}'
    targets = {"health": ("GET", HEALTH, "")} | {name: ("POST", INVOKE.format(name), body) for name in names}
    taken = {name: [] for name in targets}
    for _ in range(options.rounds):
        for name, (method, target, content) in targets.items():
            requests = options.requests * (4 if name == "health" else 1)
            taken[name].append(server.load(connections, 20 * connections, requests, method, target, content))
    health = Figure([answer["p50"] for answer in taken["health"]])
    health_rate = Figure([answer["rate"] for answer in taken["health"]])
    plural = "connection" if connections == 1 else "connections"
    for name, answers in taken.items():
        what = f"GET {HEALTH}" if name == "health" else f"warm invocation, {name}"
        p50, p99, rate = (Figure([answer[key] for answer in answers]) for key in ("p50", "p99", "rate"))
        title = f"{what}, {connections} {plural}"
        if connections == 1:
            promised = f"at most {MOST_TIMES[name]} x" if name in MOST_TIMES else ""
            table.add(title, p50, "µs", ("health", health), p99, rate, promised)
        else:
            promised = f"rate at least {LEAST_RATE[name]} x" if name in LEAST_RATE else ""
            table.add(title, rate, "1/s", ("health", health_rate), None, None, promised)
