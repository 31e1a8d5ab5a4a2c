"""What the tests of tags in conditions share: clients of principals with few rights, and whether they may do something.

A test module derives its classes from TagsTest.
"""

import json

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from enforcing import ACCOUNT, REGION, EnforcedTest, Keys, policy

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"
PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/one/aaaaaaaaaa"
ECHO = "def handler(event, context):\n    return event\n"
TRUST = policy(
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
)
NOTHING = policy(("Deny", "s3:*", "*"))


def statement(action, condition, effect="Allow", resource="*"):
    return {"Effect": effect, "Action": action, "Resource": resource, "Condition": condition}


def of_team(team, key="aws:ResourceTag/team"):
    return {"StringEquals": {key: team}}


def pairs(**tags):
    """Tags in the form that SNS and IAM have for them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


class TagsTest(EnforcedTest):
    REFUSED = ("AccessDenied", "AccessDeniedException", "AuthorizationError")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.queues = cls.root.client("sqs")
        cls.topics = cls.root.client("sns")

    def may(self, call, **arguments):
        """Whether the caller may make the call, whatever becomes of it."""
        try:
            call(**arguments)
        except ClientError as error:
            return error.response["Error"]["Code"] not in self.REFUSED
        return True

    def assert_may(self, expected, call, **arguments):
        self.assertEqual(self.may(call, **arguments), expected, (call.__name__, arguments))

    def limited(self, service, *statements):
        return self.make_user(policy(*statements)).client(service)

    def sender(self, keys, method, path):
        """A call of Lambda that gives and gets any members, also those that older clients do not know."""

        def send(**members):
            body = json.dumps(members).encode() if members else b""
            request = AWSRequest(method=method, url=self.server.endpoint + path, data=body)
            SigV4Auth(Credentials(keys.key, keys.secret), "lambda", REGION).add_auth(request)
            answer = self.server.http(method, path, body, dict(request.headers))
            if answer.status >= 400:
                raise ClientError({"Error": {"Code": answer.error_type()}}, path)
            return answer.json()

        return send

    def assume(self, role, **settings):
        # The root user may not assume roles.
        user = self.make_user(policy(("Allow", "*", "*")))
        answer = user.client("sts").assume_role(RoleArn=role, RoleSessionName="session", **settings)
        given = answer["Credentials"]
        return Keys(self.server, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
