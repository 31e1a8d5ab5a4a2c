"""SQS FIFO queues: order within groups, deduplication, sequence numbers, receive attempts."""

import unittest

from sqs_fixture import SqsTest


class OrderTest(SqsTest):
    def send_to(self, url, group, *bodies):
        for body in bodies:
            self.send(url, body, MessageGroupId=group, MessageDeduplicationId=body)

    def test_one_group_at_a_time_in_order(self):
        url = self.make_fifo()
        self.send_to(url, "a", "a1", "a2", "a3")
        self.send_to(url, "b", "b1")
        (first,) = self.receive(url, 1)
        self.assertEqual(first["Body"], "a1")
        # The rest of its group waits for it; other groups do not.
        self.assertEqual(self.bodies(url), ["b1"])
        self.assertEqual(self.receive(url), [])
        self.delete(url, first)
        self.assertEqual(self.bodies(url), ["a2", "a3"])

    def test_after_the_timeout_the_order_is_the_same(self):
        url = self.make_fifo()
        self.send_to(url, "a", *(str(i) for i in range(5)))
        self.assertEqual(self.bodies(url, 2), ["0", "1"])
        self.advance(30)
        self.assertEqual(self.bodies(url), ["0", "1", "2", "3", "4"])

    def test_sequence_numbers(self):
        url = self.make_fifo()
        sent = [self.send(url, str(i), MessageGroupId="g", MessageDeduplicationId=str(i)) for i in range(3)]
        numbers = [one["SequenceNumber"] for one in sent]
        self.assertEqual([len(number) for number in numbers], [20] * 3)
        self.assertEqual(numbers, sorted(set(numbers)))
        messages = self.receive(url)
        self.assertEqual([m["Attributes"]["SequenceNumber"] for m in messages], numbers)
        self.assertEqual(messages[1]["Attributes"]["MessageGroupId"], "g")
        self.assertEqual(messages[1]["Attributes"]["MessageDeduplicationId"], "1")

    def test_batches_keep_their_order(self):
        url = self.make_fifo(ContentBasedDeduplication="true")
        entries = [{"Id": str(i), "MessageBody": f"m{i}", "MessageGroupId": "g"} for i in range(10)]
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self.assertEqual(len({entry["SequenceNumber"] for entry in sent["Successful"]}), 10)
        self.assertEqual(self.bodies(url), [f"m{i}" for i in range(10)])

    def test_receipts_expire(self):
        url = self.make_fifo()
        self.send_to(url, "a", "a1")
        (message,) = self.receive(url)
        self.advance(30)
        self.assertIn("expired", self.fails("InvalidParameterValue", self.delete, url, message))
        (message,) = self.receive(url)
        self.delete(url, message)
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_the_queue_delays_its_messages(self):
        url = self.make_fifo(DelaySeconds="60")
        self.send_to(url, "a", "a1", "a2")
        self.assertEqual(self.receive(url), [])
        self.advance(60)
        self.assertEqual(self.bodies(url), ["a1", "a2"])

    def test_what_is_refused(self):
        url = self.make_fifo()
        good = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
        self.fails("MissingParameter", self.send, url, MessageDeduplicationId="d")
        self.fails("InvalidParameterValue", self.send, url, MessageGroupId="g")
        self.fails("InvalidParameterValue", self.send, url, **good, DelaySeconds=5)
        self.send(url, **good, DelaySeconds=0)
        for wrong in ("", "a b", "x" * 129, "\u00fc"):
            self.fails("InvalidParameterValue", self.send, url, **{**good, "MessageGroupId": wrong})
            self.fails("InvalidParameterValue", self.send, url, **{**good, "MessageDeduplicationId": wrong})
        self.send(url, MessageGroupId="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", MessageDeduplicationId="x" * 128)


class DeduplicationTest(SqsTest):
    def test_duplicates_are_answered_as_the_first(self):
        url = self.make_fifo()
        keys = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
        first = self.send(url, "first", **keys)
        second = self.send(url, "second", **keys)
        self.assertEqual(second["MessageId"], first["MessageId"])
        self.assertEqual(second["SequenceNumber"], first["SequenceNumber"])
        self.assertEqual(self.bodies(url), ["first"])

    def test_for_five_minutes_deleted_or_not(self):
        url = self.make_fifo()
        keys = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
        self.send(url, "first", **keys)
        self.delete(url, *self.receive(url))
        self.advance(299)
        self.send(url, "second", **keys)
        self.assertEqual(self.receive(url), [])
        self.advance(1)
        self.send(url, "third", **keys)
        self.assertEqual(self.bodies(url), ["third"])

    def test_by_content(self):
        url = self.make_fifo(ContentBasedDeduplication="true")
        first = self.send(url, "same", MessageGroupId="g")
        attributes = {"a": {"DataType": "String", "StringValue": "x"}}
        self.assertEqual(self.send(url, "same", MessageGroupId="g", MessageAttributes=attributes)["MessageId"], first["MessageId"])
        self.send(url, "same", MessageGroupId="g", MessageDeduplicationId="another")
        self.send(url, "other", MessageGroupId="g")
        self.assertEqual(self.bodies(url), ["same", "same", "other"])

    def test_within_a_batch(self):
        url = self.make_fifo(ContentBasedDeduplication="true")
        entries = [{"Id": str(i), "MessageBody": "same", "MessageGroupId": "g"} for i in range(3)]
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]
        self.assertEqual(len({entry["MessageId"] for entry in sent}), 1)
        self.assertEqual(self.bodies(url), ["same"])

    def test_by_queue_or_by_group(self):
        url = self.make_fifo()
        self.send(url, "one", MessageGroupId="a", MessageDeduplicationId="d")
        self.send(url, "two", MessageGroupId="b", MessageDeduplicationId="d")
        self.assertEqual(self.bodies(url), ["one"])
        url = self.make_fifo("other.fifo", DeduplicationScope="messageGroup")
        self.send(url, "one", MessageGroupId="a", MessageDeduplicationId="d")
        self.send(url, "two", MessageGroupId="b", MessageDeduplicationId="d")
        self.send(url, "three", MessageGroupId="a", MessageDeduplicationId="d")
        self.assertEqual(sorted(self.bodies(url)), ["one", "two"])


class AttemptTest(SqsTest):
    def test_an_attempt_made_again_gets_the_same(self):
        url = self.make_fifo()
        for i in range(3):
            self.send(url, str(i), MessageGroupId="g", MessageDeduplicationId=str(i))
        first = self.receive(url, 2, ReceiveRequestAttemptId="once")
        self.assertEqual(self.receive(url, 2), [])
        again = self.receive(url, 2, ReceiveRequestAttemptId="once")
        self.assertEqual([m["Body"] for m in again], ["0", "1"])
        self.assertEqual([m["ReceiptHandle"] for m in again], [m["ReceiptHandle"] for m in first])
        self.delete(url, *again)
        # Something has become of the messages, so this is a new attempt.
        self.assertEqual(self.bodies(url, 2, ReceiveRequestAttemptId="once"), ["2"])
        self.assertEqual(len(first), 2)

    def test_not_after_the_timeout(self):
        url = self.make_fifo()
        self.send(url, "x", MessageGroupId="g", MessageDeduplicationId="x")
        self.receive(url, ReceiveRequestAttemptId="once")
        self.advance(31)
        (message,) = self.receive(url, ReceiveRequestAttemptId="once")
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "2")
        self.fails("InvalidParameterValue", self.receive, url, ReceiveRequestAttemptId="a b")


class DurableTest(SqsTest):
    EPHEMERAL = False

    def test_order_and_deduplication_survive_a_crash(self):
        url = self.make_fifo()
        keys = lambda i: {"MessageGroupId": "g", "MessageDeduplicationId": str(i)}
        first = [self.send(url, str(i), **keys(i)) for i in range(3)]
        self.assertEqual(self.bodies(url, 1), ["0"])
        self.server.kill()
        self.server.start()
        self.sqs = self.server.client("sqs")
        url = self.sqs.get_queue_url(QueueName="orders.fifo")["QueueUrl"]
        self.assertEqual(self.receive(url), [])
        self.assertEqual(self.send(url, "0", **keys(0))["MessageId"], first[0]["MessageId"])
        later = self.send(url, "3", **keys(3))
        self.assertGreater(later["SequenceNumber"], first[2]["SequenceNumber"])
        self.advance(30)
        self.assertEqual(self.bodies(url), ["0", "1", "2", "3"])


if __name__ == "__main__":
    unittest.main()
