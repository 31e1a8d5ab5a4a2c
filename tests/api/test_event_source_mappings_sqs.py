"""Event source mappings of queues at work: batches, failures, order, filters, concurrency, and crashes."""

import json
import time
import unittest

from harness import Server
from mapping_fixture import DOES, REPORT, WITNESS, MappingTest, wait_for


class SqsMappingTest(MappingTest):
    def join(self, name, source, queue=None, timeout=10, **settings):
        """A queue, a function that runs `source`, and a mapping between them: the queue's URL, and the mapping."""
        url, arn = self.queue(queue or name)
        self.deploy(name, source, Timeout=timeout)
        return url, self.create_mapping(arn, name, **settings)["UUID"]

    # ---- Success and failure

    def test_messages_are_handled_in_the_documented_form_and_deleted(self):
        url, uuid = self.join("witness", WITNESS)
        sent = self.sqs.send_message(
            QueueUrl=url,
            MessageBody="héllo",
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "greeting"}},
        )
        event = json.loads(self.results(1)[0])
        self.assertEqual(list(event), ["Records"])
        record = event["Records"][0]
        self.assertTrue(record.pop("receiptHandle"))
        attributes = record.pop("attributes")
        self.assertEqual(attributes["ApproximateReceiveCount"], "1")
        for name in ("SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"):
            self.assertTrue(attributes[name])
        attribute = {
            "stringValue": "greeting",
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "String",
        }
        self.assertEqual(
            record,
            {
                "messageId": sent["MessageId"],
                "body": "héllo",
                "messageAttributes": {"kind": attribute},
                "md5OfBody": sent["MD5OfMessageBody"],
                "md5OfMessageAttributes": sent["MD5OfMessageAttributes"],
                "eventSource": "aws:sqs",
                "eventSourceARN": self.arn_of_queue("witness"),
                "awsRegion": "us-east-1",
            },
        )
        self.wait_until_empty(url)
        self.assertEqual(self.metric("polled", uuid), 1)
        wait_for(lambda: self.metric("deleted", uuid) == 1, "it was counted")

    def test_failed_messages_come_back_after_their_visibility_timeout(self):
        url, uuid = self.join("fails", DOES)
        self.send(url, "fail")
        self.assertEqual(self.results(1), ['["fail"]'])
        wait_for(lambda: self.metric("failed_invoke", uuid) == 1, "the failure was counted")
        self.assertIn("PROBLEM", self.get_mapping(uuid)["LastProcessingResult"])
        self.assertEqual(self.counts(url), (0, 1))
        self.no_results()
        self.advance(31)
        self.assertEqual(self.results(1), ['["fail"]'])

    def test_a_poison_message_ends_in_the_dead_letter_queue(self):
        dead_url, dead_arn = self.queue("dead")
        policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
        url, arn = self.queue("poisoned", RedrivePolicy=policy)
        self.deploy("poisoned", DOES, Timeout=10)
        self.create_mapping(arn, "poisoned", BatchSize=1)
        self.send(url, "fail", "good")
        self.assertEqual(sorted(self.results(2)), ['["fail"]', '["good"]'])
        wait_for(lambda: self.counts(url) == (0, 1), "the good one is deleted")
        self.advance(31)
        self.assertEqual(self.results(1), ['["fail"]'])
        self.advance(31)
        wait_for(lambda: self.counts(dead_url) == (1, 0), "it is in the dead-letter queue")
        self.assertEqual(self.counts(url), (0, 0))

    def test_reported_failures_come_back_alone(self):
        source = REPORT + (
            "def handler(event, context):\n"
            "    report(json.dumps([record['body'] for record in event['Records']]))\n"
            "    failed = [record for record in event['Records'] if record['body'] == 'bad']\n"
            "    return {'batchItemFailures': [{'itemIdentifier': record['messageId']} for record in failed]}\n"
        )
        url, uuid = self.join(
            "partial", source, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumBatchingWindowInSeconds=1
        )
        self.send_all(url, ["good", "bad", "better"])
        wait_for(lambda: self.metric("deleted", uuid) == 2, "the others are deleted")
        wait_for(lambda: self.counts(url) == (0, 1), "one is left")
        seen = [body for batch in self.results_until("bad") for body in json.loads(batch)]
        self.assertEqual(sorted(seen), ["bad", "better", "good"])
        self.advance(31)
        self.advance(2)  # its window
        self.assertEqual(self.results(1), ['["bad"]'])

    def results_until(self, word):
        """Reports up to, at least, the one that has `word`, and all others that are there."""
        got = self.results(1)
        while not any(word in one for one in got):
            got += self.results(1)
        answer = self.sqs.receive_message(QueueUrl=self.results_url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            got.append(message["Body"])
            self.sqs.delete_message(QueueUrl=self.results_url, ReceiptHandle=message["ReceiptHandle"])
        return got

    # ---- Batches

    def test_a_window_follows_the_clock(self):
        url, _ = self.join("window", DOES, BatchSize=100, MaximumBatchingWindowInSeconds=300)
        self.send_all(url, [str(number) for number in range(25)])
        wait_for(lambda: self.counts(url) == (0, 25), "all are gathered")
        self.no_results()
        self.advance(300)
        self.assertEqual(sorted(json.loads(self.results(1)[0]), key=int), [str(number) for number in range(25)])
        self.wait_until_empty(url)

    def test_a_full_batch_does_not_wait_for_its_window(self):
        url, _ = self.join("full", DOES, BatchSize=20, MaximumBatchingWindowInSeconds=300)
        self.send_all(url, [str(number) for number in range(20)])
        self.assertEqual(len(json.loads(self.results(1)[0])), 20)

    def test_what_the_filter_leaves_out_is_deleted(self):
        filters = {"Filters": [{"Pattern": json.dumps({"body": {"size": [{"numeric": [">", 10]}]}})}]}
        url, uuid = self.join("filter", DOES, BatchSize=1, FilterCriteria=filters)
        self.send(url, '{"size": 5}', "no json", '{"size": 11}')
        self.assertEqual(self.results(1), [json.dumps(['{"size": 11}'])])
        self.wait_until_empty(url)
        self.assertEqual(self.metric("filtered_out", uuid), 2)
        self.no_results()

    # ---- Order and concurrency

    def test_groups_keep_their_order_over_failures(self):
        source = REPORT + (
            "failed = set()\n"
            "def handler(event, context):\n"
            "    for record in event['Records']:\n"
            "        group = record['attributes']['MessageGroupId']\n"
            "        if record['body'] == '2' and record['attributes']['ApproximateReceiveCount'] == '1':\n"
            "            raise ValueError('the first time')\n"
            "        report(group + record['body'])\n"
        )
        url, uuid = self.join("ordered", source, queue="ordered.fifo", BatchSize=1)
        for number in range(5):
            for group in ("a", "b"):
                settings = {"MessageGroupId": group, "MessageDeduplicationId": f"{group}{number}"}
                self.send(url, str(number), **settings)
        before = self.results(4)
        wait_for(lambda: self.metric("failed_invoke", uuid) == 2, "both groups wait for their failed message")
        self.no_results()
        self.advance(31)
        seen = before + self.results(6)
        for group in ("a", "b"):
            self.assertEqual([one for one in seen if one[0] == group], [f"{group}{number}" for number in range(5)])
        self.wait_until_empty(url)

    def test_never_more_than_the_maximum_concurrency(self):
        source = REPORT + (
            "import time\n"
            "def handler(event, context):\n"
            "    report('begin')\n"
            "    time.sleep(0.3)\n"
            "    report('end')\n"
        )
        url, _ = self.join("capped", source, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
        self.send_all(url, ["x"] * 12)
        running, most = 0, 0
        for what in self.results(24):
            running += 1 if what == "begin" else -1
            most = max(most, running)
        self.assertEqual(most, 2)

    def test_a_throttled_mapping_keeps_its_messages(self):
        url, uuid = self.join("throttled", DOES, BatchSize=1)
        self.functions.put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)
        self.send(url, "x")
        wait_for(lambda: "throttled" in self.get_mapping(uuid).get("LastProcessingResult", "") or
                 self.counts(url) == (0, 1), "it is held")
        self.functions.delete_function_concurrency(FunctionName="throttled")
        self.assertEqual(self.results(1), ['["x"]'])
        self.wait_until_empty(url)
        self.assertEqual(self.metric("polled", uuid), 1)

    # ---- Changes

    def test_a_disabled_mapping_reads_nothing_until_it_is_enabled(self):
        url, uuid = self.join("paused", DOES)
        self.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
        wait_for(lambda: self.get_mapping(uuid)["State"] == "Disabled", "it is disabled")
        self.send(url, "x")
        self.assertEqual(self.counts(url), (1, 0))
        self.no_results()
        self.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
        self.assertEqual(self.results(1), ['["x"]'])

    def test_a_deleted_mapping_finishes_what_it_has_begun(self):
        source = REPORT + (
            "import time\n"
            "def handler(event, context):\n"
            "    report('begin')\n"
            "    time.sleep(2)\n"
            "    report('end')\n"
        )
        url, uuid = self.join("finishing", source)
        self.send(url, "x")
        self.assertEqual(self.results(1), ["begin"])
        self.functions.delete_event_source_mapping(UUID=uuid)
        self.assertEqual(self.get_mapping(uuid)["State"], "Deleting")
        self.assertEqual(self.results(1), ["end"])
        wait_for(lambda: self.call("GET", uuid).status == 404, "the mapping is gone")
        self.assertEqual(self.counts(url), (0, 0))

    def test_a_function_made_anew_gets_what_has_waited(self):
        url, uuid = self.join("anew", DOES)
        self.functions.delete_function(FunctionName="anew")
        self.send(url, "x")
        wait_for(lambda: "LastProcessingResult" in self.get_mapping(uuid), "the problem is shown")
        self.assertIn("not found", self.get_mapping(uuid)["LastProcessingResult"])
        self.advance(31)
        self.deploy("anew", DOES, Timeout=10)
        self.assertEqual(self.results(1), ['["x"]'])

    def test_aliases_lead_to_their_version(self):
        url, arn = self.queue("aliased")
        self.deploy("aliased", REPORT + "def handler(e, context):\n    report(context.invoked_function_arn)\n", Timeout=5)
        version = self.functions.publish_version(FunctionName="aliased")["Version"]
        self.functions.create_alias(FunctionName="aliased", Name="live", FunctionVersion=version)
        self.create_mapping(arn, "aliased:live")
        self.send(url, "x")
        self.assertTrue(self.results(1)[0].endswith(":function:aliased:live"))

    def test_a_loop_through_a_queue_is_ended(self):
        source = REPORT + (
            "import os\n"
            "def handler(event, context):\n"
            "    report('run')\n"
            "    trace = {'AWSTraceHeader': {'DataType': 'String', 'StringValue': os.environ['_X_AMZN_TRACE_ID']}}\n"
            "    message = {'QueueUrl': 'http://127.0.0.1:4566/000000000000/loop', 'MessageBody': 'again',\n"
            "               'MessageSystemAttributes': trace}\n"
            "    connection = http.client.HTTPConnection('127.0.0.1', 4566, timeout=20)\n"
            "    headers = {'X-Amz-Target': 'AmazonSQS.SendMessage', 'Content-Type': 'application/x-amz-json-1.0'}\n"
            "    connection.request('POST', '/', json.dumps(message), headers)\n"
            "    connection.getresponse().read()\n"
        )
        url, uuid = self.join("loop", source)
        self.send(url, "first")
        self.assertEqual(self.results(16), ["run"] * 16)
        wait_for(lambda: self.metric("failed_invoke", uuid) == 1, "the loop was noticed")
        self.no_results()
        wait_for(lambda: self.counts(url) == (0, 1), "only the message that closed the loop is left")


class ResetTest(MappingTest):
    def test_after_a_reset_all_begins_anew(self):
        slow = REPORT + "import time\ndef handler(event, context):\n    report('begun')\n    time.sleep(9)\n"
        for source, expected in ((slow, "begun"), (DOES, '["x"]')):
            queue = self.sqs.create_queue(QueueName="again")["QueueUrl"]
            self.deploy("again", source, Timeout=20)
            created = self.functions.create_event_source_mapping(
                EventSourceArn=self.arn_of_queue("again"), FunctionName="again"
            )
            self.send(queue, "x")
            self.assertEqual(self.results(1), [expected])
            self.assertEqual(self.server.http("POST", "/_martlet/reset").status, 200)
            self.assertEqual(self.call("GET", created["UUID"]).status, 404)
            self.make_results()


class CrashTest(unittest.TestCase):
    """A server that is killed in the middle of its work."""

    def test_nothing_is_lost(self):
        server = Server(ephemeral=False)
        self.addCleanup(server.remove)
        server.start()
        messages = [str(number) for number in range(60)]
        handled = self.first_half(server, messages)
        server.kill()
        server.start()
        handled |= self.rest(server, set(messages) - handled)
        self.assertEqual(handled, set(messages))
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.leftovers(), [])

    def fixture(self, server):
        """The helpers of MappingTest on a server of one's own."""
        test = MappingTest()
        test.server, test.functions, test.sqs = server, server.client("lambda"), server.client("sqs")
        MappingTest.server = server
        test.results_url = test.sqs.create_queue(QueueName="results.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        return test

    def first_half(self, server, messages):
        test = self.fixture(server)
        url = test.sqs.create_queue(QueueName="crash", Attributes={"VisibilityTimeout": "20"})["QueueUrl"]
        slow = REPORT + (
            "import time\n"
            "def handler(event, context):\n"
            "    for record in event['Records']:\n"
            "        report(record['body'])\n"
            "    time.sleep(0.2)\n"
        )
        test.deploy("crash", slow, Timeout=10)
        answer = test.call(
            "POST", "", {"EventSourceArn": test.arn_of_queue("crash"), "FunctionName": "crash", "BatchSize": 3}
        )
        self.assertEqual(answer.status, 202, answer.body)
        test.send_all(url, messages)
        return set(test.results(20))

    def rest(self, server, missing):
        test = self.fixture(server)
        test.advance(21)  # what was in flight comes back
        seen = set()
        deadline = time.monotonic() + 60
        while not missing <= seen and time.monotonic() < deadline:
            answer = test.sqs.receive_message(
                QueueUrl=test.results_url, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            for message in answer.get("Messages", []):
                seen.add(message["Body"])
                test.sqs.delete_message(QueueUrl=test.results_url, ReceiptHandle=message["ReceiptHandle"])
            if not answer.get("Messages"):
                test.advance(21)  # what was under way when the server ended comes back
        test.wait_until_empty(test.sqs.get_queue_url(QueueName="crash")["QueueUrl"])
        return seen


if __name__ == "__main__":
    unittest.main()
