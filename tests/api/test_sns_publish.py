"""SNS Publish: what functions and queues get, filter policies, attributes, batches, limits, dead-letter queues."""

import base64
import json
import os
import subprocess
import time
import unittest

from harness import ApiTest, Server
from test_aws_cli import VERSIONS

ACCOUNT = "000000000000"
TIMESTAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"


class PublishTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sns = cls.server.client("sns")
        cls.sqs = cls.server.client("sqs")

    def setUp(self):
        self.name = self.id().split(".")[-1].replace("_", "-")
        self.topic = self.sns.create_topic(Name=self.name)["TopicArn"]
        self.addCleanup(self.sns.delete_topic, TopicArn=self.topic)

    def queue(self, name=None, **attributes):
        """(url, arn) of a new queue."""
        url = self.sqs.create_queue(QueueName=name or self.name, Attributes=attributes)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, arn

    def subscribe(self, endpoint, protocol="sqs", **attributes):
        return self.sns.subscribe(
            TopicArn=self.topic, Protocol=protocol, Endpoint=endpoint, Attributes=attributes
        )["SubscriptionArn"]

    def receive(self, url, wait=5):
        answer = self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=wait,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return messages

    def metric(self, name):
        for line in self.server.http("GET", "/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        return 0.0

    def test_a_queue_gets_the_notification_document(self):
        url, arn = self.queue()
        subscription = self.subscribe(arn)
        attributes = {
            "text": {"DataType": "String", "StringValue": "ä"},
            "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
        }
        published = self.sns.publish(
            TopicArn=self.topic, Message='say "hello"\n', Subject="Greeting", MessageAttributes=attributes
        )
        (message,) = self.receive(url)
        self.assertNotIn("MessageAttributes", message)
        document = json.loads(message["Body"])
        self.assertEqual(
            list(document),
            [
                "Type",
                "MessageId",
                "TopicArn",
                "Subject",
                "Message",
                "Timestamp",
                "SignatureVersion",
                "Signature",
                "SigningCertURL",
                "UnsubscribeURL",
                "MessageAttributes",
            ],
        )
        self.assertEqual(document["Type"], "Notification")
        self.assertEqual(document["MessageId"], published["MessageId"])
        self.assertEqual(document["TopicArn"], self.topic)
        self.assertEqual(document["Subject"], "Greeting")
        self.assertEqual(document["Message"], 'say "hello"\n')
        self.assertRegex(document["Timestamp"], TIMESTAMP)
        self.assertEqual(document["SignatureVersion"], "1")
        self.assertTrue(document["SigningCertURL"].startswith(self.server.endpoint + "/"))
        self.assertEqual(
            document["UnsubscribeURL"], f"{self.server.endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription}"
        )
        self.assertEqual(
            document["MessageAttributes"],
            {
                "text": {"Type": "String", "Value": "ä"},
                "bytes": {"Type": "Binary", "Value": base64.b64encode(b"\x00\x01").decode()},
            },
        )

    def test_raw_delivery_passes_text_and_attributes(self):
        url, arn = self.queue()
        self.subscribe(arn, RawMessageDelivery="true")
        attributes = {
            "text": {"DataType": "String", "StringValue": "x"},
            "number": {"DataType": "Number", "StringValue": "4.5"},
            "bytes": {"DataType": "Binary", "BinaryValue": b"\xff"},
        }
        self.sns.publish(TopicArn=self.topic, Message="as it is", MessageAttributes=attributes)
        (message,) = self.receive(url)
        self.assertEqual(message["Body"], "as it is")
        self.assertEqual(message["MessageAttributes"], attributes)

    def test_a_raw_message_with_too_many_attributes_goes_to_the_dead_letter_queue(self):
        url, arn = self.queue()
        dead_url, dead_arn = self.queue(self.name + "-dead")
        self.subscribe(arn, RawMessageDelivery="true", RedrivePolicy=json.dumps({"deadLetterTargetArn": dead_arn}))
        attributes = {f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(11)}
        failed = self.metric("martlet_sns_notifications_failed_total")
        self.sns.publish(TopicArn=self.topic, Message="many", MessageAttributes=attributes)
        self.assertEqual(self.receive(url, wait=0), [])
        # The dead-letter queue has no room for them as attributes either.
        (message,) = self.receive(dead_url)
        document = json.loads(message["Body"])
        self.assertEqual((document["Message"], set(document["MessageAttributes"])), ("many", set(attributes)))
        self.assertEqual(self.metric("martlet_sns_notifications_failed_total"), failed + 1)

    def test_a_function_gets_the_event(self):
        self.logs.create_log_group(logGroupName="/aws/lambda/event-" + self.name[-20:])
        created = self.deploy(
            "event-" + self.name[-20:],
            "import json\ndef handler(event, context):\n    print('EVENT ' + json.dumps(event))\n",
        )
        subscription = self.subscribe(created["FunctionArn"], "lambda")
        published = self.sns.publish(TopicArn=self.topic, Message="m")
        deadline = time.monotonic() + 30
        events = []
        while not events and time.monotonic() < deadline:
            texts = self.messages("/aws/lambda/event-" + self.name[-20:])
            events = [json.loads(text.split("EVENT ", 1)[1]) for text in texts if "EVENT " in text]
            time.sleep(0.05)
        (record,) = events[0]["Records"]
        self.assertEqual(record["EventSource"], "aws:sns")
        self.assertEqual(record["EventVersion"], "1.0")
        self.assertEqual(record["EventSubscriptionArn"], subscription)
        sns = record["Sns"]
        self.assertEqual(
            set(sns),
            {
                "Type",
                "MessageId",
                "TopicArn",
                "Subject",
                "Message",
                "Timestamp",
                "SignatureVersion",
                "Signature",
                "SigningCertUrl",
                "UnsubscribeUrl",
                "MessageAttributes",
            },
        )
        self.assertEqual((sns["MessageId"], sns["Message"]), (published["MessageId"], "m"))
        self.assertIsNone(sns["Subject"])
        self.assertEqual(sns["MessageAttributes"], {})

    def test_filter_policies_on_attributes_and_on_the_body(self):
        by_store, store_arn = self.queue(self.name + "-store")
        by_body, body_arn = self.queue(self.name + "-body")
        everything, all_arn = self.queue(self.name + "-all")
        raw = {"RawMessageDelivery": "true"}
        self.subscribe(store_arn, FilterPolicy='{"store": ["a", {"prefix": "b"}], "price": [{"numeric": [">", 5]}]}', **raw)
        self.subscribe(body_arn, FilterPolicy='{"order": {"kind": ["new"]}}', FilterPolicyScope="MessageBody", **raw)
        self.subscribe(all_arn, **raw)

        def publish(text, **attributes):
            values = {
                name: {"DataType": "Number" if isinstance(value, int) else "String", "StringValue": str(value)}
                for name, value in attributes.items()
            }
            self.sns.publish(TopicArn=self.topic, Message=text, MessageAttributes=values)

        filtered = self.metric("martlet_sns_notifications_filtered_total")
        publish("1", store="a", price=6)
        publish("2", store="bx", price=5)
        publish('{"order": {"kind": "new"}}')
        publish('{"order": {"kind": "old"}}', store="b", price=7)
        bodies = lambda url: sorted(message["Body"] for message in self.receive(url))
        self.assertEqual(bodies(by_store), ["1", '{"order": {"kind": "old"}}'])
        self.assertEqual(bodies(by_body), ['{"order": {"kind": "new"}}'])
        self.assertEqual(len(self.receive(everything)), 4)
        self.assertEqual(self.metric("martlet_sns_notifications_filtered_total"), filtered + 5)

    def test_a_changed_filter_policy_holds_for_the_next_message(self):
        url, arn = self.queue()
        subscription = self.subscribe(arn, FilterPolicy='{"a": ["1"]}', RawMessageDelivery="true")
        one = {"a": {"DataType": "String", "StringValue": "1"}}
        self.sns.publish(TopicArn=self.topic, Message="first", MessageAttributes=one)
        self.sns.set_subscription_attributes(
            SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue='{"a": ["2"]}'
        )
        self.sns.publish(TopicArn=self.topic, Message="second", MessageAttributes=one)
        self.assertEqual([message["Body"] for message in self.receive(url)], ["first"])

    def test_a_queue_that_is_gone_does_not_fail_publish(self):
        url, arn = self.queue()
        dead_url, dead_arn = self.queue(self.name + "-dead")
        gone = arn + "-gone"
        self.subscribe(gone, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead_arn}))
        self.subscribe(gone + "-without")
        self.subscribe(arn, RawMessageDelivery="true")
        self.sns.publish(TopicArn=self.topic, Message="still there")
        self.assertEqual(self.receive(url)[0]["Body"], "still there")
        (message,) = self.receive(dead_url)
        self.assertEqual(json.loads(message["Body"])["Message"], "still there")

    def test_structure_json(self):
        url, arn = self.queue()
        self.subscribe(arn)
        texts = {"default": "for all", "sqs": "for queues"}
        self.sns.publish(TopicArn=self.topic, Message=json.dumps(texts), MessageStructure="json")
        self.assertEqual(json.loads(self.receive(url)[0]["Body"])["Message"], "for queues")
        for message, why in (("{", "failed to parse"), ('{"sqs": "x"}', "No default entry")):
            self.assert_refused(
                "InvalidParameter",
                self.sns.publish,
                TopicArn=self.topic,
                Message=message,
                MessageStructure="json",
                message=why,
            )

    def test_messages_that_are_refused(self):
        def refused(message=None, code="InvalidParameter", **settings):
            settings = {"TopicArn": self.topic, "Message": "x", **settings}
            settings = {name: value for name, value in settings.items() if value is not None}
            self.assert_refused(code, self.sns.publish, message=message, **settings)

        refused("Empty message", Message="")
        refused("Message too long", Message="x" * 262_145)
        refused(
            "Message too long",
            Message="x" * 262_000,
            MessageAttributes={"a": {"DataType": "String", "StringValue": "y" * 200}},
        )
        refused("Subject", Subject="two\nlines")
        refused("Subject", Subject="x" * 101)
        refused("MessageDeduplicationId", MessageDeduplicationId="1")
        refused("TopicArn or TargetArn Reason: no value for required parameter", TopicArn=None)
        refused("is not valid to publish to", TopicArn=None, PhoneNumber="nobody")
        for name, value in (
            ("a", {"DataType": "Text", "StringValue": "x"}),
            ("a", {"DataType": "Number", "StringValue": "x"}),
            ("a", {"DataType": "String", "StringValue": ""}),
            ("a", {"DataType": "String.Array", "StringValue": "x"}),
            ("AWS.a", {"DataType": "String", "StringValue": "x"}),
            ("a..b", {"DataType": "String", "StringValue": "x"}),
        ):
            refused(code="ParameterValueInvalid", MessageAttributes={name: value})
        self.sns.publish(TopicArn=self.topic, Message="x" * 262_144)

    def test_to_a_telephone(self):
        published = self.sns.publish(PhoneNumber="+4915110000001", Message="hi")
        (text,) = self.server.http("GET", "/_martlet/outbox?protocol=sms&to=%2B4915110000001").json()
        self.assertEqual((text["body"], text["messageId"]), ("hi", published["MessageId"]))
        self.assertEqual(self.server.http("DELETE", "/_martlet/outbox").status, 200)
        self.assertEqual(self.server.http("GET", "/_martlet/outbox").json(), [])

    def test_batches(self):
        url, arn = self.queue()
        self.subscribe(arn, RawMessageDelivery="true")
        entries = [
            {"Id": "good", "Message": "1"},
            {"Id": "bad", "Message": "2", "Subject": "a\nb"},
            {"Id": "also-good", "Message": "3", "MessageAttributes": {"a": {"DataType": "String", "StringValue": "x"}}},
        ]
        answer = self.sns.publish_batch(TopicArn=self.topic, PublishBatchRequestEntries=entries)
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], ["good", "also-good"])
        (failed,) = answer["Failed"]
        self.assertEqual((failed["Id"], failed["Code"], failed["SenderFault"]), ("bad", "InvalidParameter", True))
        self.assertEqual(sorted(message["Body"] for message in self.receive(url)), ["1", "3"])

        def refused(code, entries):
            self.assert_refused(
                code, self.sns.publish_batch, TopicArn=self.topic, PublishBatchRequestEntries=entries, status=400
            )

        refused("EmptyBatchRequest", [])
        refused("TooManyEntriesInBatchRequest", [{"Id": str(number), "Message": "x"} for number in range(11)])
        refused("BatchEntryIdsNotDistinct", [{"Id": "1", "Message": "x"}] * 2)
        refused("InvalidBatchEntryId", [{"Id": "not good", "Message": "x"}])
        refused("BatchRequestTooLong", [{"Id": str(number), "Message": "x" * 140_000} for number in range(2)])

    def test_a_group_on_a_standard_topic_reaches_the_queue(self):
        url, arn = self.queue()
        self.subscribe(arn, RawMessageDelivery="true")
        self.sns.publish(TopicArn=self.topic, Message="m", MessageGroupId="tenant-1")
        (message,) = self.receive(url)
        self.assertEqual(message["Attributes"].get("MessageGroupId"), "tenant-1")

    def test_the_command_line(self):
        if not VERSIONS:
            self.skipTest("there is no AWS CLI on this machine")
        url, arn = self.queue()
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
        none = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PAGER": ""}

        def aws(path, *arguments):
            command = [path, "--endpoint-url", self.server.endpoint, "--output", "json", "sns", *arguments]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=120, env={**os.environ, **keys, **none}, check=True
            )
            return json.loads(done.stdout)

        for path in VERSIONS.values():
            settings = ("--protocol", "sqs", "--notification-endpoint", arn, "--attributes", "RawMessageDelivery=true")
            aws(path, "subscribe", "--topic-arn", self.topic, *settings)
            attribute = '{"kind": {"DataType": "String", "StringValue": "x"}}'
            published = aws(
                path, "publish", "--topic-arn", self.topic, "--message", "hello", "--message-attributes", attribute
            )
            self.assertTrue(published["MessageId"])
            (message,) = self.receive(url)
            self.assertEqual((message["Body"], message["MessageAttributes"]["kind"]["StringValue"]), ("hello", "x"))

    def test_destinations_of_functions_may_be_topics(self):
        url, arn = self.queue()
        self.subscribe(arn, RawMessageDelivery="true")
        self.deploy("destined", "def handler(event, context):\n    return 'done'\n")
        self.functions.put_function_event_invoke_config(
            FunctionName="destined", DestinationConfig={"OnSuccess": {"Destination": self.topic}}
        )
        self.functions.invoke(FunctionName="destined", InvocationType="Event", Payload=b"{}")
        (message,) = self.receive(url, wait=20)
        self.assertEqual(json.loads(message["Body"])["responsePayload"], "done")


class SurvivalTest(unittest.TestCase):
    """What was published is there after a crash."""

    def test_kill(self):
        server = Server(ephemeral=False)
        self.addCleanup(server.remove)
        server.start()
        sns, sqs = server.client("sns"), server.client("sqs")
        topic = sns.create_topic(Name="t")["TopicArn"]
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")
        sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+4915110000002")
        ids = [sns.publish(TopicArn=topic, Message=str(number))["MessageId"] for number in range(20)]
        certificate = self.documents(sqs, url, 1)[0]["SigningCertURL"].rpartition("/")[2]
        server.kill()
        server.start()
        sns, sqs = server.client("sns"), server.client("sqs")
        texts = server.http("GET", "/_martlet/outbox").json()
        self.assertEqual([text["messageId"] for text in texts], ids)
        sns.publish(TopicArn=topic, Message="after")
        documents = self.documents(sqs, url, 20)
        self.assertEqual({document["Message"] for document in documents}, {"after", *map(str, range(20))} - {"0"})
        self.assertTrue(all(document["SigningCertURL"].endswith(certificate) for document in documents))
        self.assertEqual(server.stop(), 0)

    def documents(self, sqs, url, count):
        documents = []
        while len(documents) < count:
            most = min(10, count - len(documents))
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=most, WaitTimeSeconds=5)
            for message in answer["Messages"]:
                documents.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return documents


if __name__ == "__main__":
    unittest.main()
