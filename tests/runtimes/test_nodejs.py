"""The Node.js bootstrap against a fake Runtime API."""

import base64
import json
import shutil
import unittest
from pathlib import Path

from fake_runtime_api import PATIENCE, Bootstrap

RUNTIME = Path(__file__).resolve().parents[2] / "runtimes/nodejs"
NODE = shutil.which("node")


@unittest.skipUnless(NODE, "there is no Node.js on this machine")
class NodeTest(unittest.TestCase):
    def bootstrap(self, source, preboot=False, file="app.js", files=None, **environment):
        command = [NODE, str(RUNTIME / "bootstrap.cjs")]
        started = Bootstrap(command, {file: source, **(files or {})}, environment, preboot)
        self.addCleanup(started.close)
        return started

    def test_a_preboot_becomes_the_function(self):
        library = {"node_modules/lib/index.js": "module.exports = 'of the layer';"}
        source = (
            "const lib = require('lib');\n"
            "exports.handler = async (event, context) => [event, { ...process.env }, new Date(0).getHours(), process.cwd(),\n"
            "  context.functionName, lib];\n"
        )
        started = self.bootstrap(source, preboot=True, files={"opt/" + k: v for k, v in library.items()}, TZ="Asia/Tokyo")
        started.variables["NODE_PATH"] = started.task + "/opt/node_modules"
        started.take("martlet/function")
        started.give(json.dumps(started.function()).encode())
        event, environment, hours, directory, name, lib = json.loads(started.answer_of(b'{"a":1}').body)
        self.assertEqual(event, {"a": 1})
        self.assertEqual(environment, started.variables)
        self.assertEqual((hours, directory, name, lib), (9, started.task, "tried", "of the layer"))

    def test_a_preboot_has_the_functions_log_format(self):
        source = "export const handler = async () => { console.debug('no'); console.warn('told'); };"
        log = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
        started = self.bootstrap(source, preboot=True, file="app.mjs", **log)
        started.take("martlet/function")
        started.give(json.dumps(started.function()).encode())
        started.answer_of(b"1", "id", Lambda_Runtime_Aws_Tenant_Id="blue")
        record = json.loads(*started.lines(1))
        self.assertEqual((record["level"], record["message"]), ("WARN", "told"))
        self.assertEqual((record["requestId"], record["tenantId"]), ("id", "blue"))

    def test_errors_in_json_records(self):
        source = (
            "exports.handler = async () => { console.error(new TypeError('one')); console.error('two', new Error('x'));\n"
            "  console.info({ a: 1 }); console.fatal('end'); };"
        )
        started = self.bootstrap(source, AWS_LAMBDA_LOG_FORMAT="JSON")
        started.answer_of(b"1")
        one, two, three, four = map(json.loads, started.lines(4))
        self.assertEqual((one["message"]["errorType"], one["message"]["errorMessage"]), ("TypeError", "one"))
        self.assertIsInstance(one["message"]["stackTrace"], list)
        self.assertEqual((two["errorType"], two["errorMessage"]), ("Error", "x"))
        self.assertEqual((three["message"], four["level"]), ({"a": 1}, "FATAL"))

    def test_the_trace_id_and_the_tenant(self):
        started = self.bootstrap(
            "exports.handler = async (e, context) => [process.env._X_AMZN_TRACE_ID, context.tenantId];"
        )
        answer = started.answer_of(b"1", Lambda_Runtime_Trace_Id="Root=1", Lambda_Runtime_Aws_Tenant_Id="t")
        self.assertEqual(json.loads(answer.body), ["Root=1", "t"])
        self.assertEqual(json.loads(started.answer_of(b"1").body), [None, None])

    def test_streaming(self):
        source = (
            "exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {\n"
            "  stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { a: 'b' } });\n"
            "  stream.write('one '); await new Promise(setImmediate); stream.write(Buffer.from('two ')); stream.write({ e: event });\n"
            "  stream.end();\n});\n"
        )
        started = self.bootstrap(source)
        for _ in range(2):
            answer = started.answer_of(b'"x"')
            self.assertEqual(answer.path, "/2018-06-01/runtime/invocation/1-2-3/response")
            self.assertEqual(answer.headers["lambda-runtime-function-response-mode"], "streaming")
            self.assertEqual(answer.headers["content-type"], "application/vnd.awslambda.http-integration-response")
            self.assertEqual(answer.body, b'{"statusCode":201,"headers":{"a":"b"}}' + bytes(8) + b'one two {"e":"x"}')
            self.assertEqual(answer.trailers, {})

    def test_streaming_a_pipeline(self):
        source = (
            "import { pipeline } from 'node:stream/promises'; import { Readable } from 'node:stream';\n"
            "export const handler = awslambda.streamifyResponse(async (event, stream) => {\n"
            "  stream.setContentType('text/plain');\n"
            "  await pipeline(Readable.from(Array(200).fill('x'.repeat(5000))), stream);\n});\n"
        )
        answer = self.bootstrap(source, file="app.mjs").answer_of(b"1")
        self.assertEqual((answer.headers["content-type"], len(answer.body)), ("text/plain", 1_000_000))

    def test_streaming_that_fails_midway(self):
        source = (
            "exports.handler = awslambda.streamifyResponse(async (event, stream) => {\n"
            "  if (event === 'early') throw new RangeError('at once');\n"
            "  stream.write('begun'); await new Promise(setImmediate);\n"
            "  if (event === 'late') throw new RangeError('half-way');\n});\n"
        )
        started = self.bootstrap(source)
        early = started.answer_of(b'"early"')
        self.assertEqual(early.path, "/2018-06-01/runtime/invocation/1-2-3/error")
        late = started.answer_of(b'"late"')
        self.assertEqual((late.body, late.trailers["lambda-runtime-function-error-type"]), (b"begun", "RangeError"))
        document = json.loads(base64.b64decode(late.trailers["lambda-runtime-function-error-body"]))
        self.assertEqual((document["errorType"], document["errorMessage"]), ("RangeError", "half-way"))
        unended = started.answer_of(b'"leaves"')
        kind = unended.trailers["lambda-runtime-function-error-type"]
        self.assertEqual(kind, "Runtime.InvalidStreamingOperation")

    def test_callbacks_until_version_24(self):
        source = "exports.handler = (event, context, callback) => callback(null, event + 1);"
        started = self.bootstrap(source, AWS_EXECUTION_ENV="AWS_Lambda_nodejs22.x")
        self.assertEqual(started.answer_of(b"1").body, b"2")
        started = self.bootstrap(source, AWS_EXECUTION_ENV="AWS_Lambda_nodejs24.x")
        error = started.take("runtime/init/error")
        self.assertEqual(error.headers["lambda-runtime-function-error-type"], "Runtime.CallbackHandlerDeprecated")
        started.give(b"{}", 202)
        self.assertEqual(started.process.wait(PATIENCE), 1)
        source = "exports.handler = (event, context) => ['done' in context, 'callbackWaitsForEmptyEventLoop' in context];"
        started = self.bootstrap(source, AWS_EXECUTION_ENV="AWS_Lambda_nodejs24.x")
        self.assertEqual(started.answer_of(b"1").body, b"[false,false]")


if __name__ == "__main__":
    unittest.main()
