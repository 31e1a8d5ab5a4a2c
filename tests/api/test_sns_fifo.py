"""FIFO topics: deduplication, sequence numbers, order per group into queues."""

import json
import unittest

from harness import ApiTest

ACCOUNT = "000000000000"


class FifoTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sns = cls.server.client("sns")
        cls.sqs = cls.server.client("sqs")

    def setUp(self):
        self.name = self.id().split(".")[-1].replace("_", "-")

    def topic(self, **attributes):
        made = self.sns.create_topic(Name=self.name + ".fifo", Attributes={"FifoTopic": "true", **attributes})
        self.addCleanup(self.sns.delete_topic, TopicArn=made["TopicArn"])
        return made["TopicArn"]

    def queue(self, topic, name, raw="true", **attributes):
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}",
            Attributes={"RawMessageDelivery": raw},
        )
        return url

    def drain(self, url, count):
        messages = []
        while len(messages) < count:
            answer = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5, AttributeNames=["All"]
            )
            self.assertTrue(answer.get("Messages"), f"{len(messages)} of {count} came")
            for message in answer["Messages"]:
                messages.append(message)
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return messages

    def advance(self, seconds):
        self.assertEqual(self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": seconds})).status, 200)

    def test_order_within_groups(self):
        topic = self.topic()
        url = self.queue(topic, self.name + ".fifo", FifoQueue="true")
        standard = self.queue(topic, self.name + "-standard")
        numbers = []
        for number in range(30):
            published = self.sns.publish(
                TopicArn=topic,
                Message=str(number),
                MessageGroupId=f"group-{number % 3}",
                MessageDeduplicationId=str(number),
            )
            numbers.append(published["SequenceNumber"])
        self.assertEqual(numbers, sorted(numbers))
        self.assertEqual({len(number) for number in numbers}, {20})
        by_group = {}
        for message in self.drain(url, 30):
            by_group.setdefault(message["Attributes"]["MessageGroupId"], []).append(int(message["Body"]))
        self.assertEqual(by_group, {f"group-{group}": list(range(group, 30, 3)) for group in range(3)})
        self.assertEqual(len(self.drain(standard, 30)), 30)

    def test_the_document_has_a_number_and_no_signature(self):
        topic = self.topic(ContentBasedDeduplication="true")
        url = self.queue(topic, self.name + ".fifo", raw="false", FifoQueue="true")
        published = self.sns.publish(TopicArn=topic, Message="m", MessageGroupId="g")
        document = json.loads(self.drain(url, 1)[0]["Body"])
        self.assertEqual(document["SequenceNumber"], published["SequenceNumber"])
        self.assertNotIn("Signature", document)

    def test_deduplication_lasts_five_minutes(self):
        topic = self.topic()
        url = self.queue(topic, self.name + ".fifo", FifoQueue="true")

        def publish(text, **settings):
            settings = {"MessageGroupId": "g", "MessageDeduplicationId": "same", **settings}
            return self.sns.publish(TopicArn=topic, Message=text, **settings)

        first = publish("1")
        again = publish("2", MessageGroupId="other")
        self.assertEqual(again["SequenceNumber"], first["SequenceNumber"])
        self.assertEqual([message["Body"] for message in self.drain(url, 1)], ["1"])
        self.advance(301)
        self.assertNotEqual(publish("3")["SequenceNumber"], first["SequenceNumber"])
        self.assertEqual([message["Body"] for message in self.drain(url, 1)], ["3"])

    def test_deduplication_by_content_and_within_groups(self):
        topic = self.topic(ContentBasedDeduplication="true", FifoThroughputScope="MessageGroup")
        url = self.queue(topic, self.name + "-standard")
        for group in ("a", "a", "b"):
            self.sns.publish(TopicArn=topic, Message="same", MessageGroupId=group)
        self.sns.publish(TopicArn=topic, Message="last", MessageGroupId="a")
        bodies = sorted(message["Body"] for message in self.drain(url, 3))
        self.assertEqual(bodies, ["last", "same", "same"])

    def test_batch(self):
        topic = self.topic(ContentBasedDeduplication="true")
        url = self.queue(topic, self.name + ".fifo", FifoQueue="true")
        entries = [{"Id": str(number), "Message": str(number), "MessageGroupId": "g"} for number in range(10)]
        entries[3].pop("MessageGroupId")
        answer = self.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
        self.assertEqual([entry["Id"] for entry in answer["Failed"]], ["3"])
        numbers = [entry["SequenceNumber"] for entry in answer["Successful"]]
        self.assertEqual(numbers, sorted(numbers))
        bodies = [message["Body"] for message in self.drain(url, 9)]
        self.assertEqual(bodies, [str(number) for number in range(10) if number != 3])

    def test_what_is_refused(self):
        topic = self.topic()
        self.assert_refused(
            "InvalidParameter",
            self.sns.publish,
            TopicArn=topic,
            Message="x",
            MessageDeduplicationId="1",
            message="MessageGroupId parameter is required for FIFO topics",
        )
        self.assert_refused(
            "InvalidParameter",
            self.sns.publish,
            TopicArn=topic,
            Message="x",
            MessageGroupId="g",
            message="ContentBasedDeduplication enabled or MessageDeduplicationId provided",
        )
        for protocol, endpoint in (
            ("lambda", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"),
            ("http", "http://example.com"),
            ("sms", "+491511234567"),
        ):
            self.assert_refused(
                "InvalidParameter", self.sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint
            )


if __name__ == "__main__":
    unittest.main()
