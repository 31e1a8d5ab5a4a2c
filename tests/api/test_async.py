"""Asynchronous invocation: accepted is stored, retries follow the clock, records reach their destinations."""

import json
import random
import threading
import time
import unittest

from botocore.exceptions import ClientError
from harness import ROLE, ApiTest, Server, zip_of

# What a function does that must be seen even if the server is killed right after: it makes a log stream, which is stored
# when the call returns.
WITNESS = """
import http.client, json

def call(operation, document):
    connection = http.client.HTTPConnection("127.0.0.1", 4566, timeout=10)
    headers = {"X-Amz-Target": "Logs_20140328." + operation, "Content-Type": "application/x-amz-json-1.1"}
    connection.request("POST", "/", json.dumps(document), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status

def witness(name):
    return call("CreateLogStream", {"logGroupName": "seen", "logStreamName": name})
"""
SEES = WITNESS + "def handler(event, context):\n    witness(event['id'])\n    return {'seen': event['id']}\n"
FAILS = WITNESS + (
    "def handler(event, context):\n"
    "    for number in range(9):\n"
    "        if witness(f\"{event['id']}-{number}\") == 200:\n"
    "            raise ValueError('attempt ' + str(number))\n"
)
# A destination: keeps each record it gets under its request id.
KEEPS = WITNESS + (
    "def handler(event, context):\n"
    "    name = 'record-' + event['requestContext']['requestId']\n"
    "    witness(name)\n"
    "    print('RECORD ' + json.dumps(event))\n"
)


def wait_for(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError("did not happen: " + what)
        time.sleep(0.05)
    return value


class AsyncTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.logs.create_log_group(logGroupName="seen")

    def seen(self, prefix):
        pages = self.logs.get_paginator("describe_log_streams").paginate(
            logGroupName="seen", logStreamNamePrefix=prefix
        )
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]

    def send(self, name, event, **settings):
        return self.functions.invoke(
            FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode(), **settings
        )

    def advance(self, seconds):
        answer = self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": seconds}))
        self.assertEqual(answer.status, 200, answer.body)

    def metric(self, name, function):
        for line in self.server.http("GET", "/metrics").body.decode().splitlines():
            if line.startswith(f'{name}{{function_name="{function}"}}'):
                return float(line.split()[-1])
        return 0.0

    def records(self, function):
        group = f"/aws/lambda/{function}"
        try:
            lines = [line for line in self.messages(group) if line.startswith("RECORD ")]
        except ClientError:  # it has not printed anything yet
            return []
        return [json.loads(line.removeprefix("RECORD ")) for line in lines]

    # ---- Accepting

    def test_an_event_is_accepted_and_runs(self):
        self.deploy("sees", SEES)
        answer = self.send("sees", {"id": "one"})
        self.assertEqual(answer["StatusCode"], 202)
        self.assertEqual(answer["Payload"].read(), b"")
        self.assertNotIn("ExecutedVersion", answer)
        wait_for(lambda: self.seen("one"), "the function ran")
        self.assertEqual(self.metric("martlet_lambda_async_events_received_total", "sees"), 1)

    def test_invoke_async_is_the_old_form(self):
        self.deploy("old", SEES)
        answer = self.functions.invoke_async(FunctionName="old", InvokeArgs=json.dumps({"id": "old-one"}).encode())
        self.assertEqual(answer["Status"], 202)
        wait_for(lambda: self.seen("old-one"), "the function ran")

    def test_what_is_refused(self):
        self.deploy("refuses", SEES)
        self.assert_refused("ResourceNotFoundException", self.send, "nobody", {}, status=404)
        self.assert_refused("ResourceNotFoundException", self.send, "refuses", {}, Qualifier="7", status=404)
        self.assert_refused(
            "InvalidRequestContentException",
            self.functions.invoke,
            FunctionName="refuses",
            InvocationType="Event",
            Payload=b"{not json",
            status=400,
        )
        large = {"id": "x" * (1 << 20)}
        error = self.assert_refused("RequestEntityTooLargeException", self.send, "refuses", large, status=413)
        self.assertIn("Event invocation type", error["Error"]["Message"])

    # ---- Retrying

    def test_advancing_the_clock_drives_the_retries(self):
        self.deploy("fails", FAILS)
        self.send("fails", {"id": "try"})
        wait_for(lambda: len(self.seen("try-")) == 1, "the first attempt")
        for attempt in ("second", "third"):
            count = len(self.seen("try-"))
            self.until_after_advancing(lambda: len(self.seen("try-")) == count + 1, f"the {attempt} attempt")
        wait_for(lambda: self.metric("martlet_lambda_async_events_dropped_total", "fails") == 1, "the event is dropped")
        self.advance(3600)
        self.assertEqual(len(self.seen("try-")), 3)

    def until_after_advancing(self, condition, what):
        """Advances by three minutes, once more if the attempt before was not over yet."""

        def advanced():
            self.advance(180)
            time.sleep(0.2)
            return condition()

        wait_for(advanced, what)

    def test_no_retries_when_none_are_wanted(self):
        self.deploy("once", FAILS)
        self.functions.put_function_event_invoke_config(FunctionName="once", MaximumRetryAttempts=0)
        self.send("once", {"id": "once"})
        wait_for(lambda: self.metric("martlet_lambda_async_events_dropped_total", "once") == 1, "the event is dropped")
        self.assertEqual(len(self.seen("once-")), 1)

    def test_an_event_that_is_throttled_waits_and_ages(self):
        self.deploy("keeps-old", KEEPS)
        self.deploy("throttled", SEES)
        self.functions.put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)
        self.functions.put_function_event_invoke_config(
            FunctionName="throttled", DestinationConfig={"OnFailure": {"Destination": self.arn("keeps-old")}}
        )
        self.send("throttled", {"id": "never"})
        record = wait_for(lambda: self.records("keeps-old"), "the destination got the record")[0]
        self.assertEqual(record["requestPayload"], {"id": "never"})
        self.assertEqual(record["requestContext"]["approximateInvokeCount"], 0)
        self.assertEqual(self.seen("never"), [])

    # ---- What is left behind

    def arn(self, function):
        return f"arn:aws:lambda:us-east-1:000000000000:function:{function}"

    def test_records_reach_their_destinations(self):
        self.deploy("keeps", KEEPS)
        self.deploy("succeeds", SEES)
        self.deploy("breaks", FAILS)
        both = {"OnSuccess": {"Destination": self.arn("keeps")}, "OnFailure": {"Destination": self.arn("keeps")}}
        for name in ("succeeds", "breaks"):
            self.functions.put_function_event_invoke_config(
                FunctionName=name, MaximumRetryAttempts=0, DestinationConfig=both
            )
        good = self.send("succeeds", {"id": "good"})["ResponseMetadata"]["RequestId"]
        bad = self.send("breaks", {"id": "bad"})["ResponseMetadata"]["RequestId"]
        records = {}

        def both_are_there():
            records.update({record["requestContext"]["requestId"]: record for record in self.records("keeps")})
            return len(records) == 2

        wait_for(both_are_there, "both records are with the destination")
        success, failure = records[good], records[bad]
        self.assertEqual(success["version"], "1.0")
        self.assertEqual(success["requestContext"]["condition"], "Success")
        self.assertEqual(success["requestContext"]["functionArn"], self.arn("succeeds") + ":$LATEST")
        self.assertEqual(success["responseContext"], {"statusCode": 200, "executedVersion": "$LATEST"})
        self.assertEqual(success["responsePayload"], {"seen": "good"})
        self.assertEqual(failure["requestContext"]["condition"], "RetriesExhausted")
        self.assertEqual(failure["requestContext"]["approximateInvokeCount"], 1)
        self.assertEqual(failure["responseContext"]["functionError"], "Unhandled")
        self.assertEqual(failure["responsePayload"]["errorType"], "ValueError")

    def test_a_destination_that_does_not_exist_is_counted(self):
        self.deploy("lost", SEES)
        self.functions.put_function_event_invoke_config(
            FunctionName="lost", DestinationConfig={"OnSuccess": {"Destination": self.arn("nowhere")}}
        )
        self.send("lost", {"id": "lost"})
        name = "martlet_lambda_destination_delivery_failures_total"
        wait_for(lambda: self.metric(name, "lost") == 1, "the failure is counted")


class CrashTest(unittest.TestCase):
    CRASHES = 100

    def test_no_accepted_event_is_lost_when_the_server_is_killed_again_and_again(self):
        server = Server(ephemeral=False)
        self.addCleanup(server.remove)
        server.start()
        server.client("logs").create_log_group(logGroupName="seen")
        server.client("lambda").create_function(
            FunctionName="sees",
            Runtime="python3.11",
            Handler="app.handler",
            Role=ROLE,
            Timeout=30,
            Code={"ZipFile": zip_of({"app.py": SEES})},
        )
        accepted, stopped = [], threading.Event()
        sender = threading.Thread(target=self.send_events, args=(server, accepted, stopped))
        sender.start()
        chance = random.Random(7)
        try:
            for _ in range(self.CRASHES):
                time.sleep(chance.uniform(0.03, 0.15))
                server.kill()
                server.start()
        finally:
            stopped.set()
            sender.join()
        self.assertGreater(len(accepted), self.CRASHES)
        logs = server.client("logs")

        def missing():
            pages = logs.get_paginator("describe_log_streams").paginate(logGroupName="seen")
            seen = {stream["logStreamName"] for page in pages for stream in page["logStreams"]}
            return set(accepted) - seen

        # Attempts that a crash broke off are no attempts of the function: nothing waits for a retry.
        wait_for(lambda: not missing(), f"all {len(accepted)} events ran", seconds=240)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.leftovers(), [])

    @staticmethod
    def send_events(server, accepted, stopped):
        number = 0
        while not stopped.is_set():
            number += 1
            body = json.dumps({"id": f"event-{number}"})
            try:
                answer = server.http(
                    "POST",
                    "/2015-03-31/functions/sees/invocations",
                    body,
                    {"X-Amz-Invocation-Type": "Event"},
                    timeout=5,
                )
            except OSError:
                time.sleep(0.02)
                continue
            except Exception:  # half an answer: the server went while it was being sent
                continue
            if answer.status == 202:
                accepted.append(f"event-{number}")
            time.sleep(0.02)


if __name__ == "__main__":
    unittest.main()
