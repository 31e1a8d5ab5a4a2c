"""Virtual devices for multi-factor authentication, what their codes are good for, and service-specific credentials."""

import base64
import hashlib
import hmac
import json
import re
import struct
import time
import unittest

import qr_code
from enforcing import ACCOUNT, EnforcedTest, Keys, allow, policy
from harness import ApiTest

STEP = 30


def code_of(seed, step):
    """The six digits of a step, by RFC 6238."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">q", step), hashlib.sha1).digest()
    at = digest[-1] & 0xF
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class Device:
    """A virtual device, as somebody has it in the pocket. Its codes are counted from the step in which it was made, or
    from another one."""

    def __init__(self, made, step=None):
        self.serial = made["VirtualMFADevice"]["SerialNumber"]
        self.seed = made["VirtualMFADevice"]["Base32StringSeed"].decode()
        self.step = int(time.time() // STEP) if step is None else step

    def code(self, away=0):
        return code_of(self.seed, self.step + away)

    def pair(self, away=0):
        """The arguments of EnableMFADevice and ResyncMFADevice."""
        return {
            "SerialNumber": self.serial,
            "AuthenticationCode1": self.code(away - 1),
            "AuthenticationCode2": self.code(away),
        }

    def wrong_code(self):
        """A code that it has not shown for long, and does not for long."""
        shown = {self.code(away) for away in range(-30, 31)}
        return next(code for code in map("{:06}".format, range(1000)) if code not in shown)


class DevicesTest(ApiTest):
    """Under `--auth open`."""

    EPHEMERAL = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.iam = cls.server.client("iam")

    def setUp(self):
        self.server.http("POST", "/_martlet/reset")
        self.iam.create_user(UserName="Ann")

    def make(self, name="phone", **settings):
        return Device(self.iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **settings))

    def enabled(self, name="phone", user="Ann"):
        device = self.make(name)
        self.iam.enable_mfa_device(UserName=user, **device.pair())
        return device

    def listed(self, **filters):
        return [device["SerialNumber"] for device in self.iam.list_virtual_mfa_devices(**filters)["VirtualMFADevices"]]

    def test_create(self):
        made = self.iam.create_virtual_mfa_device(
            VirtualMFADeviceName="phone", Path="/team/", Tags=[{"Key": "k", "Value": "v"}]
        )["VirtualMFADevice"]
        self.assertEqual(made["SerialNumber"], f"arn:aws:iam::{ACCOUNT}:mfa/team/phone")
        self.assertEqual(made["Tags"], [{"Key": "k", "Value": "v"}])
        seed = made["Base32StringSeed"].decode()
        self.assertRegex(seed, "^[A-Z2-7]{64}$")
        self.assertEqual(
            qr_code.read(made["QRCodePNG"]).decode(), f"otpauth://totp/phone@{ACCOUNT}?secret={seed}"
        )
        self.assertNotEqual(self.make("other").seed, seed)
        create = self.iam.create_virtual_mfa_device
        self.assert_refused(
            "EntityAlreadyExists", create, VirtualMFADeviceName="phone", Path="/team/", status=409, message="same path"
        )
        create(VirtualMFADeviceName="phone")  # of another path
        self.assert_refused("ValidationError", create, VirtualMFADeviceName="a b")
        self.assert_refused("ValidationError", create, VirtualMFADeviceName="a" * 240, message="256")
        self.assert_refused(
            "InvalidInput", create, VirtualMFADeviceName="x", Tags=[{"Key": "aws:k", "Value": "v"}]
        )

    def test_the_seed_is_not_readable_in_the_store(self):
        device = self.make("hidden-phone")
        stored = b"".join(path.read_bytes() for path in (self.server.data / "store").iterdir() if path.is_file())
        self.assertIn(b"hidden-phone", stored)
        self.assertNotIn(device.seed.encode(), stored)
        self.assertNotIn(base64.b32decode(device.seed), stored)

    def test_enable_list_deactivate_delete(self):
        phone, spare = self.make(), self.make("spare")
        self.iam.enable_mfa_device(UserName="ann", **phone.pair())
        [own] = self.iam.list_mfa_devices(UserName="Ann")["MFADevices"]
        self.assertEqual((own["UserName"], own["SerialNumber"]), ("Ann", phone.serial))
        self.assertAlmostEqual(own["EnableDate"].timestamp(), time.time(), delta=60)
        [assigned] = self.iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
        self.assertEqual((assigned["SerialNumber"], assigned["EnableDate"]), (phone.serial, own["EnableDate"]))
        self.assertEqual(assigned["User"]["Arn"], f"arn:aws:iam::{ACCOUNT}:user/Ann")
        self.assertNotIn("Base32StringSeed", assigned)
        self.assertEqual(self.listed(AssignmentStatus="Unassigned"), [spare.serial])
        self.assertEqual(self.listed(AssignmentStatus="Any"), self.listed())
        self.assertEqual(self.listed(), [phone.serial, spare.serial])
        first = self.iam.list_virtual_mfa_devices(MaxItems=1)
        self.assertTrue(first["IsTruncated"])
        self.assertEqual(self.listed(Marker=first["Marker"]), [spare.serial])

        self.assert_refused(
            "DeleteConflict", self.iam.delete_virtual_mfa_device, SerialNumber=phone.serial, status=409,
            message="^MFA VirtualDevice in use. Must deactivate first.$",
        )
        self.iam.deactivate_mfa_device(UserName="Ann", SerialNumber=phone.serial)
        self.assertEqual(self.iam.list_mfa_devices(UserName="Ann")["MFADevices"], [])
        self.assertEqual(len(self.listed(AssignmentStatus="Unassigned")), 2)
        self.iam.enable_mfa_device(UserName="Ann", **phone.pair())  # again
        self.iam.deactivate_mfa_device(UserName="Ann", SerialNumber=phone.serial)
        self.iam.delete_virtual_mfa_device(SerialNumber=phone.serial)
        self.assert_refused(
            "NoSuchEntity", self.iam.delete_virtual_mfa_device, SerialNumber=phone.serial, status=404,
            message=f"^VirtualMFADevice with serial number {phone.serial} doesn't exist.$",
        )
        self.assertEqual(self.listed(), [spare.serial])

    def test_what_is_refused(self):
        phone, spare = self.make(), self.make("spare")
        enable = self.iam.enable_mfa_device
        for wrong in (
            {"AuthenticationCode2": phone.wrong_code()},
            {"AuthenticationCode1": phone.code(), "AuthenticationCode2": phone.code(-1)},
            {"AuthenticationCode1": phone.code(-2), "AuthenticationCode2": phone.code()},
            phone.pair(-40),
            phone.pair(40),
            {**spare.pair(), "SerialNumber": phone.serial},
        ):
            with self.subTest(wrong=wrong):
                self.assert_refused(
                    "InvalidAuthenticationCode", enable, UserName="Ann", status=403, **{**phone.pair(), **wrong}
                )
        for wrong in ("12345", "1234567", "12345a"):
            client = self.server.client("iam", parameter_validation=False)
            arguments = {**phone.pair(), "AuthenticationCode1": wrong}
            self.assert_refused("ValidationError", client.enable_mfa_device, UserName="Ann", **arguments)
        self.assert_refused("NoSuchEntity", enable, UserName="nobody", **phone.pair(), message="The user with name")
        for serial in ("arn:aws:iam::000000000000:mfa/other", "arn:aws:iam::111111111111:mfa/phone", "GAHT12345678"):
            self.assert_refused("NoSuchEntity", enable, UserName="Ann", **{**phone.pair(), "SerialNumber": serial})
        enable(UserName="Ann", **phone.pair())
        self.assert_refused("EntityAlreadyExists", enable, UserName="Ann", **phone.pair(), status=409)
        self.iam.create_user(UserName="Bob")
        for call in (self.iam.deactivate_mfa_device, self.get_device):
            self.assert_refused("NoSuchEntity", call, UserName="Bob", SerialNumber=phone.serial)
        self.assert_refused("NoSuchEntity", self.iam.resync_mfa_device, UserName="Bob", **phone.pair())
        self.assert_refused("NoSuchEntity", self.iam.list_mfa_devices, UserName="nobody")

    def get_device(self, UserName, SerialNumber):
        """GetMFADevice, which the SDK of this machine may be too old to know."""
        answer = self.server.query_call(
            "iam", f"Action=GetMFADevice&Version=2010-05-08&UserName={UserName}&SerialNumber={SerialNumber}"
        )
        text = answer.body.decode()
        if answer.status != 200:
            code = re.search("<Code>(.*)</Code>", text)[1]
            error = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": answer.status}}
            raise self.iam.exceptions.ClientError(error, "GetMFADevice")
        return text

    def test_get(self):
        phone = self.enabled()
        text = self.get_device("Ann", phone.serial)
        self.assertIn("<UserName>Ann</UserName>", text)
        self.assertIn(f"<SerialNumber>{phone.serial}</SerialNumber>", text)
        self.assertIn("<EnableDate>", text)

    def test_a_user_has_at_most_eight(self):
        for number in range(8):
            self.enabled(f"phone-{number}")
        pages = self.iam.get_paginator("list_mfa_devices").paginate(
            UserName="Ann", PaginationConfig={"PageSize": 3}
        )
        self.assertEqual([len(page["MFADevices"]) for page in pages], [3, 3, 2])
        device = self.make("one-more")
        self.assert_refused("LimitExceeded", self.iam.enable_mfa_device, UserName="Ann", **device.pair(), status=409)

    def test_they_follow_their_user_and_keep_it(self):
        phone = self.enabled()
        self.iam.update_user(UserName="Ann", NewUserName="Eve")
        [own] = self.iam.list_mfa_devices(UserName="Eve")["MFADevices"]
        self.assertEqual((own["UserName"], own["SerialNumber"]), ("Eve", phone.serial))
        self.assertEqual(
            self.iam.list_virtual_mfa_devices()["VirtualMFADevices"][0]["User"]["UserName"], "Eve"
        )
        self.assert_refused(
            "DeleteConflict", self.iam.delete_user, UserName="Eve",
            message="^Cannot delete entity, must delete MFA device first.$",
        )
        self.iam.deactivate_mfa_device(UserName="Eve", SerialNumber=phone.serial)
        self.iam.delete_user(UserName="Eve")

    def test_they_are_counted_and_reported(self):
        self.enabled()
        self.make("spare")
        self.iam.create_user(UserName="Bob")
        summary = self.iam.get_account_summary()["SummaryMap"]
        self.assertEqual((summary["MFADevices"], summary["MFADevicesInUse"]), (2, 1))
        self.assertEqual(summary["AccountMFAEnabled"], 0)
        self.iam.generate_credential_report()
        header, *lines = self.iam.get_credential_report()["Content"].decode().splitlines()
        column = header.split(",").index("mfa_active")
        self.assertEqual({line.split(",")[0]: line.split(",")[column] for line in lines},
                         {"Ann": "true", "Bob": "false"})

    def test_tags(self):
        phone = self.make(Tags=[{"Key": "a", "Value": "1"}])
        self.iam.tag_mfa_device(SerialNumber=phone.serial, Tags=[{"Key": "A", "Value": "2"}, {"Key": "b", "Value": ""}])
        self.iam.untag_mfa_device(SerialNumber=phone.serial, TagKeys=["a", "none"])
        tags = self.iam.list_mfa_device_tags(SerialNumber=phone.serial)["Tags"]
        self.assertEqual(tags, [{"Key": "A", "Value": "2"}, {"Key": "b", "Value": ""}])
        many = [{"Key": f"k{number}", "Value": ""} for number in range(49)]
        self.assert_refused("LimitExceeded", self.iam.tag_mfa_device, SerialNumber=phone.serial, Tags=many)
        absent = "arn:aws:iam::000000000000:mfa/absent"
        self.assert_refused("NoSuchEntity", self.iam.list_mfa_device_tags, SerialNumber=absent)


class ServiceCredentialsTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.iam = cls.server.client("iam")

    def setUp(self):
        self.server.http("POST", "/_martlet/reset")
        self.iam.create_user(UserName="Ann")

    def make(self, service="codecommit.amazonaws.com", user="Ann"):
        made = self.iam.create_service_specific_credential(UserName=user, ServiceName=service)
        return made["ServiceSpecificCredential"]

    def listed(self, **filters):
        found = self.iam.list_service_specific_credentials(**filters)["ServiceSpecificCredentials"]
        return {credential["ServiceSpecificCredentialId"]: credential for credential in found}

    def test_create_list_reset_update_delete(self):
        made = self.make()
        self.assertEqual((made["UserName"], made["Status"]), ("Ann", "Active"))
        self.assertEqual(made["ServiceUserName"], f"Ann-at-{ACCOUNT}")
        self.assertRegex(made["ServicePassword"], "^[A-Za-z0-9+/]{43}=$")
        identity = made["ServiceSpecificCredentialId"]
        self.assertRegex(identity, "^ACCA[A-Z2-7]{17}$")
        shown = self.listed(UserName="Ann")[identity]
        self.assertNotIn("ServicePassword", shown)
        self.assertEqual(shown["ServiceUserName"], made["ServiceUserName"])
        other = self.make("cassandra.amazonaws.com")
        self.assertEqual(list(self.listed(UserName="Ann", ServiceName="cassandra.amazonaws.com")),
                         [other["ServiceSpecificCredentialId"]])
        names = {"UserName": "Ann", "ServiceSpecificCredentialId": identity}
        reset = self.iam.reset_service_specific_credential(**names)["ServiceSpecificCredential"]
        self.assertEqual(reset["ServiceUserName"], made["ServiceUserName"])
        self.assertNotEqual(reset["ServicePassword"], made["ServicePassword"])
        self.iam.update_service_specific_credential(Status="Inactive", **names)
        self.assertEqual(self.listed(UserName="Ann")[identity]["Status"], "Inactive")
        self.iam.delete_service_specific_credential(**names)
        for call in (
            self.iam.reset_service_specific_credential,
            self.iam.delete_service_specific_credential,
            lambda **which: self.iam.update_service_specific_credential(Status="Active", **which),
        ):
            self.assert_refused("NoSuchEntity", call, status=404, **names)
        self.assertEqual(list(self.listed(UserName="Ann")), [other["ServiceSpecificCredentialId"]])

    def test_two_for_each_service(self):
        self.make()
        self.assertEqual(self.make()["ServiceUserName"], f"Ann+1-at-{ACCOUNT}")
        self.make("cassandra.amazonaws.com")
        create = self.iam.create_service_specific_credential
        self.assert_refused(
            "LimitExceeded", create, UserName="Ann", ServiceName="codecommit.amazonaws.com", status=409
        )
        self.assert_refused("NotSupportedService", create, UserName="Ann", ServiceName="s3.amazonaws.com", status=404)
        self.assert_refused("NoSuchEntity", create, UserName="Bob", ServiceName="codecommit.amazonaws.com")

    def call(self, action, **parameters):
        """What the SDK of this machine may be too old to know."""
        fields = "".join(f"&{name}={value}" for name, value in parameters.items())
        answer = self.server.query_call("iam", f"Action={action}&Version=2010-05-08{fields}")
        return answer.status, answer.body.decode()

    def test_api_keys_expire(self):
        arguments = {"UserName": "Ann", "ServiceName": "bedrock.amazonaws.com"}
        status, text = self.call("CreateServiceSpecificCredential", CredentialAgeDays=30, **arguments)
        self.assertEqual(status, 200, text)
        self.assertIn(f"<ServiceCredentialAlias>Ann-at-{ACCOUNT}</ServiceCredentialAlias>", text)
        self.assertRegex(text, "<ServiceCredentialSecret>ABSK[^<]{60,}</ServiceCredentialSecret>")
        self.assertIn("<ExpirationDate>", text)
        self.assertNotIn("<ServicePassword>", text)
        self.assertEqual([each["Status"] for each in self.listed(UserName="Ann").values()], ["Active"])
        self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": 30 * 24 * 3600}))
        self.assertEqual([each["Status"] for each in self.listed(UserName="Ann").values()], ["Expired"])
        arguments["ServiceName"] = "codecommit.amazonaws.com"
        status, text = self.call("CreateServiceSpecificCredential", CredentialAgeDays=30, **arguments)
        self.assertEqual(status, 400, text)
        self.assertIn("<Code>InvalidInput</Code>", text)

    def test_lists_of_all_users(self):
        self.iam.create_user(UserName="Bob")
        made = sorted(self.make(user=user)["ServiceSpecificCredentialId"] for user in ("Ann", "Bob"))
        ids = re.compile("<ServiceSpecificCredentialId>(.*?)</ServiceSpecificCredentialId>")
        _, text = self.call("ListServiceSpecificCredentials", AllUsers="true", MaxItems=1)
        self.assertEqual(ids.findall(text), made[:1])
        marker = re.search("<Marker>(.*)</Marker>", text)[1]
        _, text = self.call("ListServiceSpecificCredentials", AllUsers="true", Marker=marker)
        self.assertEqual(ids.findall(text), made[1:])
        status, _ = self.call("ListServiceSpecificCredentials", AllUsers="true", UserName="Ann")
        self.assertEqual(status, 400)

    def test_they_follow_their_user_and_keep_it(self):
        made = self.make()
        self.iam.update_user(UserName="Ann", NewUserName="Eve")
        shown = self.listed(UserName="Eve")[made["ServiceSpecificCredentialId"]]
        self.assertEqual(shown["UserName"], "Eve")
        self.assert_refused("DeleteConflict", self.iam.delete_user, UserName="Eve", message="service specific")
        names = {"UserName": "Eve", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
        self.iam.delete_service_specific_credential(**names)
        self.iam.delete_user(UserName="Eve")


class FactorTest(EnforcedTest):
    def device_of(self, user, away=0, step=None):
        """A device that was enabled by its code of that step, which is used up by it."""
        name = f"{user.name}-{next(self.names)}"
        device = Device(self.iam.create_virtual_mfa_device(VirtualMFADeviceName=name), step)
        self.iam.enable_mfa_device(UserName=user.name, **device.pair(away))
        return device

    def session(self, user, **parameters):
        made = user.client("sts").get_session_token(**parameters)["Credentials"]
        return Keys(self.server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def confirmed(self, user):
        """A session that a code of a new device has confirmed. (The next code: those before are used up.)"""
        device = self.device_of(user)
        return self.session(user, SerialNumber=device.serial, TokenCode=device.code(1))


def when(operator, value, key="aws:MultiFactorAuthPresent", effect="Allow", action="*"):
    return {"Effect": effect, "Action": action, "Resource": "*", "Condition": {operator: {key: value}}}


class SecondFactorTest(FactorTest):
    """Under `--auth enforce`."""

    WRONG = "^MultiFactorAuthentication failed with invalid MFA one time pass code.$"
    NO_DEVICE = "unable to validate MFA code. Please verify your MFA serial number is valid"

    def test_policies_that_ask_for_it(self):
        user = self.make_user()
        sessions = {"key": user, "session": self.session(user), "confirmed": self.confirmed(user)}
        age = "aws:MultiFactorAuthAge"
        for statements, allowed in (
            ([when("Bool", "true")], {"confirmed"}),
            ([when("Bool", "false")], {"session"}),
            ([when("BoolIfExists", "true")], {"confirmed", "key"}),
            ([when("BoolIfExists", "false")], {"session", "key"}),
            ([when("Null", "true")], {"key"}),
            ([when("Null", "false")], {"session", "confirmed"}),
            ([("Allow", "*", "*"), when("BoolIfExists", "false", effect="Deny")], {"confirmed"}),
            ([("Allow", "*", "*"), when("Bool", "false", effect="Deny")], {"confirmed", "key"}),
            ([when("NumericLessThan", "3600", age)], {"confirmed"}),
            ([when("NumericGreaterThan", "3600", age)], set()),
            ([when("Null", "true", age)], {"session", "key"}),
        ):
            self.grant(user.name, policy(*statements))
            for name, keys in sessions.items():
                with self.subTest(statements=statements, who=name):
                    call = keys.client("lambda").list_functions
                    if name in allowed:
                        call()
                    else:
                        self.assert_refused("AccessDeniedException", call)

    def test_codes_that_are_wrong(self):
        user, other = self.make_user(), self.make_user()
        device = self.device_of(user)
        get = user.client("sts").get_session_token
        right = {"SerialNumber": device.serial, "TokenCode": device.code(1)}
        for code in (device.wrong_code(), device.code(-2), device.code(3), device.code(0)):  # the last is used up
            self.assert_refused(
                "AccessDenied", get, status=403, message=self.WRONG, **{**right, "TokenCode": code}
            )
        for serial in (device.serial + "x", "GAHT12345678", user.arn, self.device_of(other).serial):
            self.assert_refused(
                "AccessDenied", get, message=self.NO_DEVICE, **{**right, "SerialNumber": serial}
            )
        self.assert_refused("AccessDenied", other.client("sts").get_session_token, message=self.NO_DEVICE, **right)
        self.assert_refused("AccessDenied", self.root.client("sts").get_session_token, message=self.NO_DEVICE, **right)
        for alone in right:
            self.assert_refused("AccessDenied", get, message="must provide both", **{alone: right[alone]})
        get(**right)
        self.assert_refused("AccessDenied", get, message=self.WRONG, **right)

    def test_who_guesses_is_stopped(self):
        user = self.make_user()
        device = self.device_of(user)
        get = user.client("sts").get_session_token
        for _ in range(10):
            self.assert_refused("AccessDenied", get, SerialNumber=device.serial, TokenCode=device.wrong_code())
        self.assert_refused(
            "AccessDenied", get, SerialNumber=device.serial, TokenCode=device.code(1), message=self.WRONG
        )

    def test_iam_is_for_confirmed_sessions(self):
        user = self.make_user(allow("*"))
        plain, confirmed = self.session(user), self.confirmed(user)
        self.assert_refused("InvalidClientTokenId", plain.client("iam").list_users, status=403)
        self.assertEqual(confirmed.client("iam").get_user()["User"]["UserName"], user.name)
        [device] = confirmed.client("iam").list_mfa_devices()["MFADevices"]
        self.assertEqual(device["UserName"], user.name)
        for keys in (plain, confirmed):  # which STS does not
            self.assert_refused("InvalidClientTokenId", keys.client("sts").get_access_key_info, AccessKeyId=user.key)

    def test_users_enrol_themselves(self):
        """The policy that AWS's guide gives to users who manage their own devices, and may do nothing else without."""
        own = ["iam:EnableMFADevice", "iam:ListMFADevices", "iam:ResyncMFADevice", "iam:DeactivateMFADevice"]
        without = ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "iam:GetUser",
                   "iam:ListVirtualMFADevices", "iam:ResyncMFADevice", "sts:GetSessionToken"]
        lonely = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
        user = self.make_user(policy(
            ("Allow", "iam:ListVirtualMFADevices", "*"),
            ("Allow", "iam:CreateVirtualMFADevice", "arn:aws:iam::*:mfa/*"),
            ("Allow", own, "arn:aws:iam::*:user/${aws:username}"),
            ("Allow", "lambda:ListFunctions", "*"),
            {"Effect": "Deny", "NotAction": without, "Resource": "*", "Condition": lonely},
        ))
        iam, functions = user.client("iam"), user.client("lambda")
        self.assert_refused("AccessDeniedException", functions.list_functions, message="explicit deny")
        device = Device(iam.create_virtual_mfa_device(VirtualMFADeviceName=user.name))
        self.assert_refused("AccessDenied", iam.enable_mfa_device, UserName="root", **device.pair())
        iam.enable_mfa_device(UserName=user.name, **device.pair())
        leave = {"UserName": user.name, "SerialNumber": device.serial}
        self.assert_refused("AccessDenied", iam.deactivate_mfa_device, message="explicit deny", **leave)
        session = self.session(user, SerialNumber=device.serial, TokenCode=device.code(1))
        session.client("lambda").list_functions()
        session.client("iam").deactivate_mfa_device(**leave)

    def test_roles_that_ask_for_it(self):
        user = self.make_user(allow("sts:AssumeRole"))
        trust = {
            "Version": "2012-10-17",
            "Statement": [{**when("Bool", "true", action="sts:AssumeRole"), "Principal": {"AWS": ACCOUNT}}],
        }
        del trust["Statement"][0]["Resource"]
        may = policy(
            {"Effect": "Allow", "Action": "lambda:ListFunctions", "Resource": "*"},
            when("Bool", "true", action="lambda:GetAccountSettings"),
        )
        role = self.make_role(f"role-{next(self.names)}", may, trust)
        arguments = {"RoleArn": role, "RoleSessionName": "session"}
        assume = user.client("sts").assume_role
        self.assert_refused("AccessDenied", assume, message="because no role trust policy", **arguments)
        device = self.device_of(user)
        arguments["SerialNumber"] = device.serial
        for code, message in ((device.wrong_code(), self.WRONG), (device.code(0), self.WRONG)):
            self.assert_refused("AccessDenied", assume, message=message, TokenCode=code, **arguments)
        made = assume(TokenCode=device.code(1), **arguments)["Credentials"]
        session = Keys(self.server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        session.client("lambda").list_functions()
        # It was the user who was confirmed: the role's session does not tell.
        self.assert_refused("AccessDeniedException", session.client("lambda").get_account_settings)
        del arguments["SerialNumber"]
        self.confirmed(user).client("sts").assume_role(**arguments)


class TimeTest(FactorTest):
    """Under `--auth audit`, where users are known and the clock may be moved."""

    MODE = "audit"

    def step(self, ahead=0):
        """The step in which the server is, after its clock was moved."""
        if ahead:
            self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": ahead * STEP}))
        return self.server.http("GET", "/_martlet/clock").json()["epochMilliseconds"] // (1000 * STEP)

    def test_codes_follow_the_clock(self):
        user = self.make_user()
        device = self.device_of(user, step=self.step(ahead=100))
        for _ in range(3):
            device.step = self.step(ahead=1)
            self.session(user, SerialNumber=device.serial, TokenCode=device.code())
        device.step = self.step(ahead=5)
        get = user.client("sts").get_session_token
        self.assert_refused("AccessDenied", get, SerialNumber=device.serial, TokenCode=device.code(-2))

    def test_a_device_whose_clock_is_wrong(self):
        user = self.make_user()
        device = self.device_of(user, away=-10, step=self.step())
        get = user.client("sts").get_session_token
        device.step = self.step(ahead=2)
        self.assert_refused("AccessDenied", get, SerialNumber=device.serial, TokenCode=device.code())
        self.session(user, SerialNumber=device.serial, TokenCode=device.code(-10))
        self.iam.resync_mfa_device(UserName=user.name, **device.pair())
        self.session(user, SerialNumber=device.serial, TokenCode=device.code(1))
        wrong = device.pair(-30)
        self.assert_refused("InvalidAuthenticationCode", self.iam.resync_mfa_device, UserName=user.name, **wrong)

    def test_guessing_again_after_a_while(self):
        user = self.make_user()
        device = self.device_of(user, step=self.step())
        get = user.client("sts").get_session_token
        for _ in range(10):
            self.assert_refused("AccessDenied", get, SerialNumber=device.serial, TokenCode=device.wrong_code())
        self.assert_refused("AccessDenied", get, SerialNumber=device.serial, TokenCode=device.code(1))
        device.step = self.step(ahead=10)
        self.session(user, SerialNumber=device.serial, TokenCode=device.code())


if __name__ == "__main__":
    unittest.main()
