"""What belongs to an account as a whole in IAM, and its identity providers."""

import csv
import json

from test_iam_policies import TRUST
from test_iam_users import BASIC, POLICY, IamTest

METADATA = (
    '<?xml version="1.0"?><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp">'
    f"<IDPSSODescriptor>{'x' * 1000}</IDPSSODescriptor></EntityDescriptor>"
)


class AccountTest(IamTest):
    def test_aliases(self):
        self.assertEqual(self.iam.list_account_aliases()["AccountAliases"], [])
        self.iam.create_account_alias(AccountAlias="first")
        self.iam.create_account_alias(AccountAlias="second")
        self.assertEqual(self.iam.list_account_aliases()["AccountAliases"], ["second"])
        other = self.server.client("iam", access_key="123456789012")
        self.assert_refused("EntityAlreadyExists", other.create_account_alias, AccountAlias="second", status=409)
        other.create_account_alias(AccountAlias="first")
        self.assert_refused("NoSuchEntity", self.iam.delete_account_alias, AccountAlias="first")
        self.iam.delete_account_alias(AccountAlias="second")
        self.assertEqual(self.iam.list_account_aliases()["AccountAliases"], [])
        self.assert_refused("ValidationError", self.iam.create_account_alias, AccountAlias="No-Alias")
        self.assert_refused("InvalidInput", self.iam.create_account_alias, AccountAlias="123456789012", status=400)

    def test_password_policy(self):
        message = "^The Password Policy with domain name 000000000000 cannot be found.$"
        self.assert_refused("NoSuchEntity", self.iam.get_account_password_policy, status=404, message=message)
        self.iam.update_account_password_policy(
            MinimumPasswordLength=10, RequireSymbols=True, MaxPasswordAge=90, PasswordReusePrevention=5
        )
        policy = self.iam.get_account_password_policy()["PasswordPolicy"]
        self.assertEqual(
            policy,
            {
                "MinimumPasswordLength": 10,
                "RequireSymbols": True,
                "RequireNumbers": False,
                "RequireUppercaseCharacters": False,
                "RequireLowercaseCharacters": False,
                "AllowUsersToChangePassword": False,
                "ExpirePasswords": True,
                "MaxPasswordAge": 90,
                "PasswordReusePrevention": 5,
                "HardExpiry": False,
            },
        )
        self.iam.create_user(UserName="u")
        for password, why in (("short!", "minimum length of 10"), ("long-enough", ""), ("longenoughx", "one symbol")):
            if why:
                self.assert_refused(
                    "PasswordPolicyViolation",
                    self.iam.create_login_profile,
                    UserName="u",
                    Password=password,
                    status=400,
                    message=why,
                )
        self.iam.create_login_profile(UserName="u", Password="long-enough")
        self.iam.update_account_password_policy(MinimumPasswordLength=6)
        self.assertFalse(self.iam.get_account_password_policy()["PasswordPolicy"]["ExpirePasswords"])
        self.iam.delete_account_password_policy()
        self.assert_refused("NoSuchEntity", self.iam.delete_account_password_policy, message=message)
        self.assert_refused("ValidationError", self.iam.update_account_password_policy, MinimumPasswordLength=129)

    def test_summary(self):
        self.iam.create_user(UserName="u")
        self.iam.create_group(GroupName="g")
        self.iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))
        policy = self.iam.create_policy(PolicyName="p", PolicyDocument=POLICY)["Policy"]["Arn"]
        self.iam.attach_user_policy(UserName="u", PolicyArn=policy)
        self.iam.create_instance_profile(InstanceProfileName="i")
        self.iam.create_open_id_connect_provider(Url="https://idp.example", ThumbprintList=["0" * 40])
        summary = self.iam.get_account_summary()["SummaryMap"]
        for name in ("Users", "Groups", "Roles", "Policies", "InstanceProfiles", "Providers", "PolicyVersionsInUse"):
            self.assertEqual(summary[name], 1, name)
        self.assertEqual((summary["UsersQuota"], summary["RolesQuota"], summary["GroupsQuota"]), (5000, 1000, 300))
        self.assertEqual((summary["PolicySizeQuota"], summary["AccessKeysPerUserQuota"]), (6144, 2))

    def test_authorization_details(self):
        self.iam.create_user(UserName="u", Path="/x/")
        self.iam.create_group(GroupName="g")
        self.iam.add_user_to_group(GroupName="g", UserName="u")
        self.iam.put_user_policy(UserName="u", PolicyName="inline", PolicyDocument=POLICY)
        self.iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))
        self.iam.create_instance_profile(InstanceProfileName="i")
        self.iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
        arn = self.iam.create_policy(PolicyName="p", PolicyDocument=POLICY)["Policy"]["Arn"]
        self.iam.attach_role_policy(RoleName="r", PolicyArn=arn)
        self.iam.attach_group_policy(GroupName="g", PolicyArn=BASIC)
        everything = self.iam.get_account_authorization_details()
        user = everything["UserDetailList"][0]
        self.assertEqual((user["UserName"], user["GroupList"]), ("u", ["g"]))
        self.assertEqual(
            user["UserPolicyList"], [{"PolicyName": "inline", "PolicyDocument": json.loads(POLICY)}]
        )
        group = everything["GroupDetailList"][0]
        self.assertEqual(group["AttachedManagedPolicies"][0]["PolicyArn"], BASIC)
        role = everything["RoleDetailList"][0]
        self.assertEqual(role["AssumeRolePolicyDocument"], TRUST)
        self.assertEqual(role["InstanceProfileList"][0]["InstanceProfileName"], "i")
        own, aws = everything["Policies"]
        self.assertEqual((own["Arn"], own["AttachmentCount"]), (arn, 1))
        self.assertEqual(own["PolicyVersionList"][0]["Document"], json.loads(POLICY))
        self.assertEqual(aws["Arn"], BASIC)
        seen = []
        for page in self.iam.get_paginator("get_account_authorization_details").paginate(
            PaginationConfig={"PageSize": 2}
        ):
            lists = [page[name] for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")]
            self.assertLessEqual(sum(map(len, lists)), 2)
            seen += [item["Arn"] for items in lists for item in items]
        self.assertEqual(seen, [user["Arn"], group["Arn"], role["Arn"], arn, BASIC])
        only = self.iam.get_account_authorization_details(Filter=["Role"])
        self.assertEqual((len(only["RoleDetailList"]), only["UserDetailList"], only["Policies"]), (1, [], []))

    def test_credential_report(self):
        self.assert_refused("ReportNotPresent", self.iam.get_credential_report, status=410)
        self.iam.create_user(UserName="u")
        self.iam.create_access_key(UserName="u")
        self.assertEqual(self.iam.generate_credential_report()["State"], "STARTED")
        self.assertEqual(self.iam.generate_credential_report()["State"], "COMPLETE")
        report = self.iam.get_credential_report()
        self.assertEqual(report["ReportFormat"], "text/csv")
        rows = list(csv.DictReader(report["Content"].decode().split("\n")))
        self.assertEqual([row["user"] for row in rows], ["u"])
        self.assertEqual(len(rows[0]), 22)
        self.assertEqual((rows[0]["access_key_1_active"], rows[0]["access_key_2_active"]), ("true", "false"))
        self.assertEqual((rows[0]["password_enabled"], rows[0]["cert_2_last_rotated"]), ("false", "N/A"))
        self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": 4 * 3600}))
        self.assert_refused("ReportExpired", self.iam.get_credential_report, status=410)
        self.assertEqual(self.iam.generate_credential_report()["State"], "STARTED")


class ProvidersTest(IamTest):
    def test_openid_connect(self):
        create = self.iam.create_open_id_connect_provider
        arn = create(
            Url="https://idp.example/path/", ClientIDList=["a"], ThumbprintList=["0" * 40], Tags=[{"Key": "k", "Value": "v"}]
        )["OpenIDConnectProviderArn"]
        self.assertEqual(arn, "arn:aws:iam::000000000000:oidc-provider/idp.example/path")
        name = {"OpenIDConnectProviderArn": arn}
        self.iam.add_client_id_to_open_id_connect_provider(ClientID="b", **name)
        self.iam.remove_client_id_from_open_id_connect_provider(ClientID="a", **name)
        self.iam.update_open_id_connect_provider_thumbprint(ThumbprintList=["f" * 40], **name)
        found = self.iam.get_open_id_connect_provider(**name)
        self.assertEqual((found["Url"], found["ClientIDList"]), ("idp.example/path", ["b"]))
        self.assertEqual((found["ThumbprintList"], found["Tags"]), (["f" * 40], [{"Key": "k", "Value": "v"}]))
        self.iam.tag_open_id_connect_provider(Tags=[{"Key": "a", "Value": ""}], **name)
        self.iam.untag_open_id_connect_provider(TagKeys=["k"], **name)
        self.assertEqual(self.iam.list_open_id_connect_provider_tags(**name)["Tags"], [{"Key": "a", "Value": ""}])
        self.assertEqual(self.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"], [{"Arn": arn}])
        prints = {"ThumbprintList": ["0" * 40]}
        self.assert_refused("EntityAlreadyExists", create, Url="https://idp.example/path", status=409, **prints)
        self.assert_refused("ValidationError", create, Url="http://idp.example", **prints)
        self.assert_refused("InvalidInput", create, Url="https://other", ThumbprintList=["x" * 40])
        self.assert_refused("LimitExceeded", create, Url="https://other", ThumbprintList=["0" * 40] * 6)
        self.assert_refused(
            "InvalidInput",
            self.iam.get_open_id_connect_provider,
            OpenIDConnectProviderArn="arn:aws:iam::000000000000:role/r",
        )
        self.iam.delete_open_id_connect_provider(**name)
        self.assert_refused("NoSuchEntity", self.iam.get_open_id_connect_provider, status=404, **name)

    def test_saml(self):
        arn = self.iam.create_saml_provider(Name="idp", SAMLMetadataDocument=METADATA)["SAMLProviderArn"]
        self.assertEqual(arn, "arn:aws:iam::000000000000:saml-provider/idp")
        self.assertEqual(self.iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"], METADATA)
        changed = METADATA.replace("https://idp", "https://new")
        self.assertEqual(
            self.iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=changed)["SAMLProviderArn"], arn
        )
        self.assertEqual(self.iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"], changed)
        self.iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}])
        self.iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=["c"])
        self.assertEqual(self.iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"], [{"Key": "a", "Value": "b"}])
        self.assertEqual([p["Arn"] for p in self.iam.list_saml_providers()["SAMLProviderList"]], [arn])
        self.assert_refused(
            "EntityAlreadyExists", self.iam.create_saml_provider, Name="idp", SAMLMetadataDocument=METADATA
        )
        self.assert_refused(
            "InvalidInput", self.iam.create_saml_provider, Name="x", SAMLMetadataDocument="no metadata " * 100
        )
        self.iam.delete_saml_provider(SAMLProviderArn=arn)
        for call in (self.iam.get_saml_provider, self.iam.delete_saml_provider):
            self.assert_refused("NoSuchEntity", call, SAMLProviderArn=arn, status=404)
        self.assertEqual(self.iam.list_server_certificates()["ServerCertificateMetadataList"], [])
