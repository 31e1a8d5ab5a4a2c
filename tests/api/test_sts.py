"""STS: temporary credentials, under `--auth enforce` and `--auth open`."""

import datetime
import json
import time
import unittest

from botocore.exceptions import ClientError

from enforcing import ACCOUNT, EnforcedTest, Keys, allow, policy, trust
from harness import ApiTest, Server
from sealed import expiring

HOUR = 3600


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

    def test_limits_of_tags(self):
        user = self.make_user()
        role = self.new_role(principal={"AWS": user.arn}, actions=["sts:AssumeRole", "sts:TagSession"])
        sts = user.client("sts", parameter_validation=False)
        arguments = {"RoleArn": role, "RoleSessionName": "session"}
        sts.assume_role(Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)], **arguments)
        largest = sts.assume_role(Tags=[{"Key": "k" * 128, "Value": "v" * 256}], **arguments)
        self.assertTrue(0 < largest["PackedPolicySize"] < 100)
        for code, tags, keys, message in (
            ("ValidationError", [{"Key": f"k{n}", "Value": ""} for n in range(51)], [], "tags"),
            ("ValidationError", [{"Key": "k" * 129, "Value": ""}], [], "tags.1.member.key"),
            ("ValidationError", [{"Key": "k", "Value": "v" * 257}], [], "tags.1.member.value"),
            ("ValidationError", [{"Key": "", "Value": ""}], [], "tags.1.member.key"),
            ("ValidationError", [{"Key": "a*b", "Value": ""}], [], "tags.1.member.key"),
            ("InvalidParameterValue", [{"Key": "k", "Value": ""}, {"Key": "K", "Value": ""}], [], "Duplicate"),
            ("InvalidParameterValue", [{"Key": "k", "Value": ""}], ["other"], "transitive"),
            ("PackedPolicyTooLarge", [{"Key": f"{n:0128}", "Value": "v" * 256} for n in range(50)], [], "%"),
        ):
            with self.subTest(message=message):
                self.assert_refused(
                    code, sts.assume_role, Tags=tags, TransitiveTagKeys=keys, message=message, **arguments
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
        # Also beyond a session that did not name it, and for whoever sets none of its own.
        last = self.new_role(principal={"AWS": further}, actions=actions)
        self.iam.put_role_policy(
            RoleName=further.rsplit("/", 1)[1], PolicyName="p", PolicyDocument=allow(actions)
        )
        made = keys_of(self.server, answer)
        answer = made.client("sts").assume_role(RoleArn=last, RoleSessionName="session", SourceIdentity="alice")
        self.assertEqual(answer["SourceIdentity"], "alice")
        # Who passes one on needs leave to, as who sets it does.
        silent = self.new_role(principal={"AWS": role})
        self.assert_refused(
            "AccessDenied",
            session.client("sts").assume_role,
            RoleArn=silent,
            RoleSessionName="session",
            message="sts:SetSourceIdentity",
        )
        for bad in ("a", "a" * 65, "al*ce"):
            self.assert_refused(
                "ValidationError",
                user.client("sts", parameter_validation=False).assume_role,
                RoleArn=role,
                RoleSessionName="session",
                SourceIdentity=bad,
                message="sourceIdentity",
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

    def test_sessions_that_are_over(self):
        user = self.make_user(allow("sts:*"))
        sts = user.client("sts")
        role = self.new_role(allow("*"), principal={"AWS": user.arn})
        past = int(time.time()) - 1
        for made in (
            self.assume(user, role),
            keys_of(self.server, sts.get_session_token()),
            keys_of(self.server, sts.get_federation_token(Name="alice", Policy=allow("*"))),
            keys_of(self.server, self.root.client("sts").get_session_token()),
        ):
            made.client("sts").get_caller_identity()
            over = expiring(made, past)
            for service, operation, code in (
                ("sts", "get_caller_identity", "ExpiredToken"),
                ("iam", "list_users", "ExpiredToken"),
                ("sns", "list_topics", "ExpiredToken"),
                ("lambda", "list_functions", "ExpiredTokenException"),
                ("logs", "describe_log_groups", "ExpiredTokenException"),
            ):
                self.assert_refused(
                    code,
                    getattr(over.client(service), operation),
                    status=400 if service == "logs" else 403,
                    message="^The security token included in the request is expired$",
                )
            made.client("sts").get_caller_identity()
            expiring(made, past + HOUR).client("sts").get_caller_identity()

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

    def test_durations(self):
        user = self.make_user(allow("sts:GetFederationToken"))
        for keys, longest in ((user, 129600), (self.root, HOUR)):
            sts = keys.client("sts", parameter_validation=False)
            for operation in (sts.get_session_token, lambda **given: sts.get_federation_token(Name="al", **given)):
                for seconds, lasts in ((900, 900), (HOUR, HOUR), (129600, longest), (None, min(longest, 12 * HOUR))):
                    given = {} if seconds is None else {"DurationSeconds": seconds}
                    until = operation(**given)["Credentials"]["Expiration"]
                    left = (until - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
                    self.assertTrue(lasts - 60 < left <= lasts, (seconds, left))
                for seconds in (899, 129601, 0, -1):
                    self.assert_refused(
                        "ValidationError", operation, DurationSeconds=seconds, message="durationSeconds"
                    )
        for name in ("a", "a" * 33, "al ice"):
            self.assert_refused(
                "ValidationError", sts.get_federation_token, Name=name, message="at 'name' failed"
            )

    def test_sessions_end_with_their_user(self):
        user = self.make_user(allow(["lambda:*", "sts:*"]))
        sts = user.client("sts")
        # What names the user lets it in whatever its own policies say.
        role = self.new_role(principal={"AWS": user.arn})
        session = keys_of(self.server, sts.get_session_token())
        alice = keys_of(self.server, sts.get_federation_token(Name="alice", Policy=allow("*")))
        for keys in (session, alice):
            keys.client("lambda").list_functions()
        # They are not the access key's that asked for them.
        self.iam.update_access_key(UserName=user.name, AccessKeyId=user.key, Status="Inactive")
        self.assert_refused("InvalidClientTokenId", sts.get_caller_identity)
        self.assert_refused("UnrecognizedClientException", user.client("lambda").list_functions)
        session.client("lambda").list_functions()
        self.iam.update_access_key(UserName=user.name, AccessKeyId=user.key, Status="Active")
        sts.get_caller_identity()
        self.iam.delete_access_key(UserName=user.name, AccessKeyId=user.key)
        self.assert_refused("InvalidClientTokenId", sts.get_caller_identity)
        self.iam.delete_user_policy(UserName=user.name, PolicyName="p")
        self.iam.delete_user(UserName=user.name)
        assume = session.client("sts").assume_role
        self.assert_refused("AccessDenied", assume, RoleArn=role, RoleSessionName="gone")
        self.iam.create_user(UserName=user.name)
        self.grant(user.name, allow("*"))
        for keys in (session, alice):
            self.assert_refused("AccessDeniedException", keys.client("lambda").list_functions)
        self.assert_refused("AccessDenied", assume, RoleArn=role, RoleSessionName="gone")

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


class ChangeOfModeTest(unittest.TestCase):
    """What an open server gives to everybody does not outlast it."""

    def test_sessions(self):
        server = Server("--auth", "audit", ephemeral=False)
        self.addCleanup(server.remove)
        server.start()
        iam, sts = server.client("iam"), server.client("sts")
        document = json.dumps(trust({"Service": "lambda.amazonaws.com"}))
        role = iam.create_role(RoleName="mighty", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        iam.put_role_policy(RoleName="mighty", PolicyName="p", PolicyDocument=allow("*"))
        user = iam.create_user(UserName="alice")["User"]
        key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
        given = [
            sts.assume_role(RoleArn=role, RoleSessionName="nobody"),
            # Whoever knows the id of somebody's key.
            server.client("sts", access_key=key).get_session_token(),
            sts.get_federation_token(Name="nobody", Policy=allow("*")),
        ]
        given = [keys_of(server, answer) for answer in given]
        self.assertEqual(given[1].client("sts").get_caller_identity()["Arn"], user["Arn"])
        self.assertEqual(server.stop(), 0)
        server.change_arguments("--auth", "enforce")
        server.start()
        root = Keys(server, *(server.data / "root-access-key").read_text().split())
        for session in given:
            with self.assertRaisesRegex(ClientError, "InvalidClientTokenId"):
                session.client("sts").get_caller_identity()
        earned = keys_of(server, root.client("sts").get_session_token())
        earned.client("sts").get_caller_identity()
        self.assertEqual(server.stop(), 0)
        server.change_arguments("--auth", "audit")
        server.start()
        earned.client("sts").get_caller_identity()
        self.assertEqual(server.stop(), 0)


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
