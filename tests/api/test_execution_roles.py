"""What happens on behalf of a function is held to its execution role: its log, its dead-letter queue, its
destinations, its mappings; and what it signs with lasts as long as it does."""

import json
import unittest

from enforcing import ACCOUNT, EnforcedTest, allow, policy
from harness import ROLE, ApiTest
from mapping_fixture import wait_for

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
STREAMS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/"
SAYS = "def handler(event, context):\n    print('said', event)\n    return context.log_stream_name\n"
SEND = "sqs:SendMessage"


class RoleTest(EnforcedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.queues = cls.root.client("sqs")

    def put_policy(self, role, document):
        self.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document)

    def queue(self, name):
        url = self.queues.create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


class LogReader(RoleTest):
    def say(self, name, word):
        """Has the function say it; returns its log stream. The invocation works whatever becomes of the log."""
        answer = self.functions.invoke(FunctionName=name, LogType="Tail", Payload=json.dumps(word).encode())
        self.assertNotIn("FunctionError", answer)
        self.assertIn("LogResult", answer)
        return json.loads(answer["Payload"].read())

    def said(self, name):
        """Words in the log, oldest first; None where there is no group."""
        group = "/aws/lambda/" + name
        if not self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return None
        return [text.split()[1] for text in self.messages(group) if text.startswith("said")]

    def wait_for(self, name, word):
        return wait_for(lambda: word in (self.said(name) or ()) and self.said(name), f"{word} is in the log")

    def wait_for_refusals(self, name, times):
        """Until so many times a stream of the function was not written any more, which the server says."""

        def count():
            lines = self.server.log().splitlines()
            return sum("log is not written" in line and f"/aws/lambda/{name} " in line + " " for line in lines)

        wait_for(lambda: count() == times, f"{times} refusals")

    def streams(self, name):
        return [
            stream["logStreamName"]
            for stream in self.logs.describe_log_streams(logGroupName="/aws/lambda/" + name)["logStreams"]
        ]


class LogTest(LogReader):
    def test_a_policy_is_in_force_with_the_next_batch(self):
        role = self.make_role("says")
        self.deploy("says", SAYS, Role=role)
        stream = self.say("says", "refused")
        self.wait_for_refusals("says", 1)
        self.assertIsNone(self.said("says"))
        self.iam.attach_role_policy(RoleName="says", PolicyArn=BASIC)
        self.assertEqual(self.say("says", "allowed"), stream)
        self.assertEqual(self.wait_for("says", "allowed"), ["allowed"])
        self.iam.detach_role_policy(RoleName="says", PolicyArn=BASIC)
        self.assertEqual(self.say("says", "again"), stream)
        self.wait_for_refusals("says", 2)
        self.put_policy("says", allow("logs:PutLogEvents", STREAMS + "says:*"))
        self.assertEqual(self.say("says", "more"), stream)
        self.assertEqual(self.wait_for("says", "more"), ["allowed", "more"])

    def test_what_is_there_need_not_be_made(self):
        writing = allow(["logs:CreateLogStream", "logs:PutLogEvents"], STREAMS + "writes:*")
        self.deploy("writes", SAYS, Role=self.make_role("writes", writing))
        self.say("writes", "one")
        self.wait_for_refusals("writes", 1)
        self.assertIsNone(self.said("writes"))
        self.logs.create_log_group(logGroupName="/aws/lambda/writes")
        self.say("writes", "two")
        self.assertEqual(self.wait_for("writes", "two"), ["two"])

    def test_a_batch_goes_as_far_as_it_may(self):
        self.deploy("goes", SAYS, Role=self.make_role("goes", allow("logs:CreateLogGroup")))
        stream = self.say("goes", "one")
        wait_for(lambda: self.said("goes") is not None, "the group is made")
        self.assertEqual(self.streams("goes"), [])
        self.put_policy("goes", allow(["logs:CreateLogGroup", "logs:CreateLogStream"]))
        self.say("goes", "two")
        wait_for(lambda: self.streams("goes") == [stream], "the stream is made")
        denied = policy(("Allow", "logs:*", "*"), ("Deny", "logs:PutLogEvents", STREAMS + "goes:log-stream:*"))
        self.put_policy("goes", allow("logs:*"))
        self.say("goes", "three")
        self.wait_for("goes", "three")
        self.put_policy("goes", denied)
        self.say("goes", "four")
        self.wait_for_refusals("goes", 2)
        self.put_policy("goes", allow("logs:*"))
        self.say("goes", "five")
        self.assertEqual(self.wait_for("goes", "five"), ["three", "five"])

    def test_permissions_boundaries_count(self):
        boundary = self.iam.create_policy(PolicyName="no-logs", PolicyDocument=allow("sqs:*"))["Policy"]["Arn"]
        role = self.make_role("bounded", allow("*"))
        self.iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=boundary)
        self.deploy("bounded", SAYS, Role=role)
        self.say("bounded", "one")
        self.wait_for_refusals("bounded", 1)
        self.iam.delete_role_permissions_boundary(RoleName="bounded")
        self.say("bounded", "two")
        self.assertEqual(self.wait_for("bounded", "two"), ["two"])


class LogAuditTest(LogReader):
    MODE = "audit"

    def test_there_is_a_log_and_its_denials_are_recorded_by_group(self):
        self.deploy("says", SAYS, Role=self.make_role("says"))
        self.say("says", "one")
        self.wait_for("says", "one")
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/says/says"
        kept = self.server.http("GET", "/_martlet/audit").json()["kept"]
        seen = {(entry["action"], entry["resource"]) for entry in kept if entry["principal"] == session}
        actions = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
        self.assertEqual(seen, {(action, STREAMS + "says:*") for action in actions})


class ConfigurationTest(RoleTest):
    """What Lambda will do as the role is asked about when it is configured."""

    def test_dead_letter_queues(self):
        _, queue = self.queue("letters")
        topic = self.root.client("sns").create_topic(Name="letters")["TopicArn"]
        role = self.make_role("letters")
        for target, call in ((queue, "SendMessage on SQS"), (topic, "Publish on SNS")):
            self.assert_refused(
                "InvalidParameterValueException",
                self.deploy,
                "letters",
                SAYS,
                Role=role,
                DeadLetterConfig={"TargetArn": target},
                message=f"^The provided execution role does not have permissions to call {call}$",
            )
        self.deploy("letters", SAYS, Role=role)
        update = {"FunctionName": "letters", "DeadLetterConfig": {"TargetArn": queue}}
        change = self.functions.update_function_configuration
        self.assert_refused("InvalidParameterValueException", change, **update)
        self.put_policy("letters", allow([SEND, "sns:Publish"], [queue, topic]))
        self.assertEqual(change(**update)["DeadLetterConfig"], {"TargetArn": queue})
        change(FunctionName="letters", DeadLetterConfig={"TargetArn": topic})
        # So is another role for a function that has one.
        self.assert_refused("InvalidParameterValueException", change, FunctionName="letters", Role=ROLE)
        change(FunctionName="letters", Role=ROLE, DeadLetterConfig={"TargetArn": ""})

    def test_destinations(self):
        _, queue = self.queue("destination")
        topic = self.root.client("sns").create_topic(Name="destination")["TopicArn"]
        other = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:other"
        role = self.make_role("destination")
        self.deploy("destination", SAYS, Role=role)
        put = self.functions.put_function_event_invoke_config
        for arn, action in ((queue, "SendMessage"), (topic, "Publish"), (other, "InvokeFunction")):
            for condition in ("OnSuccess", "OnFailure"):
                self.assert_refused(
                    "InvalidParameterValueException",
                    put,
                    FunctionName="destination",
                    DestinationConfig={condition: {"Destination": arn}},
                    message=f"^The function's execution role does not have permissions to call {action} on {arn}$",
                )
        self.put_policy("destination", allow(SEND, queue))
        put(FunctionName="destination", DestinationConfig={"OnFailure": {"Destination": queue}})
        self.assert_refused(
            "InvalidParameterValueException",
            self.functions.update_function_event_invoke_config,
            FunctionName="destination",
            DestinationConfig={"OnSuccess": {"Destination": topic}},
        )
        kept = self.functions.get_function_event_invoke_config(FunctionName="destination")["DestinationConfig"]
        self.assertEqual(kept["OnFailure"], {"Destination": queue})
        self.assertNotIn("Destination", kept["OnSuccess"])

    def test_a_version_keeps_its_role(self):
        url, queue = self.queue("of-version")
        role = self.make_role("of-version", allow(SEND, queue))
        self.deploy("of-version", SAYS, Role=role, Publish=True)
        self.functions.update_function_configuration(FunctionName="of-version", Role=ROLE)
        destination = {"DestinationConfig": {"OnSuccess": {"Destination": queue}}}
        put = self.functions.put_function_event_invoke_config
        self.assert_refused("InvalidParameterValueException", put, FunctionName="of-version", **destination)
        put(FunctionName="of-version", Qualifier="1", **destination)
        self.functions.invoke(FunctionName="of-version", Qualifier="1", InvocationType="Event", Payload=b"1")
        self.assertIn("Messages", self.queues.receive_message(QueueUrl=url, WaitTimeSeconds=20))

    def test_a_mapping_reads_as_the_role_that_the_function_has_now(self):
        url, queue = self.queue("mapped")
        reading = allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue)
        self.deploy("mapped", SAYS, Role=self.make_role("may-read", reading), Timeout=5)
        uuid = self.functions.create_event_source_mapping(FunctionName="mapped", EventSourceArn=queue)["UUID"]
        self.addCleanup(self.functions.delete_event_source_mapping, UUID=uuid)
        self.functions.update_function_configuration(FunctionName="mapped", Role=ROLE)
        self.queues.send_message(QueueUrl=url, MessageBody="m")
        wait_for(
            lambda: "sqs:ReceiveMessage"
            in self.functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"],
            "the mapping tells what it may not do",
        )


class CredentialsTest(ApiTest):
    """Credentials last as long as their environment, whatever the clock of the server is moved to."""

    SOURCE = """
import os, boto3

def handler(event, context):
    own = {name: os.environ["AWS_" + name.upper()] for name in ("access_key_id", "secret_access_key", "session_token")}
    used = {"aws_" + name: value for name, value in (event or own).items()}
    sts = boto3.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL"], **used)
    try:
        return {"own": own, "arn": sts.get_caller_identity()["Arn"]}
    except Exception as error:
        return {"own": own, "error": type(error).__name__ + ": " + str(error)}
"""

    def advance(self, hours):
        answer = self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": hours * 3600}))
        self.assertEqual(answer.status, 200)

    def test_credentials_outlive_jumps_of_the_clock(self):
        self.deploy("lasting", self.SOURCE)
        first = self.invoke("lasting")["Payload"]
        self.assertEqual(first["arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE.rsplit('/', 1)[1]}/lasting")
        self.advance(24)
        self.assertEqual(self.invoke("lasting")["Payload"], first)

    def test_they_end_with_their_environment(self):
        self.deploy("ending", self.SOURCE)
        first = self.invoke("ending")["Payload"]
        self.functions.update_function_configuration(FunctionName="ending", Timeout=20)
        second = self.invoke("ending")["Payload"]
        self.assertNotEqual(second["own"], first["own"])
        self.assertIn("InvalidClientTokenId", self.invoke("ending", first["own"])["Payload"]["error"])


if __name__ == "__main__":
    unittest.main()
