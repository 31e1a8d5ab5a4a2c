"""Users and groups of IAM, and what is theirs."""

import json

from harness import ApiTest

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
SSH_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 somebody@example"


class IamTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.iam = cls.server.client("iam")

    def setUp(self):
        self.server.http("POST", "/_martlet/reset")

    def pages(self, operation, member, size, **parameters):
        """The pages of a list, each as a list of items."""
        pages = self.iam.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **parameters)
        return [page[member] for page in pages]


class UsersTest(IamTest):
    def test_create_get_list_delete(self):
        created = self.iam.create_user(UserName="Ann", Path="/team/", Tags=[{"Key": "k", "Value": "v"}])["User"]
        self.assertEqual(created["Arn"], "arn:aws:iam::000000000000:user/team/Ann")
        self.assertRegex(created["UserId"], r"^AIDA[A-Z2-7]{17}$")
        found = self.iam.get_user(UserName="ANN")["User"]
        self.assertEqual(found, created)
        self.assertEqual(found["Tags"], [{"Key": "k", "Value": "v"}])
        self.assert_refused(
            "EntityAlreadyExists",
            self.iam.create_user,
            UserName="ann",
            status=409,
            message="^User with name ann already exists.$",
        )
        self.assert_refused(
            "NoSuchEntity", self.iam.create_user, UserName="b", PermissionsBoundary="arn:aws:iam::aws:policy/Nothing"
        )
        self.iam.delete_user(UserName="Ann")
        self.assert_refused(
            "NoSuchEntity",
            self.iam.get_user,
            UserName="Ann",
            status=404,
            message="^The user with name Ann cannot be found.$",
        )
        self.assert_refused("NoSuchEntity", self.iam.delete_user, UserName="Ann")
        self.assert_refused("ValidationError", self.iam.create_user, UserName="a b")

    def test_the_account_itself(self):
        self.assertEqual(self.iam.get_user()["User"]["Arn"], "arn:aws:iam::000000000000:root")
        self.assert_refused("ValidationError", self.iam.create_access_key, message="non-User credentials")

    def test_pages_and_paths(self):
        for name, path in (("d", "/"), ("B", "/x/"), ("a", "/x/y/"), ("c", "/")):
            self.iam.create_user(UserName=name, Path=path)
        names = [[user["UserName"] for user in page] for page in self.pages("list_users", "Users", 3)]
        self.assertEqual(names, [["a", "B", "c"], ["d"]])
        self.assertEqual([u["UserName"] for u in self.iam.list_users(PathPrefix="/x/")["Users"]], ["a", "B"])
        self.assert_refused("ValidationError", self.iam.list_users, Marker="no marker")

    def test_rename_takes_everything_along(self):
        self.iam.create_user(UserName="old", PermissionsBoundary="arn:aws:iam::aws:policy/PowerUserAccess")
        self.iam.create_user(UserName="taken")
        self.iam.create_group(GroupName="g")
        self.iam.add_user_to_group(GroupName="g", UserName="old")
        self.iam.attach_user_policy(UserName="old", PolicyArn=BASIC)
        self.iam.put_user_policy(UserName="old", PolicyName="p", PolicyDocument=POLICY)
        key = self.iam.create_access_key(UserName="old")["AccessKey"]["AccessKeyId"]
        self.iam.create_login_profile(UserName="old", Password="Secret-123")
        ssh = self.iam.upload_ssh_public_key(UserName="old", SSHPublicKeyBody=SSH_KEY)["SSHPublicKey"]
        identity = self.iam.get_user(UserName="old")["User"]["UserId"]
        self.assert_refused("EntityAlreadyExists", self.iam.update_user, UserName="old", NewUserName="TAKEN")
        self.iam.update_user(UserName="old", NewUserName="new", NewPath="/moved/")
        self.assert_refused("NoSuchEntity", self.iam.get_user, UserName="old")
        user = self.iam.get_user(UserName="new")["User"]
        self.assertEqual((user["UserId"], user["Arn"]), (identity, "arn:aws:iam::000000000000:user/moved/new"))
        attached = self.iam.list_attached_user_policies(UserName="new")["AttachedPolicies"]
        self.assertEqual(attached, [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC}])
        self.assertEqual(self.iam.list_user_policies(UserName="new")["PolicyNames"], ["p"])
        self.assertEqual(self.iam.list_access_keys(UserName="new")["AccessKeyMetadata"][0]["AccessKeyId"], key)
        self.assertEqual(self.iam.get_access_key_last_used(AccessKeyId=key)["UserName"], "new")
        self.assertEqual(self.iam.get_group(GroupName="g")["Users"][0]["UserName"], "new")
        self.assertEqual(self.iam.get_login_profile(UserName="new")["LoginProfile"]["UserName"], "new")
        self.assertEqual(
            self.iam.list_ssh_public_keys(UserName="new")["SSHPublicKeys"][0]["SSHPublicKeyId"], ssh["SSHPublicKeyId"]
        )
        for arn in (BASIC, "arn:aws:iam::aws:policy/PowerUserAccess"):
            entities = self.iam.list_entities_for_policy(PolicyArn=arn)
            self.assertEqual([user["UserName"] for user in entities["PolicyUsers"]], ["new"])
        self.iam.update_user(UserName="new", NewUserName="NEW")
        self.assertEqual(self.iam.get_user(UserName="new")["User"]["UserName"], "NEW")
        self.assertEqual(self.iam.list_user_policies(UserName="NEW")["PolicyNames"], ["p"])

    def test_a_user_in_use_cannot_be_deleted(self):
        self.iam.create_user(UserName="u")
        self.iam.create_group(GroupName="g")
        self.iam.create_login_profile(UserName="u", Password="Secret-123")
        key = self.iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
        ssh = self.iam.upload_ssh_public_key(UserName="u", SSHPublicKeyBody=SSH_KEY)["SSHPublicKey"]["SSHPublicKeyId"]
        self.iam.attach_user_policy(UserName="u", PolicyArn=BASIC)
        self.iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=POLICY)
        self.iam.add_user_to_group(GroupName="g", UserName="u")
        for what, remedy in (
            ("delete login profile", lambda: self.iam.delete_login_profile(UserName="u")),
            ("delete access keys", lambda: self.iam.delete_access_key(UserName="u", AccessKeyId=key)),
            ("delete SSH public keys", lambda: self.iam.delete_ssh_public_key(UserName="u", SSHPublicKeyId=ssh)),
            ("detach all policies", lambda: self.iam.detach_user_policy(UserName="u", PolicyArn=BASIC)),
            ("delete policies", lambda: self.iam.delete_user_policy(UserName="u", PolicyName="p")),
            ("remove users from group", lambda: self.iam.remove_user_from_group(UserName="u", GroupName="g")),
        ):
            self.assert_refused(
                "DeleteConflict", self.iam.delete_user, UserName="u", status=409, message=f"must {what} first"
            )
            remedy()
        for lister, member in (
            (self.iam.list_mfa_devices, "MFADevices"),
            (self.iam.list_signing_certificates, "Certificates"),
            (self.iam.list_service_specific_credentials, "ServiceSpecificCredentials"),
        ):
            self.assertEqual(lister(UserName="u")[member], [])
        self.assertEqual(self.iam.list_virtual_mfa_devices()["VirtualMFADevices"], [])
        self.iam.delete_user(UserName="u")

    def test_tags(self):
        self.iam.create_user(UserName="u", Tags=[{"Key": "b", "Value": "1"}])
        self.iam.tag_user(UserName="u", Tags=[{"Key": "B", "Value": "2"}, {"Key": "a", "Value": ""}])
        self.assertEqual(
            self.iam.list_user_tags(UserName="u")["Tags"], [{"Key": "B", "Value": "2"}, {"Key": "a", "Value": ""}]
        )
        first = self.iam.list_user_tags(UserName="u", MaxItems=1)
        self.assertTrue(first["IsTruncated"])
        self.assertEqual(
            self.iam.list_user_tags(UserName="u", Marker=first["Marker"])["Tags"], [{"Key": "a", "Value": ""}]
        )
        self.iam.untag_user(UserName="u", TagKeys=["b", "unknown"])
        self.assertEqual(self.iam.list_user_tags(UserName="u")["Tags"], [{"Key": "a", "Value": ""}])
        for tags in ([{"Key": "x", "Value": ""}, {"Key": "X", "Value": ""}], [{"Key": "aws:x", "Value": ""}]):
            self.assert_refused("InvalidInput", self.iam.tag_user, UserName="u", Tags=tags)
        self.iam.tag_user(UserName="u", Tags=[{"Key": f"k{i}", "Value": ""} for i in range(49)])
        self.assert_refused("LimitExceeded", self.iam.tag_user, UserName="u", Tags=[{"Key": "more", "Value": ""}])


class AccessKeysTest(IamTest):
    def test_keys(self):
        self.iam.create_user(UserName="u")
        key = self.iam.create_access_key(UserName="u")["AccessKey"]
        self.assertRegex(key["AccessKeyId"], r"^AKIA[A-Z2-7]{16}$")
        self.assertRegex(key["SecretAccessKey"], r"^[A-Za-z0-9+/]{40}$")
        self.assertEqual((key["UserName"], key["Status"]), ("u", "Active"))
        other = self.iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
        self.assert_refused(
            "LimitExceeded",
            self.iam.create_access_key,
            UserName="u",
            status=409,
            message="^Cannot exceed quota for AccessKeysPerUser: 2$",
        )
        self.iam.update_access_key(UserName="u", AccessKeyId=other, Status="Inactive")
        pages = self.pages("list_access_keys", "AccessKeyMetadata", 1, UserName="u")
        self.assertEqual(len(pages), 2)
        shown = {page[0]["AccessKeyId"]: page[0]["Status"] for page in pages}
        self.assertEqual(shown, {key["AccessKeyId"]: "Active", other: "Inactive"})
        self.assertNotIn("SecretAccessKey", pages[0][0])
        used = self.iam.get_access_key_last_used(AccessKeyId=other)
        self.assertEqual(used["UserName"], "u")
        self.assertEqual(used["AccessKeyLastUsed"], {"ServiceName": "N/A", "Region": "N/A"})
        self.iam.delete_access_key(UserName="u", AccessKeyId=other)
        message = f"^The Access Key with id {other} cannot be found.$"
        self.assert_refused(
            "NoSuchEntity", self.iam.delete_access_key, UserName="u", AccessKeyId=other, message=message
        )
        self.assert_refused("NoSuchEntity", self.iam.get_access_key_last_used, AccessKeyId=other, message=message)
        self.iam.create_user(UserName="v")
        self.assert_refused(
            "NoSuchEntity",
            self.iam.update_access_key,
            UserName="v",
            AccessKeyId=key["AccessKeyId"],
            Status="Active",
        )
        self.assert_refused("NoSuchEntity", self.iam.create_access_key, UserName="nobody")

    def test_ssh_keys(self):
        self.iam.create_user(UserName="u")
        key = self.iam.upload_ssh_public_key(UserName="u", SSHPublicKeyBody=SSH_KEY)["SSHPublicKey"]
        self.assertRegex(key["SSHPublicKeyId"], "^APKA")
        self.assertRegex(key["Fingerprint"], r"^([0-9a-f]{2}:){15}[0-9a-f]{2}$")
        name = {"UserName": "u", "SSHPublicKeyId": key["SSHPublicKeyId"]}
        self.assertEqual(self.iam.get_ssh_public_key(Encoding="SSH", **name)["SSHPublicKey"], key)
        self.iam.update_ssh_public_key(Status="Inactive", **name)
        self.assertEqual(self.iam.list_ssh_public_keys(UserName="u")["SSHPublicKeys"][0]["Status"], "Inactive")
        upload = self.iam.upload_ssh_public_key
        self.assert_refused("DuplicateSSHPublicKey", upload, UserName="u", SSHPublicKeyBody=SSH_KEY)
        self.assert_refused("InvalidPublicKey", upload, UserName="u", SSHPublicKeyBody="no key")
        self.assert_refused("UnrecognizedPublicKeyEncoding", self.iam.get_ssh_public_key, Encoding="PEM", **name)
        self.iam.delete_ssh_public_key(**name)
        self.assert_refused("NoSuchEntity", self.iam.get_ssh_public_key, Encoding="SSH", **name)


class LoginProfilesTest(IamTest):
    def test_login_profiles(self):
        self.iam.create_user(UserName="u")
        made = self.iam.create_login_profile(UserName="u", Password="Secret-123", PasswordResetRequired=True)
        self.assertTrue(made["LoginProfile"]["PasswordResetRequired"])
        self.assert_refused(
            "EntityAlreadyExists", self.iam.create_login_profile, UserName="u", Password="Secret-123", status=409
        )
        self.iam.update_login_profile(UserName="u", PasswordResetRequired=False)
        self.assertFalse(self.iam.get_login_profile(UserName="u")["LoginProfile"]["PasswordResetRequired"])
        self.assert_refused("PasswordPolicyViolation", self.iam.update_login_profile, UserName="u", Password="short")
        self.iam.delete_login_profile(UserName="u")
        self.assert_refused(
            "NoSuchEntity",
            self.iam.get_login_profile,
            UserName="u",
            message="^Login Profile for User u cannot be found.$",
        )
        self.assert_refused("NoSuchEntity", self.iam.update_login_profile, UserName="u", Password="Secret-123")
        self.assert_refused("NoSuchEntity", self.iam.delete_login_profile, UserName="u")
        self.assert_refused("InvalidUserType", self.iam.change_password, OldPassword="a", NewPassword="Secret-123")


class GroupsTest(IamTest):
    def test_groups(self):
        created = self.iam.create_group(GroupName="Devs", Path="/org/")["Group"]
        self.assertEqual(created["Arn"], "arn:aws:iam::000000000000:group/org/Devs")
        self.assertRegex(created["GroupId"], r"^AGPA[A-Z2-7]{17}$")
        self.assert_refused("EntityAlreadyExists", self.iam.create_group, GroupName="devs", message="^Group with name")
        for name in ("c", "a", "B"):
            self.iam.create_user(UserName=name)
            self.iam.add_user_to_group(GroupName="devs", UserName=name)
        self.iam.add_user_to_group(GroupName="Devs", UserName="A")  # again is all right
        found = self.iam.get_group(GroupName="DEVS", MaxItems=2)
        self.assertEqual(found["Group"], created)
        self.assertEqual([user["UserName"] for user in found["Users"]], ["a", "B"])
        rest = self.iam.get_group(GroupName="DEVS", Marker=found["Marker"])
        self.assertEqual([user["UserName"] for user in rest["Users"]], ["c"])
        self.assertEqual(self.iam.list_groups_for_user(UserName="a")["Groups"], [created])
        self.assertEqual(self.iam.list_groups(PathPrefix="/org/")["Groups"], [created])
        self.assertEqual(self.iam.list_groups(PathPrefix="/other/")["Groups"], [])
        self.iam.update_group(GroupName="Devs", NewGroupName="People", NewPath="/")
        self.assertEqual(self.iam.list_groups_for_user(UserName="a")["Groups"][0]["GroupName"], "People")
        self.assert_refused("DeleteConflict", self.iam.delete_group, GroupName="people", message="remove users from")
        for name in ("c", "a", "b"):
            self.iam.remove_user_from_group(GroupName="people", UserName=name)
        self.assertEqual(self.iam.list_groups_for_user(UserName="a")["Groups"], [])
        self.iam.delete_group(GroupName="people")
        message = "^The group with name people cannot be found.$"
        self.assert_refused("NoSuchEntity", self.iam.get_group, GroupName="people", message=message)
        self.assert_refused("NoSuchEntity", self.iam.add_user_to_group, GroupName="people", UserName="a")

    def test_a_user_is_in_ten_groups_at_most(self):
        self.iam.create_user(UserName="u")
        for i in range(11):
            self.iam.create_group(GroupName=f"g{i}")
        for i in range(10):
            self.iam.add_user_to_group(GroupName=f"g{i}", UserName="u")
        self.assert_refused(
            "LimitExceeded",
            self.iam.add_user_to_group,
            GroupName="g10",
            UserName="u",
            message="^Cannot exceed quota for GroupsPerUser: 10$",
        )
        pages = self.pages("list_groups_for_user", "Groups", 4, UserName="u")
        self.assertEqual([len(page) for page in pages], [4, 4, 2])
