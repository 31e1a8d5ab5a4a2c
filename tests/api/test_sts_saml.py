"""AssumeRoleWithSAML: assertions that identity providers have signed, and those that they have not.

Documents are written in canonical form (exclusive XML canonicalization), so that what is signed is the text itself.
"""

import base64
import datetime
import hashlib
import pathlib
import subprocess
import tempfile
import unittest

import botocore
from botocore.exceptions import ClientError

from enforcing import ACCOUNT, EnforcedTest, Keys, allow, policy

ISSUER = "https://idp.example.com/saml"
ENDPOINT = "https://signin.aws.amazon.com/saml"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
SAML = "urn:oasis:names:tc:SAML:2.0:"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SUBJECT = "_cbb88bf52c2510eabe00c1642d4643f41430fe25e3"


def stamp(minutes):
    """That many minutes from now."""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


class IdentityProvider:
    def __init__(self, folder, name="idp", issuer=ISSUER, kind=("rsa:2048",)):
        self.key, self.issuer = pathlib.Path(folder) / f"{name}.key", issuer
        self.certificate_file = pathlib.Path(folder) / f"{name}.pem"
        self.run("req", "-x509", "-newkey", *kind, "-nodes", "-keyout", self.key, "-out", self.certificate_file,
                 "-subj", f"/CN={name}", "-days", "2")
        self.certificate = "".join(self.certificate_file.read_text().splitlines()[1:-1])

    def run(self, *arguments, data=b""):
        command = ["openssl", *map(str, arguments)]
        return subprocess.run(command, input=data, check=True, capture_output=True, timeout=60).stdout

    def metadata(self):
        return (
            f'<EntityDescriptor xmlns="{SAML}metadata" entityID="{self.issuer}">'
            f'<IDPSSODescriptor protocolSupportEnumeration="{SAML}protocol"><KeyDescriptor use="signing">'
            f'<KeyInfo xmlns="{DSIG}"><X509Data><X509Certificate>\n{self.certificate}\n</X509Certificate></X509Data>'
            f"</KeyInfo></KeyDescriptor></IDPSSODescriptor></EntityDescriptor>"
        ).ljust(1000)

    def signature(self, element, identity, digest=SHA256, method=RSA, reference=None, transforms=None,
                  hashing="sha256", signing="sha256"):
        """The signature of an element in canonical form."""
        value = base64.b64encode(hashlib.new(hashing, element.encode()).digest()).decode()
        transforms = (DSIG + "enveloped-signature", C14N) if transforms is None else transforms
        listed = "".join(f'<ds:Transform Algorithm="{name}"></ds:Transform>' for name in transforms)
        reference = f"#{identity}" if reference is None else reference
        content = (
            f'<ds:CanonicalizationMethod Algorithm="{C14N}"></ds:CanonicalizationMethod>'
            f'<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
            f'<ds:Reference URI="{reference}"><ds:Transforms>{listed}</ds:Transforms>'
            f'<ds:DigestMethod Algorithm="{digest}"></ds:DigestMethod>'
            f"<ds:DigestValue>{value}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        )
        canonical = f'<ds:SignedInfo xmlns:ds="{DSIG}">' + content
        signed = self.run("dgst", f"-{signing}", "-sign", self.key, data=canonical.encode())
        if "ecdsa" in method:  # in XML it is its two numbers, one after the other
            numbers = signed[4 : 4 + signed[3]], signed[6 + signed[3] :]
            signed = b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in numbers)
        signed = base64.b64encode(signed).decode()
        return (
            f'<ds:Signature xmlns:ds="{DSIG}"><ds:SignedInfo>{content}'
            f"<ds:SignatureValue>{signed}</ds:SignatureValue></ds:Signature>"
        )


def attribute(name, *values):
    listed = "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
    return f'<saml:Attribute Name="{name}">{listed}</saml:Attribute>'


def assertion(role, provider, identity="_assertion", issuer=ISSUER, subject=SUBJECT, recipient=ENDPOINT, ends=5,
              audience="urn:amazon:webservices", conditions=("", 5), statement="", **attributes):
    """An assertion in canonical form."""
    after, before = conditions
    told = {"Role": f"{role},{provider}", "RoleSessionName": "ann@example.com", **attributes}
    listed = "".join(
        attribute(name if ":" in name and not name.startswith("PrincipalTag") else ATTRIBUTES + name,
                  *(value if isinstance(value, tuple) else (value,)))
        for name, value in told.items() if value is not None
    )
    not_before = f' NotBefore="{stamp(after)}"' if after != "" else ""
    return (
        f'<saml:Assertion xmlns:saml="{SAML}assertion" ID="{identity}" IssueInstant="{stamp(0)}" Version="2.0">'
        f"<saml:Issuer>{issuer}</saml:Issuer>"
        f'<saml:Subject><saml:NameID Format="{SAML}nameid-format:persistent">{subject}</saml:NameID>'
        f'<saml:SubjectConfirmation Method="{SAML}cm:bearer">'
        f'<saml:SubjectConfirmationData NotOnOrAfter="{stamp(ends)}" Recipient="{recipient}">'
        f"</saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>"
        f'<saml:Conditions{not_before} NotOnOrAfter="{stamp(before)}"><saml:AudienceRestriction>'
        f"<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f"{statement}<saml:AttributeStatement>{listed}</saml:AttributeStatement></saml:Assertion>"
    )


def with_signature(element, signature):
    """The signature goes after the issuer, or first."""
    head, found, rest = element.partition("</saml:Issuer>")
    if not found:
        head, found, rest = element.partition(">")
    return head + found + signature + rest


def response(content, identity="_response", status="Success"):
    return (
        f'<samlp:Response xmlns:samlp="{SAML}protocol" ID="{identity}" Version="2.0">'
        f'<samlp:Status><samlp:StatusCode Value="{SAML}status:{status}"></samlp:StatusCode></samlp:Status>'
        f"{content}</samlp:Response>"
    )


class SamlTest(EnforcedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.idp = IdentityProvider(folder.name)
        cls.stranger = IdentityProvider(folder.name, "stranger")
        curve = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        cls.curved = IdentityProvider(folder.name, "curved", "https://curved.example.com", curve)
        cls.provider = cls.make_provider("idp", cls.idp)
        cls.role = cls.trusting(cls.provider)
        cls.sts = Keys(cls.server, "none", "none").client("sts", signature_version=botocore.UNSIGNED)

    @classmethod
    def make_provider(cls, name, idp):
        return cls.iam.create_saml_provider(Name=name, SAMLMetadataDocument=idp.metadata())["SAMLProviderArn"]

    @classmethod
    def trusting(cls, provider, condition=None, actions="sts:AssumeRoleWithSAML", document=None):
        """A role that trusts the provider; its ARN."""
        statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": actions}
        if condition:
            statement["Condition"] = condition
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        return cls.make_role(f"role-{next(cls.names)}", document or allow("lambda:ListFunctions"), trust)

    def signed(self, role=None, idp=None, **settings):
        """A response whose assertion is signed."""
        element = assertion(role or self.role, self.provider, **settings)
        return response(with_signature(element, (idp or self.idp).signature(element, "_assertion")))

    def assume(self, text, role=None, provider=None, **parameters):
        return self.sts.assume_role_with_saml(
            RoleArn=role or self.role,
            PrincipalArn=provider or self.provider,
            SAMLAssertion=base64.b64encode(text.encode()).decode(),
            **parameters,
        )

    def refused(self, code, text, message="", **parameters):
        with self.subTest(message=message):
            self.assert_refused(code, self.assume, text, message=message, **parameters)


class AcceptedTest(SamlTest):
    def test_the_session_acts_as_the_role(self):
        made = self.assume(self.signed())
        name = self.role.rsplit("/", 1)[1]
        self.assertEqual(
            made["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/ann@example.com"
        )
        self.assertEqual((made["Subject"], made["SubjectType"]), (SUBJECT, "persistent"))
        self.assertEqual((made["Issuer"], made["Audience"]), (ISSUER, ENDPOINT))
        digest = hashlib.sha1(f"{ISSUER}{ACCOUNT}/idp".encode()).digest()
        self.assertEqual(made["NameQualifier"], base64.b64encode(digest).decode())
        keys = made["Credentials"]
        session = Keys(self.server, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        session.client("lambda").list_functions()
        self.assert_refused("AccessDeniedException", session.client("lambda").get_account_settings)

    def test_forms_of_signatures(self):
        whole = response(assertion(self.role, self.provider))
        signature = self.idp.signature(whole, "_response")
        self.assume(whole.replace("<samlp:Status>", signature + "<samlp:Status>", 1))
        self.assume(self.signed(audience=ENDPOINT, Role=f"{self.provider}, {self.role}"))
        provider = self.make_provider("curved", self.curved)
        role = self.trusting(provider)
        element = assertion(role, provider, issuer=self.curved.issuer)
        signature = self.curved.signature(element, "_assertion", method=RSA.replace("rsa", "ecdsa"))
        self.assume(response(with_signature(element, signature)), role, provider)

    def test_trust_policies_ask_for_what_it_says(self):
        cases = {
            "saml:aud": ENDPOINT,
            "saml:iss": ISSUER,
            "saml:sub": SUBJECT,
            "saml:sub_type": "persistent",
            "saml:doc": f"{ACCOUNT}/idp",
            "saml:cn": "Ann",
            "saml:mail": "ann@example.com",
            "aws:FederatedProvider": self.provider,
            "sts:RoleSessionName": "ann@example.com",
        }
        told = {
            "urn:oid:2.5.4.3": ("Ann", "Anna"),
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": "ann@example.com",
        }
        operators = {"saml:cn": "ForAnyValue:StringEquals"}
        right = {}
        for key, value in cases.items():
            right.setdefault(operators.get(key, "StringEquals"), {})[key] = value
        role = self.trusting(self.provider, right)
        self.assume(self.signed(role, **told), role)
        self.assert_refused("AccessDenied", self.assume, self.signed(role), role)  # no mail, no name
        role = self.trusting(self.provider, {"StringEquals": {"saml:sub": "somebody"}})
        self.assert_refused(
            "AccessDenied", self.assume, self.signed(role), role, status=403,
            message="^Not authorized to perform sts:AssumeRoleWithSAML$",
        )

    def test_tags_and_source_identity(self):
        told = {
            "PrincipalTag:Project": "Red", "TransitiveTagKeys": ("Project",), "SourceIdentity": "ann",
            "RoleSessionName": "ann",
        }
        self.refused("AccessDenied", self.signed(**told))  # the role does not let itself be tagged
        actions = ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"]
        asked = {"StringEquals": {"aws:RequestTag/Project": "Red", "sts:SourceIdentity": "ann"}}
        may = policy({
            "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/Project": "Red", "aws:SourceIdentity": "ann"}},
        })
        role = self.trusting(self.provider, asked, actions, may)
        made = self.assume(self.signed(role, **told), role)
        self.assertEqual(made["SourceIdentity"], "ann")
        keys = made["Credentials"]
        session = Keys(self.server, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        session.client("lambda").list_functions()

    def test_durations(self):
        def seconds(made):
            return (made["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()

        self.assertAlmostEqual(seconds(self.assume(self.signed())), 3600, delta=60)
        self.assertAlmostEqual(seconds(self.assume(self.signed(), DurationSeconds=900)), 900, delta=60)
        self.assertAlmostEqual(seconds(self.assume(self.signed(SessionDuration="1800"))), 1800, delta=60)
        self.assertAlmostEqual(seconds(self.assume(self.signed(SessionDuration="7200"))), 3600, delta=60)
        ends = f'<saml:AuthnStatement SessionNotOnOrAfter="{stamp(20)}"></saml:AuthnStatement>'
        self.assertAlmostEqual(seconds(self.assume(self.signed(statement=ends))), 1200, delta=60)
        self.refused("ValidationError", self.signed(), "exceeds the MaxSessionDuration", DurationSeconds=7200)
        self.refused("InvalidIdentityToken", self.signed(SessionDuration="60"), "SessionDuration")

    def test_session_policies_narrow(self):
        made = self.assume(self.signed(), Policy=allow("sqs:*"))
        keys = made["Credentials"]
        session = Keys(self.server, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        self.assert_refused("AccessDeniedException", session.client("lambda").list_functions)


class RefusedTest(SamlTest):
    INVALID = "^Response signature invalid$"

    def test_what_it_must_say(self):
        other = "https://other.example.com"
        for code, message, settings in (
            ("InvalidIdentityToken", "Issuer not present in specified provider", {"issuer": other}),
            ("InvalidIdentityToken", "Recipient", {"recipient": other}),
            ("InvalidIdentityToken", "Audience", {"audience": other}),
            ("ExpiredTokenException", "expired", {"ends": -1}),
            ("ExpiredTokenException", "expired", {"conditions": ("", -1)}),
            ("InvalidIdentityToken", "not valid yet", {"conditions": (10, 20)}),
            ("InvalidIdentityToken", "RoleSessionName is required", {"RoleSessionName": None}),
            ("InvalidIdentityToken", "RoleSessionName in AuthnResponse must match", {"RoleSessionName": "Ann B"}),
            ("InvalidIdentityToken", "Source Identity must match", {"SourceIdentity": "aws:x"}),
            ("AccessDenied", "Not authorized to perform", {"Role": None}),
            ("AccessDenied", "Not authorized to perform", {"Role": f"{self.role}x,{self.provider}"}),
            ("AccessDenied", "Not authorized to perform", {"subject": ""}),
        ):
            self.refused(code, self.signed(**settings), message)
        ended = f'<saml:AuthnStatement SessionNotOnOrAfter="{stamp(-1)}"></saml:AuthnStatement>'
        self.refused("ExpiredTokenException", self.signed(statement=ended), "expired")

    def test_roles_and_providers(self):
        absent = f"arn:aws:iam::{ACCOUNT}:saml-provider/absent"
        self.refused("InvalidIdentityToken", self.signed(), "Specified provider doesn't exist", provider=absent)
        untrusting = self.make_role(f"role-{next(self.names)}")
        self.refused("AccessDenied", self.signed(untrusting), "Not authorized", role=untrusting)
        missing = f"arn:aws:iam::{ACCOUNT}:role/missing"
        self.refused("AccessDenied", self.signed(missing), "Not authorized", role=missing)
        other = self.make_provider("other", self.stranger)
        self.refused("InvalidIdentityToken", self.signed(), self.INVALID, provider=other)
        # Of the same identity provider, but not the one that the assertion and the role mean.
        twin = self.make_provider("twin", self.idp)
        self.refused("AccessDenied", self.signed(), "Not authorized", provider=twin)
        self.refused("ValidationError", self.signed(), "is invalid", provider=f"arn:aws:iam::{ACCOUNT}:user/somebody")

    def test_what_is_no_response(self):
        element = assertion(self.role, self.provider)
        alone = with_signature(element, self.idp.signature(element, "_assertion"))
        signed = self.signed()
        for text in (
            "no XML at all", "<a/>", alone, response(""), signed[:-5], signed.replace("protocol", "protocl"),
            response(alone, status="Requester"), response(alone + alone),
            f'<!DOCTYPE r [<!ENTITY e "x">]>{signed}', f"<!DOCTYPE r>{signed}",
        ):
            self.refused("InvalidIdentityToken", text, "Invalid SAML response")
        self.assert_refused(
            "InvalidIdentityToken", self.sts.assume_role_with_saml, RoleArn=self.role, PrincipalArn=self.provider,
            SAMLAssertion="no base64", message="base64",
        )

    def test_signatures_that_are_none(self):
        element = assertion(self.role, self.provider)
        sign = self.idp.signature
        whole = sign(element, "_assertion")
        none = DSIG + "enveloped-signature"
        for text in (
            response(element),
            self.signed(idp=self.stranger),
            self.signed().replace(SUBJECT, "_other"),
            self.signed().replace(f"{self.role},", f"{self.role}x,"),
            response(with_signature(element, whole + whole)),
            response(with_signature(element, whole.replace("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"))),
            response(with_signature(element, sign(element, "_assertion", reference=""))),
            response(with_signature(element, sign(element, "_assertion", reference="#_response"))),
            response(with_signature(element, sign(element, "_assertion", reference="#xpointer(id('_assertion'))"))),
            response(with_signature(element, sign(element, "_assertion", reference="http://localhost/x"))),
            response(with_signature(element, sign(element, "_assertion", transforms=(
                none, "http://www.w3.org/TR/1999/REC-xpath-19991116")))),
            response(with_signature(element, sign(element, "_assertion", method=DSIG + "hmac-sha1"))),
            # Right, but of a kind that others can make: SHA-1.
            response(with_signature(element, sign(element, "_assertion", method=DSIG + "rsa-sha1", signing="sha1"))),
            response(with_signature(element, sign(element, "_assertion", digest=DSIG + "sha1", hashing="sha1"))),
        ):
            self.refused("InvalidIdentityToken", text, self.INVALID)

    def test_keys_that_come_with_the_signature_do_not_count(self):
        element = assertion(self.role, self.provider)
        signature = self.stranger.signature(element, "_assertion")
        info = (
            f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{self.stranger.certificate}</ds:X509Certificate>"
            "</ds:X509Data></ds:KeyInfo></ds:Signature>"
        )
        signature = signature.replace("</ds:Signature>", info)
        self.refused("InvalidIdentityToken", response(with_signature(element, signature)), self.INVALID)

    def test_signatures_of_something_else(self):
        """Wrapping: a true signature, and beside it what the attacker would like to be."""
        true = assertion(self.role, self.provider, subject="victim")
        signature = self.idp.signature(true, "_assertion")
        signed = with_signature(true, signature)
        false = assertion(self.role, self.provider, subject="attacker", identity="_false")
        same = assertion(self.role, self.provider, subject="attacker")  # with the ID of the true one
        hidden = f'<ds:Object xmlns:ds="{DSIG}">{true}</ds:Object></ds:Signature>'
        nested = signature.replace("</ds:Signature>", hidden)
        extension = f"<samlp:Extensions>{signed}</samlp:Extensions>"
        advice = f'<saml:Advice xml:id="_assertion">{signed}</saml:Advice>'
        for text in (
            response(false + signed),
            response(signed + false),
            response(extension + false),
            response(extension + same),
            response(same + extension),
            response(with_signature(false, nested)),
            response(with_signature(same, nested)),
            response(with_signature(same, signature) + extension),
            response(extension + with_signature(same, signature)),
            response(with_signature(false, signature.replace("#_assertion", "#_false"))),
            response(false.replace("</saml:Assertion>", signed + "</saml:Assertion>")),
            response(false, identity="_assertion").replace("<samlp:Status>", nested + "<samlp:Status>", 1),
            response(false.replace("<saml:Subject>", advice + "<saml:Subject>")),
        ):
            with self.subTest(text=text):
                with self.assertRaises(ClientError) as caught:
                    self.assume(text)
                self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidIdentityToken")

    def test_what_stands_in_the_signature_is_not_read(self):
        element = assertion(self.role, self.provider)
        evil = attribute(ATTRIBUTES + "RoleSessionName", "evil")
        statement = f"<saml:AttributeStatement>{evil}</saml:AttributeStatement>"
        extra = f'<ds:Object xmlns:saml="{SAML}assertion">{statement}</ds:Object>'
        signature = self.idp.signature(element, "_assertion").replace("</ds:Signature>", extra + "</ds:Signature>")
        made = self.assume(response(with_signature(element, signature)))
        self.assertTrue(made["AssumedRoleUser"]["Arn"].endswith("/ann@example.com"))

    def test_comments_do_not_cut_names(self):
        """Canonical form has no comments: whoever adds one breaks no signature, and must not change what is read."""
        text = self.signed(subject="admin.evil", RoleSessionName="admin.evil")
        made = self.assume(text.replace("admin.evil", "admin<!-- -->.evil"))
        self.assertEqual(made["Subject"], "admin.evil")
        self.assertTrue(made["AssumedRoleUser"]["Arn"].endswith("/admin.evil"))


if __name__ == "__main__":
    unittest.main()
