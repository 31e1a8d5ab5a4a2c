"""Who used which service last: service last accessed details, and what else IAM tells of last uses."""

import datetime
import json

from enforcing import ACCOUNT, LAMBDA_TRUST, REGION, EnforcedTest, Keys, allow, policy
from harness import ApiTest

SQS_AND_S3 = policy(("Allow", ["sqs:*", "s3:GetObject"], "*"))
ASKS = """
import boto3, os
def handler(event, context):
    sqs = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    return sqs.list_queues().get("QueueUrls", [])
"""


class Reports:
    """Reading reports, for tests that have `iam`."""

    def report(self, arn, granularity=None, iam=None):
        """The report about `arn`: {namespace: service}."""
        iam = iam or self.iam
        more = {"Granularity": granularity} if granularity else {}
        job = iam.generate_service_last_accessed_details(Arn=arn, **more)["JobId"]
        answer = iam.get_service_last_accessed_details(JobId=job)
        self.assertEqual(answer["JobStatus"], "COMPLETED")
        self.assertEqual(answer["JobType"], granularity or "SERVICE_LEVEL")
        self.assertFalse(answer["IsTruncated"])
        self.assert_recent(answer["JobCompletionDate"])
        return {service["ServiceNamespace"]: service for service in answer["ServicesLastAccessed"]}

    def entities(self, arn, service):
        """[(name, whether it has used the service)] in the order of the answer."""
        job = self.iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
        answer = self.iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace=service)
        self.assertEqual(answer["JobStatus"], "COMPLETED")
        return [(e["EntityInfo"]["Name"], "LastAuthenticated" in e) for e in answer["EntityDetailsList"]]

    def assert_recent(self, date):
        self.assertLess(abs(datetime.datetime.now(datetime.timezone.utc) - date), datetime.timedelta(minutes=2))


class LastAccessedTest(Reports, EnforcedTest):
    def test_of_a_user(self):
        user = self.make_user(SQS_AND_S3, Path="/team/")
        self.assertEqual(
            self.report(user.arn),
            {
                "s3": {"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "TotalAuthenticatedEntities": 0},
                "sqs": {"ServiceName": "Amazon SQS", "ServiceNamespace": "sqs", "TotalAuthenticatedEntities": 0},
            },
        )
        user.client("sqs", region="eu-west-1").list_queues()
        # Attempts count, whether they are allowed or not.
        self.assert_refused("AccessDenied", user.client("iam").list_users)
        self.assert_refused("AWS.SimpleQueueService.NonExistentQueue", user.client("sqs").get_queue_url, QueueName="none")
        services = self.report(user.arn)
        self.assertEqual(list(services), ["s3", "sqs"])  # not iam, which the policies do not grant
        sqs = services["sqs"]
        self.assert_recent(sqs.pop("LastAuthenticated"))
        self.assertEqual(
            sqs,
            {
                "ServiceName": "Amazon SQS",
                "ServiceNamespace": "sqs",
                "LastAuthenticatedEntity": user.arn,
                "LastAuthenticatedRegion": REGION,
                "TotalAuthenticatedEntities": 1,
            },
        )
        used = self.iam.get_access_key_last_used(AccessKeyId=user.key)["AccessKeyLastUsed"]
        self.assertEqual((used["ServiceName"], used["Region"]), ("sqs", REGION))

    def test_actions(self):
        user = self.make_user(policy(("Allow", ["sqs:List*", "sqs:CreateQueue", "sqs:SendMessage", "s3:*"], "*")))
        self.assertNotIn("TrackedActionsLastAccessed", self.report(user.arn, "ACTION_LEVEL")["sqs"])
        url = user.client("sqs").create_queue(QueueName="tracked")["QueueUrl"]
        user.client("sqs").send_message_batch(
            QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "m"}]
        )  # which needs sqs:SendMessage
        services = self.report(user.arn, "ACTION_LEVEL")
        actions = {a.pop("ActionName"): a for a in services["sqs"]["TrackedActionsLastAccessed"]}
        self.assertEqual(
            sorted(actions),
            ["CreateQueue", "ListDeadLetterSourceQueues", "ListMessageMoveTasks", "ListQueueTags", "ListQueues", "SendMessage"],
        )
        self.assertEqual(actions["ListQueues"], {})
        for used in ("CreateQueue", "SendMessage"):
            self.assert_recent(actions[used].pop("LastAccessedTime"))
            self.assertEqual(actions[used], {"LastAccessedEntity": user.arn, "LastAccessedRegion": REGION})
        self.assertNotIn("TrackedActionsLastAccessed", services["s3"])
        self.assertNotIn("TrackedActionsLastAccessed", self.report(user.arn)["sqs"])
        self.root.client("sqs").delete_queue(QueueUrl=url)

    def test_of_groups_and_policies(self):
        first, second, third = (self.make_user() for _ in range(3))
        group = self.iam.create_group(GroupName="accessors")["Group"]["Arn"]
        managed = self.iam.create_policy(PolicyName="accessors", PolicyDocument=SQS_AND_S3)["Policy"]["Arn"]
        self.iam.attach_group_policy(GroupName="accessors", PolicyArn=managed)
        self.iam.attach_user_policy(UserName=third.name, PolicyArn=managed)
        self.iam.attach_user_policy(UserName=first.name, PolicyArn=managed)  # who is of the group, too
        self.make_user(PermissionsBoundary=managed)  # which grants nothing
        self.make_role("accessor")
        self.iam.attach_role_policy(RoleName="accessor", PolicyArn=managed)
        for user in (first, second):
            self.iam.add_user_to_group(GroupName="accessors", UserName=user.name)
        for user in (first, third):
            user.client("sqs").list_queues()
        self.assertEqual(self.report(group)["sqs"]["TotalAuthenticatedEntities"], 1)
        self.assertEqual(self.report(group)["sqs"]["LastAuthenticatedEntity"], first.arn)
        self.assertEqual(self.entities(group, "SQS"), [(first.name, True), (second.name, False)])
        self.assertEqual(self.report(managed)["sqs"]["TotalAuthenticatedEntities"], 2)
        found = self.entities(managed, "sqs")
        self.assertEqual({name for name, used in found[:2]}, {first.name, third.name})
        self.assertEqual(found[2:], [("accessor", False), (second.name, False)])
        self.assertEqual(self.entities(managed, "lambda"), [])
        self.assertEqual(self.entities(first.arn, "s3"), [(first.name, False)])

    def test_of_roles(self):
        role = self.make_role("used", SQS_AND_S3, {**LAMBDA_TRUST, "Statement": LAMBDA_TRUST["Statement"] + [
            {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]})  # fmt: skip
        user = self.make_user(allow("sts:AssumeRole"))
        made = user.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
        keys = Keys(self.server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        keys.client("sqs", region="eu-west-1").list_queues()
        self.assertEqual(self.report(role)["sqs"]["LastAuthenticatedEntity"], role)
        self.assertEqual(self.report(role)["sqs"]["LastAuthenticatedRegion"], "eu-west-1")
        self.assertEqual(self.iam.get_role(RoleName="used")["Role"]["RoleLastUsed"]["Region"], "eu-west-1")
        # Wildcards stand for every service that is known.
        self.iam.put_role_policy(RoleName="used", PolicyName="p", PolicyDocument=policy(
            {"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*"], "Resource": "*"}))  # fmt: skip
        services = self.report(role)
        self.assertGreater(len(services), 50)
        self.assertNotIn("iam", services)
        self.assertEqual(services["s3"]["ServiceName"], "Amazon S3")
        self.assertEqual(services["sqs"]["TotalAuthenticatedEntities"], 1)

    def test_pages(self):
        user = self.make_user(policy(("Allow", ["sqs:*", "a4b:*", "s3:*"], "*")))
        user.client("sqs").list_queues()
        job = self.iam.generate_service_last_accessed_details(Arn=user.arn)["JobId"]
        page = self.iam.get_service_last_accessed_details(JobId=job, MaxItems=2)
        self.assertEqual([s["ServiceName"] for s in page["ServicesLastAccessed"]], ["a4b", "Amazon S3"])
        self.assertTrue(page["IsTruncated"])
        page = self.iam.get_service_last_accessed_details(JobId=job, MaxItems=2, Marker=page["Marker"])
        self.assertEqual([s["ServiceNamespace"] for s in page["ServicesLastAccessed"]], ["sqs"])
        self.assertFalse(page["IsTruncated"])
        self.assertNotIn("Marker", page)

        managed = self.iam.create_policy(PolicyName="pages", PolicyDocument=allow("sqs:*"))["Policy"]["Arn"]
        people = [self.make_user() for _ in range(3)] + [user]
        for each in people:
            self.iam.attach_user_policy(UserName=each.name, PolicyArn=managed)
        job = self.iam.generate_service_last_accessed_details(Arn=managed)["JobId"]
        names, more = [], {}
        for size in (2, 2):
            page = self.iam.get_service_last_accessed_details_with_entities(
                JobId=job, ServiceNamespace="sqs", MaxItems=size, **more
            )
            names += [entity["EntityInfo"] for entity in page["EntityDetailsList"]]
            more = {"Marker": page.get("Marker")}
        self.assertFalse(page["IsTruncated"])
        self.assertEqual([info["Name"] for info in names], [user.name] + sorted(p.name for p in people[:3]))
        self.assertEqual((names[0]["Arn"], names[0]["Type"], names[0]["Path"]), (user.arn, "USER", "/"))
        self.assertRegex(names[0]["Id"], "^AIDA")
        for marker in ("?", "bm8="):
            self.assert_refused(
                "ValidationError",
                self.iam.get_service_last_accessed_details_with_entities,
                JobId=job,
                ServiceNamespace="sqs",
                Marker=marker,
            )

    def test_what_is_refused(self):
        generate = self.iam.generate_service_last_accessed_details
        account = f"arn:aws:iam::{ACCOUNT}:"
        for arn in (account + "user/nobody", account + "policy/none", "arn:aws:iam::aws:policy/None"):
            self.assert_refused("NoSuchEntity", generate, Arn=arn, status=404)
        for arn in ("this-is-not-an-arn-at-all", f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue", account + "root"):
            self.assert_refused("InvalidInput", generate, Arn=arn, status=400)
        self.assert_refused("ValidationError", generate, Arn=account + "user/nobody", Granularity="OTHER")
        nothing = "00000000-0000-0000-0000-000000000000"
        for read, more in (
            (self.iam.get_service_last_accessed_details, {}),
            (self.iam.get_service_last_accessed_details_with_entities, {"ServiceNamespace": "sqs"}),
        ):
            self.assert_refused("NoSuchEntity", read, JobId=nothing, status=404, **more)
            self.assert_refused("ValidationError", read, JobId=nothing + "0", **more)
        # A report is for who asked for it.
        user = self.make_user(allow("iam:*"))
        job = generate(Arn=user.arn)["JobId"]
        own = user.client("iam")
        self.assert_refused("NoSuchEntity", own.get_service_last_accessed_details, JobId=job)
        self.assertIn("iam", self.report(user.arn, iam=own))
        self.assert_refused("AccessDenied", self.make_user().client("iam").generate_service_last_accessed_details, Arn=user.arn)

    def test_a_report_is_what_was_true_when_it_was_made(self):
        user = self.make_user(SQS_AND_S3)
        job = self.iam.generate_service_last_accessed_details(Arn=user.arn)["JobId"]
        user.client("sqs").list_queues()
        self.grant(user.name, allow("lambda:*"))
        services = self.iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
        self.assertEqual([(s["ServiceNamespace"], s["TotalAuthenticatedEntities"]) for s in services], [("s3", 0), ("sqs", 0)])


class OpenTest(Reports, ApiTest):
    """Where nobody is asked who he is, functions and sessions of roles are known still."""

    def test_a_function_uses_its_role(self):
        self.iam = self.server.client("iam")
        role = self.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))["Role"]
        self.iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=SQS_AND_S3)
        self.deploy("asks", ASKS, Role=role["Arn"])
        self.assertEqual(self.invoke("asks")["Payload"], [])
        services = self.report(role["Arn"], "ACTION_LEVEL")
        self.assertEqual(services["sqs"]["LastAuthenticatedEntity"], role["Arn"])
        used = [a["ActionName"] for a in services["sqs"]["TrackedActionsLastAccessed"] if "LastAccessedTime" in a]
        self.assertEqual(used, ["ListQueues"])
        self.assertIn("LastUsedDate", self.iam.get_role(RoleName="worker")["Role"]["RoleLastUsed"])
