"""Trace headers, recursive loops, and the metrics of invocations."""

import json
import re
import time
import unittest

from harness import ApiTest

TRACE = "import os\n\ndef handler(event, context):\n    return os.environ.get('_X_AMZN_TRACE_ID')\n"

# Calls itself by the AWS endpoint inside, with the trace header as the SDKs put it on; tells how deep it came.
CALLS_ITSELF = """
import json, os, urllib.error, urllib.request

def handler(event, context):
    path = f"/2015-03-31/functions/{context.function_name}/invocations"
    headers = {"X-Amzn-Trace-Id": os.environ["_X_AMZN_TRACE_ID"], "Content-Type": "application/json"}
    if event["depth"] >= event.get("enough", 100):
        return event["depth"]
    if event.get("type"):
        headers["X-Amz-Invocation-Type"] = event["type"]
    body = json.dumps({**event, "depth": event["depth"] + 1}).encode()
    print(f"depth {event['depth']}.")
    call = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + path, body, headers, method="POST")
    try:
        with urllib.request.urlopen(call) as answer:
            text = answer.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return [event["depth"], error.code, error.headers["x-amzn-ErrorType"]]
"""

RETURNS = "def handler(event, context):\n    return None\n"
KEEPS = "import json\n\ndef handler(event, context):\n    print('kept ' + json.dumps(event))\n"


class RecursionTest(ApiTest):
    def metric(self, name, function):
        found = re.search(
            rf'^{name}\{{function_name="{function}"\}} (\S+)$', self.server.http("GET", "/metrics").body.decode(), re.M
        )
        return float(found[1]) if found else 0

    def wait_for(self, what):
        deadline = time.monotonic() + 60
        while not (found := what()):
            self.assertLess(time.monotonic(), deadline, self.server.log()[-2000:])
            time.sleep(0.05)
        return found

    def logged(self, function):
        try:
            return self.messages(f"/aws/lambda/{function}")
        except self.logs.exceptions.ResourceNotFoundException:
            return []

    def invoke_with(self, function, trace):
        answer = self.server.signed(
            "lambda", "POST", f"/2015-03-31/functions/{function}/invocations", b"null", {"X-Amzn-Trace-Id": trace}
        )
        return answer, answer.json()

    def test_every_invocation_has_a_trace_header(self):
        self.deploy("traced", TRACE)
        answer = self.server.signed("lambda", "POST", "/2015-03-31/functions/traced/invocations", b"null")
        trace = answer.json()
        self.assertRegex(trace, r"^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=[0-9a-f]{8}:1$")
        self.assertEqual(answer.headers["X-Amzn-Trace-Id"], trace)
        self.assertNotEqual(self.invoke("traced")["Payload"], trace)

    def test_it_is_passed_on(self):
        self.deploy("passed", TRACE)
        root = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
        first = self.invoke_with("passed", root)[1]
        self.assertRegex(first, rf"^{root};Lineage=[0-9a-f]{{8}}:1$")
        second = self.invoke_with("passed", root + ";Lineage=a87bd80c:3|" + first.partition("Lineage=")[2])[1]
        self.assertRegex(second, rf"^{root};Lineage=a87bd80c:3\|[0-9a-f]{{8}}:2$")
        self.assertRegex(self.invoke_with("passed", "junk;Root=no;Lineage=x:y|:|1")[1], r"^Root=1-.*;Lineage=[0-9a-f]{8}:1$")

    def test_a_function_that_calls_itself(self):
        self.deploy("direct", CALLS_ITSELF)
        depth, status, kind = self.invoke("direct", {"depth": 1})["Payload"]
        self.assertEqual((depth, status, kind), (16, 400, "RecursiveInvocationException"))
        self.assertEqual(self.metric("martlet_lambda_recursive_invocations_dropped_total", "direct"), 1)
        allow = json.dumps({"RecursiveLoop": "Allow"}).encode()
        self.server.signed("lambda", "PUT", "/2024-08-31/functions/direct/recursion-config", allow)
        self.assertEqual(self.invoke("direct", {"depth": 1, "enough": 20})["Payload"], 20)

    def test_a_loop_of_asynchronous_invocations(self):
        keeper = self.deploy("keeper", KEEPS)["FunctionArn"]
        self.deploy("loops", CALLS_ITSELF)
        self.functions.put_function_event_invoke_config(
            FunctionName="loops", DestinationConfig={"OnFailure": {"Destination": keeper}}
        )
        self.invoke("loops", {"depth": 1, "type": "Event"})
        kept = self.wait_for(lambda: [message for message in self.logged("keeper") if message.startswith("kept ")])
        record = json.loads(kept[0].removeprefix("kept "))
        self.assertEqual(record["requestPayload"]["depth"], 17)
        self.assertEqual(record["requestContext"]["condition"], "RecursiveInvocation")
        self.assertEqual(record["requestContext"]["approximateInvokeCount"], 0)
        # The lines of different environments arrive in the log when they do.
        depths = self.wait_for(
            lambda: len(found := [m for m in self.logged("loops") if m.startswith("depth ")]) >= 16 and found
        )
        self.assertEqual(len(depths), 16)
        self.assertEqual(self.metric("martlet_lambda_invocations_total", "loops"), 16)
        self.assertEqual(self.metric("martlet_lambda_recursive_invocations_dropped_total", "loops"), 1)

    def test_a_loop_of_destinations(self):
        arns = {name: self.deploy(name, RETURNS)["FunctionArn"] for name in ("here", "there")}
        for name, other in (("here", "there"), ("there", "here")):
            destination = {"Destination": arns[other]}
            self.functions.put_function_event_invoke_config(
                FunctionName=name, DestinationConfig={"OnSuccess": destination, "OnFailure": destination}
            )
        self.functions.invoke(FunctionName="here", InvocationType="Event", Payload=b"{}")
        # What is dropped goes to the destination for failures, too, and so around once more, until nobody takes it.
        self.wait_for(lambda: self.metric("martlet_lambda_destination_delivery_failures_total", "there") == 1)
        for name in arns:
            self.assertEqual(self.metric("martlet_lambda_recursive_invocations_dropped_total", name), 1)
            self.assertEqual(self.metric("martlet_lambda_invocations_total", name), 16)

    def test_metrics_of_invocations(self):
        self.deploy("counted", "def handler(event, context):\n    return 1 / event\n")
        for divisor in (1, 0, 2):
            self.invoke("counted", divisor)
        self.functions.put_function_concurrency(FunctionName="counted", ReservedConcurrentExecutions=0)
        self.assert_refused("TooManyRequestsException", self.functions.invoke, FunctionName="counted", Payload=b"1")
        seen = [
            self.metric(f"martlet_lambda_{name}", "counted")
            for name in ("invocations_total", "errors_total", "throttles_total", "duration_seconds_count")
        ]
        self.assertEqual(seen, [3, 1, 1, 3])
        self.assertIn('martlet_lambda_concurrent_executions{function_name="counted"} 0', self.server.http("GET", "/metrics").body.decode())


if __name__ == "__main__":
    unittest.main()
