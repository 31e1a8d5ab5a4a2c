"""Calls from one account into another under `--auth enforce`: both sides have to allow, and either may deny."""

import json
import unittest

from enforcing import ACCOUNT, REGION, EnforcedTest, Keys, allow, policy
from harness import ROLE, zip_of

OTHER = "111122223333"
ECHO = "def handler(event, context):\n    return event\n"


class CrossAccountTest(EnforcedTest):
    """The user is of one account, `root` and what is called are of the other."""

    MORE_ARGUMENTS = ("--more-accounts", OTHER)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        key, secret = (cls.server.data / f"root-access-key-{OTHER}").read_text().split()
        cls.others = Keys(cls.server, key, secret)
        cls.others_iam = cls.others.client("iam")

    def setUp(self):
        """A user of the other account."""
        self.name = f"foreigner-{next(self.names)}"
        self.arn = self.others_iam.create_user(UserName=self.name)["User"]["Arn"]
        key = self.others_iam.create_access_key(UserName=self.name)["AccessKey"]
        self.user = Keys(self.server, key["AccessKeyId"], key["SecretAccessKey"])

    def allow(self, *statements):
        """The user's only policy."""
        self.others_iam.put_user_policy(UserName=self.name, PolicyName="p", PolicyDocument=policy(*statements))

    def check_both_sides(self, call, action, resource, let_in, code):
        """`let_in(*statements)` sets the resource's policy; none: it has none. `call` must be refused until both sides
        allow it, and again when one denies it."""
        mine = {"Effect": "Allow", "Principal": {"AWS": self.arn}, "Action": action, "Resource": resource}
        self.allow(("Allow", action, resource))
        self.assert_refused(code, call, message="because no resource-based policy allows")
        let_in(mine)
        self.allow(("Allow", "sts:GetCallerIdentity", "*"))
        self.assert_refused(code, call, message="because no identity-based policy allows")
        self.allow(("Allow", action, resource))
        call()
        self.allow(("Allow", action, resource), ("Deny", action, "*"))
        self.assert_refused(code, call, message="with an explicit deny in an identity-based policy$")
        self.allow(("Allow", action, resource))
        return mine

    def test_accounts_are_apart(self):
        self.assertEqual(self.others.client("sts").get_caller_identity()["Account"], OTHER)
        self.assertEqual(self.arn, f"arn:aws:iam::{OTHER}:user/{self.name}")
        users = [user["UserName"] for user in self.iam.list_users()["Users"]]
        self.assertNotIn(self.name, users)
        self.assertEqual((self.server.data / f"root-access-key-{OTHER}").stat().st_mode & 0o777, 0o600)

    def test_a_queue(self):
        queues = self.root.client("sqs")
        url = queues.create_queue(QueueName="shared")["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:shared"
        sqs = self.user.client("sqs")

        def let_in(*statements):
            queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(*statements)})

        def send():
            sqs.send_message(QueueUrl=url, MessageBody="m")

        mine = self.check_both_sides(send, "sqs:SendMessage", arn, let_in, "AccessDenied")
        let_in(mine, {**mine, "Effect": "Deny"})
        self.assert_refused("AccessDenied", send, message="with an explicit deny in a resource-based policy$")
        let_in({**mine, "Principal": {"AWS": OTHER}})
        send()
        let_in({**mine, "Principal": {"AWS": OTHER}, "Condition": {"StringEquals": {"aws:PrincipalArn": "other"}}})
        self.assert_refused("AccessDenied", send)

    def test_a_topic(self):
        topics = self.root.client("sns")
        arn = topics.create_topic(Name="shared")["TopicArn"]
        sns = self.user.client("sns")

        def let_in(*statements):
            topics.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy(*statements))

        def publish():
            sns.publish(TopicArn=arn, Message="m")

        mine = self.check_both_sides(publish, "sns:Publish", arn, let_in, "AuthorizationError")
        let_in(mine, {**mine, "Effect": "Deny"})
        self.assert_refused("AuthorizationError", publish, message="with an explicit deny in a resource-based policy$")

    def test_a_function(self):
        self.deploy("shared", ECHO)
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shared"
        functions = self.user.client("lambda")

        def let_in(statement):
            self.functions.add_permission(
                FunctionName="shared",
                StatementId="s",
                Action=statement["Action"],
                Principal=statement["Principal"]["AWS"],
            )

        def invoke():
            answer = functions.invoke(FunctionName=arn, Payload=b'"x"')
            self.assertEqual(json.loads(answer["Payload"].read()), "x")

        self.check_both_sides(invoke, "lambda:InvokeFunction", arn, let_in, "AccessDeniedException")
        # What was not granted stays the owner's.
        self.allow(("Allow", "lambda:*", "*"))
        self.assert_refused("AccessDeniedException", functions.get_function, FunctionName=arn)
        self.assert_refused("AccessDeniedException", functions.delete_function, FunctionName=arn)
        self.assert_refused("ResourceNotFoundException", functions.get_function, FunctionName="shared")
        self.functions.remove_permission(FunctionName="shared", StatementId="s")
        self.assert_refused("AccessDeniedException", invoke)

    def test_a_role(self):
        external = {"StringEquals": {"sts:ExternalId": "secret-42"}}
        trust = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "sts:AssumeRole", "Condition": external}
        trusting = {"Version": "2012-10-17", "Statement": [trust]}
        role = self.make_role("visited", allow("lambda:ListFunctions"), trust=trusting)
        sts = self.user.client("sts")

        def assume(**parameters):
            return sts.assume_role(RoleArn=role, RoleSessionName="visitor", **parameters)

        identifier = {"ExternalId": "secret-42"}
        self.assert_refused(
            "AccessDenied", assume, message="because no identity-based policy allows the sts:AssumeRole", **identifier
        )
        self.allow(("Allow", "sts:AssumeRole", role))
        self.assert_refused("AccessDenied", assume, message="because no role trust policy allows the sts:AssumeRole")
        self.assert_refused("AccessDenied", assume, ExternalId="guessed")
        made = assume(**identifier)["Credentials"]
        visitor = Keys(self.server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        self.assertEqual(visitor.client("sts").get_caller_identity()["Account"], ACCOUNT)
        self.deploy("seen", ECHO)
        seen = [function["FunctionName"] for function in visitor.client("lambda").list_functions()["Functions"]]
        self.assertIn("seen", seen)
        self.assert_refused("AccessDeniedException", visitor.client("lambda").get_function, FunctionName="seen")
        self.allow(("Allow", "sts:AssumeRole", role), ("Deny", "sts:*", "*"))
        self.assert_refused("AccessDenied", assume, message="with an explicit deny", **identifier)
        self.allow(("Allow", "sts:AssumeRole", role))
        denial = {**trust, "Effect": "Deny", "Principal": {"AWS": self.arn}}
        document = json.dumps({**trusting, "Statement": [trust, denial]})
        self.iam.update_assume_role_policy(RoleName="visited", PolicyDocument=document)
        self.assert_refused(
            "AccessDenied", assume, message="with an explicit deny in the role trust policy", **identifier
        )

    def test_a_function_whose_role_reaches_over(self):
        """A function of the other account as its role: a queue of this one is open to it by both sides only."""
        url = self.root.client("sqs").create_queue(QueueName="reached")["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:reached"
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = self.others_iam.create_role(RoleName="reaching", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        self.others_iam.put_role_policy(
            RoleName="reaching", PolicyName="p", PolicyDocument=allow("sqs:SendMessage", arn)
        )
        source = f"""
import os, boto3

def handler(event, context):
    sqs = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    try:
        sqs.send_message(QueueUrl="http://127.0.0.1:4566/{ACCOUNT}/reached", MessageBody="m")
        return "sent"
    except Exception as error:
        return str(error)
"""
        functions = self.others.client("lambda")
        arguments = {
            "FunctionName": "reaching",
            "Runtime": "python3.11",
            "Handler": "app.handler",
            "Code": {"ZipFile": zip_of({"app.py": source})},
            "Timeout": 30,
        }
        self.assert_refused(
            "AccessDeniedException", functions.create_function, Role=ROLE, message="iam:PassRole", **arguments
        )
        functions.create_function(Role=role, **arguments)
        self.addCleanup(functions.delete_function, FunctionName="reaching")

        def reach():
            return json.loads(functions.invoke(FunctionName="reaching")["Payload"].read())

        self.assertIn("because no resource-based policy allows the sqs:SendMessage action", reach())
        statement = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sqs:SendMessage", "Resource": arn}
        self.root.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})
        self.assertEqual(reach(), "sent")
        self.others_iam.delete_role_policy(RoleName="reaching", PolicyName="p")
        self.assertIn("because no identity-based policy allows the sqs:SendMessage action", reach())


if __name__ == "__main__":
    unittest.main()
