"""SQS dead-letter queues: what goes there, who may send there, and moving messages back. botocore of Debian 12 does not know
the operations of move tasks, so these are called without it."""

import json
import unittest

from sqs_fixture import SqsTest, arn


class RedriveTest(SqsTest):
    def make_pair(self, most=2, suffix="", **attributes):
        make = self.make_fifo if suffix else self.make
        dead = make("dead" + suffix)
        policy = json.dumps({"deadLetterTargetArn": arn("dead" + suffix), "maxReceiveCount": most})
        return make("orders" + suffix, RedrivePolicy=policy, **attributes), dead

    def call(self, operation, document):
        """The answer of a JSON call, or its error code."""
        answer = self.server.json_call("sqs", "AmazonSQS." + operation, document, "1.0")
        return answer.json() if answer.status == 200 else answer.error_type()

    def start(self, source="dead", **more):
        return self.call("StartMessageMoveTask", {"SourceArn": arn(source), **more})

    def tasks(self, source="dead", most=10):
        return self.call("ListMessageMoveTasks", {"SourceArn": arn(source), "MaxResults": most})["Results"]

    def wait_for(self, status, source="dead"):
        while True:
            task = self.tasks(source)[0]
            if task["Status"] == status:
                return task
            self.assertEqual(task["Status"], "RUNNING")


class DeadLetterTest(RedriveTest):
    def test_what_was_received_too_often_moves(self):
        url, dead = self.make_pair()
        attributes = {"a": {"DataType": "String", "StringValue": "x"}}
        sent = self.send(url, "poison", MessageAttributes=attributes)
        for _ in range(2):
            (message,) = self.receive(url)
            self.advance(30)
        self.assertEqual(self.receive(url), [])
        self.assertEqual(self.counts(url), (0, 0, 0))
        (message,) = self.receive(dead, MessageAttributeNames=["All"])
        self.assertEqual(message["MessageId"], sent["MessageId"])
        self.assertEqual(message["Body"], "poison")
        self.assertEqual(message["MessageAttributes"], attributes)
        self.assertEqual(message["Attributes"]["DeadLetterQueueSourceArn"], arn("orders"))

    def test_the_others_of_a_request_still_come(self):
        url, dead = self.make_pair(most=1)
        self.send(url, "poison")
        self.receive(url, VisibilityTimeout=0)
        self.send(url, "good")
        self.assertEqual(self.bodies(url), ["good"])
        self.assertEqual(self.bodies(dead), ["poison"])

    def test_age_counts_from_the_first_queue(self):
        url, dead = self.make_pair(most=1)
        self.sqs.set_queue_attributes(QueueUrl=dead, Attributes={"MessageRetentionPeriod": "100"})
        self.send(url)
        (before,) = self.receive(url)
        self.advance(30)
        self.receive(url)
        (after,) = self.receive(dead, VisibilityTimeout=0)
        self.assertEqual(after["Attributes"]["SentTimestamp"], before["Attributes"]["SentTimestamp"])
        self.advance(71)
        self.assertEqual(self.receive(dead), [])

    def test_fifo(self):
        url, dead = self.make_pair(most=1, suffix=".fifo")
        for body in ("one", "two"):
            self.send(url, body, MessageGroupId="g", MessageDeduplicationId=body)
        self.assertEqual(self.bodies(url, 1), ["one"])
        self.advance(30)
        self.assertEqual(self.bodies(url), ["two"])
        (message,) = self.receive(dead)
        self.assertEqual(message["Body"], "one")
        self.assertEqual(message["Attributes"]["MessageGroupId"], "g")

    def test_without_its_dead_letter_queue_a_message_stays(self):
        url, dead = self.make_pair(most=1)
        self.send(url)
        self.sqs.delete_queue(QueueUrl=dead)
        for count in ("1", "2", "3"):
            (message,) = self.receive(url, VisibilityTimeout=0)
            self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], count)

    def test_sources(self):
        dead = self.make("dead")
        policy = json.dumps({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": "5"})
        urls = [self.make(f"q{i}", RedrivePolicy=policy) for i in range(3)]
        listed = lambda **more: self.sqs.list_dead_letter_source_queues(QueueUrl=dead, **more)
        self.assertEqual(listed()["queueUrls"], urls)
        page = listed(MaxResults=2)
        self.assertEqual(page["queueUrls"] + listed(MaxResults=2, NextToken=page["NextToken"])["queueUrls"], urls)
        self.sqs.set_queue_attributes(QueueUrl=urls[0], Attributes={"RedrivePolicy": ""})
        self.sqs.delete_queue(QueueUrl=urls[1])
        self.assertEqual(listed()["queueUrls"], urls[2:])

    def test_policies_that_are_refused(self):
        self.make("dead")
        self.make_fifo("dead.fifo")
        good = {"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 5}
        for wrong in ("x", "[]", "{}", json.dumps({**good, "more": 1}), json.dumps({**good, "maxReceiveCount": 0}),
                      json.dumps({**good, "maxReceiveCount": 1001}), json.dumps({**good, "deadLetterTargetArn": "dead"}),
                      json.dumps({**good, "deadLetterTargetArn": arn("none")}),
                      json.dumps({**good, "deadLetterTargetArn": arn("dead").replace("us-east-1", "eu-west-1")}),
                      json.dumps({**good, "deadLetterTargetArn": arn("dead.fifo")}),
                      json.dumps({"deadLetterTargetArn": arn("dead")}), json.dumps({"maxReceiveCount": 5})):
            self.fails("InvalidParameterValue", self.make, "orders", RedrivePolicy=wrong)
        self.make("orders", RedrivePolicy=json.dumps(good))

    def test_who_may_send_there(self):
        dead = self.make("dead")
        policy = json.dumps({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 5})
        allow = lambda **document: self.sqs.set_queue_attributes(
            QueueUrl=dead, Attributes={"RedriveAllowPolicy": json.dumps(document) if document else ""})
        allow(redrivePermission="denyAll")
        self.fails("InvalidParameterValue", self.make, "orders", RedrivePolicy=policy)
        allow(redrivePermission="byQueue", sourceQueueArns=[arn("orders")])
        self.make("orders", RedrivePolicy=policy)
        self.fails("InvalidParameterValue", self.make, "other", RedrivePolicy=policy)
        allow()
        self.make("other", RedrivePolicy=policy)
        for wrong in ({"redrivePermission": "x"}, {"redrivePermission": "byQueue"},
                      {"redrivePermission": "byQueue", "sourceQueueArns": []},
                      {"redrivePermission": "byQueue", "sourceQueueArns": [arn(f"q{i}") for i in range(11)]},
                      {"redrivePermission": "allowAll", "sourceQueueArns": [arn("orders")]}):
            self.fails("InvalidParameterValue", allow, **wrong)


class MoveTaskTest(RedriveTest):
    def fill(self, url, dead, count):
        """Puts messages into the dead-letter queue as a failing receiver would."""
        for i in range(0, count, 10):
            entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(i, min(i + 10, count))]
            self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        left = count
        while left:
            left -= len(self.receive(url, VisibilityTimeout=0))
            self.receive(url, VisibilityTimeout=0)
            left = self.counts(url)[0]
        self.assertEqual(self.counts(dead)[0], count)

    def test_back_to_where_they_came_from(self):
        url, dead = self.make_pair(most=1)
        self.fill(url, dead, 25)
        handle = self.start()["TaskHandle"]
        task = self.wait_for("COMPLETED")
        self.assertEqual(task["ApproximateNumberOfMessagesMoved"], 25)
        self.assertEqual(task["ApproximateNumberOfMessagesToMove"], 25)
        self.assertEqual(task["SourceArn"], arn("dead"))
        self.assertNotIn("TaskHandle", task)
        self.assertEqual(self.counts(dead), (0, 0, 0))
        self.assertEqual(self.counts(url), (25, 0, 0))
        (message, *_) = self.receive(url)
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "1")
        self.assertNotIn("DeadLetterQueueSourceArn", message["Attributes"])
        self.assertEqual(self.call("CancelMessageMoveTask", {"TaskHandle": handle}), "UnsupportedOperation")

    def test_to_another_queue(self):
        url, dead = self.make_pair(most=1)
        other = self.make("other")
        self.send(dead, "sent here by somebody")
        self.start(DestinationArn=arn("other"))
        self.assertEqual(self.wait_for("COMPLETED")["DestinationArn"], arn("other"))
        self.assertEqual(self.bodies(other), ["sent here by somebody"])

    def test_where_from_is_not_known(self):
        _, dead = self.make_pair()
        self.send(dead)
        self.start()
        self.assertEqual(self.wait_for("FAILED")["FailureReason"], "CouldNotDetermineMessageSource")
        self.assertEqual(self.counts(dead), (1, 0, 0))

    def test_at_a_rate_and_cancelled(self):
        url, dead = self.make_pair(most=1)
        self.fill(url, dead, 20)
        handle = self.start(MaxNumberOfMessagesPerSecond=5)["TaskHandle"]
        while self.tasks()[0]["ApproximateNumberOfMessagesMoved"] < 5:
            pass
        self.assertEqual(self.start(), "UnsupportedOperation")
        task = self.tasks()[0]
        self.assertEqual(task["TaskHandle"], handle)
        self.assertEqual(task["MaxNumberOfMessagesPerSecond"], 5)
        moved = self.call("CancelMessageMoveTask", {"TaskHandle": handle})["ApproximateNumberOfMessagesMoved"]
        self.advance(60)
        self.assertEqual(self.tasks()[0]["Status"], "CANCELLED")
        self.assertEqual(self.counts(dead), (20 - moved, 0, 0))
        self.start(MaxNumberOfMessagesPerSecond=5)
        while self.tasks()[0]["Status"] == "RUNNING":
            self.advance(1)
        self.assertEqual(self.counts(url), (20, 0, 0))
        self.assertEqual([task["Status"] for task in self.tasks()], ["COMPLETED", "CANCELLED"])
        self.assertEqual(len(self.tasks(most=1)), 1)

    def test_refused(self):
        self.make_pair()
        self.make("other")
        self.make_fifo()
        self.assertEqual(self.start("none"), "ResourceNotFoundException")
        self.assertEqual(self.start("other"), "InvalidParameterValue")
        self.assertEqual(self.start(DestinationArn=arn("none")), "ResourceNotFoundException")
        self.assertEqual(self.start(DestinationArn=arn("dead")), "InvalidParameterValue")
        self.assertEqual(self.start(DestinationArn=arn("orders.fifo")), "InvalidParameterValue")
        self.assertEqual(self.start(DestinationArn="x"), "InvalidParameterValue")
        for rate in (0, 501):
            self.assertEqual(self.start(MaxNumberOfMessagesPerSecond=rate), "InvalidParameterValue")
        for most in (0, 11):
            self.assertEqual(self.call("ListMessageMoveTasks", {"SourceArn": arn("dead"), "MaxResults": most}), "InvalidParameterValue")
        self.assertEqual(self.call("ListMessageMoveTasks", {"SourceArn": arn("none")}), "ResourceNotFoundException")
        self.assertEqual(self.call("CancelMessageMoveTask", {"TaskHandle": "x"}), "InvalidParameterValue")


class DurableTest(RedriveTest):
    EPHEMERAL = False

    def test_a_task_goes_on_after_a_crash(self):
        self.goes_on_after(self.server.kill)

    def test_a_task_goes_on_after_the_server_was_stopped(self):
        self.goes_on_after(self.server.stop)

    def goes_on_after(self, end_server):
        url, dead = self.make_pair(most=1)
        for i in range(20):
            self.send(dead, str(i))
        self.start(DestinationArn=arn("orders"), MaxNumberOfMessagesPerSecond=5)
        while self.tasks()[0]["ApproximateNumberOfMessagesMoved"] < 5:
            pass
        end_server()
        self.server.start()
        self.sqs = self.server.client("sqs")
        while self.tasks()[0]["Status"] == "RUNNING":
            self.advance(1)
        self.assertEqual(self.tasks()[0]["ApproximateNumberOfMessagesMoved"], 20)
        url, dead = (self.sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in ("orders", "dead"))
        self.assertEqual(self.counts(dead), (0, 0, 0))
        self.assertEqual(self.counts(url), (20, 0, 0))


if __name__ == "__main__":
    unittest.main()
