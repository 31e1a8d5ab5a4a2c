"""Roles of IAM beyond what deploying a function needs: changes, services' own roles, instance profiles; and restarts."""

import json

from harness import ApiTest
from test_iam_policies import TRUST
from test_iam_users import BASIC, POLICY, IamTest


class RolesTest(IamTest):
    def create(self, name="r", **settings):
        return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **settings)["Role"]

    def test_update(self):
        self.create()
        self.iam.update_role(RoleName="r", Description="new", MaxSessionDuration=7200)
        role = self.iam.get_role(RoleName="r")["Role"]
        self.assertEqual((role["Description"], role["MaxSessionDuration"]), ("new", 7200))
        changed = self.iam.update_role_description(RoleName="r", Description="newer")["Role"]
        self.assertEqual((changed["Description"], changed["MaxSessionDuration"]), ("newer", 7200))
        trust = json.loads(json.dumps(TRUST).replace("lambda", "events"))
        self.iam.update_assume_role_policy(RoleName="r", PolicyDocument=json.dumps(trust))
        self.assertEqual(self.iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"], trust)
        self.assert_refused(
            "MalformedPolicyDocument", self.iam.update_assume_role_policy, RoleName="r", PolicyDocument=POLICY
        )
        self.assert_refused("NoSuchEntity", self.iam.update_role, RoleName="nobody")

    def test_who_is_trusted_exists(self):
        account = "arn:aws:iam::000000000000:"
        self.iam.create_user(UserName="ann", Path="/team/")

        def trust(who):
            statement = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"}
            return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

        # (What other accounts have is not known.)
        for who in (account + "user/team/ann", account + "root", "000000000000", "arn:aws:iam::111122223333:role/x"):
            self.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(who))
            self.iam.delete_role(RoleName="r")
        self.create()
        for who in (account + "user/ann", account + "user/nobody", account + "role/nobody", account + "group/g", "ann"):
            for call, names in (
                (self.iam.create_role, {"RoleName": "s", "AssumeRolePolicyDocument": trust(who)}),
                (self.iam.update_assume_role_policy, {"RoleName": "r", "PolicyDocument": trust(["000000000000", who])}),
            ):
                message = f'^Invalid principal in policy: "AWS":"{who}"$'
                self.assert_refused("MalformedPolicyDocument", call, status=400, message=message, **names)
        self.assertEqual(self.iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"], TRUST)
        self.iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust([account + "role/r"]))  # itself

    def test_tags(self):
        self.create(Tags=[{"Key": "b", "Value": "1"}])
        self.iam.tag_role(RoleName="r", Tags=[{"Key": "a", "Value": "2"}])
        self.assertEqual([tag["Key"] for tag in self.iam.list_role_tags(RoleName="r")["Tags"]], ["a", "b"])
        self.iam.untag_role(RoleName="r", TagKeys=["B"])
        self.assertEqual(self.iam.get_role(RoleName="r")["Role"]["Tags"], [{"Key": "a", "Value": "2"}])

    def test_service_linked_roles(self):
        role = self.iam.create_service_linked_role(
            AWSServiceName="autoscaling.amazonaws.com", Description="d", CustomSuffix="mine"
        )["Role"]
        self.assertEqual(role["RoleName"], "AWSServiceRoleForAutoScaling_mine")
        self.assertEqual(role["Path"], "/aws-service-role/autoscaling.amazonaws.com/")
        name = role["RoleName"]
        self.assert_refused(
            "InvalidInput",
            self.iam.create_service_linked_role,
            AWSServiceName="autoscaling.amazonaws.com",
            CustomSuffix="mine",
            message="has been taken in this account",
        )
        self.assert_refused(
            "InvalidInput", self.iam.create_service_linked_role, AWSServiceName="nothing.amazonaws.com"
        )
        for call, more in (
            (self.iam.delete_role, {}),
            (self.iam.attach_role_policy, {"PolicyArn": BASIC}),
            (self.iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": POLICY}),
            (self.iam.update_role, {"MaxSessionDuration": 7200}),
            (self.iam.update_assume_role_policy, {"PolicyDocument": json.dumps(TRUST)}),
        ):
            self.assert_refused("UnmodifiableEntity", call, RoleName=name, status=400, message="protected role", **more)
        self.iam.update_role(RoleName=name, Description="changed")
        self.iam.tag_role(RoleName=name, Tags=[{"Key": "k", "Value": "v"}])
        changed = self.iam.get_role(RoleName=name)["Role"]
        self.assertEqual((changed["Description"], changed["Tags"]), ("changed", [{"Key": "k", "Value": "v"}]))
        task = self.iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
        self.assertRegex(task, f"^task/aws-service-role/autoscaling.amazonaws.com/{name}/")
        status = self.iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
        self.assertEqual(status["Status"], "SUCCEEDED")
        self.assert_refused("NoSuchEntity", self.iam.get_role, RoleName=name)
        self.assert_refused("NoSuchEntity", self.iam.get_service_linked_role_deletion_status, DeletionTaskId="task/x")
        self.create()
        self.assert_refused("NoSuchEntity", self.iam.delete_service_linked_role, RoleName="r")

    def test_service_linked_roles_have_the_policy_of_their_service(self):
        service = "lambda.application-autoscaling.amazonaws.com"
        name = self.iam.create_service_linked_role(AWSServiceName=service)["Role"]["RoleName"]
        arn = "arn:aws:iam::aws:policy/aws-service-role/AWSApplicationAutoscalingLambdaConcurrencyPolicy"
        attached = self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        self.assertEqual([policy["PolicyArn"] for policy in attached], [arn])
        self.create()
        self.assert_refused(
            "PolicyNotAttachable", self.iam.attach_role_policy, RoleName="r", PolicyArn=arn, status=400
        )
        self.iam.delete_service_linked_role(RoleName=name)
        self.assertEqual(self.iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"], 0)

    def test_instance_profiles(self):
        created = self.iam.create_instance_profile(
            InstanceProfileName="P", Path="/x/", Tags=[{"Key": "k", "Value": "v"}]
        )["InstanceProfile"]
        self.assertEqual(created["Arn"], "arn:aws:iam::000000000000:instance-profile/x/P")
        self.assertRegex(created["InstanceProfileId"], r"^AIPA[A-Z2-7]{17}$")
        self.assertEqual(created["Roles"], [])
        message = "^Instance Profile p already exists.$"
        self.assert_refused(
            "EntityAlreadyExists", self.iam.create_instance_profile, InstanceProfileName="p", message=message
        )
        self.create("One")
        self.create("two")
        self.assert_refused(
            "NoSuchEntity", self.iam.add_role_to_instance_profile, InstanceProfileName="p", RoleName="none"
        )
        self.iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="one")
        message = "^Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1$"
        self.assert_refused(
            "LimitExceeded",
            self.iam.add_role_to_instance_profile,
            InstanceProfileName="p",
            RoleName="two",
            message=message,
        )
        found = self.iam.get_instance_profile(InstanceProfileName="p")["InstanceProfile"]
        self.assertEqual([role["RoleName"] for role in found["Roles"]], ["One"])
        self.assertEqual(found["Tags"], [{"Key": "k", "Value": "v"}])
        listed = self.iam.list_instance_profiles_for_role(RoleName="one")["InstanceProfiles"]
        self.assertEqual([profile["InstanceProfileName"] for profile in listed], ["P"])
        self.assertEqual(self.iam.list_instance_profiles_for_role(RoleName="two")["InstanceProfiles"], [])
        self.assertEqual(len(self.iam.list_instance_profiles(PathPrefix="/x/")["InstanceProfiles"]), 1)
        message = "must remove roles from instance profile first"
        self.assert_refused("DeleteConflict", self.iam.delete_role, RoleName="one", message=message)
        self.assert_refused(
            "DeleteConflict", self.iam.delete_instance_profile, InstanceProfileName="p", message=message
        )
        self.iam.tag_instance_profile(InstanceProfileName="p", Tags=[{"Key": "a", "Value": "b"}])
        self.iam.untag_instance_profile(InstanceProfileName="p", TagKeys=["k"])
        self.assertEqual(
            self.iam.list_instance_profile_tags(InstanceProfileName="p")["Tags"], [{"Key": "a", "Value": "b"}]
        )
        self.iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="ONE")
        self.assert_refused(
            "NoSuchEntity", self.iam.remove_role_from_instance_profile, InstanceProfileName="p", RoleName="one"
        )
        self.iam.delete_instance_profile(InstanceProfileName="p")
        message = "^Instance Profile p cannot be found.$"
        self.assert_refused("NoSuchEntity", self.iam.get_instance_profile, InstanceProfileName="p", message=message)
        self.iam.delete_role(RoleName="one")

    def test_pages(self):
        for name in ("b", "C", "a"):
            self.create(name)
            self.iam.create_instance_profile(InstanceProfileName=name)
        names = [[role["RoleName"] for role in page] for page in self.pages("list_roles", "Roles", 2)]
        self.assertEqual(names, [["a", "b"], ["C"]])
        pages = self.pages("list_instance_profiles", "InstanceProfiles", 2)
        self.assertEqual([[p["InstanceProfileName"] for p in page] for page in pages], [["a", "b"], ["C"]])


class RestartTest(ApiTest):
    EPHEMERAL = False

    def test_everything_is_kept_and_no_secret_is_readable(self):
        iam = self.server.client("iam")
        iam.create_user(UserName="u", Tags=[{"Key": "k", "Value": "v"}])
        iam.create_group(GroupName="g")
        iam.add_user_to_group(GroupName="g", UserName="u")
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.attach_role_policy(RoleName="r", PolicyArn=BASIC)
        policy = iam.create_policy(PolicyName="p", PolicyDocument=POLICY)["Policy"]["Arn"]
        iam.attach_user_policy(UserName="u", PolicyArn=policy)
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=POLICY, SetAsDefault=True)
        iam.create_instance_profile(InstanceProfileName="i")
        iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
        key = iam.create_access_key(UserName="u")["AccessKey"]
        iam.create_login_profile(UserName="u", Password="Very-Secret-123")

        def state():
            return [
                {name: member for name, member in call(**parameters).items() if name != "ResponseMetadata"}
                for call, parameters in (
                    (iam.get_user, {"UserName": "u"}),
                    (iam.get_group, {"GroupName": "g"}),
                    (iam.get_role, {"RoleName": "r"}),
                    (iam.get_policy, {"PolicyArn": policy}),
                    (iam.get_policy, {"PolicyArn": BASIC}),
                    (iam.list_policy_versions, {"PolicyArn": policy}),
                    (iam.get_instance_profile, {"InstanceProfileName": "i"}),
                    (iam.list_access_keys, {"UserName": "u"}),
                    (iam.get_login_profile, {"UserName": "u"}),
                )
            ]

        before = state()
        self.server.kill()
        key_file = self.server.data / "secret-key"
        self.assertEqual((key_file.stat().st_mode & 0o777, key_file.stat().st_size), (0o600, 32))
        for path in self.server.data.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                for secret in (key["SecretAccessKey"], "Very-Secret-123"):
                    self.assertNotIn(secret.encode(), content, path)
        self.assertTrue(any(key["AccessKeyId"].encode() in p.read_bytes() for p in self.server.data.rglob("*.log")))
        self.server.start()
        iam = self.server.client("iam")
        self.assertEqual(state(), before)
