"""Policies of IAM: managed ones with their versions, inline ones, boundaries; who uses them."""

import json

from test_iam_users import BASIC, POLICY, IamTest

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
SERVERLESS = (
    "service-role/AWSLambdaBasicExecutionRole service-role/AWSLambdaVPCAccessExecutionRole "
    "service-role/AWSLambdaSQSQueueExecutionRole service-role/AWSLambdaKinesisExecutionRole "
    "service-role/AWSLambdaDynamoDBExecutionRole service-role/AWSLambdaRole AWSLambdaExecute AWSXRayDaemonWriteAccess "
    "CloudWatchLogsFullAccess AWSLambda_FullAccess AWSLambda_ReadOnlyAccess AmazonSQSFullAccess AmazonSQSReadOnlyAccess "
    "AmazonSNSFullAccess AmazonSNSReadOnlyAccess AmazonDynamoDBFullAccess AmazonDynamoDBReadOnlyAccess AmazonS3FullAccess "
    "AmazonS3ReadOnlyAccess AmazonKinesisFullAccess AmazonKinesisReadOnlyAccess AmazonEventBridgeFullAccess "
    "AWSStepFunctionsFullAccess AmazonAPIGatewayAdministrator AdministratorAccess PowerUserAccess ReadOnlyAccess "
    "IAMFullAccess IAMReadOnlyAccess SecurityAudit job-function/ViewOnlyAccess"
).split()


def statement(action):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


class PoliciesTest(IamTest):
    def create(self, name, document=POLICY, **settings):
        return self.iam.create_policy(PolicyName=name, PolicyDocument=document, **settings)["Policy"]

    def test_create_get_delete(self):
        created = self.create("Read", Path="/app/", Description="Reads", Tags=[{"Key": "k", "Value": "v"}])
        self.assertEqual(created["Arn"], "arn:aws:iam::000000000000:policy/app/Read")
        self.assertRegex(created["PolicyId"], r"^ANPA[A-Z2-7]{17}$")
        found = self.iam.get_policy(PolicyArn=created["Arn"])["Policy"]
        self.assertEqual(found, created)
        self.assertEqual((found["DefaultVersionId"], found["AttachmentCount"]), ("v1", 0))
        self.assertEqual((found["Description"], found["Tags"]), ("Reads", [{"Key": "k", "Value": "v"}]))
        self.assertTrue(found["IsAttachable"])
        self.assert_refused(
            "EntityAlreadyExists",
            self.iam.create_policy,
            PolicyName="read",
            PolicyDocument=POLICY,
            status=409,
            message="^A policy called read already exists. Duplicate names are not allowed.$",
        )
        self.assert_refused("MalformedPolicyDocument", self.create, "bad", "{}")
        self.assert_refused("LimitExceeded", self.create, "big", statement("s3:" + "x" * 6144), message="PolicySize: 6144")
        self.iam.delete_policy(PolicyArn=created["Arn"])
        self.assert_refused("NoSuchEntity", self.iam.get_policy, PolicyArn=created["Arn"], status=404)
        self.assert_refused("NoSuchEntity", self.iam.delete_policy, PolicyArn=created["Arn"])
        self.assert_refused("InvalidInput", self.iam.get_policy, PolicyArn="arn:aws:s3:::not-a-policy")

    def test_versions(self):
        arn = self.create("p", statement("s3:Get1"))["Arn"]
        for i in range(2, 6):
            made = self.iam.create_policy_version(
                PolicyArn=arn, PolicyDocument=statement(f"s3:Get{i}"), SetAsDefault=i == 3
            )["PolicyVersion"]
            self.assertEqual((made["VersionId"], made["IsDefaultVersion"]), (f"v{i}", i == 3))
        self.assert_refused(
            "LimitExceeded",
            self.iam.create_policy_version,
            PolicyArn=arn,
            PolicyDocument=POLICY,
            message="can have up to 5 versions",
        )
        self.assertEqual(self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v3")
        pages = self.pages("list_policy_versions", "Versions", 2, PolicyArn=arn)
        self.assertEqual(
            [[version["VersionId"] for version in page] for page in pages], [["v5", "v4"], ["v3", "v2"], ["v1"]]
        )
        found = self.iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
        self.assertEqual(found["Document"]["Statement"][0]["Action"], "s3:Get2")
        self.assert_refused("DeleteConflict", self.iam.delete_policy_version, PolicyArn=arn, VersionId="v3")
        self.assert_refused("DeleteConflict", self.iam.delete_policy, PolicyArn=arn, message="more than one version")
        self.iam.set_default_policy_version(PolicyArn=arn, VersionId="v5")
        for version in ("v1", "v2", "v3", "v4"):
            self.iam.delete_policy_version(PolicyArn=arn, VersionId=version)
        for call in (self.iam.get_policy_version, self.iam.set_default_policy_version, self.iam.delete_policy_version):
            self.assert_refused("NoSuchEntity", call, PolicyArn=arn, VersionId="v4")
        made = self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=POLICY)["PolicyVersion"]
        self.assertEqual(made["VersionId"], "v6")
        self.iam.delete_policy_version(PolicyArn=arn, VersionId="v6")
        self.iam.delete_policy(PolicyArn=arn)

    def test_aws_managed_policies(self):
        for name in SERVERLESS:
            arn = f"arn:aws:iam::aws:policy/{name}"
            policy = self.iam.get_policy(PolicyArn=arn)["Policy"]
            self.assertEqual(policy["PolicyName"], name.rpartition("/")[2])
            self.assertTrue(policy["Description"])
            version = self.iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
            self.assertEqual(version["Document"]["Version"], "2012-10-17")
            self.assertTrue(version["Document"]["Statement"])
        document = self.iam.get_policy_version(PolicyArn=BASIC, VersionId="v1")["PolicyVersion"]["Document"]
        self.assertEqual(
            document["Statement"][0]["Action"], ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        )
        self.assertEqual(len(self.iam.list_policy_versions(PolicyArn=BASIC)["Versions"]), 1)
        msk = "arn:aws:iam::aws:policy/service-role/AWSLambdaMSKExecutionRole"
        shown = self.iam.get_policy(PolicyArn=msk)["Policy"]
        self.assertEqual((shown["DefaultVersionId"], shown["CreateDate"].year, shown["UpdateDate"].year), ("v2", 2020, 2022))
        versions = self.iam.list_policy_versions(PolicyArn=msk)["Versions"]
        self.assertEqual([(v["VersionId"], v["CreateDate"].year) for v in versions], [("v2", 2022)])
        self.assert_refused("NoSuchEntity", self.iam.get_policy_version, PolicyArn=msk, VersionId="v1")
        for call, more in (
            (self.iam.delete_policy, {}),
            (self.iam.create_policy_version, {"PolicyDocument": POLICY}),
            (self.iam.tag_policy, {"Tags": [{"Key": "k", "Value": "v"}]}),
        ):
            self.assert_refused("AccessDenied", call, PolicyArn=BASIC, status=403, **more)
        self.assert_refused("NoSuchEntity", self.iam.get_policy, PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")

    def test_lists(self):
        own = [self.create(name, Path=path)["Arn"] for name, path in (("b", "/x/"), ("A", "/"))]
        names = [policy["PolicyName"] for policy in self.iam.list_policies(Scope="Local")["Policies"]]
        self.assertEqual(names, ["A", "b"])
        self.assertEqual(self.iam.list_policies(Scope="Local", PathPrefix="/x/")["Policies"][0]["Arn"], own[0])
        aws = [policy for page in self.pages("list_policies", "Policies", 10, Scope="AWS") for policy in page]
        self.assertGreater(len(aws), 60)
        self.assertEqual(len({policy["Arn"] for policy in aws}), len(aws))
        every = [policy for page in self.pages("list_policies", "Policies", 7) for policy in page]
        self.assertEqual(len(every), len(aws) + 2)
        self.assertEqual(self.iam.list_policies(OnlyAttached=True)["Policies"], [])
        self.iam.create_user(UserName="u", PermissionsBoundary=own[1])
        self.iam.attach_user_policy(UserName="u", PolicyArn=own[0])
        self.iam.attach_user_policy(UserName="u", PolicyArn=BASIC)
        attached = self.iam.list_policies(OnlyAttached=True)["Policies"]
        self.assertEqual([policy["Arn"] for policy in attached], [BASIC, own[0]])
        boundaries = self.iam.list_policies(PolicyUsageFilter="PermissionsBoundary")["Policies"]
        self.assertEqual([policy["Arn"] for policy in boundaries], [own[1]])

    def test_tags(self):
        arn = self.create("p")["Arn"]
        self.iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "b", "Value": "1"}, {"Key": "B", "Value": "2"}])
        self.iam.untag_policy(PolicyArn=arn, TagKeys=["b"])
        self.assertEqual(self.iam.list_policy_tags(PolicyArn=arn)["Tags"], [{"Key": "B", "Value": "2"}])
        self.assertEqual(self.iam.list_policy_tags(PolicyArn=BASIC)["Tags"], [])

    def test_entities_and_counts(self):
        arn = self.create("p")["Arn"]
        self.iam.create_user(UserName="u", Path="/x/")
        self.iam.create_group(GroupName="g")
        self.iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST), PermissionsBoundary=arn)
        self.iam.attach_user_policy(UserName="u", PolicyArn=arn)
        self.iam.attach_group_policy(GroupName="g", PolicyArn=arn)
        self.iam.attach_role_policy(RoleName="r", PolicyArn=arn)
        policy = self.iam.get_policy(PolicyArn=arn)["Policy"]
        self.assertEqual((policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]), (3, 1))

        def entities(**filters):
            found = self.iam.list_entities_for_policy(PolicyArn=arn, **filters)
            return [
                [entity[name] for entity in found[member]]
                for member, name in (
                    ("PolicyUsers", "UserName"),
                    ("PolicyGroups", "GroupName"),
                    ("PolicyRoles", "RoleName"),
                )
            ]

        self.assertEqual(entities(), [["u"], ["g"], ["r"]])
        self.assertEqual(entities(EntityFilter="Group"), [[], ["g"], []])
        self.assertEqual(entities(PathPrefix="/x/"), [["u"], [], []])
        self.assertEqual(entities(PolicyUsageFilter="PermissionsBoundary"), [[], [], ["r"]])
        first = self.iam.list_entities_for_policy(PolicyArn=arn, MaxItems=2)
        self.assertEqual(entities(Marker=first["Marker"]), [["u"], [], []])
        self.assert_refused(
            "DeleteConflict",
            self.iam.delete_policy,
            PolicyArn=arn,
            message="^Cannot delete a policy attached to entities.$",
        )
        self.iam.detach_user_policy(UserName="u", PolicyArn=arn)
        self.iam.detach_group_policy(GroupName="g", PolicyArn=arn)
        self.iam.detach_role_policy(RoleName="r", PolicyArn=arn)
        self.assert_refused("DeleteConflict", self.iam.delete_policy, PolicyArn=arn)
        self.iam.delete_role_permissions_boundary(RoleName="r")
        self.iam.delete_policy(PolicyArn=arn)
        self.assert_refused("NoSuchEntity", self.iam.list_entities_for_policy, PolicyArn=arn)


class PrincipalPoliciesTest(IamTest):
    """What is the same for users, groups and roles."""

    def setUp(self):
        super().setUp()
        self.iam.create_user(UserName="it")
        self.iam.create_group(GroupName="it")
        self.iam.create_role(RoleName="it", AssumeRolePolicyDocument=json.dumps(TRUST))

    def calls(self, kind):
        """A function that calls an operation by its name, in which X is the kind, for the thing called "it"."""

        def call(operation, name="it", **parameters):
            return getattr(self.iam, operation.replace("X", kind))(**{f"{kind.title()}Name": name}, **parameters)

        return call

    def test_managed_policies(self):
        for kind in ("user", "group", "role"):
            call = self.calls(kind)
            call("attach_X_policy", PolicyArn=BASIC)
            call("attach_X_policy", name="IT", PolicyArn=BASIC)
            names = ["AmazonSQSFullAccess", "AmazonSNSFullAccess", "AmazonS3FullAccess"]
            for name in names:
                call("attach_X_policy", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
            pages = self.pages(f"list_attached_{kind}_policies", "AttachedPolicies", 3, **{f"{kind.title()}Name": "it"})
            self.assertEqual([len(page) for page in pages], [3, 1])
            only = call("list_attached_X_policies", PathPrefix="/service-role/")["AttachedPolicies"]
            self.assertEqual(only, [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC}])
            self.assert_refused("NoSuchEntity", call, "attach_X_policy", name="nobody", PolicyArn=BASIC, status=404)
            none = "arn:aws:iam::000000000000:policy/none"
            message = f"^Policy {none} does not exist or is not attachable.$"
            self.assert_refused("NoSuchEntity", call, "attach_X_policy", PolicyArn=none, message=message)
            for name in ("AmazonSQSReadOnlyAccess", "AmazonSNSReadOnlyAccess", "AmazonS3ReadOnlyAccess"):
                call("attach_X_policy", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
            for name in ("AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess"):
                call("attach_X_policy", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
            message = f"^Cannot exceed quota for PoliciesPer{kind.title()}: 10$"
            more = "arn:aws:iam::aws:policy/IAMFullAccess"
            self.assert_refused("LimitExceeded", call, "attach_X_policy", PolicyArn=more, status=409, message=message)
            self.assert_refused("DeleteConflict", call, "delete_X", message="must detach all policies first")
            call("detach_X_policy", PolicyArn=BASIC)
            self.assert_refused("NoSuchEntity", call, "detach_X_policy", PolicyArn=BASIC)

    def test_inline_policies(self):
        for kind, size in (("user", 2048), ("group", 5120), ("role", 10240)):
            call = self.calls(kind)
            for name in ("q", "p"):
                call("put_X_policy", PolicyName=name, PolicyDocument=POLICY)
            found = call("get_X_policy", name="IT", PolicyName="p")
            self.assertEqual((found[f"{kind.title()}Name"], found["PolicyName"]), ("it", "p"))
            self.assertEqual(found["PolicyDocument"], json.loads(POLICY))
            pages = self.pages(f"list_{kind}_policies", "PolicyNames", 1, **{f"{kind.title()}Name": "it"})
            self.assertEqual(pages, [["p"], ["q"]])
            for document in ("{", "[]", '{"Statement": []}'):
                self.assert_refused(
                    "MalformedPolicyDocument", call, "put_X_policy", PolicyName="p", PolicyDocument=document
                )
            big = statement("s3:" + "x" * (size - 150))
            message = f"^Maximum policy size of {size} bytes exceeded for {kind} it$"
            self.assert_refused(
                "LimitExceeded", call, "put_X_policy", PolicyName="big", PolicyDocument=big, message=message
            )
            self.assert_refused("DeleteConflict", call, "delete_X", message="must delete policies first")
            for name in ("q", "p"):
                call("delete_X_policy", PolicyName=name)
            message = f"^The {kind} policy with name p cannot be found.$"
            for operation in ("get_X_policy", "delete_X_policy"):
                self.assert_refused("NoSuchEntity", call, operation, PolicyName="p", status=404, message=message)
            call("put_X_policy", PolicyName="big", PolicyDocument=big)
            self.assert_refused("NoSuchEntity", call, "list_X_policies", name="nobody")

    def test_permissions_boundaries(self):
        boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
        for kind in ("user", "role"):
            call = self.calls(kind)
            call("put_X_permissions_boundary", PermissionsBoundary=boundary)
            found = call("get_X")[kind.title()]["PermissionsBoundary"]
            self.assertEqual(found["PermissionsBoundaryArn"], boundary)
            call("delete_X_permissions_boundary")
            self.assertNotIn("PermissionsBoundary", call("get_X")[kind.title()])
            self.assert_refused(
                "NoSuchEntity",
                call,
                "put_X_permissions_boundary",
                PermissionsBoundary="arn:aws:iam::000000000000:policy/none",
                message="^Scope ARN: .* does not exist or is not attachable.$",
            )
