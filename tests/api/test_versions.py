"""Published versions of functions: publishing, reading, invoking, listing and deleting them, with boto3."""

import base64
import hashlib
import json
import urllib.request

from harness import PYTHON_RUNTIME, ROLE, ApiTest, zip_of

SOURCE = (
    "import os\n"
    "def handler(event, context):\n"
    "    return ['{}', context.function_version, context.invoked_function_arn, os.environ.get('STAGE')]\n"
)
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


def package(word):
    return zip_of({"app.py": SOURCE.format(word)})


def sha256(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


class PublishTest(ApiTest):
    def change(self, name, word, **settings):
        return self.functions.update_function_code(FunctionName=name, ZipFile=package(word), **settings)

    def test_a_version_keeps_code_and_configuration(self):
        created = self.deploy(
            "kept", SOURCE.format("one"), Description="d", Environment={"Variables": {"STAGE": "1"}}, Tags={"a": "b"}
        )
        first = self.functions.publish_version(FunctionName="kept")
        self.assertEqual(first["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertEqual((first["Version"], first["FunctionArn"]), ("1", ARN + "kept:1"))
        self.assertEqual((first["Description"], first["State"], first["CodeSha256"]), ("d", "Active", created["CodeSha256"]))
        self.assertNotEqual(first["RevisionId"], created["RevisionId"])
        self.change("kept", "two")
        self.functions.update_function_configuration(FunctionName="kept", Environment={"Variables": {"STAGE": "2"}})
        second = self.functions.publish_version(FunctionName="kept", Description="the second")
        self.assertEqual((second["Version"], second["Description"]), ("2", "the second"))
        self.change("kept", "three")

        expected = {None: ("three", "$LATEST", "2"), "$LATEST": ("three", "$LATEST", "2")}
        expected.update({"1": ("one", "1", "1"), "2": ("two", "2", "2")})
        for qualifier, (word, version, stage) in expected.items():
            settings = {"Qualifier": qualifier} if qualifier else {}
            answer = self.invoke("kept", {}, **settings)
            arn = ARN + "kept" + (f":{qualifier}" if qualifier else "")
            self.assertEqual(answer["Payload"], [word, version, arn, stage])
            self.assertEqual(answer["ExecutedVersion"], version)
        self.assertEqual(self.invoke("kept:1", {})["Payload"][2], ARN + "kept:1")
        self.assertEqual(self.invoke(ARN + "kept:2", {})["Payload"][0], "two")

    def test_reading_by_qualifier(self):
        self.deploy("read", SOURCE.format("one"), Tags={"a": "b"})
        self.functions.publish_version(FunctionName="read")
        self.change("read", "two")
        for name, settings in (("read", {"Qualifier": "1"}), ("read:1", {}), (ARN + "read:1", {})):
            found = self.functions.get_function_configuration(FunctionName=name, **settings)
            self.assertEqual((found["Version"], found["FunctionArn"]), ("1", ARN + "read:1"))
        found = self.functions.get_function(FunctionName="read", Qualifier="1")
        self.assertEqual(found["Tags"], {"a": "b"})
        with urllib.request.urlopen(found["Code"]["Location"]) as answer:
            self.assertEqual(answer.read(), package("one"))
        latest = self.functions.get_function(FunctionName="read", Qualifier="$LATEST")
        self.assertEqual(latest["Configuration"]["FunctionArn"], ARN + "read:$LATEST")
        with urllib.request.urlopen(latest["Code"]["Location"]) as answer:
            self.assertEqual(answer.read(), package("two"))
        for qualifier in ("2", "nobody"):
            for call in (self.functions.get_function, self.functions.get_function_configuration, self.functions.invoke):
                self.assert_refused(
                    "ResourceNotFoundException",
                    call,
                    FunctionName="read",
                    Qualifier=qualifier,
                    status=404,
                    message=f"^Function not found: {ARN}read:{qualifier}$",
                )

    def test_nothing_is_published_when_nothing_has_changed(self):
        self.deploy("same", SOURCE.format("one"))
        first = self.functions.publish_version(FunctionName="same")
        again = self.functions.publish_version(FunctionName="same", Description="other")
        self.assertEqual((again["Version"], again["RevisionId"]), ("1", first["RevisionId"]))
        self.functions.update_function_configuration(FunctionName="same", MemorySize=192)
        self.assertEqual(self.functions.publish_version(FunctionName="same")["Version"], "2")
        self.functions.update_function_configuration(FunctionName="same", MemorySize=128)
        self.assertEqual(self.functions.publish_version(FunctionName="same")["Version"], "3")

    def test_publish_with_create_and_update(self):
        created = self.deploy("at-once", SOURCE.format("one"), Publish=True)
        self.assertEqual(created["Version"], "1")
        self.assertEqual(self.invoke("at-once", {}, Qualifier="1")["Payload"][0], "one")
        updated = self.change("at-once", "two", Publish=True)
        self.assertEqual((updated["Version"], updated["FunctionArn"]), ("2", ARN + "at-once:2"))
        self.assertEqual(self.invoke("at-once:2", {})["Payload"][0], "two")
        tried = self.change("at-once", "three", Publish=True, DryRun=True)
        self.assertEqual(tried["CodeSha256"], sha256(package("three")))
        self.assertEqual(len(self.functions.list_versions_by_function(FunctionName="at-once")["Versions"]), 3)
        self.assertEqual(self.invoke("at-once", {})["Payload"][0], "two")

    def test_publishing_only_what_was_seen(self):
        created = self.deploy("seen", SOURCE.format("one"))
        self.change("seen", "two")
        error = self.assert_refused(
            "InvalidParameterValueException",
            self.functions.publish_version,
            FunctionName="seen",
            CodeSha256=created["CodeSha256"],
            status=400,
        )
        self.assertIn(f"CodeSHA256 ({created['CodeSha256']}) is different", error["Error"]["Message"])
        self.assert_refused(
            "PreconditionFailedException",
            self.functions.publish_version,
            FunctionName="seen",
            RevisionId=created["RevisionId"],
            status=412,
        )
        latest = self.functions.get_function_configuration(FunctionName="seen")
        published = self.functions.publish_version(
            FunctionName="seen", RevisionId=latest["RevisionId"], CodeSha256=latest["CodeSha256"]
        )
        self.assertEqual(published["Version"], "1")

    def test_what_takes_no_version(self):
        self.deploy("whole", SOURCE.format("one"), Publish=True)
        calls = [
            (self.functions.update_function_code, {"ZipFile": package("two")}),
            (self.functions.update_function_configuration, {"Timeout": 4}),
            (self.functions.publish_version, {}),
            (self.functions.put_function_concurrency, {"ReservedConcurrentExecutions": 1}),
            (self.functions.list_versions_by_function, {}),
        ]
        for call, parameters in calls:
            self.assert_refused(
                "InvalidParameterValueException",
                call,
                FunctionName="whole:1",
                status=400,
                message="^This operation is permitted on Lambda functions only",
                **parameters,
            )
        self.assert_refused("ResourceNotFoundException", self.functions.publish_version, FunctionName="nowhere", status=404)

    def test_a_version_goes_alone(self):
        self.deploy("pruned", SOURCE.format("one"), Publish=True)
        self.change("pruned", "two", Publish=True)
        self.assertEqual(self.invoke("pruned:1", {})["Payload"][0], "one")
        answer = self.functions.delete_function(FunctionName="pruned", Qualifier="1")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 204)
        self.assert_refused("ResourceNotFoundException", self.functions.invoke, FunctionName="pruned:1", status=404)
        self.assertEqual(self.invoke("pruned:2", {})["Payload"][0], "two")
        self.functions.delete_function(FunctionName="pruned", Qualifier="1")  # as often as one likes
        self.assert_refused(
            "InvalidParameterValueException",
            self.functions.delete_function,
            FunctionName="pruned",
            Qualifier="$LATEST",
            status=400,
            message="^\\$LATEST version cannot be deleted without deleting the function",
        )
        self.functions.delete_function(FunctionName="pruned:2")
        self.change("pruned", "three")
        self.assertEqual(self.functions.publish_version(FunctionName="pruned")["Version"], "3")

    def test_versions_go_with_their_function(self):
        self.deploy("gone", SOURCE.format("one"), Publish=True)
        self.functions.create_alias(FunctionName="gone", Name="live", FunctionVersion="1")
        self.functions.delete_function(FunctionName="gone")
        for name in ("gone", "gone:1", "gone:live"):
            self.assert_refused("ResourceNotFoundException", self.functions.get_function, FunctionName=name)
        self.deploy("gone", SOURCE.format("again"))
        self.assert_refused("ResourceNotFoundException", self.functions.invoke, FunctionName="gone:1")
        self.assertEqual(self.functions.list_aliases(FunctionName="gone")["Aliases"], [])


class ListTest(ApiTest):
    def test_pages_of_versions(self):
        self.deploy("listed", SOURCE.format("one"))
        for number in range(1, 13):
            self.functions.update_function_configuration(FunctionName="listed", Description=str(number))
            self.functions.publish_version(FunctionName="listed")
        pages = self.functions.get_paginator("list_versions_by_function").paginate(
            FunctionName="listed", PaginationConfig={"PageSize": 5}
        )
        pages = list(pages)
        self.assertEqual([len(page["Versions"]) for page in pages], [5, 5, 3])
        versions = [version for page in pages for version in page["Versions"]]
        self.assertEqual([version["Version"] for version in versions], ["$LATEST"] + [str(n) for n in range(1, 13)])
        self.assertEqual(versions[10]["FunctionArn"], ARN + "listed:10")
        self.assertEqual(versions[0]["FunctionArn"], ARN + "listed:$LATEST")
        self.assertNotIn("State", versions[3])
        self.assert_refused(
            "InvalidParameterValueException", self.functions.list_versions_by_function, FunctionName="listed", Marker="%"
        )
        self.assert_refused("ResourceNotFoundException", self.functions.list_versions_by_function, FunctionName="none")

    def test_every_version_of_every_function(self):
        other = self.server.client("lambda", region="eu-central-1")
        for name in ("a", "b", "c"):
            other.create_function(
                FunctionName=name,
                Runtime=PYTHON_RUNTIME,
                Handler="app.handler",
                Role=ROLE,
                Code={"ZipFile": package(name)},
                Publish=name != "c",
            )
            self.addCleanup(other.delete_function, FunctionName=name)
        for size in (1, 2, 3, 50):
            pages = other.get_paginator("list_functions").paginate(
                FunctionVersion="ALL", PaginationConfig={"PageSize": size}
            )
            found = [item["FunctionArn"].rpartition("function:")[2] for page in pages for item in page["Functions"]]
            self.assertEqual(found, ["a:$LATEST", "a:1", "b:$LATEST", "b:1", "c:$LATEST"], size)
        only = [item["FunctionArn"].rpartition("function:")[2] for item in other.list_functions()["Functions"]]
        self.assertEqual(only, ["a", "b", "c"])
        for region, count in (("ALL", 5), ("eu-central-1", 5), ("us-west-2", 0)):
            answer = other.list_functions(FunctionVersion="ALL", MasterRegion=region)
            self.assertEqual(len(answer["Functions"]), count, region)
        self.assert_refused("InvalidParameterValueException", other.list_functions, MasterRegion="ALL", status=400)


class DurableVersionsTest(ApiTest):
    EPHEMERAL = False

    def test_versions_and_aliases_survive_a_crash(self):
        self.deploy("durable", SOURCE.format("one"), Publish=True)
        self.functions.update_function_code(FunctionName="durable", ZipFile=package("two"))
        self.functions.create_alias(FunctionName="durable", Name="live", FunctionVersion="1")
        self.server.kill()
        self.server.start()
        type(self).functions = self.server.client("lambda")
        self.assertEqual(self.invoke("durable:live", {})["Payload"][:2], ["one", "1"])
        self.assertEqual(self.invoke("durable", {})["Payload"][:2], ["two", "$LATEST"])

    def test_environment_variables_are_encrypted_at_rest(self):
        variables = {"PASSWORD": "correct-horse-battery"}
        source = "import os\ndef handler(event, context):\n    return os.environ['PASSWORD']\n"
        self.deploy("sealed", source, Environment={"Variables": variables}, Publish=True)
        # The same variables once more make no other version.
        self.functions.update_function_configuration(FunctionName="sealed", Environment={"Variables": variables})
        self.assertEqual(self.functions.publish_version(FunctionName="sealed")["Version"], "1")
        self.server.kill()
        for path in self.server.data.rglob("*"):
            if path.is_file():
                self.assertNotIn(variables["PASSWORD"].encode(), path.read_bytes(), path)
        self.server.start()
        type(self).functions = self.server.client("lambda")
        self.assertEqual(self.invoke("sealed:1", {})["Payload"], variables["PASSWORD"])
        self.server.kill()
        key_file = self.server.data / "secret-key"
        key = key_file.read_bytes()
        key_file.write_bytes(bytes(32))
        self.server.start()
        type(self).functions = self.server.client("lambda")
        environment = self.functions.get_function_configuration(FunctionName="sealed")["Environment"]
        self.assertEqual(environment["Error"]["ErrorCode"], "KMSAccessDeniedException")
        self.assertNotIn("Variables", environment)
        self.assert_refused("KMSAccessDeniedException", self.functions.invoke, FunctionName="sealed", status=502)
        self.server.kill()
        key_file.write_bytes(key)
        self.server.start()
        type(self).functions = self.server.client("lambda")


class SnapStartTest(ApiTest):
    def deploy_snap_start(self, name, source):
        return self.deploy(name, source, runtime="python3.12", SnapStart={"ApplyOn": "PublishedVersions"}, file="app.py")

    def test_a_snapshot_is_made_when_a_version_is_published(self):
        created = self.deploy_snap_start("snapped", SOURCE.format("one"))
        self.assertEqual(created["SnapStart"], {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"})
        published = self.functions.publish_version(FunctionName="snapped")
        self.assertEqual((published["State"], published["StateReasonCode"]), ("Pending", "Creating"))
        self.functions.get_waiter("function_active_v2").wait(
            FunctionName="snapped", Qualifier="1", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        active = self.functions.get_function_configuration(FunctionName="snapped", Qualifier="1")
        self.assertEqual(active["SnapStart"], {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"})
        self.assertEqual(self.invoke("snapped:1", {})["Payload"][:2], ["one", "1"])

    def test_a_version_that_cannot_be_initialised_fails(self):
        self.deploy_snap_start("unsound", "raise ValueError('no')\ndef handler(event, context):\n    return 1\n")
        self.functions.publish_version(FunctionName="unsound")
        answer = self.functions.get_function_configuration(FunctionName="unsound", Qualifier="1")
        for _ in range(600):
            if answer["State"] != "Pending":
                break
            answer = self.functions.get_function_configuration(FunctionName="unsound", Qualifier="1")
        self.assertEqual((answer["State"], answer["StateReasonCode"]), ("Failed", "FunctionError"))
        self.assertIn("ValueError", answer["StateReason"])
        self.assert_refused("ResourceConflictException", self.functions.invoke, FunctionName="unsound:1", status=409)

    def test_runtimes_without_snapshots(self):
        self.assert_refused(
            "InvalidParameterValueException",
            self.deploy,
            "refused",
            SOURCE,
            SnapStart={"ApplyOn": "PublishedVersions"},
            message="^python3.11 is not supported for SnapStart enabled functions",
        )


class RawSettingsTest(ApiTest):
    """Settings that are newer than boto3."""

    def call(self, method, path, document=None):
        body = json.dumps(document) if document is not None else b""
        return self.server.signed("lambda", method, path, body, {"Content-Type": "application/json"})

    def create(self, name, **settings):
        document = {"FunctionName": name, "Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "Role": ROLE, **settings}
        document["Code"] = {"ZipFile": base64.b64encode(package("one")).decode()}
        answer = self.call("POST", "/2015-03-31/functions", document)
        if answer.status == 201:
            self.addCleanup(self.forget, name)
        return answer

    def test_logging(self):
        created = self.create("logging", LoggingConfig={"LogFormat": "JSON"}).json()
        expected = {"LogFormat": "JSON", "LogGroup": "/aws/lambda/logging"}
        levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
        self.assertEqual(created["LoggingConfig"], {**expected, **levels})
        path = "/2015-03-31/functions/logging/configuration"
        changed = self.call("PUT", path, {"LoggingConfig": {"ApplicationLogLevel": "DEBUG"}}).json()
        self.assertEqual(changed["LoggingConfig"], {**expected, **levels, "ApplicationLogLevel": "DEBUG"})
        refused = self.call("PUT", path, {"LoggingConfig": {"LogFormat": "Text", "SystemLogLevel": "WARN"}})
        self.assertEqual((refused.status, refused.error_type()), (400, "InvalidParameterValueException"))
        changed = self.call("PUT", path, {"LoggingConfig": {"LogFormat": "Text", "LogGroup": "mine"}}).json()
        self.assertEqual(changed["LoggingConfig"], {"LogFormat": "Text", "LogGroup": "mine"})

    def test_runtime_version_and_tenancy(self):
        created = self.create("isolated", TenancyConfig={"TenantIsolationMode": "PER_TENANT"}).json()
        self.assertEqual(created["TenancyConfig"], {"TenantIsolationMode": "PER_TENANT"})
        arn = created["RuntimeVersionConfig"]["RuntimeVersionArn"]
        self.assertRegex(arn, r"^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$")
        for kind in ("CapacityProviderConfig", "DurableConfig"):
            config = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p"}}
            answer = self.create("other", **{kind: config if kind[0] == "C" else {"ExecutionTimeout": 60}})
            self.assertEqual((answer.status, answer.error_type()), (501, "NotImplemented"), answer.body)
