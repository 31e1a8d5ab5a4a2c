"""examples/order-pipeline, deployed by its script: orders fan out, a poison message ends in the dead-letter queue, is redriven.
Its roles allow all that its functions do; so do the policies that `martlet policy suggest` says, when they are enforced."""

import json
import shutil
import subprocess
import time
import unittest

from enforcing import Keys
from harness import BINARY, ROOT, ApiTest
from mapping_fixture import wait_for

DEPLOY = ROOT / "examples/order-pipeline/deploy"
VISIBILITY_SECONDS = 120
REAL_SECONDS = 2
FUNCTIONS = ("orders", "billing", "shipping")
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@unittest.skipUnless(shutil.which("aws"), "the AWS CLI is not on this machine")
class OrderPipelineTest(ApiTest):
    SERVER_ARGUMENTS = ("--auth", "audit")
    EPHEMERAL = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        deployed = subprocess.run([DEPLOY, cls.server.endpoint], capture_output=True, text=True, timeout=200)
        assert deployed.returncode == 0, deployed.stderr
        cls.url = deployed.stdout.strip().splitlines()[-1]
        cls.sqs = cls.server.client("sqs")

    def queue(self, name):
        return self.sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def order(self, **order):
        path = "/_martlet/lambda-url/" + self.url.split("//")[1].split(".")[0] + "/"
        answer = self.server.http("POST", path, json.dumps(order))
        return answer.status

    def take(self, name, count):
        """The next `count` messages of a queue, deleted from it."""
        url, taken = self.queue(name), []
        while len(taken) < count:
            found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20)
            self.assertIn("Messages", found, f"{name} gave {len(taken)} of {count} messages")
            for message in found["Messages"]:
                taken.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def receives(self, at_least):
        """Waits until the billing function was given the poison message so often."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            log = self.messages("/aws/lambda/billing") if self.log_exists() else []
            if sum("cannot bill" in message for message in log) >= at_least:
                return
            time.sleep(0.01)
        self.fail("the message was not tried again")

    def log_exists(self):
        return bool(self.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/billing")["logGroups"])

    def advance(self, seconds):
        answer = self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": seconds}))
        self.assertEqual(answer.status, 200)

    def test_orders_from_end_to_end(self):
        self.check_orders()
        self.check_poison()
        self.assertEqual(self.denials(), [])
        self.give_suggested_policies()
        self.enforce()
        begun = self.invocations()
        self.check_orders()
        wait_for(lambda: all(now > before for now, before in zip(self.invocations(), begun)), "all of them have a log")

    def check_orders(self):
        self.assertEqual(self.order(id="o1", item="lamp", quantity=2, price=9.5, kind="parcel"), 202)
        self.assertEqual(self.order(id="o2", item="song", quantity=1, price=0.99, kind="download"), 202)
        self.assertEqual(self.order(id="none"), 400)
        invoices = sorted(self.take("invoices", 2), key=lambda invoice: invoice["order"])
        self.assertEqual(invoices, [{"order": "o1", "total": 19.0}, {"order": "o2", "total": 0.99}])
        self.assertEqual(self.take("parcels", 1), [{"order": "o1", "item": "lamp"}])

    def check_poison(self):
        self.assertEqual(self.order(id="poison", item="eggs", quantity="a dozen", price=0.25, kind="download"), 202)
        self.receives(1)
        started = time.monotonic()
        for attempt in (2, 3):
            self.advance(VISIBILITY_SECONDS + 1)
            self.receives(attempt)
        self.advance(VISIBILITY_SECONDS + 1)
        dead = self.receive_one("billing-dead")
        taken = time.monotonic() - started
        self.assertEqual(json.loads(dead["Body"])["id"], "poison")
        self.assertLess(taken, REAL_SECONDS, "six minutes of retries should pass at once")

        self.functions.update_function_configuration(FunctionName="billing", Handler="billing_lenient.handler")
        self.sqs.change_message_visibility(
            QueueUrl=self.queue("billing-dead"), ReceiptHandle=dead["ReceiptHandle"], VisibilityTimeout=0
        )
        arn = "arn:aws:sqs:us-east-1:000000000000:billing-dead"
        moved = self.server.json_call("sqs", "AmazonSQS.StartMessageMoveTask", {"SourceArn": arn}, "1.0")
        self.assertEqual(moved.status, 200, moved.body)
        self.assertEqual(self.take("invoices", 1), [{"order": "poison", "total": 3.0}])

    def denials(self):
        """What the functions, and who calls their URL, would have been refused."""
        kept = self.server.http("GET", "/_martlet/audit").json()["kept"]
        return [entry for entry in kept if "order-pipeline" in entry["principal"] or entry["principal"] == "anonymous"]

    def give_suggested_policies(self):
        """Each function may do what it was seen to do, and nothing else."""
        iam = self.server.client("iam")
        for function in FUNCTIONS:
            command = [BINARY, "policy", "suggest", function, "--endpoint", self.server.endpoint]
            suggested = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual(suggested.returncode, 0, suggested.stderr)
            self.assertNotIn('"*"', suggested.stdout)
            role = {"RoleName": "order-pipeline-" + function}
            iam.put_role_policy(PolicyName="pipeline", PolicyDocument=suggested.stdout, **role)
            iam.detach_role_policy(PolicyArn=BASIC, **role)

    def enforce(self):
        """The same data under --auth enforce."""
        self.server.restart("--auth", "enforce")
        key, secret = (self.server.data / "root-access-key").read_text().split()
        root = Keys(self.server, key, secret)
        type(self).sqs, type(self).logs = root.client("sqs"), root.client("logs")

    def invocations(self):
        """How many the log of each function has."""
        return [sum(line.startswith("START") for line in self.messages("/aws/lambda/" + name)) for name in FUNCTIONS]

    def receive_one(self, name):
        found = self.sqs.receive_message(QueueUrl=self.queue(name), WaitTimeSeconds=20)
        self.assertIn("Messages", found)
        return found["Messages"][0]


if __name__ == "__main__":
    unittest.main()
