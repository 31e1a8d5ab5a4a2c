"""What Lambda's control plane refuses: packages, sizes, names and settings out of their limits."""

import base64
import io
import json
import zipfile

from harness import PYTHON_RUNTIME, ROLE, ApiTest, zip_of

SOURCE = "def handler(event, context):\n    return 1\n"
MEGABYTE = 1 << 20


class RefusedTest(ApiTest):
    def create(self, name="refused", **changes):
        settings = {"Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "Role": ROLE}
        settings["Code"] = {"ZipFile": zip_of({"app.py": SOURCE})}
        return self.functions.create_function(FunctionName=name, **{**settings, **changes})

    def create_raw(self, document):
        """CreateFunction as plain HTTP: what boto3 would refuse to send."""
        full = {"FunctionName": "raw", "Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "Role": ROLE}
        full["Code"] = {"ZipFile": base64.b64encode(zip_of({"app.py": SOURCE})).decode()}
        body = json.dumps({key: value for key, value in {**full, **document}.items() if value is not None})
        return self.server.signed("lambda", "POST", "/2015-03-31/functions", body, {"Content-Type": "application/json"})

    def assert_nothing_created(self):
        self.assertEqual(self.functions.list_functions()["Functions"], [])
        self.assert_healthy()


class PackageTest(RefusedTest):
    def refuse_package(self, package, message="^Could not unzip uploaded file"):
        self.assert_refused(
            "InvalidParameterValueException", self.create, Code={"ZipFile": package}, status=400, message=message
        )
        self.assert_nothing_created()

    def test_no_zip_at_all(self):
        self.refuse_package(b"this is not a zip file")

    def test_broken_zips(self):
        whole = zip_of({"app.py": SOURCE * 100, "b.py": SOURCE})
        self.refuse_package(whole[: len(whole) // 2])
        self.refuse_package(whole[:60] + b"\xff\xff\xff\xff" + whole[64:])

    def test_paths_that_climb_out(self):
        for path in ("../escaped.py", "a/../../escaped.py", "/etc/escaped.py"):
            self.refuse_package(zip_of({"app.py": SOURCE, path: "x"}), "")

    def test_links_that_lead_out(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            link = zipfile.ZipInfo("app.py")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
            archive.writestr("app.py/x", "y")
        self.refuse_package(buffer.getvalue(), "")

    def test_a_zip_bomb(self):
        """300 MB of zeros in 300 KB."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as member:
            for _ in range(300):
                member.write(bytes(MEGABYTE))
        self.refuse_package(buffer.getvalue(), "^Unzipped size must be smaller than 262144000 bytes")

    def test_more_than_50_megabytes_zipped(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("app.py", SOURCE)
            archive.writestr("blob", bytes(51 * MEGABYTE))
        self.assert_refused(
            "RequestEntityTooLargeException", self.create, Code={"ZipFile": buffer.getvalue()}, status=413
        )
        self.assert_nothing_created()

    def test_a_package_near_the_limit_works(self):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("app.py", "import os\ndef handler(event, context):\n    return os.path.getsize('blob')\n")
            archive.writestr("blob", bytes(45 * MEGABYTE))
        self.create("large", Code={"ZipFile": buffer.getvalue()}, Timeout=30)
        self.addCleanup(self.forget, "large")
        self.assertEqual(self.invoke("large", {})["Payload"], 45 * MEGABYTE)

    def test_a_failed_update_changes_nothing(self):
        self.create("kept")
        self.addCleanup(self.forget, "kept")
        self.assert_refused(
            "InvalidParameterValueException", self.functions.update_function_code, FunctionName="kept", ZipFile=b"no"
        )
        self.assertEqual(self.invoke("kept", {})["Payload"], 1)


class SettingsTest(RefusedTest):
    def refuse_environment(self, variables, message):
        self.assert_refused(
            "InvalidParameterValueException",
            self.create,
            Environment={"Variables": variables},
            status=400,
            message=message,
        )
        self.assert_nothing_created()

    def test_environment_over_4_kilobytes(self):
        self.refuse_environment({"BIG": "x" * 4096}, "exceeded the 4KB limit")
        self.refuse_environment({f"NAME_{i}": "x" * 80 for i in range(50)}, "exceeded the 4KB limit")
        self.create("environment", Environment={"Variables": {"BIG": "x" * 4000}})
        self.addCleanup(self.forget, "environment")
        self.assert_refused(
            "InvalidParameterValueException",
            self.functions.update_function_configuration,
            FunctionName="environment",
            Environment={"Variables": {"BIG": "x" * 4100}},
        )

    def test_reserved_names(self):
        for name in ("AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_SESSION_TOKEN", "LAMBDA_TASK_ROOT"):
            self.refuse_environment({name: "x", "FINE": "y"}, f"Reserved keys used in this request: {name}$")

    def test_names_of_variables(self):
        answer = self.create_raw({"Environment": {"Variables": {"1BAD": "x"}}})
        self.assertEqual((answer.status, answer.error_type()), (400, "ValidationException"))

    def test_names_of_functions(self):
        for name in ("with space", "ünïcode", "dots.here", "a" * 65, "arn:aws:lambda:us-east-1:000000000000:function:"):
            answer = self.create_raw({"FunctionName": name})
            self.assertEqual(answer.status, 400, name)
            self.assertIn(answer.error_type(), ("ValidationException", "InvalidParameterValueException"), name)
        self.assert_refused("ValidationException", self.functions.get_function, FunctionName="no spaces", status=400)
        self.assert_nothing_created()

    def test_settings_out_of_range(self):
        cases = [
            {"MemorySize": 64},
            {"MemorySize": 10241},
            {"Timeout": 0},
            {"Timeout": 901},
            {"Role": "no-arn"},
            {"EphemeralStorage": {"Size": 100}},
            {"EphemeralStorage": {"Size": 10241}},
            {"Handler": "with space"},
            {"Architectures": ["m68k"]},
            {"PackageType": "Tar"},
            {"Role": None},
            {"Code": None},
        ]
        for case in cases:
            answer = self.create_raw(case)
            self.assertEqual(answer.status, 400, (case, answer.body))
            self.assertIn(answer.error_type(), ("ValidationException", "InvalidParameterValueException"), case)
            self.assertTrue(answer.json().get("message") or answer.json().get("Message"), case)
        self.assert_nothing_created()

    def test_several_faults_are_told_together(self):
        answer = self.create_raw({"MemorySize": 64, "FunctionName": "with space"})
        self.assertEqual(answer.error_type(), "ValidationException")
        message = answer.json().get("message") or answer.json()["Message"]
        self.assertRegex(message, r"^2 validation errors detected: ")
        self.assertIn(
            "Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
            message,
        )

    def test_runtimes(self):
        for runtime in ("cobol85", "python2.7", ""):
            answer = self.create_raw({"Runtime": runtime})
            self.assertEqual(answer.status, 400, runtime)
            self.assertIn(answer.error_type(), ("InvalidParameterValueException", "ValidationException"), runtime)
        for missing in ("Runtime", "Handler"):
            answer = self.create_raw({missing: None})
            self.assertEqual((answer.status, answer.error_type()), (400, "InvalidParameterValueException"))

    def test_wrong_types(self):
        for case in (
            {"Timeout": "soon"},
            {"FunctionName": 5},
            {"Environment": []},
            {"Code": "zip"},
            {"Tags": {"a": 1}},
        ):
            answer = self.create_raw(case)
            self.assertEqual((answer.status, answer.error_type()), (400, "SerializationException"), (case, answer.body))
        for text in ("%%%", "a"):
            answer = self.create_raw({"Code": {"ZipFile": text}})
            self.assertEqual(answer.status, 400, answer.body)
        self.assert_nothing_created()

    def test_a_name_that_is_taken(self):
        self.create("taken")
        self.addCleanup(self.forget, "taken")
        self.assert_refused(
            "ResourceConflictException", self.create, "taken", status=409, message="^Function already exist: taken$"
        )

    def test_malformed_json(self):
        for body in (b"{", b"[]", b"nothing", b'{"FunctionName": "a",}', b"\xff\xfe", b'{"a":' * 5000):
            answer = self.server.signed(
                "lambda", "POST", "/2015-03-31/functions", body, {"Content-Type": "application/json"}
            )
            self.assertEqual(answer.status, 400, body[:20])
            self.assertIn(answer.error_type(), ("SerializationException", "ValidationException"), body[:20])
        self.assert_nothing_created()
