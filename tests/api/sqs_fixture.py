"""What the tests of SQS share."""

import json

from harness import ApiTest

ACCOUNT = "000000000000"
REGION = "us-east-1"
MISSING = "AWS.SimpleQueueService.NonExistentQueue"


def arn(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


class SqsTest(ApiTest):
    """Each test has the server to itself, empty."""

    def setUp(self):
        super().setUp()
        self.server.http("POST", "/_martlet/reset")
        self.sqs = self.server.client("sqs")

    def advance(self, seconds):
        answer = self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": seconds}))
        self.assertEqual(answer.status, 200, answer.body)

    def make(self, name="orders", **attributes):
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def make_fifo(self, name="orders.fifo", **attributes):
        return self.make(name, FifoQueue="true", **attributes)

    def attributes(self, url, *names):
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names) or ["All"]).get("Attributes", {})

    def counts(self, url):
        """Messages that are visible, in flight and delayed."""
        found = self.attributes(url)
        kinds = ("", "NotVisible", "Delayed")
        return tuple(int(found["ApproximateNumberOfMessages" + kind]) for kind in kinds)

    def send(self, url, body="hello", **more):
        return self.sqs.send_message(QueueUrl=url, MessageBody=body, **more)

    def receive(self, url, most=10, **more):
        more.setdefault("AttributeNames", ["All"])
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=most, **more)
        return answer.get("Messages", [])

    def bodies(self, url, most=10, **more):
        return [message["Body"] for message in self.receive(url, most, **more)]

    def delete(self, url, *messages):
        for message in messages:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def fails(self, code, call, *arguments, **keywords):
        """The message of the error that the call must end in."""
        return self.assert_refused(code, call, *arguments, **keywords)["Error"]["Message"]
