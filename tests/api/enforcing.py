"""A server under `--auth enforce` (or audit), its root user, and users and roles made for one test.

A test module derives its classes from EnforcedTest.
"""

import itertools
import json

import boto3
import botocore.config

from harness import ApiTest, ROLE

ACCOUNT = "000000000000"
REGION = "us-east-1"
LAMBDA_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def policy(*statements):
    """A policy document. Each statement is (effect, actions, resources) or a whole statement."""
    whole = [
        entry if isinstance(entry, dict) else {"Effect": entry[0], "Action": entry[1], "Resource": entry[2]}
        for entry in statements
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": whole})


def allow(actions, resources="*"):
    return policy(("Allow", actions, resources))


def trust(principal, actions="sts:AssumeRole", condition=None):
    """A role trust policy, as a document."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


class Keys:
    """An access key, and clients that sign with it."""

    def __init__(self, server, key, secret, token=None):
        self.server, self.key, self.secret, self.token = server, key, secret, token

    def client(self, service, region=REGION, **config):
        return boto3.client(
            service,
            endpoint_url=self.server.endpoint,
            region_name=region,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            aws_session_token=self.token,
            config=botocore.config.Config(retries={"max_attempts": 0}, read_timeout=120, **config),
        )


class EnforcedTest(ApiTest):
    """A server that enforces. `root` are the root user's keys; `functions` and `logs` are root's clients."""

    MODE = "enforce"
    MORE_ARGUMENTS = ()
    EPHEMERAL = False
    names = itertools.count()

    @classmethod
    def setUpClass(cls):
        cls.SERVER_ARGUMENTS = ("--auth", cls.MODE, *cls.MORE_ARGUMENTS)
        super().setUpClass()
        key = ("test", "test")
        if cls.MODE == "enforce":
            key = (cls.server.data / "root-access-key").read_text().split()
        cls.root = Keys(cls.server, key[0], key[1])
        cls.iam = cls.root.client("iam")
        cls.functions = cls.root.client("lambda")
        cls.logs = cls.root.client("logs")
        cls.make_role(ROLE.rsplit("/", 1)[1])

    @classmethod
    def make_role(cls, name, document=None, trust=None):
        """A role that Lambda may assume; returns its ARN."""
        role = cls.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust or LAMBDA_TRUST))
        if document:
            cls.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        return role["Role"]["Arn"]

    def make_user(self, document=None, **settings):
        """A user with this policy; returns its keys, with .name and .arn."""
        name = f"user-{next(self.names)}"
        made = self.iam.create_user(UserName=name, **settings)["User"]
        if document:
            self.grant(name, document)
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        keys = Keys(self.server, key["AccessKeyId"], key["SecretAccessKey"])
        keys.name, keys.arn = name, made["Arn"]
        return keys

    def grant(self, user, document):
        """The user has this policy and no other."""
        self.iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=document)
