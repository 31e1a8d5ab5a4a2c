"""SNS to HTTP endpoints: confirmation, headers, signatures, retries by policy and clock, dead-letter queues."""

import base64
import fcntl
import filecmp
import http.server
import json
import pathlib
import queue
import shutil
import subprocess
import threading
import unittest
import urllib.parse

from harness import ROOT, ApiTest, Server

ACCOUNT = "000000000000"
VALIDATOR = pathlib.Path(__file__).resolve().parent / "sns_validator"
INSTALLED = ROOT / "build/sns-validator"
NOTIFICATION_FIELDS = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMATION_FIELDS = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")

# Asks the validator that AWS publishes. It fetches certificates of AWS's hosts by https only, so the host is replaced,
# which is not part of what is signed, and its request goes to the server at hand.
VALIDATE = """
const http = require('http'), https = require('https');
const message = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const own = message.SigningCertURL || message.SigningCertUrl;
https.get = (url, answer) => http.get(own, answer);
message['SigningCertURL' in message ? 'SigningCertURL' : 'SigningCertUrl'] =
  'https://sns.us-east-1.amazonaws.com' + new URL(own).pathname;
new (require('sns-validator'))().validate(message, (error) => {
  console.log(error ? error.message : 'valid');
});
"""


class Endpoint:
    """A subscriber: keeps what it gets and answers as it is told."""

    def __init__(self):
        self.requests = queue.Queue()
        self.statuses = queue.Queue()
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                try:
                    status = endpoint.statuses.get_nowait()
                except queue.Empty:
                    status = 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                endpoint.requests.put((self.path, self.headers, body))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def next(self, seconds=20):
        """(path, headers, body) of the next request."""
        return self.requests.get(timeout=seconds)

    def answer(self, *statuses):
        for status in statuses:
            self.statuses.put(status)

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def verify(server, document, directory):
    """Whether openssl finds the signature to be that of the documented text by the certificate's key."""
    fields = NOTIFICATION_FIELDS if document["Type"] == "Notification" else CONFIRMATION_FIELDS
    text = "".join(f"{name}\n{document[name]}\n" for name in fields if name in document)
    certificate = server.http("GET", urllib.parse.urlsplit(document["SigningCertURL"]).path).body
    files = {"text": text.encode(), "signature": base64.b64decode(document["Signature"]), "certificate": certificate}
    for name, content in files.items():
        (directory / name).write_bytes(content)
    key = subprocess.run(
        ["openssl", "x509", "-in", directory / "certificate", "-noout", "-pubkey"],
        check=True,
        capture_output=True,
        timeout=30,
    ).stdout
    (directory / "key").write_bytes(key)
    digest = {"1": "-sha1", "2": "-sha256"}[document["SignatureVersion"]]
    done = subprocess.run(
        ["openssl", "dgst", digest, "-verify", directory / "key", "-signature", directory / "signature", directory / "text"],
        capture_output=True,
        timeout=30,
    )
    return done.stdout == b"Verified OK\n"


def install_validator():
    """By its lock file, into build/: nothing to do when that is there from before."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with open(INSTALLED / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = INSTALLED / ".installed"
        if done.exists() and filecmp.cmp(done, VALIDATOR / "package-lock.json", shallow=False):
            return
        for name in ("package.json", "package-lock.json"):
            shutil.copy(VALIDATOR / name, INSTALLED / name)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
        subprocess.run(command, cwd=INSTALLED, check=True, timeout=300)
        shutil.copy(VALIDATOR / "package-lock.json", done)


class HttpTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sns = cls.server.client("sns")
        cls.sqs = cls.server.client("sqs")

    def setUp(self):
        self.topic = self.sns.create_topic(Name=self.id().split(".")[-1])["TopicArn"]
        self.addCleanup(self.sns.delete_topic, TopicArn=self.topic)
        self.endpoint = Endpoint()
        self.addCleanup(self.endpoint.close)

    def subscribe(self, path="/sns", **attributes):
        """Subscribes the endpoint and confirms; (ARN, the confirmation)."""
        self.sns.subscribe(
            TopicArn=self.topic, Protocol="http", Endpoint=self.endpoint.url + path, Attributes=attributes
        )
        _, _, body = self.endpoint.next()
        document = json.loads(body)
        answer = self.sns.confirm_subscription(TopicArn=self.topic, Token=document["Token"])
        return answer["SubscriptionArn"], document

    def advance(self, seconds):
        self.assertEqual(self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": seconds})).status, 200)

    def metric(self, name):
        for line in self.server.http("GET", "/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        return 0.0

    def test_confirmation_by_its_url(self):
        arn = self.sns.subscribe(TopicArn=self.topic, Protocol="http", Endpoint=self.endpoint.url + "/a?b=c")
        self.assertEqual(arn["SubscriptionArn"], "pending confirmation")
        path, headers, body = self.endpoint.next()
        self.assertEqual(path, "/a?b=c")
        document = json.loads(body)
        self.assertEqual(headers["x-amz-sns-message-type"], "SubscriptionConfirmation")
        self.assertEqual(headers["x-amz-sns-message-id"], document["MessageId"])
        self.assertEqual(headers["x-amz-sns-topic-arn"], self.topic)
        self.assertNotIn("x-amz-sns-subscription-arn", headers)
        self.assertEqual(headers["Content-Type"], "text/plain; charset=UTF-8")
        self.assertEqual(headers["User-Agent"], "Amazon Simple Notification Service Agent")
        self.assertEqual(
            list(document),
            [
                "Type",
                "MessageId",
                "Token",
                "TopicArn",
                "Message",
                "SubscribeURL",
                "Timestamp",
                "SignatureVersion",
                "Signature",
                "SigningCertURL",
            ],
        )
        self.assertTrue(verify(self.server, document, self.server.directory))
        url = document["SubscribeURL"]
        self.assertTrue(url.startswith(self.server.endpoint + "/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:"), url)
        answer = self.server.http("GET", url[len(self.server.endpoint) :])
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn(b"<ConfirmSubscriptionResponse", answer.body)
        (listed,) = self.sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"]
        self.assertTrue(listed["SubscriptionArn"].startswith(self.topic))

    def test_notification(self):
        arn, _ = self.subscribe()
        for version in ("1", "2"):
            self.sns.set_topic_attributes(
                TopicArn=self.topic, AttributeName="SignatureVersion", AttributeValue=version
            )
            published = self.sns.publish(TopicArn=self.topic, Message="ä\n\"x\"", Subject="s")
            _, headers, body = self.endpoint.next()
            document = json.loads(body)
            self.assertEqual(headers["x-amz-sns-message-type"], "Notification")
            self.assertEqual(headers["x-amz-sns-message-id"], published["MessageId"])
            self.assertEqual(headers["x-amz-sns-subscription-arn"], arn)
            self.assertNotIn("x-amz-sns-rawdelivery", headers)
            self.assertEqual(document["Message"], "ä\n\"x\"")
            self.assertEqual(document["SignatureVersion"], version)
            self.assertTrue(verify(self.server, document, self.server.directory))
            document["Message"] = "forged"
            self.assertFalse(verify(self.server, document, self.server.directory))

    def test_raw_delivery_and_content_type(self):
        self.subscribe(
            RawMessageDelivery="true",
            DeliveryPolicy=json.dumps({"requestPolicy": {"headerContentType": "application/json"}}),
        )
        attributes = {"a": {"DataType": "String", "StringValue": "x"}}
        self.sns.publish(TopicArn=self.topic, Message='{"raw": true}', MessageAttributes=attributes)
        _, headers, body = self.endpoint.next()
        self.assertEqual(body, '{"raw": true}')
        self.assertEqual(headers["x-amz-sns-rawdelivery"], "true")
        self.assertEqual(headers["Content-Type"], "application/json")

    def test_user_and_password(self):
        self.endpoint.url = self.endpoint.url.replace("http://", "http://me:se%40cret@")
        self.sns.subscribe(TopicArn=self.topic, Protocol="http", Endpoint=self.endpoint.url)
        _, headers, _ = self.endpoint.next()
        self.assertEqual(headers["Authorization"], "Basic " + base64.b64encode(b"me:se@cret").decode())

    def test_retries_follow_the_policy_and_the_clock(self):
        policy = {
            "minDelayTarget": 10,
            "maxDelayTarget": 1000,
            "numRetries": 4,
            "numNoDelayRetries": 1,
            "numMinDelayRetries": 1,
            "numMaxDelayRetries": 1,
        }
        self.subscribe(DeliveryPolicy=json.dumps({"healthyRetryPolicy": policy}))
        self.endpoint.answer(500, 503, 429, 500, 200)
        before = self.metric("martlet_sns_http_retries_total")
        self.sns.publish(TopicArn=self.topic, Message="patience")
        bodies = [self.endpoint.next()[2] for _ in range(2)]  # at once, and the retry without delay
        for delay in (10, 10, 1000):
            # The answer has been seen, and the next attempt put off.
            while self.metric("martlet_sns_http_retries_total") < before + len(bodies):
                pass
            self.advance(delay - 1)
            self.assertTrue(self.endpoint.requests.empty())
            self.advance(1)
            bodies.append(self.endpoint.next()[2])
        self.assertEqual(len(set(bodies)), 1)

    def test_what_is_given_up_goes_to_the_dead_letter_queue(self):
        url = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        redrive = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"})
        once = json.dumps({"healthyRetryPolicy": {"numRetries": 1, "numNoDelayRetries": 1}})
        self.subscribe(RedrivePolicy=redrive, DeliveryPolicy=once)
        self.endpoint.answer(500, 500, 404)
        for text in ("exhausted", "refused"):
            self.sns.publish(TopicArn=self.topic, Message=text)
            (message,) = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
            self.assertEqual(json.loads(message["Body"])["Message"], text)
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        # Two attempts at the first, one at the second: what is the client's fault is not tried again.
        self.assertEqual(self.endpoint.requests.qsize(), 3)

    def test_unsubscribing_tells_the_endpoint_how_to_come_back(self):
        arn, _ = self.subscribe()
        self.sns.unsubscribe(SubscriptionArn=arn)
        _, headers, body = self.endpoint.next()
        self.assertEqual(headers["x-amz-sns-message-type"], "UnsubscribeConfirmation")
        self.assertEqual(headers["x-amz-sns-subscription-arn"], arn)
        document = json.loads(body)
        self.assertTrue(verify(self.server, document, self.server.directory))
        self.sns.publish(TopicArn=self.topic, Message="unheard")
        answer = self.server.http("GET", document["SubscribeURL"][len(self.server.endpoint) :])
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn(arn.encode(), answer.body)
        self.sns.publish(TopicArn=self.topic, Message="heard")
        self.assertEqual(json.loads(self.endpoint.next()[2])["Message"], "heard")

    def test_an_endpoint_that_hangs_keeps_no_other_waiting(self):
        self.subscribe("/good")
        silent = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)  # never accepts
        self.addCleanup(silent.server_close)
        self.sns.subscribe(TopicArn=self.topic, Protocol="http", Endpoint=f"http://127.0.0.1:{silent.server_port}")
        for number in range(20):
            self.sns.publish(TopicArn=self.topic, Message=str(number))
        heard = {json.loads(self.endpoint.next()[2])["Message"] for _ in range(20)}
        self.assertEqual(heard, {str(number) for number in range(20)})

    def test_the_validator_of_aws_accepts_the_signatures(self):
        if not shutil.which("node") or not shutil.which("npm"):
            self.skipTest("Node.js or npm is not installed")
        install_validator()
        _, confirmation = self.subscribe()
        documents = [confirmation]
        for version in ("1", "2"):
            self.sns.set_topic_attributes(
                TopicArn=self.topic, AttributeName="SignatureVersion", AttributeValue=version
            )
            self.sns.publish(TopicArn=self.topic, Message="text ä", Subject="subject")
            documents.append(json.loads(self.endpoint.next()[2]))
        for document in documents:
            self.assertEqual(self.validate(document), "valid", document)
        documents[-1]["Message"] += "!"
        self.assertEqual(self.validate(documents[-1]), "The message signature is invalid.")

    def validate(self, document):
        done = subprocess.run(
            ["node", "--no-deprecation", "-e", VALIDATE],
            input=json.dumps(document),
            capture_output=True,
            text=True,
            timeout=60,
            cwd=INSTALLED,
        )
        return done.stdout.strip() or done.stderr

    def test_what_waits_survives_a_crash(self):
        server = Server(ephemeral=False)
        self.addCleanup(server.remove)
        server.start()
        sns = server.client("sns")
        topic = sns.create_topic(Name="t")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=self.endpoint.url)
        token = json.loads(self.endpoint.next()[2])["Token"]
        sns.confirm_subscription(TopicArn=topic, Token=token)
        self.endpoint.answer(500)
        message_id = sns.publish(TopicArn=topic, Message="later")["MessageId"]
        self.endpoint.next()
        server.kill()
        server.start()
        self.assertEqual(server.http("POST", "/_martlet/clock", json.dumps({"seconds": 60})).status, 200)
        _, headers, _ = self.endpoint.next(30)
        self.assertEqual(headers["x-amz-sns-message-id"], message_id)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
