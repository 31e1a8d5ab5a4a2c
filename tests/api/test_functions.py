"""Creating, reading, listing, changing and deleting functions, with boto3."""

import base64
import hashlib
import urllib.request

from harness import PYTHON_RUNTIME, ROLE, ApiTest, zip_of

SOURCE = "def handler(event, context):\n    return 'first'\n"
SECOND = "def handler(event, context):\n    return 'second'\n"


def sha256(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


class CreateTest(ApiTest):
    def test_answer_describes_the_function(self):
        package = zip_of({"app.py": SOURCE})
        created = self.deploy(
            "described",
            SOURCE,
            Description="What it does",
            Timeout=7,
            MemorySize=256,
            Environment={"Variables": {"STAGE": "test", "EMPTY": ""}},
            Tags={"team": "a"},
        )
        self.assertEqual(created["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertEqual(created["FunctionName"], "described")
        self.assertEqual(created["FunctionArn"], "arn:aws:lambda:us-east-1:000000000000:function:described")
        self.assertEqual(created["Runtime"], PYTHON_RUNTIME)
        self.assertEqual(created["Role"], ROLE)
        self.assertEqual(created["Handler"], "app.handler")
        self.assertEqual(created["CodeSize"], len(package))
        self.assertEqual(created["CodeSha256"], sha256(package))
        self.assertEqual(created["Description"], "What it does")
        self.assertEqual((created["Timeout"], created["MemorySize"]), (7, 256))
        self.assertEqual(created["Version"], "$LATEST")
        self.assertEqual(created["Environment"], {"Variables": {"STAGE": "test", "EMPTY": ""}})
        self.assertEqual(created["PackageType"], "Zip")
        self.assertEqual(created["Architectures"], ["x86_64"])
        self.assertEqual(created["EphemeralStorage"], {"Size": 512})
        self.assertEqual(created["TracingConfig"], {"Mode": "PassThrough"})
        self.assertRegex(created["LastModified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$")
        self.assertRegex(created["RevisionId"], r"^[0-9a-f-]{36}$")
        self.assertIn(created["State"], ("Pending", "Active"))

        self.functions.get_waiter("function_active_v2").wait(FunctionName="described")
        again = self.functions.get_function_configuration(FunctionName="described")
        for member in ("FunctionArn", "CodeSha256", "Timeout", "Environment", "Role", "Handler", "LastModified"):
            self.assertEqual(again[member], created[member])
        self.assertEqual(again["State"], "Active")
        self.assertEqual(again["LastUpdateStatus"], "Successful")

    def test_defaults(self):
        created = self.functions.create_function(
            FunctionName="defaults",
            Runtime=PYTHON_RUNTIME,
            Handler="app.handler",
            Role=ROLE,
            Code={"ZipFile": zip_of({"app.py": SOURCE})},
        )
        self.addCleanup(self.forget, "defaults")
        self.assertEqual((created["Timeout"], created["MemorySize"], created["Description"]), (3, 128, ""))
        self.assertNotIn("Environment", created)

    def test_a_function_is_known_by_name_partial_arn_and_arn(self):
        created = self.deploy("named", SOURCE)
        names = ["named", created["FunctionArn"], "000000000000:function:named", "named:$LATEST"]
        for name in names:
            found = self.functions.get_function_configuration(FunctionName=name)
            self.assertEqual(found["FunctionName"], "named", name)

    def test_accounts_and_regions_are_apart(self):
        self.deploy("apart", SOURCE)
        elsewhere = self.server.client("lambda", region="eu-west-1")
        self.assert_refused("ResourceNotFoundException", elsewhere.get_function, FunctionName="apart")
        other = self.server.client("lambda", access_key="111122223333")
        self.assert_refused("ResourceNotFoundException", other.get_function, FunctionName="apart")
        created = other.create_function(
            FunctionName="apart",
            Runtime=PYTHON_RUNTIME,
            Handler="app.handler",
            Role="arn:aws:iam::111122223333:role/x",
            Code={"ZipFile": zip_of({"app.py": SECOND})},
        )
        self.assertEqual(created["FunctionArn"], "arn:aws:lambda:us-east-1:111122223333:function:apart")
        self.assertEqual(other.invoke(FunctionName="apart")["Payload"].read(), b'"second"')
        self.assertEqual(self.invoke("apart", {})["Payload"], "first")
        other.delete_function(FunctionName="apart")
        self.assertEqual(self.invoke("apart", {})["Payload"], "first")


class ReadTest(ApiTest):
    def test_code_location_downloads_the_package(self):
        package = zip_of({"app.py": SOURCE, "data/text.txt": "x" * 1000})
        self.deploy("download", {"app.py": SOURCE, "data/text.txt": "x" * 1000})
        found = self.functions.get_function(FunctionName="download")
        self.assertEqual(found["Code"]["RepositoryType"], "S3")
        self.assertTrue(found["Code"]["Location"].startswith(self.server.endpoint), found["Code"]["Location"])
        with urllib.request.urlopen(found["Code"]["Location"]) as answer:
            self.assertEqual(answer.read(), package)
        self.assertEqual(found["Configuration"]["CodeSha256"], sha256(package))

    def test_tags_are_told(self):
        self.deploy("tagged", SOURCE, Tags={"team": "a", "ünï": "wört"})
        self.assertEqual(self.functions.get_function(FunctionName="tagged")["Tags"], {"team": "a", "ünï": "wört"})

    def test_missing_functions(self):
        calls = [
            self.functions.get_function,
            self.functions.get_function_configuration,
            self.functions.delete_function,
            self.functions.invoke,
            self.functions.update_function_configuration,
        ]
        for call in calls:
            error = self.assert_refused("ResourceNotFoundException", call, FunctionName="nowhere", status=404)
            message = error["Error"]["Message"]
            self.assertEqual(message, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nowhere")
        self.assert_refused(
            "ResourceNotFoundException",
            self.functions.update_function_code,
            FunctionName="nowhere",
            status=404,
            ZipFile=zip_of({"app.py": SOURCE}),
        )

    def test_unknown_versions(self):
        self.deploy("versioned", SOURCE)
        arn = "arn:aws:lambda:us-east-1:000000000000:function:versioned:7"
        error = self.assert_refused(
            "ResourceNotFoundException",
            self.functions.get_function,
            FunctionName="versioned",
            Qualifier="7",
            status=404,
        )
        self.assertEqual(error["Error"]["Message"], f"Function not found: {arn}")
        found = self.functions.get_function_configuration(FunctionName="versioned", Qualifier="$LATEST")
        self.assertEqual(found["Version"], "$LATEST")


class ListTest(ApiTest):
    def test_pages(self):
        names = [f"listed-{number:02}" for number in range(57)]
        package = zip_of({"app.py": SOURCE})
        for name in names:
            self.functions.create_function(
                FunctionName=name, Runtime=PYTHON_RUNTIME, Handler="app.handler", Role=ROLE, Code={"ZipFile": package}
            )
        first = self.functions.list_functions(MaxItems=10)
        self.assertEqual(len(first["Functions"]), 10)
        second = self.functions.list_functions(MaxItems=10, Marker=first["NextMarker"])
        self.assertEqual([f["FunctionName"] for f in first["Functions"] + second["Functions"]], names[:20])

        pages = list(self.functions.get_paginator("list_functions").paginate())
        self.assertEqual([len(page["Functions"]) for page in pages], [50, 7])  # 50 is the most AWS puts on a page
        self.assertNotIn("NextMarker", pages[-1])
        self.assertEqual([f["FunctionName"] for page in pages for f in page["Functions"]], names)
        self.assertEqual(self.functions.list_functions(MaxItems=57)["Functions"][0]["FunctionName"], names[0])
        self.assertEqual(self.server.client("lambda", region="eu-north-1").list_functions()["Functions"], [])
        for name in names:
            self.functions.delete_function(FunctionName=name)
        self.assertEqual(self.functions.list_functions()["Functions"], [])

    def test_a_marker_that_is_none(self):
        self.assert_refused(
            "InvalidParameterValueException", self.functions.list_functions, Marker="not a marker", status=400
        )


class ChangeTest(ApiTest):
    def test_new_code_runs_at_once(self):
        created = self.deploy("recoded", SOURCE)
        self.assertEqual(self.invoke("recoded", {})["Payload"], "first")
        package = zip_of({"app.py": SECOND})
        updated = self.functions.update_function_code(FunctionName="recoded", ZipFile=package)
        self.assertEqual(updated["CodeSha256"], sha256(package))
        self.assertNotEqual(updated["RevisionId"], created["RevisionId"])
        self.functions.get_waiter("function_updated").wait(FunctionName="recoded")
        self.assertEqual(self.invoke("recoded", {})["Payload"], "second")

    def test_a_dry_run_changes_no_code(self):
        self.deploy("dry", SOURCE)
        package = zip_of({"app.py": SECOND})
        told = self.functions.update_function_code(FunctionName="dry", ZipFile=package, DryRun=True)
        self.assertEqual(told["CodeSha256"], sha256(package))
        self.assertEqual(self.invoke("dry", {})["Payload"], "first")

    def test_new_configuration_counts_at_once(self):
        source = (
            "import os\ndef handler(event, context):\n    return [os.environ.get('STAGE'), context.memory_limit_in_mb]\n"
        )
        self.deploy(
            "reconfigured", {"app.py": source, "b.py": SOURCE}, Environment={"Variables": {"STAGE": "1"}}, Description="d"
        )
        self.assertEqual(self.invoke("reconfigured", {})["Payload"][0], "1")
        updated = self.functions.update_function_configuration(
            FunctionName="reconfigured", Environment={"Variables": {"STAGE": "2"}}, MemorySize=192, Timeout=9
        )
        self.assertEqual((updated["MemorySize"], updated["Timeout"], updated["Description"]), (192, 9, "d"))
        answer = self.invoke("reconfigured", {})["Payload"]
        self.assertEqual((answer[0], int(answer[1])), ("2", 192))
        self.functions.update_function_configuration(FunctionName="reconfigured", Handler="b.handler")
        self.assertEqual(self.invoke("reconfigured", {})["Payload"], "first")
        cleared = self.functions.update_function_configuration(
            FunctionName="reconfigured", Environment={"Variables": {}}
        )
        self.assertNotIn("STAGE", cleared.get("Environment", {}).get("Variables", {}))

    def test_revision_ids_guard_changes(self):
        created = self.deploy("guarded", SOURCE)
        self.functions.update_function_configuration(
            FunctionName="guarded", Description="new", RevisionId=created["RevisionId"]
        )
        package = zip_of({"app.py": SECOND})
        for call, parameters in (
            (self.functions.update_function_configuration, {"Description": "x"}),
            (self.functions.update_function_code, {"ZipFile": package}),
        ):
            self.assert_refused(
                "PreconditionFailedException",
                call,
                FunctionName="guarded",
                RevisionId=created["RevisionId"],
                status=412,
                **parameters,
            )
        self.assertEqual(self.invoke("guarded", {})["Payload"], "first")

    def test_deleting(self):
        self.deploy("deleted", SOURCE)
        self.invoke("deleted", {})
        answer = self.functions.delete_function(FunctionName="deleted")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 204)
        self.assert_refused("ResourceNotFoundException", self.functions.get_function, FunctionName="deleted")
        self.assert_refused("ResourceNotFoundException", self.functions.invoke, FunctionName="deleted")
        self.deploy("deleted", SECOND)
        self.assertEqual(self.invoke("deleted", {})["Payload"], "second")
