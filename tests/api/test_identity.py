"""STS and IAM, as much of them as deploying a function needs."""

import json

from harness import ApiTest

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


class StsTest(ApiTest):
    def test_who_am_i(self):
        told = self.server.client("sts").get_caller_identity()
        self.assertEqual((told["Account"], told["UserId"]), ("000000000000", "000000000000"))
        self.assertEqual(told["Arn"], "arn:aws:iam::000000000000:root")
        told = self.server.client("sts", access_key="123456789012").get_caller_identity()
        self.assertEqual((told["Account"], told["Arn"]), ("123456789012", "arn:aws:iam::123456789012:root"))

    def test_by_get_and_without_credentials(self):
        answer = self.server.http("GET", "/?Action=GetCallerIdentity&Version=2011-06-15")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn(b"<Account>000000000000</Account>", answer.body)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/xml"))


class RolesTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.iam = cls.server.client("iam")

    def create(self, name, **settings):
        created = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **settings)["Role"]
        self.addCleanup(self.forget_role, name)
        return created

    def forget_role(self, name):
        try:
            self.iam.detach_role_policy(RoleName=name, PolicyArn=BASIC)
        except Exception:
            pass  # not attached, or an operation that is not there yet
        try:
            self.iam.delete_role(RoleName=name)
        except self.iam.exceptions.NoSuchEntityException:
            pass

    def test_create_get_delete(self):
        created = self.create("worker", Path="/team/", Description="Works", MaxSessionDuration=7200)
        self.assertEqual(created["Arn"], "arn:aws:iam::000000000000:role/team/worker")
        self.assertRegex(created["RoleId"], r"^AROA[A-Z0-9]{17}$")
        found = self.iam.get_role(RoleName="worker")["Role"]
        self.assertEqual(found["AssumeRolePolicyDocument"], TRUST)
        self.assertEqual((found["Path"], found["Description"], found["MaxSessionDuration"]), ("/team/", "Works", 7200))
        self.assertEqual((found["RoleId"], found["CreateDate"]), (created["RoleId"], created["CreateDate"]))
        self.iam.delete_role(RoleName="worker")
        self.assert_refused(
            "NoSuchEntity",
            self.iam.get_role,
            RoleName="worker",
            status=404,
            message="^The role with name worker cannot be found.$",
        )

    def test_roles_belong_to_an_account_not_a_region(self):
        self.create("everywhere")
        self.server.client("iam", region="eu-west-1").get_role(RoleName="everywhere")
        other = self.server.client("iam", access_key="123456789012")
        self.assert_refused("NoSuchEntity", other.get_role, RoleName="everywhere")

    def test_policies_attach(self):
        self.create("attached")
        self.iam.attach_role_policy(RoleName="attached", PolicyArn=BASIC)
        self.iam.attach_role_policy(RoleName="attached", PolicyArn=BASIC)  # again is all right
        self.assert_refused("NoSuchEntity", self.iam.attach_role_policy, RoleName="nobody", PolicyArn=BASIC, status=404)

    def test_refusals(self):
        self.create("taken")
        self.assert_refused(
            "EntityAlreadyExists",
            self.iam.create_role,
            RoleName="taken",
            AssumeRolePolicyDocument=json.dumps(TRUST),
            status=409,
            message="^Role with name taken already exists.$",
        )
        for document in ("{", "[]", "no policy", '{"Version": "2012-10-17"'):
            self.assert_refused(
                "MalformedPolicyDocument",
                self.iam.create_role,
                RoleName="bad",
                AssumeRolePolicyDocument=document,
                status=400,
            )
        for name in ("with space", "a" * 65, "a/b"):
            answer = self.server.query_call(
                "iam",
                f"Action=CreateRole&Version=2010-05-08&RoleName={name.replace(' ', '%20')}&AssumeRolePolicyDocument=%7B%7D",
            )
            self.assertEqual(answer.status, 400, name)
            self.assertIn("<Code>ValidationError</Code>", answer.body.decode(), name)
        self.assert_refused("NoSuchEntity", self.iam.delete_role, RoleName="nobody", status=404)
        answer = self.server.query_call("iam", "Action=GetRole&Version=2010-05-08")
        self.assertEqual(answer.status, 400)
        self.assertIn("roleName", answer.body.decode())

    def test_query_bodies_that_are_garbage(self):
        for body in (
            "",
            "Action",
            "=&=&",
            "Action=%ZZ",
            "Action=GetRole&RoleName=%",
            "&" * 10_000,
            "Action=GetRole&RoleName.member.99999999999=x",
        ):
            answer = self.server.query_call("iam", body)
            self.assertTrue(400 <= answer.status < 500, (body[:40], answer.status, answer.body[:200]))
        self.assert_healthy()
