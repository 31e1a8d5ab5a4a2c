"""Who may call a function's URL, under `--auth enforce` and `--auth audit`."""

import json
import unittest

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from enforcing import ACCOUNT, EnforcedTest, Keys, allow, policy
from url_fixture import UrlTest

OTHER = "111122223333"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
ECHO = "def handler(event, context):\n    return {'event': event, 'arn': context.invoked_function_arn}\n"
BOTH = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]


class UrlAuthorizationTest(EnforcedTest, UrlTest):
    MORE_ARGUMENTS = ("--more-accounts", OTHER)

    def setUp(self):
        self.function = f"url-{next(self.names)}"
        self.arn = FUNCTION + self.function
        self.deploy(self.function, ECHO)

    def as_caller(self, keys, host=None):
        """Status of a request that is signed with the keys."""
        host = host or self.host
        return self.ask(host, headers=self.sign(host, key=keys.key, secret=keys.secret, token=keys.token)).status

    def permit(self, sid, action, principal, **parameters):
        """AddPermission, also with what Debian's botocore does not know."""
        body = {"StatementId": sid, "Action": action, "Principal": principal, **parameters}
        url = f"{self.server.endpoint}/2015-03-31/functions/{self.function}/policy"
        request = botocore.awsrequest.AWSRequest("POST", url, data=json.dumps(body).encode())
        credentials = botocore.credentials.Credentials(self.root.key, self.root.secret)
        botocore.auth.SigV4Auth(credentials, "lambda", "us-east-1").add_auth(request)
        answer = self.server.http("POST", request.url[len(self.server.endpoint) :], request.data, dict(request.headers))
        self.assertEqual(answer.status, 201, answer.body)


class EnforcedUrlTest(UrlAuthorizationTest):
    def test_signatures_are_verified(self):
        self.host = self.url(self.function, AuthType="AWS_IAM")
        root = {"key": self.root.key, "secret": self.root.secret}
        answer = self.ask(self.host)
        self.assertEqual((answer.status, answer.headers["x-amzn-ErrorType"]), (403, "AccessDeniedException"))
        self.assertEqual(self.ask(self.host, headers=self.sign(self.host)).status, 403)
        wrong = self.sign(self.host, key=self.root.key, secret="wrong")
        self.assertEqual(self.ask(self.host, headers=wrong).status, 403)
        good = self.sign(self.host, **root)
        self.assertEqual(self.ask(self.host, headers=good).status, 200)
        self.assertEqual(self.ask(self.host, "/other", headers=good).status, 403)

    def test_federated_users_do_not_outlive_their_user(self):
        self.host = self.url(self.function, AuthType="AWS_IAM")
        user = self.make_user(allow("*"))
        session = user.client("sts").get_federation_token(Name="alice", Policy=allow("*"))["Credentials"]
        alice = Keys(self.server, session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
        self.assertEqual(self.as_caller(alice), 200)
        self.iam.delete_access_key(UserName=user.name, AccessKeyId=user.key)
        self.iam.delete_user_policy(UserName=user.name, PolicyName="p")
        self.iam.delete_user(UserName=user.name)
        self.assertEqual(self.as_caller(alice), 403)
        self.iam.create_user(UserName=user.name)
        self.grant(user.name, allow("*"))
        self.assertEqual(self.as_caller(alice), 403)

    def test_everybody_needs_two_permissions(self):
        self.host = self.url(self.function)
        self.assertEqual(self.ask(self.host).status, 403)
        self.permit("iam", "lambda:InvokeFunctionUrl", "*", FunctionUrlAuthType="AWS_IAM")
        self.permit("via", "lambda:InvokeFunction", "*", InvokedViaFunctionUrl=True)
        self.assertEqual(self.ask(self.host).status, 403)
        self.permit("none", "lambda:InvokeFunctionUrl", "*", FunctionUrlAuthType="NONE")
        self.assertEqual(self.ask(self.host).status, 200)
        self.assertEqual(self.as_caller(self.make_user()), 200)
        # By the URL, not otherwise.
        invoke = self.make_user().client("lambda").invoke
        self.assert_refused("AccessDeniedException", invoke, FunctionName=self.function)
        self.functions.remove_permission(FunctionName=self.function, StatementId="via")
        self.assertEqual(self.ask(self.host).status, 403)

    def test_identity_policies_decide_in_the_own_account(self):
        self.host = self.url(self.function, AuthType="AWS_IAM")
        user = self.make_user()
        self.assertEqual(self.as_caller(user), 403)
        by_url = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
        invoking = {"Effect": "Allow", "Action": BOTH[1], "Resource": self.arn}
        signed = {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
        calling = {"Effect": "Allow", "Action": BOTH[0], "Resource": self.arn, "Condition": signed}
        for statements, status in (
            ([("Allow", BOTH, self.arn)], 200),
            ([("Allow", BOTH[0], self.arn)], 403),
            ([("Allow", BOTH[1], self.arn)], 403),
            ([("Allow", BOTH, self.arn + "-other")], 403),
            ([calling, {**invoking, "Condition": by_url}], 200),
            ([("Allow", "lambda:*", "*"), ("Deny", BOTH[0], self.arn)], 403),
            ([("Allow", "lambda:*", "*"), {**invoking, "Effect": "Deny", "Condition": by_url}], 403),
        ):
            with self.subTest(statements=statements):
                self.grant(user.name, policy(*statements))
                self.assertEqual(self.as_caller(user), status)

    def test_function_policies_let_users_in(self):
        self.host = self.url(self.function, AuthType="AWS_IAM")
        user, stranger = self.make_user(), self.make_user()
        self.permit("url", BOTH[0], user.arn, FunctionUrlAuthType="AWS_IAM")
        self.assertEqual(self.as_caller(user), 403)
        self.permit("via", BOTH[1], user.arn, InvokedViaFunctionUrl=True)
        self.assertEqual(self.as_caller(user), 200)
        self.assertEqual(self.as_caller(stranger), 403)
        self.grant(user.name, policy(("Deny", "lambda:InvokeFunctionUrl", "*")))
        self.assertEqual(self.as_caller(user), 403)

    def test_boundaries_and_session_policies_limit(self):
        self.host = self.url(self.function, AuthType="AWS_IAM")
        boundary = self.iam.create_policy(PolicyName=self.function, PolicyDocument=allow(BOTH[0]))["Policy"]["Arn"]
        self.assertEqual(self.as_caller(self.make_user(allow("*"), PermissionsBoundary=boundary)), 403)
        user = self.make_user(allow("sts:AssumeRole"))
        trust = {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "sts:AssumeRole"}
        role = self.make_role(self.function, allow(BOTH), trust={"Version": "2012-10-17", "Statement": [trust]})
        for narrow, status in (({}, 200), ({"Policy": allow(BOTH[0])}, 403), ({"Policy": allow(BOTH)}, 200)):
            made = user.client("sts").assume_role(RoleArn=role, RoleSessionName="session", **narrow)["Credentials"]
            session = Keys(self.server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
            self.assertEqual(self.as_caller(session), status)

    def test_other_accounts_need_both_sides(self):
        self.host = self.url(self.function, AuthType="AWS_IAM")
        key, secret = (self.server.data / f"root-access-key-{OTHER}").read_text().split()
        others = Keys(self.server, key, secret)
        self.assertEqual(self.as_caller(others), 403)
        iam = others.client("iam")
        name = f"foreigner-{self.function}"
        iam.create_user(UserName=name)
        made = iam.create_access_key(UserName=name)["AccessKey"]
        user = Keys(self.server, made["AccessKeyId"], made["SecretAccessKey"])
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allow(BOTH))
        self.assertEqual(self.as_caller(user), 403)
        self.permit("url", BOTH[0], OTHER, FunctionUrlAuthType="AWS_IAM")
        self.permit("via", BOTH[1], OTHER, InvokedViaFunctionUrl=True)
        self.assertEqual(self.as_caller(user), 200)
        iam.delete_user_policy(UserName=name, PolicyName="p")
        self.assertEqual(self.as_caller(user), 403)
        self.assertEqual(self.as_caller(others), 200)

    def test_an_alias_has_a_policy_of_its_own(self):
        version = self.functions.publish_version(FunctionName=self.function)["Version"]
        self.functions.create_alias(FunctionName=self.function, Name="live", FunctionVersion=version)
        host = self.url(self.function, AuthType="AWS_IAM", Qualifier="live")
        self.assertEqual(self.as_caller(self.make_user(allow(BOTH, self.arn + ":live")), host), 200)
        self.assertEqual(self.as_caller(self.make_user(allow(BOTH, self.arn)), host), 403)


class AuditUrlTest(UrlAuthorizationTest):
    MODE = "audit"

    def test_everything_passes_and_is_recorded(self):
        host = self.url(self.function)
        self.assertEqual(self.ask(host).status, 200)
        self.assertEqual(self.denials("anonymous"), {(BOTH[0], 1), (BOTH[1], 1)})
        signed = self.make_user(allow(BOTH[1]))
        self.functions.update_function_url_config(FunctionName=self.function, AuthType="AWS_IAM")
        self.assertEqual(self.as_caller(signed, host), 200)
        self.assertEqual(self.denials(signed.arn), {(BOTH[0], 1)})

    def denials(self, principal):
        kept = self.server.http("GET", "/_martlet/audit").json()["kept"]
        return {
            (entry["action"], entry["times"])
            for entry in kept
            if entry["principal"] == principal and entry["resource"] == self.arn
        }


if __name__ == "__main__":
    unittest.main()
