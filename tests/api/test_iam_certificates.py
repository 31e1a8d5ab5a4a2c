"""Server certificates of accounts, and signing certificates of users."""

import json
import pathlib
import subprocess
import tempfile
import time
import unittest

from enforcing import ACCOUNT, EnforcedTest, allow
from harness import ApiTest


class Maker:
    """Keys and certificates, made by OpenSSL in one folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def run(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def read(self, file):
        return (self.folder / file).read_text()

    def key(self, name, *kind):
        kind = kind or ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        self.run("genpkey", *kind, "-out", f"{name}.key")

    def certificate(self, name, issuer=None, days=30, *kind):
        """A key and its certificate, signed by itself or by `issuer`."""
        self.key(name, *kind)
        self.run("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}.example.com", "-out", f"{name}.csr")
        (self.folder / "ca.ext").write_text("basicConstraints=critical,CA:TRUE\n")
        signer = ("-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key") if issuer else ("-signkey", f"{name}.key")
        self.run("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", *signer, "-days", days,
                 "-extfile", "ca.ext", "-set_serial", time.time_ns())
        return self.read(f"{name}.pem")


class CertificatesTest(ApiTest):
    EPHEMERAL = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.iam = cls.server.client("iam")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.maker = Maker(folder.name)
        cls.root = cls.maker.certificate("root")
        cls.middle = cls.maker.certificate("middle", "root")
        cls.leaf = cls.maker.certificate("leaf", "middle")
        cls.key = cls.maker.read("leaf.key")

    def setUp(self):
        self.server.http("POST", "/_martlet/reset")


class ServerCertificatesTest(CertificatesTest):
    def upload(self, name="site", **settings):
        settings = {"CertificateBody": self.leaf, "PrivateKey": self.key, **settings}
        return self.iam.upload_server_certificate(ServerCertificateName=name, **settings)

    def test_upload_get_list_delete(self):
        chain = self.middle + self.root
        made = self.upload(Path="/cloudfront/", CertificateChain=chain, Tags=[{"Key": "k", "Value": "v"}])
        metadata = made["ServerCertificateMetadata"]
        self.assertEqual(metadata["Arn"], f"arn:aws:iam::{ACCOUNT}:server-certificate/cloudfront/site")
        self.assertRegex(metadata["ServerCertificateId"], "^ASCA[A-Z2-7]{17}$")
        self.assertAlmostEqual(metadata["Expiration"].timestamp(), time.time() + 30 * 24 * 3600, delta=300)
        self.assertEqual(made["Tags"], [{"Key": "k", "Value": "v"}])
        found = self.iam.get_server_certificate(ServerCertificateName="site")["ServerCertificate"]
        self.assertEqual(found["ServerCertificateMetadata"], metadata)
        self.assertEqual((found["CertificateBody"], found["CertificateChain"]), (self.leaf, chain))
        self.assertNotIn("PrivateKey", found)
        self.upload("other")
        listed = self.iam.list_server_certificates()["ServerCertificateMetadataList"]
        self.assertEqual([each["ServerCertificateName"] for each in listed], ["other", "site"])
        listed = self.iam.list_server_certificates(PathPrefix="/cloudfront/")["ServerCertificateMetadataList"]
        self.assertEqual(listed, [metadata])
        self.assertTrue(self.iam.list_server_certificates(MaxItems=1)["IsTruncated"])
        self.assertEqual(self.iam.get_account_summary()["SummaryMap"]["ServerCertificates"], 2)
        self.iam.delete_server_certificate(ServerCertificateName="site")
        for call in (self.iam.get_server_certificate, self.iam.delete_server_certificate):
            self.assert_refused(
                "NoSuchEntity", call, ServerCertificateName="site", status=404,
                message="^The Server Certificate with name site cannot be found.$",
            )

    def test_kinds_of_keys(self):
        rsa = self.maker.certificate("rsa", None, 30, "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        key = self.maker.read("rsa.key")
        self.maker.run("rsa", "-in", "rsa.key", "-traditional", "-out", "traditional.key")
        traditional = self.maker.read("traditional.key")
        self.assertIn("BEGIN RSA PRIVATE KEY", traditional)
        self.upload("rsa", CertificateBody=rsa, PrivateKey=key)
        self.maker.run("ecparam", "-genkey", "-name", "prime256v1", "-out", "curve.key")
        self.maker.run("req", "-x509", "-key", "curve.key", "-subj", "/CN=curve", "-days", 2, "-out", "curve.pem")
        curve = self.maker.read("curve.key")
        self.assertIn("BEGIN EC PARAMETERS", curve)
        self.upload("curve", CertificateBody=self.maker.read("curve.pem"), PrivateKey=curve)
        self.upload("traditional", CertificateBody=f"\n{rsa}\n\n", PrivateKey=traditional)

    def test_the_private_key_is_not_readable_in_the_store(self):
        self.upload("hidden-certificate")
        stored = b"".join(path.read_bytes() for path in (self.server.data / "store").iterdir() if path.is_file())
        self.assertIn(self.leaf.splitlines()[3].encode(), stored)
        self.assertNotIn(self.key.splitlines()[1].encode(), stored)

    def test_what_is_refused(self):
        self.maker.run("ec", "-in", "leaf.key", "-aes128", "-passout", "pass:secret", "-out", "locked.key")
        expired = self.maker.certificate("expired", None, -1)
        key = self.maker.read("expired.key")
        broken = self.leaf.replace(self.leaf.splitlines()[2][:8], "AAAAAAAA", 1)
        for code, message, settings in (
            ("MalformedCertificate", "^Unable to parse certificate. Please ensure", {"CertificateBody": "no PEM"}),
            ("MalformedCertificate", "^Unable to parse certificate", {"CertificateBody": self.leaf + self.root}),
            ("MalformedCertificate", "^Unable to parse certificate", {"CertificateBody": self.key}),
            ("MalformedCertificate", "^Unable to parse certificate", {"CertificateBody": "text\n" + self.leaf}),
            ("MalformedCertificate", "private key", {"PrivateKey": self.leaf}),
            ("MalformedCertificate", "private key", {"PrivateKey": self.maker.read("locked.key")}),
            ("KeyPairMismatch", "does not match", {"PrivateKey": self.maker.read("root.key")}),
            ("MalformedCertificate", "expired", {"CertificateBody": expired, "PrivateKey": key}),
            ("MalformedCertificate", "chain", {"CertificateChain": "no PEM"}),
            ("MalformedCertificate", "invalid certificate is: 0", {"CertificateChain": self.root}),
            ("MalformedCertificate", "invalid certificate is: 0", {"CertificateChain": self.root + self.middle}),
            ("MalformedCertificate", "invalid certificate is: 1", {"CertificateChain": self.middle + self.leaf}),
            ("MalformedCertificate", "", {"CertificateBody": broken, "CertificateChain": self.middle}),
            ("ValidationError", "", {"name": "a b"}),
            ("InvalidInput", "reserved", {"Tags": [{"Key": "aws:k", "Value": "v"}]}),
        ):
            with self.subTest(settings=settings):
                self.assert_refused(code, self.upload, status=400, message=message, **settings)
        self.upload()
        self.assert_refused(
            "EntityAlreadyExists", self.upload, status=409,
            message="^The Server Certificate with name site already exists.$",
        )
        for number in range(19):
            self.upload(f"site-{number}")
        self.assert_refused("LimitExceeded", self.upload, name="one-more", status=409)

    def test_a_name_of_the_same_issuer_is_not_enough(self):
        """Who claims to be the issuer must have signed."""
        self.maker.key("real")
        for name in ("real", "false"):
            (self.maker.folder / name).mkdir(exist_ok=True)
        makers = [Maker(self.maker.folder / name) for name in ("real", "false")]
        issuers = [maker.certificate("issuer") for maker in makers]
        leaf = makers[0].certificate("leaf", "issuer")
        settings = {"CertificateBody": leaf, "PrivateKey": makers[0].read("leaf.key")}
        self.assert_refused("MalformedCertificate", self.upload, CertificateChain=issuers[1], **settings)
        self.upload(CertificateChain=issuers[0], **settings)

    def test_rename_and_tags(self):
        made = self.upload(Tags=[{"Key": "a", "Value": "1"}])["ServerCertificateMetadata"]
        self.upload("taken")
        update = self.iam.update_server_certificate
        names = {"ServerCertificateName": "site", "NewServerCertificateName": "taken"}
        self.assert_refused("EntityAlreadyExists", update, status=409, **names)
        update(ServerCertificateName="site", NewServerCertificateName="new", NewPath="/moved/")
        metadata = self.iam.get_server_certificate(ServerCertificateName="new")["ServerCertificate"][
            "ServerCertificateMetadata"
        ]
        self.assertEqual(metadata["Arn"], f"arn:aws:iam::{ACCOUNT}:server-certificate/moved/new")
        self.assertEqual(metadata["ServerCertificateId"], made["ServerCertificateId"])
        self.assert_refused("NoSuchEntity", update, ServerCertificateName="site", NewPath="/x/")
        tag, name = self.iam.tag_server_certificate, {"ServerCertificateName": "new"}
        tag(Tags=[{"Key": "A", "Value": "2"}], **name)
        self.iam.untag_server_certificate(TagKeys=["a"], **name)
        self.assertEqual(self.iam.list_server_certificate_tags(**name)["Tags"], [{"Key": "A", "Value": "2"}])
        self.assert_refused("NoSuchEntity", tag, ServerCertificateName="site", Tags=[{"Key": "a", "Value": ""}])


class SigningCertificatesTest(CertificatesTest):
    def setUp(self):
        super().setUp()
        self.iam.create_user(UserName="Ann")

    def upload(self, body=None, user="Ann"):
        made = self.iam.upload_signing_certificate(UserName=user, CertificateBody=body or self.leaf)
        return made["Certificate"]

    def test_upload_list_update_delete(self):
        made = self.upload()
        self.assertEqual((made["UserName"], made["Status"]), ("Ann", "Active"))
        self.assertEqual(made["CertificateBody"], self.leaf)
        self.assertRegex(made["CertificateId"], "^[A-Z2-7]{32}$")
        self.assertEqual(self.iam.list_signing_certificates(UserName="ann")["Certificates"], [made])
        names = {"UserName": "Ann", "CertificateId": made["CertificateId"]}
        update = self.iam.update_signing_certificate
        update(Status="Inactive", **names)
        self.assertEqual(self.iam.list_signing_certificates(UserName="Ann")["Certificates"][0]["Status"], "Inactive")
        self.assert_refused("InvalidInput", update, Status="Expired", **names)
        self.iam.delete_signing_certificate(**names)
        self.assert_refused("NoSuchEntity", update, Status="Active", status=404, **names)
        self.assert_refused("NoSuchEntity", self.iam.delete_signing_certificate, **names)
        self.assertEqual(self.iam.list_signing_certificates(UserName="Ann")["Certificates"], [])

    def test_what_is_refused(self):
        self.iam.create_user(UserName="Bob")
        self.assert_refused("MalformedCertificate", self.upload, "no PEM", status=400)
        expired = self.maker.certificate("over", None, -1)
        self.assert_refused("MalformedCertificate", self.upload, expired, message="expired")
        self.assert_refused("NoSuchEntity", self.upload, user="nobody")
        self.upload()
        for user in ("Ann", "Bob"):
            self.assert_refused("DuplicateCertificate", self.upload, f"\n{self.leaf}", user, status=409)
        self.upload(self.root)
        pages = self.iam.get_paginator("list_signing_certificates").paginate(
            UserName="Ann", PaginationConfig={"PageSize": 1}
        )
        self.assertEqual([len(page["Certificates"]) for page in pages], [1, 1])
        self.assert_refused("LimitExceeded", self.upload, self.middle, status=409)
        self.upload(self.middle, "Bob")

    def test_they_follow_their_user_and_keep_it(self):
        made = self.upload()
        self.iam.update_user(UserName="Ann", NewUserName="Eve")
        [own] = self.iam.list_signing_certificates(UserName="Eve")["Certificates"]
        self.assertEqual((own["UserName"], own["CertificateId"]), ("Eve", made["CertificateId"]))
        self.assert_refused("DeleteConflict", self.iam.delete_user, UserName="Eve", message="signing certificates")
        self.iam.delete_signing_certificate(UserName="Eve", CertificateId=made["CertificateId"])
        self.iam.delete_user(UserName="Eve")

    def test_they_are_reported(self):
        made = self.upload()
        self.iam.generate_credential_report()
        header, line = self.iam.get_credential_report()["Content"].decode().splitlines()
        row = dict(zip(header.split(","), line.split(",")))
        self.assertEqual(row["cert_1_active"], "true")
        self.assertEqual(row["cert_1_last_rotated"], made["UploadDate"].isoformat())
        self.assertEqual((row["cert_2_active"], row["cert_2_last_rotated"]), ("false", "N/A"))
        self.iam.update_signing_certificate(
            UserName="Ann", CertificateId=made["CertificateId"], Status="Inactive"
        )
        self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": 5 * 3600}))
        self.iam.generate_credential_report()
        header, line = self.iam.get_credential_report()["Content"].decode().splitlines()
        row = dict(zip(header.split(","), line.split(",")))
        self.assertEqual((row["cert_1_active"], row["cert_1_last_rotated"]), ("false", "N/A"))


class RightsTest(EnforcedTest):
    def test_a_certificate_is_meant_by_its_path(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        maker = Maker(folder.name)
        body = maker.certificate("site")
        self.iam.upload_server_certificate(
            ServerCertificateName="site", Path="/web/", CertificateBody=body, PrivateKey=maker.read("site.key")
        )
        arn = f"arn:aws:iam::{ACCOUNT}:server-certificate"
        reader = self.make_user(allow("iam:GetServerCertificate", f"{arn}/web/*"))
        reader.client("iam").get_server_certificate(ServerCertificateName="site")
        other = self.make_user(allow("iam:*", f"{arn}/other/*"))
        self.assert_refused(
            "AccessDenied", other.client("iam").get_server_certificate, ServerCertificateName="site",
            message=f"on resource: {arn}/web/site because",
        )
        mover = self.make_user(allow("iam:UpdateServerCertificate", f"{arn}/web/*"))
        update = mover.client("iam").update_server_certificate
        update(ServerCertificateName="site", NewServerCertificateName="new")  # the path stays
        self.assert_refused(
            "AccessDenied", update, ServerCertificateName="new", NewPath="/far/", message=f"{arn}/far/new because"
        )


if __name__ == "__main__":
    unittest.main()
