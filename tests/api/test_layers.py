"""Layers: publishing, reading, listing, deleting, sharing, and functions that use them; with boto3."""

import base64
import hashlib
import json
import urllib.request

from harness import PYTHON_RUNTIME, ApiTest, zip_of

ARN = "arn:aws:lambda:us-east-1:000000000000:layer:"
DATE = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$"


class LayersTest(ApiTest):
    def publish(self, name, files=None, **settings):
        content = zip_of(files or {"python/lib.py": "NAME = 'lib'\n"})
        return self.functions.publish_layer_version(LayerName=name, Content={"ZipFile": content}, **settings)

    def test_published_versions_are_numbered_and_described(self):
        package = zip_of({"python/lib.py": "NAME = 'lib'\n"})
        first = self.publish(
            "described",
            Description="What it is",
            LicenseInfo="MIT",
            CompatibleRuntimes=[PYTHON_RUNTIME],
            CompatibleArchitectures=["x86_64"],
        )
        self.assertEqual(first["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertEqual(first["Version"], 1)
        self.assertEqual(first["LayerArn"], ARN + "described")
        self.assertEqual(first["LayerVersionArn"], ARN + "described:1")
        self.assertEqual((first["Description"], first["LicenseInfo"]), ("What it is", "MIT"))
        self.assertEqual(first["CompatibleRuntimes"], [PYTHON_RUNTIME])
        self.assertEqual(first["CompatibleArchitectures"], ["x86_64"])
        self.assertRegex(first["CreatedDate"], DATE)
        self.assertEqual(first["Content"]["CodeSize"], len(package))
        self.assertEqual(
            first["Content"]["CodeSha256"], base64.b64encode(hashlib.sha256(package).digest()).decode()
        )
        self.assertEqual(self.publish("described")["Version"], 2)

        found = self.functions.get_layer_version(LayerName="described", VersionNumber=1)
        by_arn = self.functions.get_layer_version(LayerName=ARN + "described", VersionNumber=1)
        whole_arn = self.functions.get_layer_version_by_arn(Arn=ARN + "described:1")
        for answer in (found, by_arn, whole_arn):
            for member in ("LayerVersionArn", "Description", "CreatedDate", "Version", "CompatibleRuntimes"):
                self.assertEqual(answer[member], first[member])
        self.assertEqual(urllib.request.urlopen(found["Content"]["Location"]).read(), package)

    def test_locations_are_signed(self):
        location = self.publish("signed")["Content"]["Location"]
        path = location.removeprefix(self.server.endpoint)
        self.assertEqual(self.server.http("GET", path.replace("/signed/", "/other/")).status, 403)
        self.assertEqual(self.server.http("GET", path[:-1] + ("0" if path[-1] != "0" else "1")).status, 403)

    def test_numbers_are_never_given_twice(self):
        self.publish("counted")
        self.publish("counted")
        self.functions.delete_layer_version(LayerName="counted", VersionNumber=2)
        self.functions.delete_layer_version(LayerName="counted", VersionNumber=2)
        self.assertEqual(self.publish("counted")["Version"], 3)
        self.assert_refused(
            "ResourceNotFoundException",
            self.functions.get_layer_version,
            LayerName="counted",
            VersionNumber=2,
            status=404,
            message="^The resource you requested does not exist.$",
        )

    def test_version_numbers_begin_with_one(self):
        for call in (self.functions.get_layer_version, self.functions.delete_layer_version):
            self.assert_refused(
                "InvalidParameterValueException",
                call,
                LayerName="any",
                VersionNumber=0,
                message="^Layer Version Cannot be less than 1$",
            )

    def test_content_must_be_a_zip_file(self):
        for content in ({"ZipFile": b"this is not a zip"}, {"ZipFile": b""}, {}):
            self.assert_refused(
                "InvalidParameterValueException",
                self.functions.publish_layer_version,
                LayerName="broken",
                Content=content,
            )
        self.assert_refused(
            "NotImplemented",
            self.functions.publish_layer_version,
            LayerName="broken",
            Content={"S3Bucket": "bucket", "S3Key": "key"},
        )
        self.assertEqual(self.functions.list_layer_versions(LayerName="broken")["LayerVersions"], [])

    def test_lists_filter_and_page(self):
        other = self.server.client("lambda", access_key="999900000001")
        for name in ("a", "b", "c"):
            for runtime in (PYTHON_RUNTIME, "nodejs20.x"):
                other.publish_layer_version(
                    LayerName=name,
                    Content={"ZipFile": zip_of({"f": name})},
                    CompatibleRuntimes=[runtime],
                    CompatibleArchitectures=["arm64"] if name == "b" else ["x86_64"],
                )
        versions = other.list_layer_versions(LayerName="a")["LayerVersions"]
        self.assertEqual([version["Version"] for version in versions], [2, 1], "newest first")
        filtered = other.list_layer_versions(LayerName="a", CompatibleRuntime=PYTHON_RUNTIME)["LayerVersions"]
        self.assertEqual([version["Version"] for version in filtered], [1])
        page = other.list_layer_versions(LayerName="a", MaxItems=1)
        self.assertEqual([version["Version"] for version in page["LayerVersions"]], [2])
        rest = other.list_layer_versions(LayerName="a", MaxItems=1, Marker=page["NextMarker"])
        self.assertEqual([version["Version"] for version in rest["LayerVersions"]], [1])
        self.assertNotIn("NextMarker", rest)

        pages = list(other.get_paginator("list_layers").paginate(PaginationConfig={"PageSize": 2}))
        self.assertEqual([[layer["LayerName"] for layer in page["Layers"]] for page in pages], [["a", "b"], ["c"]])
        self.assertEqual(pages[0]["Layers"][0]["LatestMatchingVersion"]["Version"], 2)
        python = other.list_layers(CompatibleRuntime=PYTHON_RUNTIME, CompatibleArchitecture="arm64")["Layers"]
        self.assertEqual([(layer["LayerName"], layer["LatestMatchingVersion"]["Version"]) for layer in python], [("b", 1)])
        other.delete_layer_version(LayerName="c", VersionNumber=1)
        other.delete_layer_version(LayerName="c", VersionNumber=2)
        self.assertEqual([layer["LayerName"] for layer in other.list_layers()["Layers"]], ["a", "b"])
        self.assert_refused("InvalidParameterValueException", other.list_layers, Marker="?")


class LayerPermissionsTest(ApiTest):
    def setUp(self):
        name = "shared-" + self.id().rpartition(".")[2].replace("_", "-")
        self.functions.publish_layer_version(LayerName=name, Content={"ZipFile": zip_of({"f": "x"})})
        self.version = {"LayerName": name, "VersionNumber": 1}
        self.arn = ARN + name
        self.stranger = self.server.client("lambda", access_key="111122223333")

    def permit(self, sid, principal, **more):
        return self.functions.add_layer_version_permission(
            **self.version, StatementId=sid, Action="lambda:GetLayerVersion", Principal=principal, **more
        )

    def test_statements_are_written_as_aws_does(self):
        added = self.permit("account", "111122223333")
        self.assertEqual(added["ResponseMetadata"]["HTTPStatusCode"], 201)
        statement = {
            "Sid": "account",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "lambda:GetLayerVersion",
            "Resource": self.arn + ":1",
        }
        self.assertEqual(json.loads(added["Statement"]), statement)
        everybody = self.permit("org", "*", OrganizationId="o-abcdefghij")
        self.assertEqual(
            json.loads(everybody["Statement"])["Condition"], {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}
        )
        policy = self.functions.get_layer_version_policy(**self.version)
        self.assertEqual(policy["RevisionId"], everybody["RevisionId"])
        document = json.loads(policy["Policy"])
        self.assertEqual((document["Version"], document["Id"]), ("2012-10-17", "default"))
        self.assertEqual([each["Sid"] for each in document["Statement"]], ["account", "org"])
        self.assertEqual(document["Statement"][0], statement)

    def test_refusals(self):
        not_found = "^Layer version .*:7 does not exist.$"
        nowhere = {**self.version, "VersionNumber": 7}
        self.assert_refused(
            "ResourceNotFoundException", self.functions.get_layer_version_policy, **nowhere, message=not_found
        )
        no_policy = "^No policy is associated with the given resource.$"
        self.assert_refused(
            "ResourceNotFoundException", self.functions.get_layer_version_policy, **self.version, message=no_policy
        )
        revision = self.permit("one", "*")["RevisionId"]
        self.assert_refused("ResourceConflictException", self.permit, "one", "*", status=409, message=r"\(one\)")
        self.assert_refused("PreconditionFailedException", self.permit, "two", "*", RevisionId="x", status=412)
        self.permit("two", "*", RevisionId=revision)
        remove = self.functions.remove_layer_version_permission
        self.assert_refused(
            "ResourceNotFoundException",
            remove,
            **self.version,
            StatementId="three",
            message="^Statement three is not found in resource policy.$",
        )
        remove(**self.version, StatementId="one")
        remove(**self.version, StatementId="two")
        self.assert_refused("ResourceNotFoundException", self.functions.get_layer_version_policy, **self.version)

    def test_strangers_need_a_permission(self):
        by_arn = {"Arn": self.arn + ":1"}
        message = "is not authorized to perform: lambda:GetLayerVersion on resource"
        self.assert_refused(
            "AccessDeniedException", self.stranger.get_layer_version_by_arn, **by_arn, status=403, message=message
        )
        self.permit("other", "444455556666")
        self.assert_refused("AccessDeniedException", self.stranger.get_layer_version_by_arn, **by_arn)
        self.permit("them", "111122223333")
        self.assertEqual(self.stranger.get_layer_version_by_arn(**by_arn)["Version"], 1)
        self.assert_refused("ResourceNotFoundException", self.stranger.get_layer_version_policy, LayerName=self.arn, VersionNumber=1)


USES_LAYERS = """
import os, sys
sys.path.insert(0, "/opt/python")
def handler(event, context):
    found = {}
    for name in event:
        path = os.path.join("/opt", name)
        found[name] = open(path).read() if os.path.exists(path) else None
    return found
"""


class FunctionsWithLayersTest(ApiTest):
    def publish(self, name, files, client=None):
        published = (client or self.functions).publish_layer_version(LayerName=name, Content={"ZipFile": zip_of(files)})
        return published["LayerVersionArn"]

    def opt(self, function, *names):
        answer = self.invoke(function, list(names))
        self.assertNotIn("FunctionError", answer, answer)
        return [answer["Payload"][name] for name in names]

    def test_layers_are_merged_and_later_ones_win(self):
        one = self.publish("one", {"only-one": "1", "both": "from one", "lib/a": "a"})
        two = self.publish("two", {"only-two": "2", "both": "from two", "lib/b": "b"})
        created = self.deploy("merged", USES_LAYERS, Layers=[one, two])
        self.assertEqual([layer["Arn"] for layer in created["Layers"]], [one, two])
        self.assertTrue(all(layer["CodeSize"] > 0 for layer in created["Layers"]))
        names = ("only-one", "only-two", "both", "lib/a", "lib/b")
        self.assertEqual(self.opt("merged", *names), ["1", "2", "from two", "a", "b"])
        self.functions.update_function_configuration(FunctionName="merged", Layers=[two, one])
        self.assertEqual(self.opt("merged", "both"), ["from one"])
        self.functions.update_function_configuration(FunctionName="merged", Layers=[one])
        self.assertEqual(self.opt("merged", "both", "only-two"), ["from one", None])
        self.functions.update_function_configuration(FunctionName="merged", Layers=[])
        self.assertEqual(self.opt("merged", "both"), [None])
        self.assertNotIn("Layers", self.functions.get_function_configuration(FunctionName="merged"))

    def test_a_deleted_version_stays_for_its_functions(self):
        arn = self.publish("deleted", {"file": "still here"})
        self.deploy("keeper", USES_LAYERS, Layers=[arn])
        self.functions.delete_layer_version(LayerName="deleted", VersionNumber=1)
        self.assertEqual(self.opt("keeper", "file"), ["still here"])
        self.functions.update_function_configuration(FunctionName="keeper", Description="a new environment")
        self.assertEqual(self.opt("keeper", "file"), ["still here"])
        self.assert_refused(
            "InvalidParameterValueException",
            self.deploy,
            "late",
            USES_LAYERS,
            Layers=[arn],
            message=f"^Layer version {arn} does not exist.$",
        )

    def test_lists_that_are_not_acceptable(self):
        arns = [self.publish(f"many{i}", {"file": str(i)}) for i in range(6)]
        again = self.publish("many0", {"file": "again"})
        elsewhere = self.server.client("lambda", region="eu-west-1")
        refusals = {
            "^Cannot reference more than 5 layers.$": arns,
            "^Two different versions of the same layer are not allowed": [arns[0], again],
            "Layers are expected to be in region us-east-1": [self.publish("far", {"f": "x"}, elsewhere)],
        }
        for message, layers in refusals.items():
            with self.subTest(message):
                self.assert_refused(
                    "InvalidParameterValueException", self.deploy, "bad", USES_LAYERS, Layers=layers, message=message
                )
        self.deploy("five", USES_LAYERS, Layers=arns[:5])
        self.assertEqual(self.opt("five", "file"), ["4"])

    def test_code_and_layers_have_one_limit(self):
        zeros = {f"zeros{i}": b"\0" * (50 << 20) for i in range(3)}
        arn = self.publish("large", zeros)
        error = self.assert_refused(
            "InvalidParameterValueException", self.deploy, "larger", {"app.py": USES_LAYERS, **zeros}, Layers=[arn]
        )
        self.assertRegex(
            error["Error"]["Message"],
            r"^Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. "
            r"The actual size is 3145\d{5} bytes.$",
        )

    def test_layers_of_other_accounts_need_a_permission(self):
        owner = self.server.client("lambda", access_key="222233334444")
        arn = self.publish("foreign", {"file": "shared"}, owner)
        refused = self.assert_refused("AccessDeniedException", self.deploy, "guest", USES_LAYERS, Layers=[arn], status=403)
        self.assertIn("lambda:GetLayerVersion on resource: " + arn, refused["Error"]["Message"])
        owner.add_layer_version_permission(
            LayerName="foreign",
            VersionNumber=1,
            StatementId="guests",
            Action="lambda:GetLayerVersion",
            Principal="000000000000",
        )
        self.deploy("guest", USES_LAYERS, Layers=[arn])
        self.assertEqual(self.opt("guest", "file"), ["shared"])
