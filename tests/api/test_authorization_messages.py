"""Encoded authorization messages: what a refusal carries, and what DecodeAuthorizationMessage makes of it."""

import json
import re
import unittest

from enforcing import ACCOUNT, REGION, EnforcedTest, Keys, allow, policy

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
HEADER = "x-martlet-authorization-message"
INVALID = "InvalidAuthorizationMessageException"


def message_of(error):
    """The encoded message that came with a refusal."""
    return error["ResponseMetadata"]["HTTPHeaders"][HEADER]


def decode(keys, message):
    return json.loads(keys.client("sts").decode_authorization_message(EncodedMessage=message)["DecodedMessage"])


def values(items):
    return [item["value"] for item in items["items"]]


class MessagesTest(EnforcedTest):
    def refused(self, keys, name="f"):
        return self.assert_refused("AccessDeniedException", keys.client("lambda").get_function, FunctionName=name)

    def test_an_explicit_denial(self):
        user = self.make_user(
            policy(
                {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"},
                {
                    "Sid": "NotFromHere",
                    "Effect": "Deny",
                    "Action": "lambda:Get*",
                    "Resource": FUNCTION + "*",
                    "Condition": {
                        "IpAddress": {"aws:SourceIp": "127.0.0.0/8"},
                        "StringNotEquals": {"aws:PrincipalTag/Team": "blue"},
                    },
                },
            )
        )
        error = self.refused(user)
        self.assertNotIn("Encoded", error["Error"]["Message"])
        self.assertRegex(message_of(error), "^[A-Za-z0-9_-]{100,3072}$")
        details = decode(user, message_of(error))
        self.assertEqual((details["allowed"], details["explicitDeny"]), (False, True))
        self.assertEqual(details["failures"], {"items": []})
        (statement,) = details["matchedStatements"]["items"]
        self.assertEqual((statement["statementId"], statement["effect"]), ("NotFromHere", "DENY"))
        self.assertEqual(statement["policyType"], "identity-based policy")
        self.assertEqual(statement["policyId"], f"user/{user.name}/p")
        self.assertEqual(values(statement["actions"]), ["lambda:Get*"])
        self.assertEqual(values(statement["resources"]), [FUNCTION + "*"])
        context = details["context"]
        self.assertEqual((context["action"], context["resource"]), ("lambda:GetFunction", FUNCTION + "f"))
        self.assertEqual((context["principal"]["arn"], context["principal"]["name"]), (user.arn, user.name))
        self.assertRegex(context["principal"]["id"], "^AIDA")
        looked_at = {item["key"]: values(item["values"]) for item in context["conditions"]["items"]}
        self.assertEqual(looked_at["aws:SourceIp"], ["127.0.0.1"])
        self.assertEqual(looked_at["aws:PrincipalTag/Team"], [])
        self.assertEqual(looked_at["aws:RequestedRegion"], [REGION])

    def test_nothing_allows(self):
        details = decode(self.root, message_of(self.refused(self.make_user())))
        self.assertEqual((details["allowed"], details["explicitDeny"]), (False, False))
        self.assertEqual(details["matchedStatements"], {"items": []})

    def test_managed_policies_are_named_by_their_arn(self):
        document = policy(("Deny", "lambda:*", "*"))
        arn = self.iam.create_policy(PolicyName="never", PolicyDocument=document)["Policy"]["Arn"]
        user = self.make_user()
        self.iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
        (statement,) = decode(self.root, message_of(self.refused(user)))["matchedStatements"]["items"]
        self.assertEqual(statement["policyId"], arn)
        limited = self.make_user(allow("*"), PermissionsBoundary=arn)
        (statement,) = decode(self.root, message_of(self.refused(limited)))["matchedStatements"]["items"]
        self.assertEqual((statement["policyType"], statement["policyId"]), ("permissions boundary", arn))

    def test_roles_that_may_not_be_assumed(self):
        role = self.make_role("closed")
        sts = self.make_user(allow("sts:*")).client("sts")
        error = self.assert_refused(
            "AccessDenied", sts.assume_role, RoleArn=role, RoleSessionName="session", ExternalId="of-no-concern"
        )
        details = decode(self.root, message_of(error))
        self.assertEqual((details["context"]["action"], details["context"]["resource"]), ("sts:AssumeRole", role))
        self.assertNotIn("of-no-concern", json.dumps(details))

    def test_every_protocol_carries_it(self):
        user = self.make_user()
        for service, code, call in (
            ("sns", "AuthorizationError", lambda sns: sns.list_topics()),
            ("sqs", "AccessDenied", lambda sqs: sqs.list_queues()),
            ("iam", "AccessDenied", lambda iam: iam.list_users()),
            ("logs", "AccessDeniedException", lambda logs: logs.describe_log_groups()),
        ):
            error = self.assert_refused(code, call, user.client(service))
            action = re.search(r"perform: (\S+)", error["Error"]["Message"])[1]
            self.assertEqual(decode(self.root, message_of(error))["context"]["action"], action)

    def test_who_may_decode(self):
        message = message_of(self.refused(self.make_user()))
        nobody = self.make_user().client("sts")
        self.assert_refused("AccessDenied", nobody.decode_authorization_message, EncodedMessage=message)
        entitled = self.make_user(allow("sts:DecodeAuthorizationMessage"))
        self.assertFalse(decode(entitled, message)["allowed"])

    def test_nothing_else_is_decoded(self):
        sts = self.root.client("sts")
        message = message_of(self.refused(self.make_user()))
        middle = len(message) // 2
        changed = message[:middle] + ("A" if message[middle] != "A" else "B") + message[middle + 1 :]
        token = sts.get_session_token()["Credentials"]["SessionToken"]
        for wrong in ("abc", changed, message[:-1], message + "\n", " " + message, token, "é", "x" * 10240):
            self.assert_refused(INVALID, sts.decode_authorization_message, EncodedMessage=wrong)
        self.assert_refused("ValidationError", sts.decode_authorization_message, EncodedMessage="x" * 10241)

    def test_long_policies_fit_into_a_header(self):
        many = [f"lambda:Get{number}" for number in range(300)]
        user = self.make_user()
        self.iam.create_policy(PolicyName="long", PolicyDocument=policy(("Deny", ["lambda:GetFunction", *many], "*")))
        self.iam.attach_user_policy(UserName=user.name, PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/long")
        message = message_of(self.refused(user))
        self.assertLessEqual(len(message), 3072)
        (statement,) = decode(self.root, message)["matchedStatements"]["items"]
        self.assertEqual(statement["actions"], {"items": [], "omitted": 301})

    def test_what_is_allowed_carries_none(self):
        answer = self.make_user(allow("lambda:*")).client("lambda").list_functions()
        self.assertNotIn(HEADER, answer["ResponseMetadata"]["HTTPHeaders"])


class AuditTest(EnforcedTest):
    """An access key id of twelve digits is the root user of that account."""

    MODE = "audit"

    def test_the_record_has_them(self):
        user = self.make_user()
        answer = user.client("lambda").list_functions()
        self.assertNotIn(HEADER, answer["ResponseMetadata"]["HTTPHeaders"])
        kept = self.server.http("GET", "/_martlet/audit").json()["kept"]
        (message,) = [entry["authorizationMessage"] for entry in kept if entry["principal"] == user.arn]
        details = decode(self.root, message)
        self.assertEqual(details["context"]["action"], "lambda:ListFunctions")
        other = Keys(self.server, "111122223333", "test").client("sts")
        self.assert_refused(INVALID, other.decode_authorization_message, EncodedMessage=message)


if __name__ == "__main__":
    unittest.main()
