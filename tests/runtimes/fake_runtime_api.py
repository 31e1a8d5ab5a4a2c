"""A Runtime API for one bootstrap: hands out what a test has queued and records what the bootstrap says.

The test drives it from its own thread: start a bootstrap, `give` it answers, `take` its requests.
"""

import os
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

PATIENCE = 30  # seconds until a bootstrap that says nothing has failed the test


class Request:
    def __init__(self, method, path, headers, body, trailers, at):
        self.method, self.path, self.headers, self.body, self.trailers, self.at = (
            method,
            path,
            headers,
            body,
            trailers,
            at,
        )


class Bootstrap:
    """A bootstrap process with a Runtime API of its own, on one connection, and a directory with a function's files."""

    def __init__(self, command, files, environment=None, preboot=False):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.task = tempfile.mkdtemp(prefix="martlet-bootstrap-")
        for path, content in files.items():
            target = os.path.join(self.task, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
        self.variables = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": self.task,
            "AWS_LAMBDA_RUNTIME_API": self.address,
            "AWS_LAMBDA_FUNCTION_NAME": "tried",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/tried",
            "AWS_LAMBDA_LOG_STREAM_NAME": "a stream",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "_HANDLER": "app.handler",
            **(environment or {}),
        }
        started_with = self.variables
        if preboot:
            started_with = {name: self.variables[name] for name in ("PATH", "LANG", "TZ", "AWS_LAMBDA_RUNTIME_API")}
            started_with["MARTLET_PREBOOT"] = "1"
        self.requests = queue.Queue()
        self.output = []
        self._printed = threading.Condition()
        self.process = subprocess.Popen(
            command,
            env=started_with,
            cwd="/" if preboot else self.task,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._connection = None
        self._connected = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()

    def function(self, **more):
        """The answer to a pre-booted process that asks which function it serves."""
        return {"variables": self.variables, "working_directory": self.task, "heap_mb": 230, **more}

    def take(self, path=None):
        """The next request; it must be for `path` (below /2018-06-01/) when that is given."""
        try:
            request = self.requests.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError("the bootstrap says nothing; it printed:\n" + self.log()) from None
        if request is None:
            raise AssertionError("the bootstrap has hung up; it printed:\n" + self.log())
        if path and request.path != "/2018-06-01/" + path:
            raise AssertionError(f"{request.path}, not {path}: {request.body[:2000]!r}\n{self.log()}")
        return request

    def give(self, body=b"", status=200, **headers):
        """Answers the oldest request that has none. Header names have _ for -. Returns when the answer left."""
        self._connected.wait(PATIENCE)
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n"
        head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        at = time.perf_counter()
        self._connection.sendall(head.encode() + b"\r\n" + body)
        return at

    def give_event(self, body, request_id="1-2-3", **headers):
        headers.setdefault("Lambda_Runtime_Deadline_Ms", str(int(time.time() * 1000) + 5000))
        arn = "arn:aws:lambda:us-east-1:000000000000:function:tried"
        return self.give(
            body, Lambda_Runtime_Aws_Request_Id=request_id, Lambda_Runtime_Invoked_Function_Arn=arn, **headers
        )

    def answer_of(self, event, request_id="1-2-3", **headers):
        """Gives an event to a bootstrap that waits for one; returns the request that ends the invocation."""
        self.take("runtime/invocation/next")
        self.give_event(event, request_id, **headers)
        request = self.take()
        self.give(b'{"status":"OK"}', 202)
        return request

    def log(self):
        return b"".join(self.output).decode(errors="replace")

    def lines(self, count):
        """The first lines it prints, once there are so many."""
        with self._printed:
            if not self._printed.wait_for(lambda: len(self.output) >= count, PATIENCE):
                raise AssertionError(f"fewer than {count} lines: " + self.log())
        return [line.decode(errors="replace").rstrip("\n") for line in self.output[:count]]

    def final_log(self):
        """All it printed, once it has ended."""
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return self.log()

    def close(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self._listener.close()
        if self._connection:
            self._connection.close()
        self._reader.join(PATIENCE)
        self.process.stdout.close()
        shutil.rmtree(self.task, ignore_errors=True)

    def _read_output(self):
        for line in self.process.stdout:
            with self._printed:
                self.output.append(line)
                self._printed.notify_all()

    def _serve(self):
        try:
            self._connection, _ = self._listener.accept()
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connected.set()
            with self._connection.makefile("rb") as reader:
                while (request := read_request(reader)) is not None:
                    self.requests.put(request)
        except (OSError, ValueError):
            pass
        self.requests.put(None)


def read_headers(reader):
    headers = {}
    while (line := reader.readline().strip().decode("latin-1")) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return headers


def read_request(reader):
    start = reader.readline().decode("latin-1").split()
    at = time.perf_counter()
    if not start:
        return None
    headers = read_headers(reader)
    trailers = {}
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while (size := int(reader.readline(), 16)) > 0:
            body += reader.read(size)
            reader.readline()
        trailers = read_headers(reader)
    else:
        body = reader.read(int(headers.get("content-length", 0)))
    return Request(start[0], start[1], headers, body, trailers, at)
