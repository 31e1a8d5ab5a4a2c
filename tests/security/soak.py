#!/usr/bin/python3
"""Functions that crash, hang, fork and devour, many at a time, for as long as asked; then nothing may have leaked.

    tests/security/soak.py [MINUTES] [--seed N]      ./dev soak [MINUTES]

Every call must have the answer that its kind has. What the server holds at the end is compared with what it held after
a first part of the run, both times with all functions deleted: processes, descriptors, memory, cgroups, mounts, loop
devices.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))

from botocore.exceptions import ClientError
from harness import PYTHON_RUNTIME, ROLE, Server, cgroups_of, descendants, node_runtime, zip_of

WORKERS = 6
TIMEOUT_SECONDS = 3
SETTLE_SECONDS = 90
MIB = 1 << 20
# What the store and the allocator may keep beyond a quarter of what there was.
MEMORY_SLACK = 48 * MIB
DESCRIPTOR_SLACK = 8

PYTHON = """
import os, signal, subprocess, sys, time

class Deliberate(Exception):
    pass

def fork_without_end():
    made = 0
    try:
        while made < 5000:
            if os.fork() == 0:
                time.sleep(300)
            made += 1
    except OSError:
        return {'made': made}

def leave_processes():
    for _ in range(3):
        subprocess.Popen(['/bin/sh', '-c', 'trap "" TERM HUP; sleep 1000'], start_new_session=True)

def handler(event, context):
    kind = event['kind']
    if kind == 'raise': raise Deliberate('on purpose')
    if kind == 'exit': os._exit(7)
    if kind == 'abort': os.abort()
    if kind == 'timeout': time.sleep(1000)
    if kind == 'spin':
        while True: pass
    if kind == 'memory':
        hold = []
        while True: hold.append(bytearray(b'x') * 8_000_000)
    if kind == 'forks': return fork_without_end()
    if kind == 'large': return 'x' * 5_000_000
    if kind == 'log': [print('line', number, 'y' * 200) for number in range(2000)]
    if kind == 'tmp': open('/tmp/' + context.aws_request_id, 'wb').write(bytes(8 << 20))
    if kind == 'files': globals().setdefault('kept', []).extend(os.open('/dev/null', 0) for _ in range(50))
    if kind == 'processes': leave_processes()
    return {'ok': event['number']}
"""

PROVIDED = """#!/usr/bin/python3 -I
import json, os, sys, types, urllib.request
sys.path.insert(0, os.environ['LAMBDA_TASK_ROOT'])
import app
api = 'http://' + os.environ['AWS_LAMBDA_RUNTIME_API'] + '/2018-06-01/runtime/invocation/'
while True:
    event = urllib.request.urlopen(api + 'next')
    request = event.headers['Lambda-Runtime-Aws-Request-Id']
    try:
        answer, path = app.handler(json.load(event), types.SimpleNamespace(aws_request_id=request)), '/response'
    except Exception as error:
        answer, path = {'errorType': type(error).__name__, 'errorMessage': str(error)}, '/error'
    urllib.request.urlopen(api + request + path, json.dumps(answer).encode()).read()
"""

NODE = """
const fs = require('fs'), { spawn } = require('child_process');
exports.handler = async (event, context) => {
  switch (event.kind) {
    case 'raise': { class Deliberate extends Error {} ; const error = new Deliberate('on purpose'); error.name = 'Deliberate'; throw error; }
    case 'exit': process.exit(7);
    case 'abort': process.abort();
    case 'timeout': await new Promise(() => setTimeout(() => {}, 1e6));
    case 'spin': for (;;) {}
    case 'memory': { const hold = []; for (;;) hold.push(Buffer.alloc(8e6, 1)); }
    case 'large': return 'x'.repeat(5000000);
    case 'log': for (let i = 0; i < 2000; ++i) console.log('line', i, 'y'.repeat(200)); break;
    case 'tmp': fs.writeFileSync('/tmp/' + context.awsRequestId, Buffer.alloc(8 << 20)); break;
    case 'processes': for (let i = 0; i < 3; ++i) spawn('/bin/sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref();
  }
  return { ok: event.number };
};
"""

EXTENSION = """#!/usr/bin/python3 -I
import json, os, urllib.request
api = 'http://' + os.environ['AWS_LAMBDA_RUNTIME_API'] + '/2020-01-01/extension/'
def ask(path, headers, body=None):
    return urllib.request.urlopen(urllib.request.Request(api + path, headers=headers, data=body))
answer = ask('register', {'Lambda-Extension-Name': 'companion'}, json.dumps({'events': ['INVOKE', 'SHUTDOWN']}).encode())
me = {'Lambda-Extension-Identifier': answer.headers['Lambda-Extension-Identifier']}
while json.load(ask('event/next', me))['eventType'] != 'SHUTDOWN':
    pass
"""

# How often each kind comes, and the error it ends with: None for the answer {"ok": number}, "" for anything.
KINDS = {
    "ok": (12, None),
    "raise": (3, "Deliberate"),
    "exit": (3, "Runtime.ExitError"),
    "abort": (2, "Runtime.ExitError"),
    "timeout": (1, "Sandbox.Timedout"),
    "spin": (1, "Sandbox.Timedout"),
    "memory": (2, "Runtime.OutOfMemory"),
    "forks": (1, ""),
    "large": (2, "5000000"),
    "log": (2, None),
    "tmp": (2, None),
    "files": (2, ""),
    "processes": (2, None),
}


class Soak:
    def __init__(self, server, seed=1):
        self.server = server
        self.random = random.Random(seed)
        self.client = server.client("lambda", max_pool_connections=WORKERS * 2)
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.faults = []
        self.number = 0
        self.limits_memory = True

    # -- functions --

    def functions(self):
        node = {"runtime": node_runtime(), "files": {"app.js": NODE}} if node_runtime() else None
        return {
            "python": {"runtime": PYTHON_RUNTIME, "files": {"app.py": PYTHON}},
            "booted": {"runtime": PYTHON_RUNTIME, "files": {"app.py": PYTHON}, "variables": {"PYTHONWARNINGS": "ignore"}},
            "extended": {"runtime": PYTHON_RUNTIME, "files": {"app.py": PYTHON}, "layers": True},
            "provided": {"runtime": "provided.al2023", "files": {"app.py": PYTHON, "bootstrap": PROVIDED}},
            **({"node": node} if node else {}),
        }

    def create(self):
        layer = self.client.publish_layer_version(
            LayerName="companion", Content={"ZipFile": zip_of({"extensions/companion": EXTENSION})}
        )["LayerVersionArn"]
        for name, function in self.functions().items():
            self.client.create_function(
                FunctionName=name,
                Runtime=function["runtime"],
                Handler="app.handler",
                Role=ROLE,
                Timeout=TIMEOUT_SECONDS,
                MemorySize=192,
                Code={"ZipFile": zip_of(function["files"])},
                Environment={"Variables": function.get("variables", {})},
                Layers=[layer] if function.get("layers") else [],
            )
        self.names = list(self.functions())

    def delete(self):
        self.server.note_processes()
        for name in self.names:
            self.client.delete_function(FunctionName=name)

    # -- calls --

    def pick(self):
        with self.lock:
            self.number += 1
            kind = self.random.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
            return self.number, self.random.choice(self.names), kind

    def call(self):
        number, name, kind = self.pick()
        event = {"kind": kind, "number": number}
        try:
            answer = self.client.invoke(FunctionName=name, Payload=json.dumps(event))
            found = json.loads(answer["Payload"].read())
            fault = self.fault_of(name, kind, number, answer.get("FunctionError"), found)
        except ClientError as error:
            kind = error.response["Error"]["Code"]
            fault = "" if kind == "TooManyRequestsException" else f"{name}: {error}"
        except Exception as error:  # no answer at all
            fault = f"{name} {kind}: no answer: {error!r}"
        with self.lock:
            self.counts[kind] += 1
            if fault:
                self.faults.append(fault)

    def fault_of(self, name, kind, number, error, found):
        """What is wrong with an answer; empty when it is right."""
        expected = KINDS[kind][1]
        told = found.get("errorType", "") if error else ""
        good = {None: not error and found == {"ok": number}, "": True, "5000000": not error and len(found) == 5_000_000}
        right = good.get(expected, told == expected)
        if kind == "memory" and not self.limits_memory:
            right = bool(error)
        # On a busy machine whatever takes a while may also take too long.
        slow = told == "Sandbox.Timedout"
        return "" if right or slow else f"{name} {kind}: {error} {str(found)[:300]}"

    def change(self):
        """Has a function's environments replaced while they are in use."""
        with self.lock:
            name = self.random.choice(self.names)
        try:
            self.client.update_function_configuration(FunctionName=name, Description=str(time.monotonic()))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceConflictException":
                self.faults.append(f"{name}: {error}")

    def run(self, seconds):
        until = time.monotonic() + seconds

        def work(action, pause=0.0):
            while time.monotonic() < until:
                action()
                time.sleep(pause)

        threads = [threading.Thread(target=work, args=(self.call,)) for _ in range(WORKERS)]
        threads.append(threading.Thread(target=work, args=(self.change, 1.5)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds + 120)
            if thread.is_alive():
                self.faults.append("a call has not been answered")

    # -- what is held --

    def held(self):
        pid = self.server.process.pid
        below = [process for process, _ in descendants(pid)]
        warden = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
        found = {
            "processes": len(below),
            "server descriptors": descriptors(pid),
            "warden descriptors": descriptors(warden),
            "server memory": resident(pid),
            "warden memory": resident(warden),
            "cgroups": len(cgroups_of(below)),
            "mounts": len(pathlib.Path(f"/proc/{warden}/mountinfo").read_text().splitlines()),
            "loop devices": sum(str(self.server.directory) in text for text in loop_files()),
        }
        return found

    def settled(self, bounds=None):
        """What is held when all is quiet: no more than `bounds`, or after a while the least there was."""
        deadline = time.monotonic() + SETTLE_SECONDS
        last, calm = None, 0
        while time.monotonic() < deadline:
            now = self.held()
            if bounds and not excess(now, bounds):
                return now
            quiet = {name: value for name, value in now.items() if "memory" not in name}
            calm = calm + 1 if quiet == last else 0
            if not bounds and calm >= 20:
                return now
            last = quiet
            time.sleep(0.25)
        return now


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) * 1024


def loop_files():
    for path in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            yield path.read_text()
        except OSError:
            pass


def allowed(name, before):
    if "memory" in name:
        return before * 1.25 + MEMORY_SLACK
    if "descriptors" in name:
        return before + DESCRIPTOR_SLACK
    return before


def excess(now, before):
    return [f"{name}: {before[name]} before, {value} now" for name, value in now.items() if value > allowed(name, before[name])]


def soak(server, seconds, seed=1, say=lambda text: None):
    """Runs it on a started server and returns (what is wrong, counts by kind, held before, held after)."""
    run = Soak(server, seed)
    first = max(seconds * 0.3, 6)
    run.create()
    run.run(first)
    run.delete()
    before = run.settled()
    say(f"after {first:.0f} s: {before}")
    run.create()
    run.run(seconds - first)
    run.delete()
    after = run.settled(before)
    say(f"at the end: {after}")
    run.client.close()
    return run.faults + excess(after, before), run.counts, before, after


def main():
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__.partition("\n")[0])
    parser.add_argument("minutes", nargs="?", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    server = Server(ephemeral=False).start()
    try:
        faults, counts, _, _ = soak(server, options.minutes * 60, options.seed, say=lambda text: print(text, flush=True))
        code = server.stop()
        faults += [f"left behind: {rest}" for rest in server.leftovers()] + ([f"exit code {code}"] if code else [])
        if faults:
            shutil.copy(server.log_file, "/tmp/martlet-soak.log")
    finally:
        server.remove()
    for kind, count in sorted(counts.items()):
        print(f"  {kind:<28} {count:>7}")
    for fault, times in collections.Counter(faults).most_common(40):
        print(f"WRONG ({times}): {fault}")
    print(f"{sum(counts.values())} calls, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
