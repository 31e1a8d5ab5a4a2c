"""AssumeRoleWithWebIdentity: tokens of an OpenID Connect provider, good and bad ones, under `--auth enforce`."""

import time
import unittest

import boto3
import botocore
import botocore.config
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from enforcing import ACCOUNT, EnforcedTest, Keys, allow, trust
from identity_provider import IdentityProvider, encoded
from sealed import expiring

HOUR = 3600
TAGS = "https://aws.amazon.com/tags"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"


class WebIdentityTest(EnforcedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = IdentityProvider()
        cls.addClassCleanup(cls.provider.close)
        made = cls.iam.create_open_id_connect_provider(
            Url=f"https://{cls.provider.url}",
            ClientIDList=["sts.amazonaws.com", "another"],
            ThumbprintList=["0" * 40],
        )
        cls.trusted = {"Federated": made["OpenIDConnectProviderArn"]}
        condition = {"StringEquals": {f"{cls.provider.url}:sub": "repo:me/it"}}
        actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]
        cls.role = cls.make_role(
            "of-the-web", allow(["lambda:ListFunctions", "sts:*"]), trust(cls.trusted, actions, condition)
        )
        cls.sts = boto3.client(
            "sts",
            endpoint_url=cls.server.endpoint,
            region_name="us-east-1",
            config=botocore.config.Config(
                signature_version=botocore.UNSIGNED, retries={"max_attempts": 0}, parameter_validation=False
            ),
        )

    def call(self, token, **parameters):
        return self.sts.assume_role_with_web_identity(
            RoleArn=parameters.pop("RoleArn", self.role), RoleSessionName="web", WebIdentityToken=token, **parameters
        )

    def session(self, token, **parameters):
        made = self.call(token, **parameters)["Credentials"]
        return Keys(self.server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def test_good_tokens(self):
        for algorithm in ("RS256", "ES256"):
            with self.subTest(algorithm=algorithm):
                answer = self.call(self.provider.token(algorithm))
                self.assertEqual(answer["SubjectFromWebIdentityToken"], "repo:me/it")
                self.assertEqual(answer["Audience"], "sts.amazonaws.com")
                self.assertEqual(answer["Provider"], f"https://{self.provider.url}")
                arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/of-the-web/web"
                self.assertEqual(answer["AssumedRoleUser"]["Arn"], arn)
        session = self.session(self.provider.token())
        session.client("lambda").list_functions()
        self.assert_refused("AccessDeniedException", session.client("lambda").get_account_settings)

    def test_keys_are_found_and_kept(self):
        # A token that names no key may be signed by any of the provider's.
        self.call(self.provider.token(header={"kid": None}))
        asked = self.provider.asked
        for algorithm in ("RS256", "ES256"):
            self.call(self.provider.token(algorithm))
        self.assertEqual(self.provider.asked, asked)

    def test_audiences(self):
        for claims, audience in (
            ({"aud": "another"}, "another"),
            ({"aud": ["unknown", "another"]}, "unknown"),
            ({"aud": "sts.amazonaws.com", "azp": "another"}, "another"),
        ):
            with self.subTest(claims=claims):
                self.assertEqual(self.call(self.provider.token(**claims))["Audience"], audience)
        for claims in ({"aud": "unknown"}, {"aud": []}, {"aud": None}, {"azp": "unknown"}, {"aud": 1}):
            with self.subTest(claims=claims):
                self.assert_refused("InvalidIdentityToken", self.call, self.provider.token(**claims), message="aud")

    def test_signatures_that_prove_nothing(self):
        token = self.provider.token()
        head, claims, signature = token.split(".")
        strange = IdentityProvider()
        self.addCleanup(strange.close)
        strange.url = self.provider.url
        for name, bad in {
            "changed": token[:-8] + ("AAAAAAAA" if token[-8:] != "AAAAAAAA" else "BBBBBBBB"),
            "of another token": ".".join((head, encoded({"x": 1}), signature)),
            "none at all": f"{head}.{claims}.",
            "alg none": self.provider.token("none", header={"kid": "rsa"}),
            "alg None, with a signature": self.provider.token("NONE", signed_as="RS256"),
            "no alg": self.provider.token(header={"alg": None}),
            "alg HS256 with the public key": self.provider.token("HS256"),
            "alg HS256 and no kid": self.provider.token("HS256", header={"kid": None}),
            "alg ES256 with the RSA key": self.provider.token("ES256", header={"kid": "rsa"}, signed_as="RS256"),
            "alg RS256 with the EC key": self.provider.token("RS256", header={"kid": "ec"}, signed_as="ES256"),
            "another algorithm of the same key": self.provider.token("RS512", signed_as="RS256"),
            "the kid of another key": self.provider.token(header={"kid": "ec"}),
            "an unknown kid": self.provider.token(header={"kid": "unknown"}),
            "a key of its own": strange.token(),
            "a key of its own, in its header": strange.token(
                header={"jwk": strange.document("/keys")["keys"][0], "jku": "https://evil.example/keys"}
            ),
        }.items():
            with self.subTest(name):
                self.assert_refused("InvalidIdentityToken", self.call, bad, status=400)

    def test_claims_that_are_not_good(self):
        now = int(time.time())
        for code, claims, message in (
            ("InvalidIdentityToken", {"iss": "https://other.example"}, "^No OpenIDConnect provider"),
            ("InvalidIdentityToken", {"iss": f"https://{self.provider.url}/other"}, "^No OpenIDConnect provider"),
            ("InvalidIdentityToken", {"iss": f"https://x@{self.provider.url}"}, "^No OpenIDConnect provider"),
            ("InvalidIdentityToken", {"iss": None}, "iss"),
            ("InvalidIdentityToken", {"sub": ""}, "sub"),
            ("InvalidIdentityToken", {"exp": None}, "exp"),
            ("InvalidIdentityToken", {"exp": "tomorrow"}, "exp"),
            ("InvalidIdentityToken", {"iat": None}, "iat"),
            ("ExpiredTokenException", {"exp": now - 10}, "^Token expired"),
            ("ExpiredTokenException", {"exp": -1}, "^Token expired"),
            ("InvalidIdentityToken", {"nbf": now + HOUR}, "not valid yet"),
            ("AccessDenied", {"sub": "repo:you/it"}, "^Not authorized to perform"),
        ):
            with self.subTest(claims=claims):
                self.assert_refused(code, self.call, self.provider.token(**claims), message=message)
        self.call(self.provider.token(nbf=now + 60))

    def test_what_is_no_token(self):
        for name, text in {
            "no token": "no-token",
            "two parts": "e30.e30",
            "four parts": self.provider.token() + ".e30",
            "no JSON": "AAAA.AAAA.AAAA",
            "a list": f"{encoded([])}.{encoded([])}.AAAA",
            "no base64url": "+/==.e30.AAAA",
            "nested without end": f"{encoded(b'[' * 5000)}.e30.AAAA",
        }.items():
            with self.subTest(name):
                self.assert_refused("InvalidIdentityToken", self.call, text, message="not a valid JWT")
        for text in ("abc", "a" * 20001):
            self.assert_refused("ValidationError", self.call, text, message="webIdentityToken")
        # Nearly all of what is allowed.
        self.call(self.provider.token(more="a" * 13000))

    def test_roles_and_durations(self):
        absent = f"arn:aws:iam::{ACCOUNT}:role/absent"
        token = self.provider.token()
        self.assert_refused("AccessDenied", self.call, token, RoleArn=absent)
        elsewhere = "arn:aws:iam::123456789012:role/of-the-web"
        self.assert_refused("InvalidIdentityToken", self.call, token, RoleArn=elsewhere, message="in your account")
        for seconds in (899, 43201, HOUR + 1):
            self.assert_refused("ValidationError", self.call, token, DurationSeconds=seconds)
        narrow = self.session(token, DurationSeconds=900, Policy=allow("sts:*"))
        self.assert_refused("AccessDeniedException", narrow.client("lambda").list_functions)

    def test_tags_and_source_identity_come_with_the_token(self):
        tags = {"principal_tags": {"team": ["red"], "cost": ["1"]}, "transitive_tag_keys": ["team"]}
        answer = self.call(self.provider.token(**{TAGS: tags, SOURCE_IDENTITY: "alice"}))
        self.assertEqual(answer["SourceIdentity"], "alice")
        self.assertGreater(answer["PackedPolicySize"], 0)
        made = answer["Credentials"]
        session = Keys(self.server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        red = {"StringEquals": {"aws:RequestTag/team": "red", "sts:SourceIdentity": "alice"}}
        actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
        further = self.make_role("further", None, trust({"AWS": self.role}, actions, red))
        chained = session.client("sts").assume_role(RoleArn=further, RoleSessionName="chained")
        self.assertEqual(chained["SourceIdentity"], "alice")
        plain = self.session(self.provider.token()).client("sts")
        self.assert_refused("AccessDenied", plain.assume_role, RoleArn=further, RoleSessionName="chained")
        for bad in (
            {TAGS: {"principal_tags": {"team": ["red", "blue"]}}},
            {TAGS: {"principal_tags": {"team": ["x" * 257]}}},
            {TAGS: {"principal_tags": {"x" * 129: ["red"]}}},
            {TAGS: {"principal_tags": {"te*m": ["red"]}}},
            {TAGS: {"principal_tags": {f"t{n}": [""] for n in range(51)}}},
            {SOURCE_IDENTITY: "a"},
            {SOURCE_IDENTITY: "a" * 65},
            {SOURCE_IDENTITY: "al*ce"},
        ):
            self.assert_refused("InvalidIdentityToken", self.call, self.provider.token(**bad))

    def test_signed_calls_are_verified(self):
        """SDKs do not sign this one. Who does has to do it well."""
        body = f"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={self.role}&RoleSessionName=web"
        body += "&WebIdentityToken=" + self.provider.token()
        session = self.session(self.provider.token())
        for keys, status, code in (
            (self.root, 200, ""),
            (session, 200, ""),
            (Keys(self.server, self.root.key, "wrong"), 403, "SignatureDoesNotMatch"),
            (expiring(session, int(time.time()) - 1), 403, "ExpiredToken"),
            (Keys(self.server, session.key, session.secret), 403, "InvalidClientTokenId"),
        ):
            request = AWSRequest(
                method="POST",
                url=self.server.endpoint + "/",
                data=body,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            SigV4Auth(Credentials(keys.key, keys.secret, keys.token), "sts", "us-east-1").add_auth(request)
            answer = self.server.http("POST", "/", body, dict(request.headers.items()))
            self.assertEqual(answer.status, status, answer.body)
            if code:
                self.assertIn(f"<Code>{code}</Code>", answer.body.decode())

    def test_a_provider_that_is_away(self):
        self.iam.create_open_id_connect_provider(
            Url="https://127.0.0.1:1", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
        )
        token = self.provider.token(iss="https://127.0.0.1:1")
        self.assert_refused("IDPCommunicationError", self.call, token, status=400)


if __name__ == "__main__":
    unittest.main()
