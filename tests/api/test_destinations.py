"""Where asynchronous events end: destinations and dead-letter queues in SQS and SNS, with AWS's record and attributes."""

import json
import time
import unittest

from harness import ApiTest

FAILS = "def handler(event, context):\n    raise ValueError('no ' + event['what'])\n"
ECHO = "def handler(event, context):\n    return {'echo': event}\n"


class DestinationsTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sqs, cls.sns = cls.server.client("sqs"), cls.server.client("sns")

    def queue(self, name, **attributes):
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def topic_into(self, name, raw="true"):
        """A topic, and the URL of a queue that gets what is published to it."""
        topic = self.sns.create_topic(Name=name)["TopicArn"]
        url, arn = self.queue(f"{name}-reader")
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": raw})
        return topic, url

    def send(self, function, event):
        answer = self.functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
        self.assertEqual(answer["StatusCode"], 202)
        return answer["ResponseMetadata"]["RequestId"]

    def receive(self, url):
        answer = self.sqs.receive_message(
            QueueUrl=url, WaitTimeSeconds=20, AttributeNames=["All"], MessageAttributeNames=["All"]
        )
        self.assertIn("Messages", answer, "nothing came")
        return answer["Messages"][0]

    def test_records_go_to_a_queue_and_a_topic(self):
        self.deploy("echo", ECHO)
        url, arn = self.queue("successes")
        topic, failures = self.topic_into("failures")
        self.functions.put_function_event_invoke_config(
            FunctionName="echo",
            MaximumRetryAttempts=0,
            DestinationConfig={"OnSuccess": {"Destination": arn}, "OnFailure": {"Destination": topic}},
        )
        request = self.send("echo", {"n": 1})
        record = json.loads(self.receive(url)["Body"])
        self.assertEqual(record["version"], "1.0")
        self.assertEqual(record["requestContext"]["requestId"], request)
        self.assertEqual(record["requestContext"]["condition"], "Success")
        self.assertEqual(record["requestContext"]["approximateInvokeCount"], 1)
        self.assertEqual(record["requestPayload"], {"n": 1})
        self.assertEqual(record["responseContext"], {"statusCode": 200, "executedVersion": "$LATEST"})
        self.assertEqual(record["responsePayload"], {"echo": {"n": 1}})

        self.functions.update_function_configuration(FunctionName="echo", Handler="app.missing")
        request = self.send("echo", {"n": 2})
        record = json.loads(self.receive(failures)["Body"])
        self.assertEqual(record["requestContext"]["requestId"], request)
        self.assertEqual(record["requestContext"]["condition"], "RetriesExhausted")
        self.assertEqual(record["responseContext"]["functionError"], "Unhandled")
        self.assertEqual(record["responsePayload"]["errorType"], "Runtime.HandlerNotFound")

    def test_a_dead_letter_queue_gets_the_event_and_says_why(self):
        url, arn = self.queue("dead")
        self.deploy("fails", FAILS, DeadLetterConfig={"TargetArn": arn})
        self.functions.put_function_event_invoke_config(FunctionName="fails", MaximumRetryAttempts=0)
        request = self.send("fails", {"what": "way"})
        message = self.receive(url)
        self.assertEqual(json.loads(message["Body"]), {"what": "way"})
        attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        self.assertEqual(attributes, {"RequestID": request, "ErrorCode": "200", "ErrorMessage": "no way"})
        self.assertEqual(message["MessageAttributes"]["ErrorCode"]["DataType"], "Number")

    def test_a_topic_as_dead_letter_queue(self):
        topic, url = self.topic_into("dead-topic", raw="false")
        self.deploy("fails-to-topic", FAILS, DeadLetterConfig={"TargetArn": topic})
        self.functions.put_function_event_invoke_config(FunctionName="fails-to-topic", MaximumRetryAttempts=0)
        request = self.send("fails-to-topic", {"what": "luck"})
        notification = json.loads(self.receive(url)["Body"])
        self.assertEqual(json.loads(notification["Message"]), {"what": "luck"})
        self.assertEqual(notification["MessageAttributes"]["RequestID"]["Value"], request)
        self.assertEqual(notification["MessageAttributes"]["ErrorMessage"]["Value"], "no luck")

    def test_a_fifo_queue_can_be_named_but_gets_nothing(self):
        """As the developer guide says: an unsupported destination shows as a failed delivery."""
        url, arn = self.queue("ordered.fifo", FifoQueue="true", ContentBasedDeduplication="true")
        self.deploy("to-fifo", FAILS, DeadLetterConfig={"TargetArn": arn})
        self.functions.put_function_event_invoke_config(
            FunctionName="to-fifo", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": arn}}
        )
        self.send("to-fifo", {"what": "order"})
        for name in ("destination_delivery_failures", "dead_letter_errors"):
            self.wait_for_metric(f'martlet_lambda_{name}_total{{function_name="to-fifo"}} 1')
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=url))

    def wait_for_metric(self, line):
        deadline = time.monotonic() + 30
        while line not in self.server.http("GET", "/metrics").body.decode():
            self.assertLess(time.monotonic(), deadline, line)
            time.sleep(0.02)

    def test_a_queue_that_is_gone_keeps_nobody_waiting(self):
        url, arn = self.queue("short-lived")
        self.deploy("orphan", FAILS, DeadLetterConfig={"TargetArn": arn})
        second, second_arn = self.queue("second")
        self.functions.put_function_event_invoke_config(
            FunctionName="orphan", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": second_arn}}
        )
        self.sqs.delete_queue(QueueUrl=url)
        request = self.send("orphan", {"what": "queue"})
        record = json.loads(self.receive(second)["Body"])
        self.assertEqual(record["requestContext"]["requestId"], request)
        self.assertRegex(
            self.server.http("GET", "/metrics").body.decode(),
            r'martlet_lambda_dead_letter_errors_total\{function_name="orphan"\} 1',
        )


if __name__ == "__main__":
    unittest.main()
