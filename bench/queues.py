"""What a queue costs over HTTP, however many messages wait in it, and how soon a message reaches its function."""

import json
import subprocess
import sys
import tempfile
import time

from server import HEALTH, ROOT, Server
from table import Figure

DRAIN = ROOT / "build/release/bench/martlet_drain"
FEW, MANY = 1_000, 1_000_000
BATCH = 10
BODY = "x" * 100

HANDLER = """import time
def handler(event, context):
    now = time.time()
    for record in event["Records"]:
        print("handled", record["messageId"], now - float(record["body"]))
"""


class Queue:
    """A queue of a server, by its JSON protocol."""

    def __init__(self, server, name="bench"):
        self.server = server
        self.url = self.call("CreateQueue", QueueName=name)["QueueUrl"]
        self.name = name

    def call(self, operation, **members):
        headers = {"X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0"}
        return json.loads(self.server.call("POST", "/", members, headers) or "{}")

    def load(self, connections, requests, operation, **members):
        body = json.dumps({"QueueUrl": self.url, **members})
        header = f"X-Amz-Target: AmazonSQS.{operation}"
        return self.server.load(connections, 20, requests, "POST", "/", body, header)

    def send(self, connections, requests):
        return self.load(connections, requests, "SendMessage", MessageBody=BODY)

    def send_batches(self, connections, batches):
        entries = [{"Id": f"e{number}", "MessageBody": BODY} for number in range(BATCH)]
        return self.load(connections, batches, "SendMessageBatch", Entries=entries)

    def drain(self, connections, messages, batch):
        """Receives and deletes so many messages; none may come twice."""
        command = [DRAIN, "127.0.0.1", self.server.port, connections, messages, batch, self.url]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        answer = json.loads(done.stdout)
        if answer["twice"]:
            sys.exit(f"{answer['twice']} messages were received twice")
        return answer

    def purge(self):
        self.call("PurgeQueue", QueueUrl=self.url)
        self.server.call("POST", "/_martlet/clock", {"seconds": 61})  # one purge a minute is allowed


def measure_queues(table, functions, options):
    """Send, receive and delete, one by one and in batches, on disk."""
    taken = {}

    def note(name, value):
        taken.setdefault(name, []).append(value)

    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as directory:
        server = Server("--data", directory)
        try:
            queue = Queue(server)
            for _ in range(options.rounds):
                for connections in (1, 8):
                    singles, batches = options.requests * connections, options.requests * connections // 2
                    note(("health", connections), server.load(connections, 20, singles, "GET", HEALTH)["rate"])
                    note(("send", connections), queue.send(connections, singles)["rate"])
                    note(("drain", connections), queue.drain(connections, singles, 1)["rate"])
                    note(("batch send", connections), BATCH * queue.send_batches(connections, batches)["rate"])
                    note(("batch drain", connections), queue.drain(connections, BATCH * batches, BATCH)["rate"])
                    queue.purge()
        finally:
            server.stop()
    figures = {key: Figure(values) for key, values in taken.items()}
    for connections in (1, 8):
        where = f"{connections} connection" + ("s" if connections > 1 else "")
        health = ("health", figures["health", connections])
        table.add(f"GET {HEALTH}, {where}", health[1], "1/s", health)
        aim = "at least 0.4 x" if connections == 1 else ""
        table.add(f"SendMessage, {where}", figures["send", connections], "1/s", health, promised=aim)
        table.add(f"ReceiveMessage and DeleteMessage, {where}", figures["drain", connections], "messages/s", health)
        aim = "at least 30,000" if connections == 8 else ""
        what = f"SendMessageBatch of {BATCH}, {where}"
        table.add(what, figures["batch send", connections], "messages/s", health, promised=aim)
        what = f"ReceiveMessage and DeleteMessageBatch of {BATCH}, {where}"
        table.add(what, figures["batch drain", connections], "messages/s", health, promised=aim)


def measure_fsync(table, functions, options):
    """What waiting for the disk costs batches of many connections, against the same without."""
    rates = {}
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as directory:
        kinds = {"default": ["--data", f"{directory}/default"], "--fsync": ["--data", f"{directory}/fsync", "--fsync"]}
        servers = {kind: Server(*arguments) for kind, arguments in kinds.items()}
        queues = {kind: Queue(server) for kind, server in servers.items()}
        try:
            for _ in range(options.rounds):
                for kind, queue in queues.items():
                    rates.setdefault(kind, []).append(BATCH * queue.send_batches(8, 2 * options.requests)["rate"])
                    queue.purge()
        finally:
            for server in servers.values():
                server.stop()
    reference = ("default durability", Figure(rates["default"]))
    table.add("SendMessageBatch, 8 connections, default durability", reference[1], "messages/s", reference)
    what = "SendMessageBatch, 8 connections, --fsync"
    table.add(what, Figure(rates["--fsync"]), "messages/s", reference, promised="at least 0.33 x")


def measure_backlog(table, functions, options):
    """A million messages that wait: does anything become slower, how much memory do they take?"""
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as directory:
        server = Server("--data", directory)
        try:
            queue, taken = Queue(server), {}
            idle = server.resident()
            for waiting in (FEW, MANY):
                present = FEW if waiting == MANY else 0
                queue.send_batches(8, (waiting - present) // BATCH)
                sends, receives = [], []
                for _ in range(options.rounds):
                    sends.append(queue.send(1, options.requests)["p50"])
                    receives.append(1e6 / queue.drain(1, options.requests, 1)["rate"])
                taken[waiting] = Figure(sends), Figure(receives)
            resident = server.resident()
        finally:
            server.stop()
    for index, what in enumerate(("SendMessage", "ReceiveMessage and DeleteMessage")):
        few, many = taken[FEW][index], taken[MANY][index]
        table.add(f"{what}, {FEW:,} messages waiting", few, "µs")
        reference = (f"with {FEW:,}", few)
        table.add(f"{what}, {MANY:,} messages waiting", many, "µs", reference, promised="at most 1.3 x")
    table.add(f"resident memory with {MANY:,} messages waiting", resident, "MiB", ("idle", Figure([idle])))


def measure_mapping(table, functions, options):
    """From SendMessage to the start of the handler, and ten thousand messages through a function."""
    python = next(function for function in functions if function.name == "python")
    described = type(python)("python", python.runtime, "app.handler", {"app.py": HANDLER}, python.bare)
    server = Server()
    try:
        queue = Queue(server)
        server.deploy("handler", described, timeout=20)
        mapping = {"FunctionName": "handler", "EventSourceArn": f"arn:aws:sqs:us-east-1:000000000000:{queue.name}"}
        server.call("POST", "/2015-03-31/event-source-mappings", {**mapping, "BatchSize": BATCH})
        server.invoke("handler", {"Records": []})
        wait_for(server, lambda: send_now(queue) or handled(server), "a first message")
        before = len(handled(server))
        for _ in range(10 * options.rounds):
            send_now(queue)
            time.sleep(0.02)
        wait_for(server, lambda: len(handled(server)) >= before + 10 * options.rounds, "single messages")
        delays = [1000 * delay for delay in list(handled(server).values())[before:]]
        table.add("SQS message to start of the handler, warm", Figure(delays), "ms", promised="at most 5")

        before, count = len(handled(server)), 10_000
        entries = [{"Id": f"e{number}", "MessageBody": str(time.time())} for number in range(BATCH)]
        started = time.monotonic()
        queue.load(4, count // BATCH - 4 * 20, "SendMessageBatch", Entries=entries)
        wait_for(server, lambda: deleted(server, queue), "all messages")
        seconds = time.monotonic() - started
        wait_for(server, lambda: len(handled(server)) >= before + count, "the function's log")
        table.add(f"{count:,} messages through a Python function, batches of {BATCH}", count / seconds, "messages/s")
    finally:
        server.stop()


def send_now(queue):
    queue.call("SendMessage", QueueUrl=queue.url, MessageBody=repr(time.time()))


def deleted(server, queue):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = queue.call("GetQueueAttributes", QueueUrl=queue.url, AttributeNames=names)["Attributes"]
    return all(int(counts[name]) == 0 for name in names)


def handled(server):
    """{message id: seconds from its sending to the handler}, in the order of handling. None may be there twice."""
    found, token = {}, {}
    while True:
        headers = {"X-Amz-Target": "Logs_20140328.FilterLogEvents", "Content-Type": "application/x-amz-json-1.1"}
        members = {"logGroupName": "/aws/lambda/handler", "filterPattern": "handled", **token}
        page = json.loads(server.call("POST", "/", members, headers))
        for event in page["events"]:
            _, message, delay = event["message"].split()
            if message in found:
                sys.exit(f"message {message} was handled twice")
            found[message] = float(delay)
        if not page.get("nextToken"):
            return found
        token = {"nextToken": page["nextToken"]}


def wait_for(server, condition, what):
    deadline = time.monotonic() + 120
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"waited two minutes for {what}")
        time.sleep(0.05)
