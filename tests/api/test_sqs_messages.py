"""SQS messages of standard queues: sending, receiving, deleting, one by one and in batches."""

import hashlib
import struct
import threading
import time
import unittest

from sqs_fixture import ACCOUNT, MISSING, SqsTest

MIB = 1024 * 1024


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def md5_of_attributes(attributes):
    """As the SDKs compute it."""
    digest = hashlib.md5()
    for name, attribute in sorted(attributes.items()):
        for text in (name, attribute["DataType"]):
            digest.update(struct.pack(">I", len(text.encode())) + text.encode())
        binary = attribute["DataType"].startswith("Binary")
        value = attribute["BinaryValue"] if binary else attribute["StringValue"].encode()
        digest.update(bytes([2 if binary else 1]) + struct.pack(">I", len(value)) + value)
    return digest.hexdigest()


def text(value, kind="String"):
    return {"DataType": kind, "StringValue": value}


class SendTest(SqsTest):
    def test_a_message_comes_as_it_was_sent(self):
        url = self.make()
        body = 'tabs\t, lines\r\n, <tags> & "quotes", \u00fc\u4e2d\U0001f426'
        sent = self.send(url, body)
        self.assertEqual(sent["MD5OfMessageBody"], md5(body))
        self.assertNotIn("MD5OfMessageAttributes", sent)
        self.assertNotIn("SequenceNumber", sent)
        (message,) = self.receive(url)
        self.assertEqual(message["Body"], body)
        self.assertEqual(message["MD5OfBody"], md5(body))
        self.assertEqual(message["MessageId"], sent["MessageId"])

    def test_attributes_and_their_digests(self):
        url = self.make()
        attributes = {
            "text": text("\u00fc"),
            "custom": text("x", "String.my_type"),
            "number": text("-1.5e3", "Number"),
            "integer": text("42", "Number.int"),
            "bytes": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
            "image": {"DataType": "Binary.gif", "BinaryValue": b"GIF"},
        }
        sent = self.send(url, MessageAttributes=attributes)
        self.assertEqual(sent["MD5OfMessageAttributes"], md5_of_attributes(attributes))
        (message,) = self.receive(url, MessageAttributeNames=["All"])
        self.assertEqual(message["MessageAttributes"], attributes)
        self.assertEqual(message["MD5OfMessageAttributes"], md5_of_attributes(attributes))

    def test_which_attributes_come(self):
        url = self.make(VisibilityTimeout="0")
        attributes = {name: text(name) for name in ("a", "b.one", "b.two", "c")}
        self.send(url, MessageAttributes=attributes)
        for names, expected in {("a",): "a", ("b.*",): "b.one b.two", ("a", "c"): "a c", (".*",): "a b.one b.two c",
                                ("All",): "a b.one b.two c", ("b",): "", ("x.*",): "", (): ""}.items():
            (message,) = self.receive(url, MessageAttributeNames=list(names))
            found = message.get("MessageAttributes", {})
            self.assertEqual(sorted(found), expected.split(), names)
            self.assertEqual(message.get("MD5OfMessageAttributes"), md5_of_attributes(found) if found else None)

    def test_attributes_that_are_refused(self):
        url = self.make()
        many = {f"a{i}": text("x") for i in range(11)}
        self.fails("InvalidParameterValue", self.send, url, MessageAttributes=many)
        for name in (".a", "a.", "a..b", "AWS.x", "amazon.x", "a b", "a" * 257, "\u00fc"):
            self.fails("InvalidParameterValue", self.send, url, MessageAttributes={name: text("x")})
        for kind in ("Text", "Strings", "String.\u00fc", "String." + "x" * 250, "string"):
            self.fails("InvalidParameterValue", self.send, url, MessageAttributes={"a": text("x", kind)})
        self.fails("InvalidParameterValue", self.send, url, MessageAttributes={"a": text("")})
        self.fails("InvalidParameterValue", self.send, url, MessageAttributes={"a": {"DataType": "Binary"}})
        for number in ("x", "1e", "1.2.3", "", "9" * 39, "0x1"):
            self.fails("InvalidParameterValue", self.send, url, MessageAttributes={"a": text(number, "Number")})
        self.fails("InvalidMessageContents", self.send, url, MessageAttributes={"a": text("\x01")})
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_trace_header(self):
        url = self.make()
        header = {"AWSTraceHeader": text("Root=1-5759e988-bd862e3fe1be46a994272793")}
        sent = self.send(url, MessageSystemAttributes=header)
        self.assertEqual(sent["MD5OfMessageSystemAttributes"], md5_of_attributes(header))
        (message,) = self.receive(url)
        self.assertEqual(message["Attributes"]["AWSTraceHeader"], header["AWSTraceHeader"]["StringValue"])
        self.fails("InvalidParameterValue", self.send, url, MessageSystemAttributes={"Other": text("x")})
        self.fails("InvalidParameterValue", self.send, url, MessageSystemAttributes={"AWSTraceHeader": text("1", "Number")})

    def test_bodies_that_are_refused(self):
        url = self.make()
        for body in ("\x00", "a\x0b", "\ufffe", "\uffff"):
            self.fails("InvalidMessageContents", self.send, url, body)
        self.fails("MissingParameter", self.send, url, "")

    def test_sizes(self):
        url = self.make()
        self.send(url, "x" * MIB)
        self.assertEqual(len(self.bodies(url)[0]), MIB)
        self.fails("InvalidParameterValue", self.send, url, "x" * (MIB + 1))
        attributes = {"name": text("value")}
        self.send(url, "x" * (MIB - 15), MessageAttributes=attributes)
        self.fails("InvalidParameterValue", self.send, url, "x" * (MIB - 14), MessageAttributes=attributes)
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
        self.send(url, "x" * 1024)
        self.assertIn("1024", self.fails("InvalidParameterValue", self.send, url, "x" * 1025))

    def test_delays(self):
        url = self.make(DelaySeconds="60")
        self.send(url, "by the queue")
        self.send(url, "by itself", DelaySeconds=120)
        self.send(url, "none", DelaySeconds=0)
        self.assertEqual(self.counts(url), (1, 0, 2))
        self.assertEqual(self.bodies(url), ["none"])
        self.advance(60)
        self.assertIn("by the queue", self.bodies(url))
        self.advance(60)
        self.assertIn("by itself", self.bodies(url))
        for delay in (-1, 901):
            self.fails("InvalidParameterValue", self.send, url, DelaySeconds=delay)

    def test_groups_of_standard_queues(self):
        url = self.make()
        self.send(url, MessageGroupId="tenant")
        (message,) = self.receive(url)
        self.assertEqual(message["Attributes"]["MessageGroupId"], "tenant")
        self.fails("InvalidParameterValue", self.send, url, MessageGroupId="g" * 129)
        self.fails("InvalidParameterValue", self.send, url, MessageDeduplicationId="d")

    def test_quiet_tenants_come_before_noisy_ones(self):
        url = self.make()
        for i in range(40):
            self.send(url, "noisy", MessageGroupId="noisy")
        self.assertEqual(self.bodies(url) + self.bodies(url), ["noisy"] * 20)
        self.send(url, "quiet", MessageGroupId="quiet")
        self.assertIn("quiet", self.bodies(url))


class ReceiveTest(SqsTest):
    def test_system_attributes(self):
        url = self.make(VisibilityTimeout="0")
        before = int(time.time() * 1000)
        self.send(url)
        self.assertNotIn("Attributes", self.receive(url, AttributeNames=[])[0])
        (message,) = self.receive(url, AttributeNames=["ApproximateReceiveCount"])
        self.assertEqual(message["Attributes"], {"ApproximateReceiveCount": "2"})
        (message,) = self.receive(url)
        attributes = message["Attributes"]
        self.assertEqual(attributes["ApproximateReceiveCount"], "3")
        self.assertEqual(attributes["SenderId"], ACCOUNT)
        self.assertGreaterEqual(int(attributes["SentTimestamp"]), before)
        self.assertGreaterEqual(int(attributes["ApproximateFirstReceiveTimestamp"]), int(attributes["SentTimestamp"]))
        self.assertEqual(len(attributes), 4)
        self.fails("InvalidAttributeName", self.receive, url, AttributeNames=["Nonsense"])

    def test_visibility(self):
        url = self.make()
        self.send(url)
        (first,) = self.receive(url)
        self.assertEqual(self.counts(url), (0, 1, 0))
        self.assertEqual(self.receive(url), [])
        self.advance(30)
        (second,) = self.receive(url, VisibilityTimeout=100)
        self.assertEqual(second["MessageId"], first["MessageId"])
        self.assertNotEqual(second["ReceiptHandle"], first["ReceiptHandle"])
        self.assertEqual(second["Attributes"]["ApproximateReceiveCount"], "2")
        self.advance(99)
        self.assertEqual(self.receive(url), [])
        self.advance(1)
        self.assertEqual(len(self.receive(url, VisibilityTimeout=0)), 1)
        self.assertEqual(len(self.receive(url)), 1)

    def test_bounds(self):
        url = self.make()
        for name, values in {"MaxNumberOfMessages": (0, 11), "VisibilityTimeout": (-1, 43201), "WaitTimeSeconds": (-1, 21)}.items():
            for value in values:
                self.fails("InvalidParameterValue", self.sqs.receive_message, QueueUrl=url, **{name: value})

    def test_as_many_as_asked_for(self):
        url = self.make()
        for i in range(12):
            self.send(url, str(i))
        self.assertEqual(len(self.sqs.receive_message(QueueUrl=url)["Messages"]), 1)
        self.assertEqual(len(self.receive(url, 10)), 10)
        self.assertEqual(len(self.receive(url, 10)), 1)
        self.assertEqual(self.receive(url), [])

    def test_a_message_wakes_who_waits(self):
        url = self.make()
        got = []
        waiter = threading.Thread(target=lambda: got.extend(self.bodies(url, WaitTimeSeconds=20)))
        started = time.monotonic()
        waiter.start()
        self.send(url, "now")
        waiter.join()
        self.assertEqual(got, ["now"])
        self.assertLess(time.monotonic() - started, 15)

    def test_the_wait_ends_with_its_time(self):
        url = self.make(ReceiveMessageWaitTimeSeconds="20")
        got = []
        waiter = threading.Thread(target=lambda: got.append(self.receive(url)))
        waiter.start()
        while not got:
            self.advance(20)
            waiter.join(0.05)
        self.assertEqual(got, [[]])

    def test_the_wait_ends_with_the_queue(self):
        url = self.make()
        answers = []
        waiter = threading.Thread(target=lambda: answers.append(self.fails(MISSING, self.receive, url, WaitTimeSeconds=20)))
        waiter.start()
        # Whether the deletion comes before the request or while it waits, it must end in the same error.
        self.sqs.delete_queue(QueueUrl=url)
        waiter.join(15)
        self.assertEqual(len(answers), 1)

    def test_retention(self):
        url = self.make(MessageRetentionPeriod="60")
        self.send(url, "old")
        self.advance(59)
        self.send(url, "young")
        self.advance(2)
        self.assertEqual(self.bodies(url), ["young"])
        self.assertEqual(self.counts(url), (0, 1, 0))


class DeleteTest(SqsTest):
    def test_deleted_messages_do_not_come_back(self):
        url = self.make()
        self.send(url)
        (message,) = self.receive(url)
        self.delete(url, message)
        self.delete(url, message)
        self.advance(60)
        self.assertEqual(self.receive(url), [])
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_an_older_receipt_does_not_delete(self):
        url = self.make()
        self.send(url)
        (first,) = self.receive(url)
        self.advance(30)
        (second,) = self.receive(url)
        self.delete(url, first)
        self.advance(30)
        (third,) = self.receive(url)
        self.assertEqual(third["Attributes"]["ApproximateReceiveCount"], "3")
        self.advance(30)
        self.delete(url, third)
        self.assertEqual(self.receive(url), [])

    def test_handles(self):
        url, other = self.make(), self.make("other")
        self.send(url)
        (message,) = self.receive(url)
        handle = message["ReceiptHandle"]
        for wrong in ("x", handle[:-4] + "AAAA", handle + "AAAA"):
            self.fails("ReceiptHandleIsInvalid", self.sqs.delete_message, QueueUrl=url, ReceiptHandle=wrong)
        self.fails("ReceiptHandleIsInvalid", self.sqs.delete_message, QueueUrl=other, ReceiptHandle=handle)
        self.fails("ReceiptHandleIsInvalid", self.sqs.change_message_visibility, QueueUrl=other, ReceiptHandle=handle,
                   VisibilityTimeout=0)


class VisibilityTest(SqsTest):
    def change(self, url, message, seconds):
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds)

    def test_longer_shorter_and_at_once(self):
        url = self.make()
        self.send(url)
        (message,) = self.receive(url)
        self.change(url, message, 100)
        self.advance(60)
        self.assertEqual(self.receive(url), [])
        self.change(url, message, 10)
        self.advance(10)
        (message,) = self.receive(url)
        self.change(url, message, 0)
        (message,) = self.receive(url)
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "3")
        self.delete(url, message)

    def test_refused(self):
        url = self.make()
        self.send(url)
        (message,) = self.receive(url)
        for seconds in (-1, 43201):
            self.fails("InvalidParameterValue", self.change, url, message, seconds)
        self.advance(30)
        self.fails("AWS.SimpleQueueService.MessageNotInflight", self.change, url, message, 10)
        (message,) = self.receive(url)
        self.delete(url, message)
        self.fails("InvalidParameterValue", self.change, url, message, 10)

    def test_twelve_hours_at_most(self):
        url = self.make()
        self.send(url)
        (message,) = self.receive(url)
        self.change(url, message, 43200)
        self.advance(40000)
        self.assertIn("43200", self.fails("InvalidParameterValue", self.change, url, message, 3300))
        self.change(url, message, 3000)


class BatchTest(SqsTest):
    def test_ten_at_a_time(self):
        url = self.make()
        entries = [{"Id": f"e{i}", "MessageBody": f"m{i}", "MessageAttributes": {"n": text(str(i), "Number")}} for i in range(10)]
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self.assertEqual([entry["Id"] for entry in sent["Successful"]], [f"e{i}" for i in range(10)])
        self.assertEqual(sent["Successful"][3]["MD5OfMessageBody"], md5("m3"))
        self.assertEqual(sent["Successful"][3]["MD5OfMessageAttributes"], md5_of_attributes({"n": text("3", "Number")}))
        messages = self.receive(url)
        self.assertEqual({m["MessageId"] for m in messages}, {entry["MessageId"] for entry in sent["Successful"]})
        changed = self.sqs.change_message_visibility_batch(
            QueueUrl=url, Entries=[{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 0} for i, m in enumerate(messages)])
        self.assertEqual(len(changed["Successful"]), 10)
        messages = self.receive(url)
        deleted = self.sqs.delete_message_batch(
            QueueUrl=url, Entries=[{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)])
        self.assertEqual(len(deleted["Successful"]), 10)
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_entries_that_fail_keep_no_other_back(self):
        url = self.make()
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": "good", "MessageBody": "x"}, {"Id": "bad", "MessageBody": "\x01"},
            {"Id": "late", "MessageBody": "x", "DelaySeconds": 901}])
        self.assertEqual([entry["Id"] for entry in sent["Successful"]], ["good"])
        failed = {entry["Id"]: entry for entry in sent["Failed"]}
        self.assertEqual(failed["bad"]["Code"], "InvalidMessageContents")
        self.assertEqual(failed["late"]["Code"], "InvalidParameterValue")
        self.assertTrue(failed["late"]["SenderFault"])
        (message,) = self.receive(url)
        handles = [{"Id": "good", "ReceiptHandle": message["ReceiptHandle"]}, {"Id": "bad", "ReceiptHandle": "x"}]
        for entry in handles:
            entry["VisibilityTimeout"] = 10
        changed = self.sqs.change_message_visibility_batch(QueueUrl=url, Entries=handles)
        self.assertEqual([entry["Id"] for entry in changed["Successful"]], ["good"])
        self.assertEqual(changed["Failed"][0]["Code"], "ReceiptHandleIsInvalid")
        for entry in handles:
            del entry["VisibilityTimeout"]
        deleted = self.sqs.delete_message_batch(QueueUrl=url, Entries=handles)
        self.assertEqual([entry["Id"] for entry in deleted["Successful"]], ["good"])
        self.assertEqual(deleted["Failed"][0]["Code"], "ReceiptHandleIsInvalid")

    def test_batches_that_are_refused(self):
        url = self.make()
        prefix = "AWS.SimpleQueueService."
        send = lambda entries: self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        entry = lambda id, body="x": {"Id": id, "MessageBody": body}
        self.fails(prefix + "TooManyEntriesInBatchRequest", send, [entry(str(i)) for i in range(11)])
        self.fails(prefix + "BatchEntryIdsNotDistinct", send, [entry("a"), entry("a")])
        for wrong in ("", "a b", "a" * 81, "a."):
            self.fails(prefix + "InvalidBatchEntryId", send, [entry(wrong)])
        self.fails(prefix + "BatchRequestTooLong", send, [entry(str(i), "x" * (MIB // 2)) for i in range(3)])
        send([entry(str(i), "x" * (MIB // 4)) for i in range(4)])
        empty = self.server.json_call("sqs", "AmazonSQS.SendMessageBatch", {"QueueUrl": url, "Entries": []}, "1.0")
        self.assertEqual(empty.error_type(), "EmptyBatchRequest")


class DurableTest(SqsTest):
    EPHEMERAL = False

    def test_everything_survives_a_crash(self):
        url = self.make(VisibilityTimeout="100", DelaySeconds="5")
        for i in range(3):
            self.send(url, f"kept {i}", DelaySeconds=0)
        self.send(url, "delayed", DelaySeconds=900)
        held, gone = self.receive(url, 2)
        self.delete(url, gone)
        self.server.kill()
        self.server.start()
        self.sqs = self.server.client("sqs")
        url = self.sqs.get_queue_url(QueueName="orders")["QueueUrl"]
        self.assertEqual(self.attributes(url)["DelaySeconds"], "5")
        self.assertEqual(self.counts(url), (1, 1, 1))
        (message,) = self.receive(url)
        self.delete(url, message, held)
        self.advance(900)
        self.assertEqual(self.bodies(url), ["delayed"])


if __name__ == "__main__":
    unittest.main()
