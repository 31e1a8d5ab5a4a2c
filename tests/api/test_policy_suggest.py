"""`martlet policy suggest`: what a function did as its role, and the policy that allows just that."""

import json
import subprocess
import unittest

from enforcing import ACCOUNT, LAMBDA_TRUST, REGION, Keys
from harness import ApiTest, BINARY, PYTHON_RUNTIME, Server, zip_of

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:"
SOURCE = """
import boto3, os

def client(service):
    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"])

def handler(event, context):
    sqs = client("sqs")
    for name in ("one", "two"):
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="m")
    client("sns").publish(TopicArn=event["topic"], Message="m")
    client("lambda").list_functions()
    return "done"
"""


def suggest(server, function, *arguments):
    command = [str(BINARY), "policy", "suggest", function, "--endpoint", server.endpoint, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def statements(suggested):
    """{(actions): [resources]}"""
    document = json.loads(suggested.stdout)
    assert document["Version"] == "2012-10-17"
    for statement in document["Statement"]:
        assert set(statement) == {"Effect", "Action", "Resource"} and statement["Effect"] == "Allow"
    return {tuple(statement["Action"]): statement["Resource"] for statement in document["Statement"]}


class OpenTest(ApiTest):
    """Under `--auth open` nobody is asked, and functions are watched all the same."""

    def make_queues(self, sqs):
        return [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("one", "two")]

    def test_what_is_suggested_suffices_under_enforcement(self):
        self.make_queues(self.server.client("sqs"))
        topic = self.server.client("sns").create_topic(Name="news")["TopicArn"]
        self.deploy("sender", SOURCE)
        self.assertEqual(self.invoke("sender", {"topic": topic})["Payload"], "done")
        suggested = suggest(self.server, "sender")
        self.assertEqual(suggested.returncode, 0, suggested.stderr)
        found = statements(suggested)
        self.assertEqual(found[("sqs:GetQueueUrl", "sqs:SendMessage")], [QUEUE + "one", QUEUE + "two"])
        self.assertEqual(found[("sns:Publish",)], [TOPIC + "news"])
        self.assertEqual(found[("lambda:ListFunctions",)], ["*"])
        self.assertIn("# What sender was seen to do as test-role since 2", suggested.stderr)
        self.assertEqual(suggest(self.server, FUNCTION + "sender:live").stdout, suggested.stdout)
        self.assert_suffices(suggested.stdout)

    def assert_suffices(self, document):
        """On an enforcing server the same function does with this policy what it cannot without."""
        server = Server("--auth", "enforce", ephemeral=False).start()
        self.addCleanup(server.remove)
        self.addCleanup(server.stop)
        root = Keys(server, *(server.data / "root-access-key").read_text().split())
        iam, functions = root.client("iam"), root.client("lambda")
        self.make_queues(root.client("sqs"))
        topic = root.client("sns").create_topic(Name="news")["TopicArn"]
        role = iam.create_role(RoleName="least", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))["Role"]["Arn"]
        functions.create_function(
            FunctionName="sender",
            Runtime=PYTHON_RUNTIME,
            Handler="app.handler",
            Role=role,
            Timeout=30,
            Code={"ZipFile": zip_of({"app.py": SOURCE})},
        )

        def run():
            payload = json.dumps({"topic": topic}).encode()
            return json.loads(functions.invoke(FunctionName="sender", Payload=payload)["Payload"].read())

        self.assertIn("AccessDenied", run()["errorType"] + run()["errorMessage"])
        iam.put_role_policy(RoleName="least", PolicyName="p", PolicyDocument=document)
        self.assertEqual(run(), "done")

    def test_destinations_and_mappings(self):
        sqs = self.server.client("sqs")
        sqs.create_queue(QueueName="source")
        url = sqs.create_queue(QueueName="destination")["QueueUrl"]
        self.deploy("worker", "def handler(event, context):\n    return 1\n", Timeout=3)
        self.functions.put_function_event_invoke_config(
            FunctionName="worker", DestinationConfig={"OnSuccess": {"Destination": QUEUE + "destination"}}
        )
        uuid = self.functions.create_event_source_mapping(FunctionName="worker", EventSourceArn=QUEUE + "source")["UUID"]
        self.addCleanup(self.functions.delete_event_source_mapping, UUID=uuid)
        self.functions.invoke(FunctionName="worker", InvocationType="Event", Payload=b"{}")
        self.assertEqual(len(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]), 1)
        found = statements(suggest(self.server, "worker"))
        reading = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
        self.assertEqual(found[reading], [QUEUE + "source"])
        self.assertEqual(found[("sqs:SendMessage",)], [QUEUE + "destination"])

    def test_logs_are_left_to_the_managed_policy(self):
        source = """
import boto3, os
def handler(event, context):
    logs = boto3.client("logs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    logs.create_log_group(logGroupName="/own")
    for name in ("a", "b"):
        logs.create_log_stream(logGroupName="/own", logStreamName=name)
        logs.put_log_events(
            logGroupName="/own", logStreamName=name, logEvents=[{"timestamp": 1700000000000, "message": "m"}])
"""
        self.deploy("logger", source)
        self.assertNotIn("FunctionError", self.invoke("logger", {}))
        suggested = suggest(self.server, "logger")
        group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/own:*"
        actions = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
        self.assertIn(group, statements(suggested)[actions])
        self.assertIn("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", suggested.stderr)

    def test_roles_that_a_function_assumes(self):
        source = """
import boto3, os
def handler(event, context):
    sts = boto3.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    sts.assume_role(RoleArn=event, RoleSessionName="session")
"""
        iam = self.server.client("iam")
        role = iam.create_role(RoleName="other", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))["Role"]["Arn"]
        self.deploy("assumer", source)
        self.assertNotIn("FunctionError", self.invoke("assumer", role))
        self.assertEqual(statements(suggest(self.server, "assumer"))[("sts:AssumeRole",)], [role])

    def test_nothing_to_say(self):
        unknown = suggest(self.server, "unheard-of")
        self.assertEqual((unknown.returncode, unknown.stdout), (1, ""))
        self.assertIn(f"There is no function unheard-of in {REGION} of account {ACCOUNT}", unknown.stderr)
        self.deploy("idle", "def handler(event, context):\n    return 1\n")
        idle = suggest(self.server, "idle")
        self.assertEqual((idle.returncode, idle.stdout), (1, ""))
        self.assertIn("idle has called nothing as its role", idle.stderr)
        self.assertNotIn("{", idle.stderr)

    def test_others_are_not_watched(self):
        self.deploy("watched", "def handler(event, context):\n    return 1\n")
        self.functions.get_function(FunctionName="watched")
        self.assertEqual(suggest(self.server, "watched").returncode, 1)

    def test_help(self):
        shown = subprocess.run([str(BINARY), "policy", "suggest", "--help"], capture_output=True, text=True, check=True)
        for part in ("as its role", "aws iam put-role-policy", "until that ends or is reset"):
            self.assertIn(part, shown.stdout)


if __name__ == "__main__":
    unittest.main()
