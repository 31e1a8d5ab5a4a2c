"""STS: temporary credentials, under `--auth enforce` and `--auth open`."""

import base64
import http.server
import json
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest

import boto3
import botocore
import botocore.config

from enforcing import ACCOUNT, EnforcedTest, Keys, allow, policy
from harness import ApiTest

HOUR = 3600


def trust(principal, actions="sts:AssumeRole", condition=None):
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def keys_of(server, answer):
    made = answer["Credentials"]
    return Keys(server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


class StsTest(EnforcedTest):
    def assume(self, keys, role, name="session", **parameters):
        answer = keys.client("sts").assume_role(RoleArn=role, RoleSessionName=name, **parameters)
        return keys_of(self.server, answer)

    def new_role(self, document=None, **trusting):
        return self.make_role(f"role-{next(self.names)}", document, trust(**trusting) if trusting else None)


class AssumeRoleTest(StsTest):
    def test_the_session_acts_as_the_role(self):
        user = self.make_user()
        role = self.new_role(allow("lambda:ListFunctions"), principal={"AWS": user.arn})
        answer = user.client("sts").assume_role(RoleArn=role, RoleSessionName="mine")
        name = role.rsplit("/", 1)[1]
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/mine"
        self.assertEqual(answer["AssumedRoleUser"]["Arn"], arn)
        self.assertTrue(answer["Credentials"]["AccessKeyId"].startswith("ASIA"))
        session = keys_of(self.server, answer)
        identity = session.client("sts").get_caller_identity()
        self.assertEqual((identity["Arn"], identity["Account"]), (arn, ACCOUNT))
        self.assertEqual(identity["UserId"], answer["AssumedRoleUser"]["AssumedRoleId"])
        session.client("lambda").list_functions()
        self.assert_refused("AccessDeniedException", session.client("lambda").get_account_settings)

    def test_who_may_assume_it(self):
        user = self.make_user()
        refused = f"User: {user.arn} is not authorized to perform: sts:AssumeRole on resource: "
        sts = user.client("sts")
        by_account = self.new_role(principal={"AWS": ACCOUNT})
        arguments = {"RoleSessionName": "session"}
        self.assert_refused(
            "AccessDenied",
            sts.assume_role,
            RoleArn=by_account,
            status=403,
            message=f"^{refused}{by_account} because no identity-based policy allows the sts:AssumeRole action$",
            **arguments,
        )
        self.grant(user.name, allow("sts:AssumeRole"))
        sts.assume_role(RoleArn=by_account, **arguments)
        of_others = self.new_role(principal={"Service": "lambda.amazonaws.com"})
        self.assert_refused(
            "AccessDenied", sts.assume_role, RoleArn=of_others, message="because no role trust policy", **arguments
        )
        absent = f"arn:aws:iam::{ACCOUNT}:role/absent"
        self.assert_refused(
            "AccessDenied", sts.assume_role, RoleArn=absent, message=f"^{refused}{absent}$", **arguments
        )
        self.assert_refused(
            "AccessDenied",
            self.root.client("sts").assume_role,
            RoleArn=by_account,
            message="^Roles may not be assumed by root accounts.$",
            **arguments,
        )

    def test_external_id(self):
        user = self.make_user()
        role = self.new_role(
            principal={"AWS": user.arn}, condition={"StringEquals": {"sts:ExternalId": "secret-42"}}
        )
        with self.assertRaisesRegex(Exception, "AccessDenied"):
            self.assume(user, role)
        self.assume(user, role, ExternalId="secret-42")

    def test_durations(self):
        user = self.make_user()
        role = self.new_role(allow("sts:AssumeRole"), principal={"AWS": user.arn})
        sts = user.client("sts", parameter_validation=False)
        arguments = {"RoleArn": role, "RoleSessionName": "session"}
        for seconds, message in (
            (899, "greater than or equal to 900"),
            (43201, "less than or equal to 43200"),
            (HOUR + 1, "exceeds the MaxSessionDuration set for this role"),
        ):
            self.assert_refused(
                "ValidationError", sts.assume_role, DurationSeconds=seconds, message=message, **arguments
            )
        self.iam.update_role(RoleName=role.rsplit("/", 1)[1], MaxSessionDuration=2 * HOUR)
        sts.assume_role(DurationSeconds=2 * HOUR, **arguments)
        session = self.assume(user, role)
        next_role = self.new_role(principal={"AWS": role})
        self.iam.update_role(RoleName=next_role.rsplit("/", 1)[1], MaxSessionDuration=2 * HOUR)
        self.assume(session, next_role, DurationSeconds=HOUR)
        self.assert_refused(
            "ValidationError",
            session.client("sts").assume_role,
            RoleArn=next_role,
            RoleSessionName="chained",
            DurationSeconds=HOUR + 1,
            message="^The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
            "chaining.$",
        )

    def test_session_policies_narrow(self):
        user = self.make_user()
        role = self.new_role(allow("*"), principal={"AWS": user.arn})
        read = "arn:aws:iam::aws:policy/AWSLambda_ReadOnlyAccess"
        for narrow in ({"Policy": allow("lambda:List*")}, {"PolicyArns": [{"arn": read}]}):
            with self.subTest(narrow=narrow):
                answer = user.client("sts").assume_role(RoleArn=role, RoleSessionName="session", **narrow)
                self.assertGreater(answer["PackedPolicySize"], 0)
                session = keys_of(self.server, answer)
                session.client("lambda").list_functions()
                self.assert_refused(
                    "AccessDeniedException",
                    session.client("lambda").delete_function,
                    FunctionName="absent",
                    message="because no session policy allows the lambda:DeleteFunction action$",
                )

    def test_policies_that_are_none(self):
        user = self.make_user()
        role = self.new_role(principal={"AWS": user.arn})
        sts = user.client("sts")
        arguments = {"RoleArn": role, "RoleSessionName": "session"}
        self.assert_refused("MalformedPolicyDocument", sts.assume_role, Policy="{}", **arguments)
        large = allow("lambda:*", [f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f{n}" for n in range(60)])
        self.assert_refused("PackedPolicyTooLarge", sts.assume_role, Policy=large, status=400, **arguments)
        absent = [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/absent"}]
        self.assert_refused("ValidationError", sts.assume_role, PolicyArns=absent, **arguments)

    def test_tags_reach_conditions(self):
        user = self.make_user()
        actions = ["sts:AssumeRole", "sts:TagSession"]
        condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
        statement = {"Effect": "Allow", "Action": "lambda:ListFunctions", "Resource": "*", "Condition": condition}
        chain = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        role = self.new_role(policy(statement, chain), principal={"AWS": user.arn}, actions=actions)
        red = self.assume(user, role, Tags=[{"Key": "team", "Value": "red"}], TransitiveTagKeys=["team"])
        red.client("lambda").list_functions()
        blue = self.assume(user, role, Tags=[{"Key": "team", "Value": "blue"}])
        self.assert_refused("AccessDeniedException", blue.client("lambda").list_functions)
        # Transitive tags go on to the next session, and cannot be changed there.
        further = self.new_role(policy(statement), principal={"AWS": role}, actions=actions)
        self.assume(red, further).client("lambda").list_functions()
        self.assert_refused("AccessDeniedException", self.assume(blue, further).client("lambda").list_functions)
        self.assert_refused(
            "InvalidParameterValue",
            red.client("sts").assume_role,
            RoleArn=further,
            RoleSessionName="session",
            Tags=[{"Key": "team", "Value": "blue"}],
        )
        untagged = self.new_role(principal={"AWS": user.arn})
        self.assert_refused(
            "AccessDenied",
            user.client("sts").assume_role,
            RoleArn=untagged,
            RoleSessionName="session",
            Tags=[{"Key": "team", "Value": "red"}],
            message="sts:TagSession",
        )

    def test_source_identity_stays(self):
        user = self.make_user()
        actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]
        role = self.new_role(allow(actions), principal={"AWS": user.arn}, actions=actions)
        session = self.assume(user, role, SourceIdentity="alice")
        further = self.new_role(principal={"AWS": role}, actions=actions)
        answer = session.client("sts").assume_role(RoleArn=further, RoleSessionName="session")
        self.assertEqual(answer["SourceIdentity"], "alice")
        self.assert_refused(
            "AccessDenied",
            session.client("sts").assume_role,
            RoleArn=further,
            RoleSessionName="session",
            SourceIdentity="mallory",
        )

    def test_tokens_that_are_not_good(self):
        user = self.make_user()
        role = self.new_role(principal={"AWS": user.arn})
        one, other = self.assume(user, role), self.assume(user, role)
        broken = Keys(self.server, one.key, one.secret, other.token)
        self.assert_refused("InvalidClientTokenId", broken.client("sts").get_caller_identity, status=403)
        wrong = Keys(self.server, one.key, other.secret, one.token)
        self.assert_refused("SignatureDoesNotMatch", wrong.client("sts").get_caller_identity)
        without = Keys(self.server, one.key, one.secret)
        self.assert_refused("InvalidClientTokenId", without.client("sts").get_caller_identity)

    def test_sessions_end_with_their_role(self):
        user = self.make_user()
        role = self.new_role(allow("lambda:*"), principal={"AWS": user.arn})
        session = self.assume(user, role)
        session.client("lambda").list_functions()
        name = role.rsplit("/", 1)[1]
        self.iam.delete_role_policy(RoleName=name, PolicyName="p")
        self.iam.delete_role(RoleName=name)
        self.make_role(name, allow("lambda:*"), trust({"AWS": user.arn}))
        self.assert_refused("AccessDeniedException", session.client("lambda").list_functions)

    def test_tokens_survive_a_crash(self):
        user = self.make_user()
        role = self.new_role(allow("lambda:ListFunctions"), principal={"AWS": user.arn})
        session = self.assume(user, role)
        self.server.kill()
        self.server.start()
        for keys in (session, self.root):
            keys.client("lambda").list_functions()
        type(self).iam = self.root.client("iam")
        type(self).functions = self.root.client("lambda")


class UserSessionsTest(StsTest):
    def test_session_tokens_are_the_user(self):
        user = self.make_user(allow(["lambda:*", "iam:*"]))
        answer = user.client("sts").get_session_token(DurationSeconds=900)
        session = keys_of(self.server, answer)
        self.assertEqual(session.client("sts").get_caller_identity()["Arn"], user.arn)
        session.client("lambda").list_functions()
        self.assert_refused("InvalidClientTokenId", session.client("iam").list_users)
        self.assert_refused(
            "AccessDenied",
            session.client("sts").get_session_token,
            message="^Cannot call GetSessionToken with session credentials$",
        )
        self.assert_refused("AccessDenied", user.client("sts").get_session_token, TokenCode="123456")

    def test_federated_users_have_what_both_policies_allow(self):
        user = self.make_user(allow(["sts:GetFederationToken", "lambda:*"]))
        sts = user.client("sts")
        answer = sts.get_federation_token(Name="alice", Policy=allow(["lambda:List*", "logs:*"]))
        arn = f"arn:aws:sts::{ACCOUNT}:federated-user/alice"
        self.assertEqual(answer["FederatedUser"], {"FederatedUserId": f"{ACCOUNT}:alice", "Arn": arn})
        alice = keys_of(self.server, answer)
        self.assertEqual(alice.client("sts").get_caller_identity()["Arn"], arn)
        alice.client("lambda").list_functions()
        self.assert_refused("AccessDeniedException", alice.client("lambda").get_account_settings)
        self.assert_refused("AccessDeniedException", alice.client("logs").describe_log_groups)
        nothing = keys_of(self.server, sts.get_federation_token(Name="nobody"))
        self.assert_refused("AccessDeniedException", nothing.client("lambda").list_functions)
        self.assert_refused("AccessDenied", self.make_user().client("sts").get_federation_token, Name="alice")

    def test_whose_key(self):
        user = self.make_user(allow("sts:*"))
        session = keys_of(self.server, user.client("sts").get_session_token())
        sts = user.client("sts")
        for key in (user.key, session.key, self.root.key):
            self.assertEqual(sts.get_access_key_info(AccessKeyId=key)["Account"], ACCOUNT)
        self.assert_refused("ValidationError", sts.get_access_key_info, AccessKeyId="AKIA" + "A" * 16)

    def test_messages_of_others(self):
        sts = self.make_user(allow("sts:*")).client("sts")
        self.assert_refused(
            "InvalidAuthorizationMessageException", sts.decode_authorization_message, EncodedMessage="abc"
        )

    def test_uses_of_keys_are_noted(self):
        user = self.make_user()
        user.client("sts").get_caller_identity()
        used = self.iam.get_access_key_last_used(AccessKeyId=user.key)["AccessKeyLastUsed"]
        self.assertEqual(used["ServiceName"], "sts")


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class IdentityProvider:
    """An OpenID Connect provider on this machine, with an RSA key that openssl made."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="martlet-test-")
        self.key = pathlib.Path(self.directory.name, "key.pem")
        self.openssl("genrsa", "-out", str(self.key), "2048")
        modulus = self.openssl("rsa", "-in", str(self.key), "-noout", "-modulus").decode().strip().split("=")[1]
        self.jwk = {"kty": "RSA", "kid": "one", "use": "sig", "n": encoded(bytes.fromhex(modulus)), "e": "AQAB"}
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                documents = {
                    "/.well-known/openid-configuration": {"jwks_uri": f"http://{provider.url}/keys"},
                    "/keys": {"keys": [provider.jwk]},
                }
                body = json.dumps(documents.get(self.path, {})).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.directory.cleanup()

    @staticmethod
    def openssl(*arguments, given=b""):
        return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout

    def token(self, **claims):
        now = int(time.time())
        claims = {
            "iss": f"https://{self.url}",
            "sub": "repo:me/it",
            "aud": "sts.amazonaws.com",
            "iat": now,
            "exp": now + 600,
            **claims,
        }
        header = {"alg": "RS256", "kid": "one", "typ": "JWT"}
        part = ".".join(encoded(json.dumps(each).encode()) for each in (header, claims))
        signature = self.openssl("dgst", "-sha256", "-sign", str(self.key), given=part.encode())
        return f"{part}.{encoded(signature)}"


class WebIdentityTest(StsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = IdentityProvider()
        cls.addClassCleanup(cls.provider.close)
        made = cls.iam.create_open_id_connect_provider(
            Url=f"https://{cls.provider.url}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
        )
        condition = {"StringEquals": {f"{cls.provider.url}:sub": "repo:me/it"}}
        cls.role = cls.make_role(
            "of-the-web",
            allow("lambda:ListFunctions"),
            trust(
                {"Federated": made["OpenIDConnectProviderArn"]},
                ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
                condition,
            ),
        )
        cls.sts = boto3.client(
            "sts",
            endpoint_url=cls.server.endpoint,
            region_name="us-east-1",
            config=botocore.config.Config(signature_version=botocore.UNSIGNED, retries={"max_attempts": 0}),
        )

    def call(self, token, **parameters):
        return self.sts.assume_role_with_web_identity(
            RoleArn=parameters.pop("RoleArn", self.role), RoleSessionName="web", WebIdentityToken=token, **parameters
        )

    def test_a_good_token(self):
        answer = self.call(self.provider.token())
        self.assertEqual(answer["SubjectFromWebIdentityToken"], "repo:me/it")
        self.assertEqual(answer["Audience"], "sts.amazonaws.com")
        session = keys_of(self.server, answer)
        session.client("lambda").list_functions()
        self.assert_refused("AccessDeniedException", session.client("lambda").get_account_settings)

    def test_tokens_that_are_not_good(self):
        token = self.provider.token()
        broken = token[:-8] + ("AAAAAAAA" if token[-8:] != "AAAAAAAA" else "BBBBBBBB")
        for code, bad, message in (
            ("InvalidIdentityToken", "no-token", "not a valid JWT"),
            ("InvalidIdentityToken", broken, "signature"),
            ("InvalidIdentityToken", self.provider.token(aud="others"), "^Incorrect token audience$"),
            ("InvalidIdentityToken", self.provider.token(iss="https://other.example"), "^No OpenIDConnect provider"),
            ("InvalidIdentityToken", self.provider.token(sub=""), "sub"),
            ("ExpiredTokenException", self.provider.token(exp=int(time.time()) - 10), "^Token expired"),
            ("AccessDenied", self.provider.token(sub="repo:you/it"), "^Not authorized to perform"),
        ):
            with self.subTest(message=message):
                self.assert_refused(code, self.call, bad, message=message)
        absent = f"arn:aws:iam::{ACCOUNT}:role/absent"
        self.assert_refused("AccessDenied", self.call, token, RoleArn=absent)

    def test_a_provider_that_is_away(self):
        self.iam.create_open_id_connect_provider(
            Url="https://127.0.0.1:1", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
        )
        self.assert_refused("IDPCommunicationError", self.call, self.provider.token(iss="https://127.0.0.1:1"))


class OpenTest(ApiTest):
    def test_roles_that_exist_can_be_assumed(self):
        iam, sts = self.server.client("iam"), self.server.client("sts")
        document = json.dumps(trust({"Service": "lambda.amazonaws.com"}))
        role = iam.create_role(RoleName="open", AssumeRolePolicyDocument=document)["Role"]
        answer = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session", DurationSeconds=900)
        session = keys_of(self.server, answer)
        self.assertEqual(session.client("sts").get_caller_identity()["Arn"], answer["AssumedRoleUser"]["Arn"])
        self.assert_refused(
            "AccessDenied",
            sts.assume_role,
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/absent",
            RoleSessionName="session",
            status=403,
        )
        self.assertEqual(sts.get_access_key_info(AccessKeyId=session.key)["Account"], ACCOUNT)
        session = keys_of(self.server, sts.get_session_token())
        self.assertEqual(session.client("sts").get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:root")


if __name__ == "__main__":
    unittest.main()
