"""Who may do what, under `--auth enforce` and `--auth audit`, seen by real clients."""

import json
import subprocess
import unittest

from enforcing import ACCOUNT, EnforcedTest, Keys, allow, policy
from harness import BINARY, ROLE, zip_of
from mapping_fixture import wait_for

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
ECHO = "def handler(event, context):\n    return event\n"


class LambdaTest(EnforcedTest):
    def test_identity_policies_decide(self):
        self.deploy("mine", ECHO)
        user = self.make_user()
        functions = user.client("lambda")
        message = (
            f"User: {user.arn} is not authorized to perform: lambda:GetFunction on resource: {FUNCTION}mine "
            "because no identity-based policy allows the lambda:GetFunction action"
        )
        error = self.assert_refused(
            "AccessDeniedException", functions.get_function, FunctionName="mine", status=403
        )
        self.assertEqual(error["Error"]["Message"], message)
        self.grant(user.name, allow("lambda:GetFunction", FUNCTION + "mine"))
        self.assertEqual(functions.get_function(FunctionName="mine")["Configuration"]["FunctionName"], "mine")
        self.assert_refused("AccessDeniedException", functions.get_function, FunctionName="other")
        self.assert_refused("AccessDeniedException", functions.list_functions)
        self.grant(user.name, policy(("Allow", "*", "*"), ("Deny", "lambda:Get*", FUNCTION + "mine")))
        self.assert_refused(
            "AccessDeniedException",
            functions.get_function,
            FunctionName="mine",
            message="with an explicit deny in an identity-based policy$",
        )
        self.assert_refused("ResourceNotFoundException", functions.get_function, FunctionName="other")

    def test_every_form_of_a_name_is_the_same_function(self):
        self.deploy("forms", ECHO)
        functions = self.make_user(allow("lambda:GetFunction", FUNCTION + "forms")).client("lambda")
        for name in ("forms", f"{ACCOUNT}:function:forms", FUNCTION + "forms"):
            functions.get_function(FunctionName=name)
        self.assert_refused(
            "AccessDeniedException", functions.get_function, FunctionName="forms", Qualifier="$LATEST"
        )

    def test_qualifiers_are_resources_of_their_own(self):
        self.deploy("versions", ECHO, Publish=True)
        functions = self.make_user(allow("lambda:InvokeFunction", FUNCTION + "versions:1")).client("lambda")
        self.assertEqual(functions.invoke(FunctionName="versions", Qualifier="1")["StatusCode"], 200)
        self.assert_refused("AccessDeniedException", functions.invoke, FunctionName="versions")

    def test_resource_policies_let_users_in(self):
        self.deploy("shared", ECHO)
        user = self.make_user()
        functions = user.client("lambda")
        self.assert_refused("AccessDeniedException", functions.invoke, FunctionName="shared")
        self.functions.add_permission(
            FunctionName="shared", StatementId="s", Action="lambda:InvokeFunction", Principal=user.arn
        )
        self.assertEqual(functions.invoke(FunctionName="shared")["StatusCode"], 200)
        self.functions.remove_permission(FunctionName="shared", StatementId="s")
        self.assert_refused("AccessDeniedException", functions.invoke, FunctionName="shared")

    def test_creating_needs_pass_role(self):
        arguments = {
            "FunctionName": "passed",
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Role": ROLE,
            "Code": {"ZipFile": zip_of({"app.py": ECHO})},
        }
        user = self.make_user(allow("lambda:*"))
        functions = user.client("lambda")
        self.assert_refused(
            "AccessDeniedException",
            functions.create_function,
            message=f"{user.arn} is not authorized to perform: iam:PassRole on resource: {ROLE}",
            **arguments,
        )
        elsewhere = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
        passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": ROLE}
        self.grant(user.name, policy(("Allow", "lambda:*", "*"), {**passing, "Condition": elsewhere}))
        self.assert_refused("AccessDeniedException", functions.create_function, **arguments)
        self.grant(user.name, policy(("Allow", "lambda:*", "*"), passing))
        functions.create_function(**arguments)
        self.addCleanup(self.forget, "passed")
        functions.update_function_configuration(FunctionName="passed", Timeout=5)
        other = self.make_role("other-role")
        self.assert_refused(
            "AccessDeniedException",
            functions.update_function_configuration,
            FunctionName="passed",
            Role=other,
            message="iam:PassRole",
        )

    def test_roles_must_exist_and_trust_lambda(self):
        trust = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            },
        }
        for role in (f"arn:aws:iam::{ACCOUNT}:role/missing", self.make_role("of-ec2", trust=trust)):
            self.assert_refused(
                "InvalidParameterValueException",
                self.deploy,
                "untrusted",
                ECHO,
                Role=role,
                message="^The role defined for the function cannot be assumed by Lambda.$",
            )
        self.deploy("trusted", ECHO)
        self.assert_refused(
            "InvalidParameterValueException",
            self.functions.update_function_configuration,
            FunctionName="trusted",
            Role=f"arn:aws:iam::{ACCOUNT}:role/missing",
        )

    def test_tags_of_requests_are_condition_keys(self):
        statement = {
            "Effect": "Allow",
            "Action": "lambda:TagResource",
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:RequestTag/team": "blue"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
            },
        }
        self.deploy("tagged", ECHO)
        functions = self.make_user(policy(statement)).client("lambda")
        arn = FUNCTION + "tagged"
        functions.tag_resource(Resource=arn, Tags={"team": "blue"})
        for tags in ({"team": "red"}, {"team": "blue", "cost": "1"}):
            self.assert_refused("AccessDeniedException", functions.tag_resource, Resource=arn, Tags=tags)

    def test_functions_act_as_their_role(self):
        source = """
import boto3, os
def handler(event, context):
    functions = boto3.client("lambda", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    try:
        return functions.get_function_configuration(FunctionName=event)["FunctionName"]
    except Exception as error:
        return str(error)
"""
        def by(function):
            statement = {
                "Effect": "Allow",
                "Action": "lambda:GetFunctionConfiguration",
                "Resource": FUNCTION + "acting",
                "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": FUNCTION + function}},
            }
            return policy(statement)

        role = self.make_role("acting", by("acting"))
        self.deploy("acting", source, Role=role)
        self.assertEqual(self.invoke("acting", "acting")["Payload"], "acting")
        self.assertIn(
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/acting/acting is not authorized to perform: "
            "lambda:GetFunctionConfiguration",
            self.invoke("acting", "other")["Payload"],
        )
        self.iam.put_role_policy(RoleName="acting", PolicyName="p", PolicyDocument=by("other"))
        self.assertIn("AccessDenied", self.invoke("acting", "acting")["Payload"])
        self.iam.put_role_policy(RoleName="acting", PolicyName="p", PolicyDocument=by("acting"))
        self.assertEqual(self.invoke("acting", "acting")["Payload"], "acting")
        self.iam.delete_role_policy(RoleName="acting", PolicyName="p")
        self.assertIn("AccessDenied", self.invoke("acting", "acting")["Payload"])


class IamTest(EnforcedTest):
    def test_everything_of_iam_is_asked_too(self):
        user = self.make_user()
        iam = user.client("iam")
        self.assert_refused(
            "AccessDenied",
            iam.list_users,
            status=403,
            message="iam:ListUsers on resource: \\* because no identity-based policy allows",
        )
        self.assertEqual(user.client("sts").get_caller_identity()["Arn"], user.arn)

    def test_paths_are_part_of_arns(self):
        arn = f"arn:aws:iam::{ACCOUNT}:user/team/*"
        iam = self.make_user(allow("iam:*", arn)).client("iam")
        iam.create_user(UserName="inside", Path="/team/")
        self.assert_refused("AccessDenied", iam.create_user, UserName="outside", Path="/others/")
        self.assert_refused("AccessDenied", iam.create_user, UserName="outside")
        self.assertEqual(iam.get_user(UserName="inside")["User"]["Path"], "/team/")
        self.iam.create_user(UserName="stranger")
        self.assert_refused("AccessDenied", iam.delete_user, UserName="stranger")
        self.assert_refused("AccessDenied", iam.update_user, UserName="inside", NewPath="/others/")

    def test_variables(self):
        own = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
        user = self.make_user(allow(["iam:GetUser", "iam:*AccessKey*"], own))
        iam = user.client("iam")
        self.assertEqual(iam.get_user()["User"]["UserName"], user.name)
        self.assertEqual(len(iam.list_access_keys()["AccessKeyMetadata"]), 1)
        self.assert_refused("AccessDenied", iam.get_user, UserName=self.make_user().name)

    def test_groups_and_managed_policies(self):
        user = self.make_user()
        iam = user.client("iam")
        self.iam.create_group(GroupName="readers")
        self.iam.attach_group_policy(GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        self.iam.add_user_to_group(GroupName="readers", UserName=user.name)
        iam.list_users()
        iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        self.assert_refused("AccessDenied", iam.create_user, UserName="by-reader")
        self.iam.remove_user_from_group(GroupName="readers", UserName=user.name)
        self.assert_refused("AccessDenied", iam.list_users)

    def test_roles_of_services_are_named_as_policies_of_aws_name_them(self):
        user = self.make_user()
        full = "arn:aws:iam::aws:policy/AWSLambda_FullAccess"
        self.iam.attach_user_policy(UserName=user.name, PolicyArn=full)
        iam = user.client("iam")
        name = iam.create_service_linked_role(AWSServiceName="lambda.amazonaws.com")["Role"]["RoleName"]
        self.assertEqual(name, "AWSServiceRoleForLambda")
        self.assert_refused(
            "AccessDenied",
            iam.create_service_linked_role,
            AWSServiceName="events.amazonaws.com",
            message="role/aws-service-role/events.amazonaws.com/AWSServiceRoleForCloudWatchEvents because",
        )
        self.iam.delete_service_linked_role(RoleName=name)

    def test_boundaries_limit(self):
        made = self.iam.create_policy(PolicyName="only-lambda", PolicyDocument=allow("lambda:*"))["Policy"]["Arn"]
        user = self.make_user(allow("*"), PermissionsBoundary=made)
        user.client("lambda").list_functions()
        self.assert_refused(
            "AccessDenied",
            user.client("iam").list_users,
            message="because no permissions boundary allows the iam:ListUsers action$",
        )

    def test_uses_are_noted(self):
        user = self.make_user()
        user.client("sts").get_caller_identity()
        used = self.iam.get_access_key_last_used(AccessKeyId=user.key)["AccessKeyLastUsed"]
        self.assertEqual((used["ServiceName"], used["Region"]), ("sts", "us-east-1"))

    def test_keys_that_are_switched_off_or_deleted_are_nobodys(self):
        user = self.make_user(allow("*"))
        iam = user.client("iam")
        iam.list_users()
        self.iam.update_access_key(UserName=user.name, AccessKeyId=user.key, Status="Inactive")
        self.assert_refused("InvalidClientTokenId", iam.list_users)
        self.iam.update_access_key(UserName=user.name, AccessKeyId=user.key, Status="Active")
        iam.list_users()
        self.iam.delete_access_key(UserName=user.name, AccessKeyId=user.key)
        self.assert_refused("InvalidClientTokenId", iam.list_users)

    def test_own_endpoints_keep_the_record_to_themselves(self):
        self.assertEqual(self.server.http("GET", "/_martlet/audit").status, 403)


class LogsTest(EnforcedTest):
    def test_groups_and_streams(self):
        groups = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/app/*"
        user = self.make_user(allow(["logs:Create*", "logs:PutLogEvents"], groups))
        logs = user.client("logs")
        logs.create_log_group(logGroupName="/app/a")
        logs.create_log_stream(logGroupName="/app/a", logStreamName="s")
        event = {"timestamp": 1, "message": "m"}
        logs.put_log_events(logGroupName="/app/a", logStreamName="s", logEvents=[event])
        self.assert_refused("AccessDeniedException", logs.create_log_group, logGroupName="/other")
        self.assert_refused("AccessDeniedException", logs.describe_log_groups)
        self.grant(user.name, allow("logs:*", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/app/a:*"))
        self.assertEqual(len(logs.describe_log_streams(logGroupName="/app/a")["logStreams"]), 1)
        logs.get_log_events(logGroupName="/app/a", logStreamName="s")
        self.assert_refused("AccessDeniedException", logs.describe_log_streams, logGroupName="/app/b")

    def test_however_an_arn_is_written_it_is_the_same_group(self):
        self.logs.create_log_group(logGroupName="/named")
        arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/named"
        logs = self.make_user(policy(("Allow", "*", "*"), ("Deny", "logs:TagResource", arn))).client("logs")
        for form in (arn, arn.replace("aws", "aws-cn", 1)):
            self.assert_refused("AccessDeniedException", logs.tag_resource, resourceArn=form, tags={"a": "b"})


class QueuesTest(EnforcedTest):
    def test_identity_and_queue_policies(self):
        queues = self.root.client("sqs")
        url = queues.create_queue(QueueName="jobs")["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"
        user = self.make_user(allow("sqs:SendMessage", arn))
        sqs = user.client("sqs")
        sqs.send_message(QueueUrl=url, MessageBody="m")
        self.assert_refused("AccessDenied", sqs.receive_message, QueueUrl=url, message="sqs:ReceiveMessage")
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": user.arn},
            "Action": "sqs:ReceiveMessage",
            "Resource": arn,
        }
        queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})
        self.assertEqual(len(sqs.receive_message(QueueUrl=url)["Messages"]), 1)
        queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
        self.assert_refused("AccessDenied", sqs.receive_message, QueueUrl=url)


class DeliveriesTest(EnforcedTest):
    """What happens inside the server is asked about, too: as the service, or as the function's role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.queues = cls.root.client("sqs")
        cls.topics = cls.root.client("sns")

    def make_queue(self, name, **attributes):
        url = self.queues.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def bodies(self, url, wait=0):
        answer = self.queues.receive_message(QueueUrl=url, WaitTimeSeconds=wait, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    def test_a_queue_takes_from_the_topics_that_its_policy_names(self):
        url, arn = self.make_queue("from-topic")
        topic = self.topics.create_topic(Name="to-queue")["TopicArn"]
        other = self.topics.create_topic(Name="other-topic")["TopicArn"]
        for source in (topic, other):
            self.topics.subscribe(
                TopicArn=source, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
            )
        self.topics.publish(TopicArn=topic, Message="refused")
        self.assertEqual(self.bodies(url), [])
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}, "StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
        self.queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})
        self.topics.publish(TopicArn=other, Message="of the other topic")
        self.topics.publish(TopicArn=topic, Message="taken")
        self.assertEqual(self.bodies(url), ["taken"])

    def test_a_function_is_invoked_by_the_topics_that_its_policy_names(self):
        url, queue = self.make_queue("seen-by-function")
        role = self.make_role("of-subscriber", allow("sqs:SendMessage", queue))
        self.deploy("subscriber", ECHO, Role=role)
        self.functions.put_function_event_invoke_config(
            FunctionName="subscriber", DestinationConfig={"OnSuccess": {"Destination": queue}}
        )
        topic = self.topics.create_topic(Name="to-function")["TopicArn"]
        self.topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION + "subscriber")
        self.topics.publish(TopicArn=topic, Message="refused")
        self.functions.add_permission(
            FunctionName="subscriber",
            StatementId="sns",
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topic,
        )
        self.topics.publish(TopicArn=topic, Message="taken")
        seen = self.bodies(url, wait=20)
        self.assertEqual(len(seen), 1, seen)
        self.assertIn("taken", seen[0])

    def test_destinations_are_written_as_the_role(self):
        url, queue = self.make_queue("destination")
        for name in ("silent", "speaking"):
            role = self.make_role(name, allow("sqs:SendMessage", queue))
            self.deploy(name, ECHO, Role=role)
            self.functions.put_function_event_invoke_config(
                FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": queue}}
            )
        self.iam.delete_role_policy(RoleName="silent", PolicyName="p")
        for name in ("silent", "speaking"):
            self.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
        seen = self.bodies(url, wait=20)
        self.assertEqual(len(seen), 1, seen)
        self.assertIn("speaking", seen[0])

    def test_mappings_read_as_the_role(self):
        url, queue = self.make_queue("mapped", VisibilityTimeout="30")
        role = self.make_role("reader")
        self.deploy("reader", ECHO, Role=role, Timeout=5)
        mapping = {"FunctionName": "reader", "EventSourceArn": queue}
        self.assert_refused(
            "InvalidParameterValueException",
            self.functions.create_event_source_mapping,
            message="^The function execution role does not have permissions to call ReceiveMessage on SQS$",
            **mapping,
        )
        reading = allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue)
        self.iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=reading)
        uuid = self.functions.create_event_source_mapping(**mapping)["UUID"]
        self.addCleanup(self.functions.delete_event_source_mapping, UUID=uuid)
        self.queues.send_message(QueueUrl=url, MessageBody="m")
        wait_for(lambda: self.counts(url) == ("0", "0"), "the queue is empty")
        self.iam.delete_role_policy(RoleName="reader", PolicyName="p")
        self.queues.send_message(QueueUrl=url, MessageBody="n")
        wait_for(
            lambda: "sqs:ReceiveMessage"
            in self.functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"],
            "the mapping tells what it may not do",
        )
        self.assertNotEqual(self.counts(url), ("0", "0"))

    def counts(self, url):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return tuple(found[name] for name in names)


class TopicsTest(EnforcedTest):
    def test_identity_and_topic_policies(self):
        topics = self.root.client("sns")
        arn = topics.create_topic(Name="news")["TopicArn"]
        user = self.make_user()
        sns = user.client("sns")
        self.assert_refused(
            "AuthorizationError",
            sns.publish,
            TopicArn=arn,
            Message="m",
            status=403,
            message=f"{user.arn} is not authorized to perform: SNS:Publish on resource: {arn} because no identity",
        )
        topics.add_permission(TopicArn=arn, Label="all", AWSAccountId=[ACCOUNT], ActionName=["Publish"])
        # An account that is named leaves the rest to identity-based policies.
        self.assert_refused("AuthorizationError", sns.publish, TopicArn=arn, Message="m")
        self.grant(user.name, allow("sns:Publish", arn))
        sns.publish(TopicArn=arn, Message="m")
        protocol = {"StringEquals": {"sns:Protocol": "sqs"}}
        statement = {"Effect": "Allow", "Action": "sns:Subscribe", "Resource": arn, "Condition": protocol}
        self.grant(user.name, policy(statement))
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")
        self.assert_refused(
            "AuthorizationError", sns.subscribe, TopicArn=arn, Protocol="email", Endpoint="a@example.com"
        )
        made = topics.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"][0]["SubscriptionArn"]
        self.grant(user.name, allow("sns:*Subscription*", arn))
        self.assert_refused("AuthorizationError", sns.get_subscription_attributes, SubscriptionArn=made)
        self.grant(user.name, allow("sns:GetSubscriptionAttributes"))
        self.assertEqual(sns.get_subscription_attributes(SubscriptionArn=made)["Attributes"]["TopicArn"], arn)

    def test_reports_on_deliveries_need_pass_role(self):
        role = self.make_role("reports")
        user = self.make_user(allow("sns:*"))
        sns = user.client("sns")
        report = {"LambdaFailureFeedbackRoleArn": role}
        refusal = f"iam:PassRole on resource: {role} "
        self.assert_refused("AuthorizationError", sns.create_topic, Name="told", Attributes=report, message=refusal)
        arn = sns.create_topic(Name="told")["TopicArn"]
        attribute = {"TopicArn": arn, "AttributeName": "LambdaFailureFeedbackRoleArn", "AttributeValue": role}
        self.assert_refused("AuthorizationError", sns.set_topic_attributes, message=refusal, **attribute)
        self.grant(user.name, policy(("Allow", "sns:*", "*"), ("Allow", "iam:PassRole", role)))
        sns.set_topic_attributes(**attribute)


class AuditTest(EnforcedTest):
    MODE = "audit"

    def test_nothing_is_refused_and_all_is_recorded(self):
        user = self.make_user(allow("lambda:ListFunctions"))
        functions = user.client("lambda")
        functions.list_functions()
        for _ in range(2):
            functions.list_layers()
        record = self.server.http("GET", "/_martlet/audit").json()
        kept = [entry for entry in record["kept"] if entry["principal"] == user.arn]
        self.assertEqual([(entry["action"], entry["times"]) for entry in kept], [("lambda:ListLayers", 2)])
        self.assertIn("because no identity-based policy allows", kept[0]["message"])
        self.assertEqual(self.server.log().count("enforcement would refuse this principal=" + user.arn), 1)


    def test_the_policy_that_a_function_needs(self):
        source = """
import boto3, os
def handler(event, context):
    functions = boto3.client("lambda", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    functions.get_function_configuration(FunctionName="watched")
"""
        self.deploy("watched", source)
        self.assertEqual(self.suggest("watched").returncode, 1)
        self.assertNotIn("FunctionError", self.invoke("watched", {}))
        # Its log is written after its answer.
        suggested = wait_for(lambda: (found := self.suggest("watched").stdout).count('"logs:') == 3 and found, "a log")
        log = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/watched:*"
        self.assertEqual(
            json.loads(suggested)["Statement"],
            [
                {
                    "Effect": "Allow",
                    "Action": ["lambda:GetFunctionConfiguration"],
                    "Resource": [FUNCTION + "watched"],
                },
                {
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": [log],
                },
            ],
        )

    def suggest(self, function):
        command = [str(BINARY), "policy", "suggest", function, "--endpoint", self.server.endpoint]
        return subprocess.run(command, capture_output=True, text=True, check=False)


class CrossAccountTest(EnforcedTest):
    """Two accounts: an access key id of twelve digits is the root user of that account (audit)."""

    MODE = "audit"

    def test_both_sides_are_asked(self):
        self.deploy("crossed", ECHO)
        other = Keys(self.server, "111122223333", "test").client("lambda")
        denied = self.denials(other)
        self.assertEqual(denied, 1)
        self.functions.add_permission(
            FunctionName="crossed", StatementId="x", Action="lambda:InvokeFunction", Principal="111122223333"
        )
        self.assertEqual(self.denials(other), 0)

    def denials(self, client):
        """How many denials an invocation would have met."""
        before = self.seen()
        client.invoke(FunctionName=FUNCTION + "crossed", Payload=b"{}")
        return self.seen() - before

    def seen(self):
        kept = self.server.http("GET", "/_martlet/audit").json()["kept"]
        return sum(entry["times"] for entry in kept if entry["action"] == "lambda:InvokeFunction")


class OpenTest(EnforcedTest):
    MODE = "open"

    def test_nothing_is_recorded(self):
        self.assertEqual(self.server.http("GET", "/_martlet/audit").status, 404)


if __name__ == "__main__":
    unittest.main()
