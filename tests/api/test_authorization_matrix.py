"""Every implemented operation of every service, under `--auth enforce`: without credentials, with a wrong signature, with
an expired session, with a session's key without its token, without a policy, with an explicit deny, and with the policy that
its refusals ask for.

The inputs are the least that the model lets through: whoever is refused is refused before anything else is looked at,
and whoever is let in is told something else.
"""

import base64
import json
import re
import subprocess
import time
import unittest

import botocore
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from enforcing import ACCOUNT, EnforcedTest, Keys, allow, policy
from harness import BINARY, ROLE, zip_of
from sealed import expiring

DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
MISSING = {"MissingAuthenticationToken", "MissingAuthenticationTokenException"}
WRONG = {"SignatureDoesNotMatch", "InvalidSignatureException"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException"}
UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException"}
# What may be called whatever the policies say.
FREE = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
# What a role's trust policy decides as well: test_sts.py.
TRUST_DECIDES = {("sts", "AssumeRole")}
# What SDKs never sign; signed all the same: test_sts.py.
NEVER_SIGNED = {("sts", "AssumeRoleWithSAML"), ("sts", "AssumeRoleWithWebIdentity")}
# What may be called unsigned: the token that comes with it decides.
UNSIGNED = {("sns", "ConfirmSubscription"), ("sns", "Unsubscribe")}
# How far a right policy may have to grow: actions and resources of one operation.
MOST_NEEDS = 8

LAMBDA = f"arn:aws:lambda:us-east-1:{ACCOUNT}:"
VALUES = {
    "AWSServiceName": "lambda.amazonaws.com",
    "AccessKeyId": "AKIAABSENT0000000000",
    "Action": "lambda:InvokeFunction",
    "ActionNames": ["s3:GetObject"],
    "Arn": LAMBDA + "layer:absent:1",
    "AssumeRolePolicyDocument": allow("s3:GetObject"),
    "AWSAccountIds": [ACCOUNT],
    "Actions": ["SendMessage"],
    "AllowedPublishers": {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/a/b"]},
    "AttributeNames": ["All"],
    "Code": {"ZipFile": zip_of({"app.py": ""})},
    "CodeSigningConfigArn": LAMBDA + "code-signing-config:csc-0123456789abcdef0",
    "Content": {"ZipFile": zip_of({"a": ""})},
    "DeletionTaskId": "task/aws-service-role/lambda.amazonaws.com/absent/0123",
    "EventSourceArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:absent",
    "FunctionName": "absent",
    "FunctionVersion": "1",
    "InvokeArgs": b"{}",
    "LayerName": "absent",
    "OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/absent.example.com",
    "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "OneTimePassword": "123456",
    "PhoneNumber": "+4915112345678",
    "phoneNumber": "+4915112345678",
    "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "PolicyDocument": allow("s3:GetObject"),
    "PolicyInputList": [allow("s3:GetObject")],
    "PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/absent",
    "Principal": "s3.amazonaws.com",
    "QueueUrl": f"http://localhost/{ACCOUNT}/absent",
    "Role": ROLE,
    "SAMLProviderArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/absent",
    "SAMLMetadataDocument": "x" * 1000,
    "SSHPublicKeyId": "APKA0123456789ABCDEF",
    "ServiceNamespaces": ["lambda"],
    "SourceArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:absent",
    "SubscriptionArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:absent:01234567-89ab-cdef-0123-456789abcdef",
    "TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:absent",
    "ResourceArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:absent",
    "UUID": "01234567-89ab-cdef-0123-456789abcdef",
    "VersionId": "v1",
    "Url": "https://absent.example.com",
    "resourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:absent",
    "tags": {"a": "b"},
}
# Where the same name means something else, or one of several members has to be given.
OPERATION_VALUES = {
    ("iam", "ListPoliciesGrantingServiceAccess"): {"Arn": f"arn:aws:iam::{ACCOUNT}:user/absent"},
    ("lambda", "AddLayerVersionPermission"): {"Action": "lambda:GetLayerVersion", "Principal": "*"},
    ("lambda", "GetLayerVersionByArn"): {"Arn": LAMBDA + "layer:absent:1"},
    ("lambda", "ListTags"): {"Resource": LAMBDA + "function:absent"},
    ("lambda", "TagResource"): {"Resource": LAMBDA + "function:absent"},
    ("lambda", "UntagResource"): {"Resource": LAMBDA + "function:absent"},
    ("lambda", "GetFunctionScalingConfig"): {"Qualifier": "1"},
    ("lambda", "PutFunctionScalingConfig"): {"Qualifier": "1"},
    ("lambda", "DeleteProvisionedConcurrencyConfig"): {"Qualifier": "1"},
    ("lambda", "GetProvisionedConcurrencyConfig"): {"Qualifier": "1"},
    ("lambda", "PutProvisionedConcurrencyConfig"): {"Qualifier": "1"},
    ("lambda", "CreateFunction"): {"Runtime": "python3.11", "Handler": "a.b"},
    ("logs", "DescribeLogStreams"): {"logGroupName": "absent"},
    ("logs", "FilterLogEvents"): {"logGroupName": "absent"},
    ("logs", "GetLogEvents"): {"logGroupName": "absent"},
    ("logs", "PutRetentionPolicy"): {"retentionInDays": 7},
    ("logs", "UntagLogGroup"): {"tags": ["a"]},
    ("sns", "AddPermission"): {"AWSAccountId": [ACCOUNT], "ActionName": ["Publish"]},
    ("sns", "Publish"): {"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:absent"},
    ("sns", "SetSMSAttributes"): {"attributes": {"DefaultSMSType": "Promotional"}},
    ("sns", "SetTopicAttributes"): {"AttributeName": "DisplayName"},
    ("sqs", "SetQueueAttributes"): {"Attributes": {"DelaySeconds": "0"}},
    ("sqs", "TagQueue"): {"Tags": {"a": "b"}},
}
# What the SDK of this machine is too old to know: method, path, body; for awsJson the target in place of a path.
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:absent"
HANDLE = base64.b64encode(json.dumps({"taskId": "a", "sourceArn": QUEUE}).encode()).decode()
BY_HAND = {
    ("lambda", "GetFunctionRecursionConfig"): ("GET", "/2024-08-31/functions/absent/recursion-config", None),
    ("lambda", "PutFunctionRecursionConfig"): (
        "PUT",
        "/2024-08-31/functions/absent/recursion-config",
        {"RecursiveLoop": "Allow"},
    ),
    ("lambda", "GetFunctionScalingConfig"): (
        "GET",
        "/2025-11-30/functions/absent/function-scaling-config?Qualifier=1",
        None,
    ),
    ("lambda", "PutFunctionScalingConfig"): (
        "PUT",
        "/2025-11-30/functions/absent/function-scaling-config?Qualifier=1",
        {},
    ),
    ("lambda", "GetRuntimeManagementConfig"): (
        "GET",
        "/2021-07-20/functions/absent/runtime-management-config",
        None,
    ),
    ("lambda", "PutRuntimeManagementConfig"): (
        "PUT",
        "/2021-07-20/functions/absent/runtime-management-config",
        {"UpdateRuntimeOn": "Auto"},
    ),
    ("lambda", "InvokeWithResponseStream"): (
        "POST",
        "/2021-11-15/functions/absent/response-streaming-invocations",
        {},
    ),
    ("logs", "PutLogGroupDeletionProtection"): (
        "POST",
        "Logs_20140328.PutLogGroupDeletionProtection",
        {"logGroupIdentifier": "absent", "deletionProtectionEnabled": True},
    ),
    ("sqs", "CancelMessageMoveTask"): ("POST", "AmazonSQS.CancelMessageMoveTask", {"TaskHandle": HANDLE}),
    ("sqs", "ListMessageMoveTasks"): ("POST", "AmazonSQS.ListMessageMoveTasks", {"SourceArn": QUEUE}),
    ("sqs", "StartMessageMoveTask"): ("POST", "AmazonSQS.StartMessageMoveTask", {"SourceArn": QUEUE}),
}


def implemented():
    """(service, operation) of everything that `martlet services` lists."""
    listing = subprocess.run([str(BINARY), "services"], capture_output=True, text=True, check=True).stdout
    service, found, promised = None, [], 0
    for line in listing.splitlines():
        if match := re.match(r"(\S+) \((\d+) of \d+ operations\)", line):
            service = match[1]
            promised += int(match[2])
        elif line.startswith("  ") and line.strip():
            found.append((service, line.strip()))
    assert len(found) == promised, listing
    return found


def minimal(shape, name):
    """The least value of a shape."""
    if name in VALUES:
        return VALUES[name]
    if shape.type_name == "structure":
        return {member: minimal(shape.members[member], member) for member in shape.required_members}
    if shape.type_name == "list":
        return [minimal(shape.member, "")]
    if shape.type_name == "map":
        return {}
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "a" * max(shape.metadata.get("min", 1), 1)
    if shape.type_name in ("integer", "long"):
        return max(shape.metadata.get("min", 1), 1)
    return {"boolean": False, "blob": b"{}", "timestamp": 0}.get(shape.type_name, "a")


class MatrixTest(EnforcedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls("test_matrix")
        cls.nobody = test.make_user()
        cls.denied = test.make_user(policy(("Allow", "*", "*"), ("Deny", "*", "*")))
        cls.right = test.make_user()
        cls.wrong = Keys(cls.server, cls.nobody.key, "wrong")
        session = cls.denied.client("sts").get_session_token()["Credentials"]
        session = Keys(cls.server, session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
        cls.expired = expiring(session, int(time.time()) - 1)
        cls.tokenless = Keys(cls.server, session.key, session.secret)
        cls.clients = {}

    def keys(self, who):
        return self.nobody if who == "unsigned" else getattr(self, who)

    def client(self, who, service):
        """A client that sends what it is given, whatever its own model says."""
        if (who, service) not in self.clients:
            settings = {"signature_version": botocore.UNSIGNED} if who == "unsigned" else {}
            self.clients[who, service] = self.keys(who).client(service, parameter_validation=False, **settings)
        return self.clients[who, service]

    def call(self, who, service, operation):
        """The error's code and message; both empty when the call succeeds."""
        if (service, operation) in BY_HAND:
            return self.call_by_hand(who, service, *BY_HAND[service, operation])
        client = self.client(who, service)
        shape = client.meta.service_model.operation_model(operation).input_shape
        arguments = minimal(shape, "") if shape else {}
        arguments.update(OPERATION_VALUES.get((service, operation), {}))
        method = next(
            name for name, api in client.meta.method_to_api_mapping.items() if api == operation
        )
        try:
            getattr(client, method)(**arguments)
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["Error"]["Message"]
        return "", ""

    def call_by_hand(self, who, service, method, path, document):
        """As call(), for what the SDK does not know."""
        headers = {"Content-Type": "application/json"}
        if not path.startswith("/"):
            version = "1.0" if service == "sqs" else "1.1"
            headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": path}
            path = "/"
        body = "" if document is None else json.dumps(document)
        request = AWSRequest(method=method, url=self.server.endpoint + path, data=body, headers=headers)
        if who != "unsigned":
            keys = self.keys(who)
            SigV4Auth(Credentials(keys.key, keys.secret, keys.token), service, "us-east-1").add_auth(request)
        answer = self.server.http(method, path, body, dict(request.headers.items()))
        if answer.status < 300:
            return "", ""
        found = answer.json()
        return answer.error_type(), found.get("message") or found.get("Message") or ""

    def let_in(self, service, operation):
        """Grants what is refused until nothing is; returns how the last call ended."""
        statements = [("Allow", "none:None", "*")]
        for _ in range(MOST_NEEDS):
            self.grant(self.right.name, policy(*statements))
            code, message = self.call("right", service, operation)
            refused = re.search(r"not authorized to perform: (\S+) on resource: (\S+) because no identity", message)
            if not refused:
                break
            statements.append(("Allow", refused[1], refused[2]))
        return code, message, statements[1:]

    def check_credentials(self, service, operation):
        """Who has not proved who it is is refused, and told why."""
        columns = {"unsigned": MISSING, "wrong": WRONG, "expired": EXPIRED, "tokenless": UNKNOWN}
        for who, codes in columns.items():
            code, message = self.call(who, service, operation)
            if who != "unsigned" or (service, operation) not in UNSIGNED:
                self.assertIn(code, codes, f"{who}: {message}")

    def check_policies(self, service, operation):
        """Who has is held to its policies."""
        code, message = self.call("nobody", service, operation)
        if (service, operation) in FREE:
            self.assertEqual(code, "")
            return
        self.assertIn(code, DENIED, message)
        if (service, operation) in TRUST_DECIDES:
            return
        self.assertIn("because no identity-based policy allows", message)
        code, message = self.call("denied", service, operation)
        self.assertIn(code, DENIED, message)
        self.assertIn("with an explicit deny in an identity-based policy", message)
        code, message, granted = self.let_in(service, operation)
        # (IAM words what is not the account's own like a denial, but says so.)
        self.assertFalse(code in DENIED and "not authorized" in message, message)
        self.assertTrue(granted)

    def test_matrix(self):
        operations = [operation for operation in implemented() if operation not in NEVER_SIGNED]
        self.assertGreater(len(operations), 100)
        for service, operation in operations:
            with self.subTest(service=service, operation=operation):
                self.check_credentials(service, operation)
                self.check_policies(service, operation)


if __name__ == "__main__":
    unittest.main()
