"""Signatures over the wire, under `--auth enforce`: presigned URLs, what they cover, and other algorithms."""

import datetime
import shutil
import subprocess
import unittest
import unittest.mock

import botocore.auth
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from enforcing import ACCOUNT, EnforcedTest, Keys

WEEK = 7 * 24 * 3600


class SignatureTest(EnforcedTest):
    def path(self, url):
        return url.removeprefix(self.server.endpoint)

    def presigned(self, seconds):
        """Where to ask who the root user is, for that long."""
        sts = self.root.client("sts")
        return self.path(sts.generate_presigned_url("get_caller_identity", ExpiresIn=seconds, HttpMethod="GET"))

    def signed(self, method, path, body="", service="lambda", region="us-east-1", **headers):
        """The header fields of a signed request."""
        request = AWSRequest(method=method, url=self.server.endpoint + path, data=body, headers=headers)
        SigV4Auth(Credentials(self.root.key, self.root.secret), service, region).add_auth(request)
        return dict(request.headers.items())

    def assert_code(self, answer, code, message=""):
        self.assertEqual(answer.error_type(), code, answer.body)
        self.assertIn(message, answer.body.decode())

    def test_presigned_urls(self):
        url = self.presigned(60)
        answer = self.server.http("GET", url)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn(f"arn:aws:iam::{ACCOUNT}:root".encode(), answer.body)
        for changed, code in (
            (url.replace("GetCallerIdentity", "GetSessionToken"), "SignatureDoesNotMatch"),
            (url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"), "SignatureDoesNotMatch"),
            (url + "&X-Amz-Security-Token=token", "InvalidClientTokenId"),
            (url.replace("X-Amz-Date=", "X-Amz-Day="), "IncompleteSignature"),
            (url.replace(self.root.key, "AKIA0000000000000000"), "InvalidClientTokenId"),
            (url.replace("X-Amz-Expires=60", f"X-Amz-Expires={WEEK + 1}"), "IncompleteSignature"),
            (url.replace("X-Amz-Expires=60", "X-Amz-Expires=-1"), "IncompleteSignature"),
        ):
            with self.subTest(code=code):
                self.assertIn(f"<Code>{code}</Code>", self.server.http("GET", changed).body.decode())
        # A body that nobody has signed, which says something else.
        smuggled = "Action=GetSessionToken&Version=2011-06-15"
        answer = self.server.http("GET", url, smuggled, {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertIn("<Code>SignatureDoesNotMatch</Code>", answer.body.decode())

    def test_presigned_urls_end(self):
        then = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - datetime.timedelta(hours=1)
        with unittest.mock.patch.object(botocore.auth.datetime, "datetime", wraps=datetime.datetime) as clock:
            clock.utcnow.return_value = then
            urls = [self.presigned(ends) for ends in (3540, 3700)]
        over, good = (self.server.http("GET", url) for url in urls)
        self.assertIn("Signature expired: ", over.body.decode())
        self.assertEqual(good.status, 200, good.body)

    def test_what_is_added_on_the_way(self):
        path = "/2015-03-31/functions/absent/invocations"
        headers = self.signed("POST", path, "{}")
        self.assert_code(self.server.http("POST", path, "{}", headers), "ResourceNotFoundException")
        self.assert_code(
            self.server.http("POST", path, "{}", {**headers, "X-Amz-Invocation-Type": "Event"}),
            "IncompleteSignatureException",
            "'x-amz-invocation-type' must be a 'SignedHeader'",
        )
        self.assert_code(self.server.http("POST", path, "{ }", headers), "InvalidSignatureException")
        self.assert_code(self.server.http("POST", path + "?Qualifier=1", "{}", headers), "InvalidSignatureException")
        # What is signed is what is run.
        moved = "/2015-03-31/functions/absent/invocations/policy/.."
        self.assert_code(self.server.http("POST", moved, "{}", headers), "ResourceNotFoundException", "function:absent")

    def test_payloads_that_are_not_signed(self):
        path = "/2015-03-31/functions/absent/invocations"
        for payload in ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"):
            with unittest.mock.patch.object(SigV4Auth, "payload", return_value=payload):
                headers = self.signed("POST", path, "{}", **{"X-Amz-Content-SHA256": payload})
            self.assert_code(self.server.http("POST", path, "{}", headers), "InvalidSignatureException")

    def test_scopes(self):
        path = "/2015-03-31/functions"
        for region in ("Nowhere", "us_east_1", "a" * 33):
            answer = self.server.http("GET", path, "", self.signed("GET", path, region=region))
            self.assert_code(
                answer,
                "InvalidSignatureException",
                f"Credential should be scoped to a valid region, not '{region}'.",
            )
        # A signature for one service asks that service.
        answer = self.server.http("GET", path, "", self.signed("GET", path, service="sts"))
        self.assertNotEqual(answer.status, 200)
        host = f"lambda.eu-west-1.localhost:{self.server.port}"
        answer = self.server.http("GET", path, "", {**self.signed("GET", path), "Host": host})
        self.assert_code(answer, "InvalidSignatureException", "valid region, not 'us-east-1'")

    def test_signature_version_4a_says_what_to_do(self):
        advice = "sign with Signature Version 4 (AWS4-HMAC-SHA256), for one region."
        scope = f"{self.root.key}/20261129/lambda/aws4_request"
        headers = {
            "X-Amz-Date": "20261129T000000Z",
            "X-Amz-Region-Set": "*",
            "Authorization": f"AWS4-ECDSA-P256-SHA256 Credential={scope}, "
            "SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=30440220",
        }
        path = "/2015-03-31/functions"
        self.assert_code(self.server.http("GET", path, "", headers), "IncompleteSignatureException", advice)
        query = (
            f"?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential={scope.replace('/', '%2F')}&X-Amz-Expires=60"
            "&X-Amz-Date=20261129T000000Z&X-Amz-Region-Set=%2A&X-Amz-SignedHeaders=host&X-Amz-Signature=30440220"
        )
        self.assert_code(self.server.http("GET", path + query), "IncompleteSignatureException", advice)

    def test_the_log_keeps_secrets(self):
        user = self.make_user()
        made = self.root.client("sts").get_session_token()["Credentials"]
        session = Keys(self.server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        session.client("sts").get_caller_identity()
        for keys in (user, session, Keys(self.server, session.key, session.secret, user.secret)):
            sts = Keys(self.server, keys.key, "wrong", keys.token).client("sts")
            with self.assertRaises(ClientError):
                sts.get_caller_identity()
        self.server.http("GET", self.presigned(60).replace("X-Amz-Expires=60", "X-Amz-Expires=61"))
        log = self.server.log()
        for secret in (user.secret, session.secret, session.token):
            self.assertNotIn(secret, log)
        self.assertEqual(log.count(self.root.secret), 1, "shown once, when it was made")

    @unittest.skipUnless(shutil.which("curl"), "curl is not installed")
    def test_curl(self):
        asked = ["curl", "-s", "--aws-sigv4", "aws:amz:us-east-1:logs", "--user", f"{self.root.key}:{self.root.secret}"]
        asked += ["-H", "X-Amz-Target: Logs_20140328.DescribeLogGroups", "-H", "Content-Type: application/x-amz-json-1.1"]
        done = subprocess.run([*asked, "-d", "{}", self.server.endpoint + "/"], capture_output=True, check=True)
        self.assertEqual(done.stdout, b'{"logGroups":[]}')


if __name__ == "__main__":
    unittest.main()
