"""Functions from container images: OCI layouts, archives and registries; with boto3."""

import json
import pathlib
import shutil
import tempfile

from harness import ROLE, ApiTest, Server
from image_fixture import Image, index_of, registry, tar_of, word_count_program

EVENT = {"text": "a b a\n"}


class ImageTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="martlet-image-test-"))
        cls.directory.chmod(0o755)  # the server reads it as a user of its own
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.program = word_count_program(cls.directory)
        cls.image = Image(
            [tar_of([("bootstrap", b"from a lower layer"), ("etc", None)]), tar_of([("bootstrap", cls.program)])],
            Entrypoint=["/bootstrap"],
            Cmd=["app.handler"],
            Env=["FROM_IMAGE=yes"],
        )
        cls.image.write_layout(cls.directory / "layout")
        cls.layout = "oci:" + str(cls.directory / "layout")

    def create(self, name, uri, **settings):
        created = self.functions.create_function(
            FunctionName=name, PackageType="Image", Role=ROLE, Code={"ImageUri": uri}, Timeout=30, **settings
        )
        self.addCleanup(self.forget, name)
        return created

    def assert_counts(self, name):
        answer = self.invoke(name, EVENT)
        self.assertNotIn("FunctionError", answer, answer)
        self.assertEqual(answer["Payload"]["words"], 3)

    def test_a_layout(self):
        created = self.create("layout", self.layout + ":latest", ImageConfig={"Command": ["other"]})
        self.assertEqual(created["PackageType"], "Image")
        self.assertEqual(created["CodeSha256"], self.image.digest.removeprefix("sha256:"))
        self.assertEqual(created["ImageConfigResponse"]["ImageConfig"], {"Command": ["other"]})
        self.assertNotIn("Runtime", created)
        code = self.functions.get_function(FunctionName="layout")["Code"]
        self.assertEqual(
            code,
            {
                "RepositoryType": "ECR",
                "ImageUri": self.layout + ":latest",
                "ResolvedImageUri": self.layout + "@" + self.image.digest,
            },
        )
        self.assert_counts("layout")

    def test_archives(self):
        archives = {"oci-archive:": self.image.oci_archive(), "docker-archive:": self.image.docker_archive(), "": None}
        for number, (scheme, content) in enumerate(archives.items()):
            with self.subTest(scheme):
                file = self.directory / f"archive{number}.tar"
                file.write_bytes(content or self.image.oci_archive())
                self.create(f"archive{number}", scheme + str(file))
                file.unlink()  # what the function needs has been kept
                self.assert_counts(f"archive{number}")

    def test_a_registry(self):
        other = Image([tar_of([("bootstrap", b"for another machine")])], architecture="arm64", Entrypoint=["/bootstrap"])
        documents = {"name:latest": index_of([other, self.image]), "name:one": self.image.manifest}
        with registry(documents, {**self.image.blobs(), **other.blobs()}) as (host, asked):
            uris = [f"{host}/name", f"{host}/name:one", f"{host}/name@{self.image.digest}"]
            for number, uri in enumerate(uris):
                self.create(f"registry{number}", uri)
                code = self.functions.get_function(FunctionName=f"registry{number}")["Code"]
                self.assertEqual(code["ResolvedImageUri"], f"{host}/name@{self.image.digest}")
            self.assertNotIn("/v2/name/manifests/" + other.digest, asked)
            self.assert_refused(
                "InvalidParameterValueException",
                self.create,
                "absent",
                f"{host}/name:absent",
                message=f"^Source image {host}/name:absent does not exist. Provide a valid source image.$",
            )
        self.assert_counts("registry0")

    def test_registries_that_ask_who_is_there(self):
        for kind in ("basic", "bearer"):
            with self.subTest(kind), registry({"name:latest": self.image.manifest}, self.image.blobs(), kind) as (host, _):
                self.assert_refused(
                    "InvalidParameterValueException", self.create, "denied", f"{host}/name", message="permission"
                )
                auths = {"auths": {host: {"username": "user", "password": "password"}}}
                server = Server(environment={"DOCKER_AUTH_CONFIG": json.dumps(auths)})
                self.addCleanup(server.remove)
                server.start()
                created = server.client("lambda").create_function(
                    FunctionName="f", PackageType="Image", Role=ROLE, Code={"ImageUri": f"{host}/name"}
                )
                self.assertEqual(created["CodeSha256"], self.image.digest.removeprefix("sha256:"))
                self.assertEqual(server.stop(), 0)

    def test_updates_and_versions(self):
        self.create("updated", self.layout)
        version = self.functions.publish_version(FunctionName="updated")["Version"]
        second = Image([tar_of([("run", self.program)])], Entrypoint=["/run"])
        second.write_layout(self.directory / "second")
        updated = self.functions.update_function_code(
            FunctionName="updated", ImageUri="oci:" + str(self.directory / "second")
        )
        self.assertEqual(updated["CodeSha256"], second.digest.removeprefix("sha256:"))
        self.assert_counts("updated")
        self.assert_counts("updated:" + version)
        self.assert_refused(
            "InvalidParameterValueException",
            self.functions.update_function_code,
            FunctionName="updated",
            ZipFile=b"x",
            message="^Please provide ImageUri when updating a function with packageType Image.$",
        )

    def test_what_is_no_image(self):
        (self.directory / "empty").mkdir()
        broken = Image([tar_of([("bootstrap", self.program)])], Entrypoint=["/bootstrap"])
        broken.write_layout(self.directory / "broken")
        for blob in (self.directory / "broken/blobs/sha256").iterdir():
            if blob.name == broken.blobs().keys().__iter__().__next__().removeprefix("sha256:"):
                blob.write_bytes(b"{}")
        uris = {
            "nothing": "does not exist",
            "/not/there": "does not exist",
            "127.0.0.1:1/name": "is not valid",
            "oci:" + str(self.directory / "empty"): "is not supported",
            "oci:" + str(self.directory / "broken"): "is not supported",
            self.layout + ":absent": "is not supported",
        }
        for uri, message in uris.items():
            with self.subTest(uri):
                self.assert_refused("InvalidParameterValueException", self.create, "broken", uri, message=message)
        self.assert_refused("ResourceNotFoundException", self.functions.get_function, FunctionName="broken")
