"""What tests of event source mappings share: queues, functions that report what they got, and mappings between them."""

import json
import time
import urllib.parse

from harness import ApiTest

ACCOUNT = "000000000000"

# Tells the queue results.fifo, from inside a function, in the order of the calls.
REPORT = """
import http.client, json, uuid

def report(text, group="all"):
    message = {
        "QueueUrl": "http://127.0.0.1:4566/000000000000/results.fifo",
        "MessageBody": text, "MessageGroupId": group, "MessageDeduplicationId": str(uuid.uuid4()),
    }
    connection = http.client.HTTPConnection("127.0.0.1", 4566, timeout=20)
    headers = {"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"}
    connection.request("POST", "/", json.dumps(message), headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(body)
"""
# Reports the event as it is.
WITNESS = REPORT + "def handler(event, context):\n    report(json.dumps(event))\n"
# Reports the bodies of the batch, then does what the body of a record says.
DOES = REPORT + (
    "def handler(event, context):\n"
    "    bodies = [record['body'] for record in event['Records']]\n"
    "    report(json.dumps(bodies))\n"
    "    if any(body.startswith('fail') for body in bodies):\n"
    "        raise ValueError('as asked')\n"
)


def wait_for(condition, what, seconds=40):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError("did not happen: " + what)
        time.sleep(0.05)
    return value


class MappingTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sqs = cls.server.client("sqs")
        cls.make_results()

    @classmethod
    def make_results(cls):
        answer = cls.sqs.create_queue(QueueName="results.fifo", Attributes={"FifoQueue": "true"})
        cls.results_url = answer["QueueUrl"]

    # -- queues --

    def queue(self, name, **attributes):
        """Makes a queue that is deleted after the test; its URL and ARN."""
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.addCleanup(self.sqs.delete_queue, QueueUrl=url)
        return url, self.arn_of_queue(name)

    def arn_of_queue(self, name):
        return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def send(self, url, *bodies, **settings):
        for body in bodies:
            self.sqs.send_message(QueueUrl=url, MessageBody=body, **settings)

    def send_all(self, url, bodies):
        """In batches of ten."""
        for start in range(0, len(bodies), 10):
            entries = [
                {"Id": str(start + at), "MessageBody": body} for at, body in enumerate(bodies[start : start + 10])
            ]
            self.assertNotIn("Failed", self.sqs.send_message_batch(QueueUrl=url, Entries=entries))

    def counts(self, url):
        """(visible, in flight)"""
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return (
            int(attributes["ApproximateNumberOfMessages"]),
            int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        )

    def wait_until_empty(self, url):
        wait_for(lambda: self.counts(url) == (0, 0), "the queue is empty")

    def results(self, count):
        """The next `count` reports, in the order in which they were made."""
        got = []
        while len(got) < count:
            answer = self.sqs.receive_message(
                QueueUrl=self.results_url, MaxNumberOfMessages=min(10, count - len(got)), WaitTimeSeconds=20
            )
            messages = answer.get("Messages", [])
            if not messages:
                raise AssertionError(f"{len(got)} of {count} reports came: {got}")
            for message in messages:
                got.append(message["Body"])
                self.sqs.delete_message(QueueUrl=self.results_url, ReceiptHandle=message["ReceiptHandle"])
        return got

    def no_results(self):
        answer = self.sqs.receive_message(QueueUrl=self.results_url, MaxNumberOfMessages=10)
        self.assertNotIn("Messages", answer)

    def advance(self, seconds):
        answer = self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": seconds}))
        self.assertEqual(answer.status, 200, answer.body)

    # -- mappings --

    def call(self, method, path, document=None):
        """An operation of Lambda with members that this boto3 does not know."""
        body = json.dumps(document).encode() if document is not None else b""
        answer = self.server.signed(
            "lambda", method, "/2015-03-31/event-source-mappings/" + path, body, {"Content-Type": "application/json"}
        )
        return answer

    def create_mapping(self, source, function, **settings):
        """Creates a mapping that is deleted after the test; its configuration."""
        document = {"EventSourceArn": source, "FunctionName": function, **settings}
        answer = self.call("POST", "", document)
        self.assertEqual(answer.status, 202, answer.body)
        created = answer.json()
        self.addCleanup(self.forget_mapping, created["UUID"])
        return created

    def forget_mapping(self, uuid):
        answer = self.call("DELETE", urllib.parse.quote(uuid))
        self.assertIn(answer.status, (202, 404, 400), answer.body)
        wait_for(lambda: self.call("GET", uuid).status == 404, "the mapping is gone")

    def get_mapping(self, uuid):
        answer = self.call("GET", uuid)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def metric(self, name, uuid):
        for line in self.server.http("GET", "/metrics").body.decode().splitlines():
            if line.startswith(f"martlet_lambda_mapping_{name}_events_total{{") and uuid in line:
                return float(line.split()[-1])
        return 0.0
