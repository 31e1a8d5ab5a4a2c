"""Martlet's Python runtime: asks the Runtime API for events and gives them to the function's handler.

Start-up time is the point of this file. It runs under -S and imports only modules that are built in or frozen: HTTP is
spoken over the plain _socket type, JSON goes through the C codec without the json package, and what belongs to errors and
logging lives in files of their own that are read when needed.

A process that is started ahead of any function (MARTLET_PREBOOT) has the time to load more, and learns from the platform
which function it serves. Nothing above main() may look at the environment: it is the function's only from then on.
"""

import builtins
import os
import sys
import time

import _socket

RUNTIME = os.path.dirname(os.path.abspath(__file__))
# What most functions and the libraries they bring import and what costs little: a megabyte together. (logging, typing and
# uuid would be two more, in every idle environment, also of functions that do without.)
PRELOADED = ("json", "datetime", "base64", "urllib.parse", "random", "traceback")


class RuntimeApi:
    """One kept-alive connection to the Runtime API."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self._socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        self._socket.connect((host, int(port)))
        self._socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self._received = b""
        self._address = address
        self._prefix = "/2018-06-01/runtime/"
        self._next = f"GET {self._prefix}invocation/next HTTP/1.1\r\nHost: {address}\r\n\r\n".encode()
        self._post = f" HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n"

    def first(self):
        """The first event: its headers (names in lower case) and its body."""
        self._socket.sendall(self._next)
        return self._answer()

    def get(self, path):
        """The body of that resource's answer, once there is one."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {self._address}\r\n\r\n".encode())
        return self._answer()[1]

    def settle_and_next(self, path, body, error_type=None):
        """Reports the end of one invocation and waits for the next event.

        Both requests leave in one packet, which saves a round trip.
        """
        self._socket.sendall(self._request(path, body, error_type) + self._next)
        self._answer()
        return self._answer()

    def report(self, path, body, error_type):
        self._socket.sendall(self._request(path, body, error_type))
        self._answer()

    def _request(self, path, body, error_type):
        named = error_type and error_type.isascii() and error_type.isprintable()
        kind = f"Lambda-Runtime-Function-Error-Type: {error_type}\r\n" if named else ""
        head = f"POST {self._prefix}{path}{self._post}{kind}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def _answer(self):
        received = self._received
        end = received.find(b"\r\n\r\n")
        while end < 0:
            piece = self._socket.recv(65536)
            if not piece:
                sys.exit(0)  # the environment is being ended
            received += piece
            end = received.find(b"\r\n\r\n")
        headers = {}
        for line in received[:end].decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = received[end + 4 :]
        length = int(headers.get("content-length", 0))
        if len(body) < length:
            body = self._rest(body, length)
        self._received = body[length:]
        return headers, body[:length]

    def _rest(self, begun, length):
        body = bytearray(length)
        body[: len(begun)] = begun
        view, at = memoryview(body), len(begun)
        while at < length:
            count = self._socket.recv_into(view[at:])
            if not count:
                sys.exit(0)
            at += count
        return bytes(body)


class Context:
    """The documented context object."""

    def __init__(self, headers):
        variables = os.environ
        self.function_name = variables.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = variables.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = variables.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = variables.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = variables.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self._deadline_ms = int(headers.get("lambda-runtime-deadline-ms", 0))
        client = headers.get("lambda-runtime-client-context")
        identity = headers.get("lambda-runtime-cognito-identity")
        self.client_context = ClientContext(decode_json(client)) if client else None
        self.identity = CognitoIdentity(decode_json(identity) if identity else {})

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        shown = ",".join(f"{name}={value}" for name, value in vars(self).items() if name[0] != "_")
        return f"LambdaContext([{shown}])"


class CognitoIdentity:
    def __init__(self, fields):
        self.cognito_identity_id = fields.get("cognitoIdentityId")
        self.cognito_identity_pool_id = fields.get("cognitoIdentityPoolId")


class ClientContext:
    def __init__(self, fields):
        self.custom = fields.get("custom")
        self.env = fields.get("env")
        self.client = Client(fields["client"]) if fields.get("client") else None


class Client:
    def __init__(self, fields):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, fields.get(name))


def not_serializable(value):
    """Decimals are written as numbers, as DynamoDB's resource API makes them; everything else is refused."""
    if type(value).__name__ == "Decimal" and type(value).__module__ == "decimal":
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def make_codec():
    """(decode, encode) with the results of json.loads and json.dumps, on the C code that the json package uses."""
    ascii_only = os.environ.get("AWS_EXECUTION_ENV", "")[-3:] in ("3.8", "3.9", ".10", ".11")
    try:
        import _json

        class Settings:
            strict, memo = True, {}
            object_hook = object_pairs_hook = array_hook = None
            parse_float, parse_int = float, int
            parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}.__getitem__

        scan = _json.make_scanner(Settings)
        quote = _json.encode_basestring_ascii if ascii_only else _json.encode_basestring

        def decode(text):
            start = len(text) - len(text.lstrip(" \t\r\n"))
            try:
                value, end = scan(text, start)
            except StopIteration as stop:
                raise ValueError(f"Expecting value: char {stop.value}") from None
            if text[end:].strip(" \t\r\n"):
                raise ValueError(f"Extra data: char {end}")
            return value

        def encode(value):
            encoder = _json.make_encoder({}, not_serializable, quote, None, ": ", ", ", False, False, True)
            return "".join(encoder(value, 0))

        if encode(decode(' {"a": [1, 2.5, null, "x"]}\n')) == '{"a": [1, 2.5, null, "x"]}':
            return decode, encode
    except Exception:  # another interpreter, or another version of the private module
        pass
    import json

    return json.loads, lambda value: json.dumps(value, default=not_serializable, ensure_ascii=ascii_only)


class LoggingHook:
    """Gives the root logger Lambda's handler once somebody imports logging, which is slow to import for nothing."""

    def find_spec(self, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                execute = spec.loader.exec_module

                def exec_module(module):
                    execute(module)
                    import martlet_logging

                    martlet_logging.install(module)

                spec.loader.exec_module = exec_module
                return spec
        return None


def preload():
    """Loads what needs no function, while nobody waits."""
    import martlet_failures
    import martlet_logging

    for name in PRELOADED:
        __import__(name)


def become(description):
    """Turns this process into one that was started for the function that is described."""
    import json

    function = json.loads(description)
    os.environ.clear()
    os.environ.update(function["variables"])
    time.tzset()
    os.chdir(function["working_directory"])


def prepare():
    """What the site module would do, and the order of sys.path that Lambda has."""
    global decode_json, encode_json
    decode_json, encode_json = make_codec()
    builtins.exit = builtins.quit = sys.exit
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    task_root = os.environ.get("LAMBDA_TASK_ROOT", "/var/task")
    first = [task_root, f"/opt/python/lib/{version}/site-packages", "/opt/python"]
    last = [f"{sys.prefix}/lib/{version}/site-packages"]
    if sys.prefix == "/usr":
        last = [f"/usr/local/lib/{version}/dist-packages", "/usr/lib/python3/dist-packages"]
    standard = [entry for entry in sys.path if entry not in first and entry != RUNTIME]
    sys.path[:] = first + standard + last + [RUNTIME]
    sys.stdout.reconfigure(line_buffering=True)
    if "logging" in sys.modules:
        import martlet_logging

        martlet_logging.install(sys.modules["logging"])
    else:
        sys.meta_path.insert(0, LoggingHook())


def load_handler(name):
    """The function that "module.handler" names. Faults carry AWS's error types."""
    from_module, dot, attribute = name.rpartition(".")
    if not dot:
        reason = "not enough values to unpack (expected 2, got 1)"
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': {reason}")
    module_name = from_module.replace("/", ".")
    if module_name in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module")
    try:
        __import__(module_name)
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{from_module}': {error}") from None
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{from_module}': {error}", trace) from None
    try:
        return getattr(sys.modules[module_name], attribute)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound", f"Handler '{attribute}' missing on module '{from_module}'") from None


class Fault(Exception):
    """A failure that the runtime itself reports, with AWS's error type."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind, self.trace = kind, list(trace)


def handle(handler, headers, body):
    """Runs one event; returns what settle_and_next() is to send."""
    request_id = headers["lambda-runtime-aws-request-id"]
    trace_id = headers.get("lambda-runtime-trace-id")
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    try:
        try:
            event = decode_json(body.decode())
        except ValueError as error:
            raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
        answer = handler(event, Context(headers))
        try:
            result = encode_json(answer).encode()
        except Exception as error:
            raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None
        settled = f"invocation/{request_id}/response", result, None
    except Exception as error:
        import martlet_failures

        document = martlet_failures.describe(error, request_id)
        martlet_failures.log(document)
        settled = f"invocation/{request_id}/error", to_bytes(document), document["errorType"]
    flush_output()
    return settled


def to_bytes(document):
    """An error document as sent. A message may hold what UTF-8 cannot."""
    return encode_json(document).encode("utf-8", "replace")


def flush_output():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # the function put something of its own there, or closed it
            pass


def end_for(error, api, path):
    """Reports why the function cannot be served, and ends the process."""
    import martlet_failures

    document = martlet_failures.describe(error, "")
    martlet_failures.log(document)
    api.report(path, to_bytes(document), document["errorType"])
    sys.exit(1)


def main():
    global request_id, tenant_id
    preboot = "MARTLET_PREBOOT" in os.environ
    if preboot:
        preload()
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    if preboot:
        become(api.get("/2018-06-01/martlet/function"))
    prepare()
    path = "init/error"
    try:
        handler = load_handler(os.environ.get("_HANDLER", ""))
        if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            import martlet_snapshot

            martlet_snapshot.before()
            api.get("/2018-06-01/runtime/restore/next")
            path = "restore/error"
            martlet_snapshot.after()
    except Exception as error:
        end_for(error, api, path)
    headers, body = api.first()
    while True:
        request_id = headers["lambda-runtime-aws-request-id"]
        tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        headers, body = api.settle_and_next(*handle(handler, headers, body))


# Of the event being handled, for log lines.
request_id = ""
tenant_id = None
