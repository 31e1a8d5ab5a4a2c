"""InvokeWithResponseStream with plain requests whose events botocore takes apart, and, in js/, with the SDK for JavaScript."""

import base64
import http.client
import json
import struct
import time
import unittest

from botocore.eventstream import EventStreamBuffer
from harness import ApiTest, node_runtime

PATH = "/2021-11-15/functions/{}/response-streaming-invocations"
AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=" + "0" * 64

STREAMING = """
import { setTimeout as rest } from 'node:timers/promises';

export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.fail === 'before') throw new Error('too early');
  stream.setContentType('text/plain');
  stream.write('first');
  if (event.fail === 'midstream') {
    await rest(20);
    throw new TypeError('half-way');
  }
  if (event.bytes) {
    const piece = Buffer.alloc(1 << 20, 'x');
    for (let i = 0; i < event.bytes; i++) if (!stream.write(piece)) await new Promise((go) => stream.once('drain', go));
  }
  console.log('written');
  stream.end();
});
"""

SLOW = """
import { setTimeout as rest } from 'node:timers/promises';

export const handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('first');
  await rest(event.rest);
  console.log('to the end');
  stream.end('second');
});
"""


class Stream:
    """One call: the answer's head at once, and its events as they come."""

    def __init__(self, server, function, event, headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        fields = {"Authorization": AUTHORIZATION, **(headers or {})}
        self.connection.request("POST", PATH.format(function), json.dumps(event), fields)
        self.answer = self.connection.getresponse()
        self._buffer = EventStreamBuffer()
        self._events = iter(())

    def next(self):
        """(event type, payload) or None at the end of the stream."""
        while True:
            for message in self._events:
                return message.headers[":event-type"], message.payload
            piece = self.answer.read1(65536)
            if not piece:
                return None
            self._buffer.add_data(piece)
            self._events = iter(list(self._buffer))

    def rest(self):
        """The payload put together, and what InvokeComplete says."""
        body = b""
        while event := self.next():
            kind, payload = event
            if kind == "InvokeComplete":
                assert self.next() is None
                return body, json.loads(payload)
            body += payload
        raise AssertionError("the stream has no InvokeComplete")

    def read_fast(self):
        """How many bytes of payload there were, and what InvokeComplete says: botocore is too slow for large answers."""
        bytes_read, at, total = self.answer.read(), 0, 0
        while True:
            length, headers = struct.unpack_from(">II", bytes_read, at)
            if at + length == len(bytes_read):
                self._buffer.add_data(bytes_read[at:])
                return total, json.loads(next(iter(self._buffer)).payload)
            total += length - headers - 16
            at += length

    def close(self):
        self.connection.close()


class ResponseStreamTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.node = node_runtime()

    def stream(self, function, event=None, **headers):
        opened = Stream(self.server, function, event, {name.replace("_", "-"): value for name, value in headers.items()})
        self.addCleanup(opened.close)
        return opened

    def deploy_node(self, name, source=STREAMING, **settings):
        if not self.node:
            raise unittest.SkipTest("Node.js is not installed")
        self.deploy(name, source, runtime=self.node, **settings)

    def test_a_buffered_function(self):
        self.deploy("buffered", "def handler(event, context):\n    return {'got': event}\n")
        stream = self.stream("buffered", {"a": 1}, X_Amz_Log_Type="Tail")
        self.assertEqual(stream.answer.status, 200)
        self.assertEqual(stream.answer.headers["X-Amz-Executed-Version"], "$LATEST")
        self.assertEqual(stream.answer.headers["Content-Type"], "application/vnd.amazon.eventstream")
        self.assertIn("Lineage=", stream.answer.headers["X-Amzn-Trace-Id"])
        body, complete = stream.rest()
        self.assertEqual(json.loads(body), {"got": {"a": 1}})
        self.assertNotIn("ErrorCode", complete)
        log = base64.b64decode(complete["LogResult"]).decode()
        self.assertIn("REPORT RequestId: " + stream.answer.headers["x-amzn-RequestId"], log)

    def test_a_streaming_function_answers_at_once(self):
        self.deploy_node("slow", SLOW)
        stream = self.stream("slow", {"rest": 700})
        began = time.monotonic()
        self.assertEqual(stream.next(), ("PayloadChunk", b"first"))
        first_after = time.monotonic() - began
        body, complete = stream.rest()
        self.assertEqual((body, complete), (b"second", {}))
        # The second piece cannot come before the function has rested, so the first came before the end.
        self.assertGreater(time.monotonic() - began - first_after, 0.3)

    def test_a_client_that_leaves_ends_nothing(self):
        self.deploy_node("left", SLOW)
        stream = self.stream("left", {"rest": 300})
        self.assertEqual(stream.next(), ("PayloadChunk", b"first"))
        stream.close()
        deadline = time.monotonic() + 20
        while not any("to the end" in message for message in self.logged("left")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def logged(self, function):
        try:
            return self.messages(f"/aws/lambda/{function}")
        except self.logs.exceptions.ResourceNotFoundException:
            return []

    def test_failures(self):
        self.deploy_node("fails")
        body, complete = self.stream("fails", {"fail": "before"}).rest()
        self.assertEqual((body, complete["ErrorCode"]), (b"", "Unhandled"))
        self.assertEqual(json.loads(complete["ErrorDetails"])["errorMessage"], "too early")
        body, complete = self.stream("fails", {"fail": "midstream"}).rest()
        self.assertEqual((body, complete["ErrorCode"]), (b"first", "Unhandled"))
        self.assertEqual(json.loads(complete["ErrorDetails"])["errorType"], "TypeError")

    def test_more_than_a_buffered_answer_may_have(self):
        self.deploy_node("large", MemorySize=512)
        self.assertEqual(self.stream("large", {"bytes": 20}).read_fast(), (5 + (20 << 20), {}))

    def test_two_hundred_megabytes_and_no_more(self):
        self.deploy_node("limit", MemorySize=512)
        size, complete = self.stream("limit", {"bytes": 201}).read_fast()
        self.assertEqual(json.loads(complete["ErrorDetails"])["errorType"], "Function.ResponseSizeTooLarge")
        self.assertLessEqual(size, 200 << 20)

    def test_a_slow_reader_slows_the_function_down(self):
        self.deploy_node("pressed", MemorySize=512)
        stream = self.stream("pressed", {"bytes": 150})
        self.assertEqual(stream.next()[0], "PayloadChunk")
        # Nothing is read here; were the answer kept for the reader, the function would end meanwhile.
        self.functions.invoke(FunctionName="pressed", Payload=b"{}")
        time.sleep(0.5)
        self.assertEqual(sum("written" in message for message in self.logged("pressed")), 1)
        size, complete = stream.read_fast()
        self.assertEqual(complete, {})
        self.assertGreater(size, 149 << 20)

    def test_refused_before_the_stream(self):
        self.deploy("refused", "def handler(event, context):\n    return 1\n")
        answer = self.server.signed("lambda", "POST", PATH.format("nobody"), b"{}")
        self.assertEqual((answer.status, answer.error_type()), (404, "ResourceNotFoundException"))
        answer = self.server.signed("lambda", "POST", PATH.format("refused"), b"{no")
        self.assertEqual((answer.status, answer.error_type()), (400, "InvalidRequestContentException"))
        self.functions.put_function_concurrency(FunctionName="refused", ReservedConcurrentExecutions=0)
        answer = self.server.signed("lambda", "POST", PATH.format("refused"), b"{}")
        self.assertEqual((answer.status, answer.error_type()), (429, "TooManyRequestsException"))
        self.assertEqual(answer.json()["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded")

    def test_dry_run(self):
        self.deploy("dry", "def handler(event, context):\n    raise ValueError\n")
        dry = {"X-Amz-Invocation-Type": "DryRun"}
        answer = self.server.signed("lambda", "POST", PATH.format("dry"), b"{}", dry)
        self.assertEqual((answer.status, answer.body), (204, b""))
        answer = self.server.signed("lambda", "POST", PATH.format("nobody"), b"{}", dry)
        self.assertEqual(answer.status, 404)

    def test_versions_and_aliases(self):
        self.deploy("aliased", "def handler(event, context):\n    return context.function_version\n")
        version = self.functions.publish_version(FunctionName="aliased")["Version"]
        self.functions.create_alias(FunctionName="aliased", Name="live", FunctionVersion=version)
        stream = self.stream("aliased:live")
        self.assertEqual(stream.answer.headers["X-Amz-Executed-Version"], "1")
        self.assertEqual(stream.rest()[0], b'"1"')


if __name__ == "__main__":
    unittest.main()
