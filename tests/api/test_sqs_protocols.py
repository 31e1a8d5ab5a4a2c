"""SQS as different clients speak it: JSON, old forms to the URL of a queue, GET, the AWS CLI."""

import http.client
import json
import os
import shutil
import subprocess
import unittest
import urllib.parse
import xml.etree.ElementTree

from sqs_fixture import ACCOUNT, MISSING, REGION, SqsTest, arn

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def texts(answer, name):
    """The texts of all elements of that name."""
    return texts_of(answer.body, name)


def texts_of(body, name):
    root = xml.etree.ElementTree.fromstring(body)
    return [element.text for element in root.iter("{http://queue.amazonaws.com/doc/2012-11-05/}" + name)]


class JsonTest(SqsTest):
    def call(self, operation, **document):
        return self.server.json_call("sqs", "AmazonSQS." + operation, document, "1.0")

    def test_a_message_there_and_back(self):
        made = self.call("CreateQueue", QueueName="orders", Attributes={"VisibilityTimeout": "5"}, tags={"a": "b"})
        self.assertEqual(made.headers["Content-Type"], "application/x-amz-json-1.0")
        url = made.json()["QueueUrl"]
        attribute = {"DataType": "Binary", "BinaryValue": "AAE="}
        sent = self.call("SendMessage", QueueUrl=url, MessageBody="\u00fc", MessageAttributes={"b": attribute}).json()
        received = self.call("ReceiveMessage", QueueUrl=url, MessageSystemAttributeNames=["SenderId"],
                             MessageAttributeNames=["b"]).json()
        (message,) = received["Messages"]
        self.assertEqual(message["MessageId"], sent["MessageId"])
        self.assertEqual(message["Body"], "\u00fc")
        self.assertEqual(message["Attributes"], {"SenderId": ACCOUNT})
        self.assertEqual(message["MessageAttributes"], {"b": attribute})
        self.assertEqual(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        self.assertEqual(self.call("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]).status, 200)
        self.assertEqual(self.call("ReceiveMessage", QueueUrl=url).json(), {})
        self.assertEqual(self.call("ListQueueTags", QueueUrl=url).json(), {"Tags": {"a": "b"}})

    def test_errors_tell_both_names(self):
        answer = self.call("GetQueueUrl", QueueName="none")
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.error_type(), "QueueDoesNotExist")
        self.assertEqual(answer.headers["x-amzn-query-error"], MISSING + ";Sender")
        missing = self.call("SendMessage", MessageBody="x")
        self.assertEqual((missing.status, missing.error_type()), (400, "MissingParameter"))
        self.assertEqual(self.call("GetQueueAttributes", QueueUrl=self.make(), AttributeNames=["x"]).error_type(),
                         "InvalidAttributeName")

    def test_json_to_the_url_of_the_queue(self):
        url = self.make()
        headers = {"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"}
        body = json.dumps({"QueueUrl": url, "MessageBody": "x"}).encode()
        self.assertEqual(self.server.signed("sqs", "POST", f"/{ACCOUNT}/orders", body, headers).status, 200)
        self.assertEqual(self.bodies(url), ["x"])


class FormTest(SqsTest):
    def form(self, path, **fields):
        return self.server.http("POST", path, urllib.parse.urlencode(fields), FORM)

    def test_forms_to_the_url_of_the_queue(self):
        url = self.make()
        path = urllib.parse.urlparse(url).path
        for signed in (False, True):
            body = urllib.parse.urlencode({"Action": "SendMessage", "Version": "2012-11-05", "MessageBody": "a b&c"})
            answer = self.server.signed("sqs", "POST", path, body.encode(), FORM) if signed else self.server.http("POST", path, body, FORM)
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(len(texts(answer, "MessageId")), 1)
            received = self.form(path, Action="ReceiveMessage", **{"AttributeName.1": "All"})
            self.assertEqual(texts(received, "Body"), ["a b&c"])
            (handle,) = texts(received, "ReceiptHandle")
            self.assertEqual(self.form(path, Action="DeleteMessage", ReceiptHandle=handle).status, 200)
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_get(self):
        url = self.make()
        path = urllib.parse.urlparse(url).path
        answer = self.server.http("GET", path + "?Action=SendMessage&MessageBody=hello%20there")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(self.bodies(url), ["hello there"])
        answer = self.server.http("GET", f"/?Action=GetQueueUrl&QueueName=orders&Version=2012-11-05")
        self.assertEqual(texts(answer, "QueueUrl"), [url])

    def test_paths_with_a_region(self):
        elsewhere = self.server.client("sqs", region="eu-west-1")
        elsewhere.create_queue(QueueName="orders")
        answer = self.form(f"/queue/eu-west-1/{ACCOUNT}/orders", Action="GetQueueAttributes", **{"AttributeName.1": "QueueArn"})
        self.assertEqual(texts(answer, "Value"), [arn("orders").replace(REGION, "eu-west-1")])

    def test_hosts(self):
        for host in ("sqs.eu-west-1.localhost.localstack.cloud:4566", "sqs.eu-west-1.amazonaws.com",
                     "eu-west-1.queue.amazonaws.com"):
            answer = self.server.http("POST", "/", f"Action=CreateQueue&QueueName=orders", {**FORM, "Host": host})
            self.assertEqual(texts(answer, "QueueUrl"), [f"http://{host}/{ACCOUNT}/orders"], host)
        self.assertEqual(len(self.server.client("sqs", region="eu-west-1").list_queues()["QueueUrls"]), 1)

    def test_errors(self):
        answer = self.form(f"/{ACCOUNT}/none", Action="ReceiveMessage")
        self.assertEqual(answer.status, 400)
        self.assertEqual(texts(answer, "Code"), [MISSING])
        self.assertEqual(texts(self.form("/", Action="ReceiveMessage", Version="2012-11-05"), "Code"), ["MissingParameter"])


class ServerTest(SqsTest):
    def test_waits_end_when_the_server_stops(self):
        self.make()
        body = urllib.parse.urlencode({"Action": "ReceiveMessage", "WaitTimeSeconds": 20})
        waiting = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        self.addCleanup(waiting.close)
        waiting.request("POST", f"/{ACCOUNT}/orders", body, FORM)
        # An answer to a later request shows that this one was taken up.
        self.assert_healthy()
        self.assertEqual(self.server.stop(), 0)
        answer = waiting.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertNotIn(b"<Message>", answer.read())
        self.server.start()

    def test_a_client_that_has_gone_takes_no_message(self):
        url = self.make()
        body = urllib.parse.urlencode({"Action": "ReceiveMessage", "WaitTimeSeconds": 20})
        waiting = [http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30) for _ in range(3)]
        for connection in waiting:
            connection.request("POST", f"/{ACCOUNT}/orders", body, FORM)
            # An answer to a later request shows that this one was taken up.
            self.assert_healthy()
        for connection in waiting[:2]:
            connection.close()
        self.addCleanup(waiting[2].close)
        self.send(url, "for whoever is there")
        self.assertEqual(texts_of(waiting[2].getresponse().read(), "Body"), ["for whoever is there"])
        self.assertEqual(self.counts(url), (0, 1, 0))

    def test_a_reset_forgets_queues(self):
        url = self.make()
        self.send(url)
        self.server.http("POST", "/_martlet/reset")
        self.fails(MISSING, self.receive, url)
        self.make()
        self.assertEqual(self.receive(url), [])

    def test_metrics(self):
        self.make()
        self.send("orders")
        self.delete("orders", *self.receive("orders"))
        metrics = self.server.http("GET", "/metrics").body.decode()
        for name in ("sent", "received", "deleted"):
            self.assertIn(f"martlet_sqs_messages_{name}_total", metrics)


class CliTest(SqsTest):
    def test_the_aws_cli(self):
        aws = shutil.which("aws")
        if not aws:
            self.skipTest("there is no AWS CLI on this machine")
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_DEFAULT_REGION": REGION, "AWS_CONFIG_FILE": "/dev/null",
                       "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}

        def run(*arguments):
            command = [aws, "--endpoint-url", self.server.endpoint, "--output", "json", "sqs", *arguments]
            done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout) if done.stdout.strip() else {}

        url = run("create-queue", "--queue-name", "orders", "--attributes", "VisibilityTimeout=5")["QueueUrl"]
        run("send-message", "--queue-url", url, "--message-body", "hello",
            "--message-attributes", '{"a":{"DataType":"String","StringValue":"x"}}')
        received = run("receive-message", "--queue-url", url, "--attribute-names", "All", "--message-attribute-names", "All")
        (message,) = received["Messages"]
        self.assertEqual(message["MessageAttributes"]["a"]["StringValue"], "x")
        run("delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
        self.assertEqual(run("list-queues")["QueueUrls"], [url])
        self.assertEqual(run("get-queue-attributes", "--queue-url", url, "--attribute-names", "All")
                         ["Attributes"]["ApproximateNumberOfMessages"], "0")
        run("delete-queue", "--queue-url", url)


if __name__ == "__main__":
    unittest.main()
