"""Tenant isolation: functions whose execution environments serve one tenant each (TenancyConfig PER_TENANT)."""

import base64
import json
import threading

from harness import PYTHON_RUNTIME, ROLE, ApiTest, node_runtime, zip_of
from test_async import WITNESS, wait_for

FUNCTIONS = "/2015-03-31/functions/"
# Tells who was served here before, by what is left in memory and on the disk.
REMEMBERS = """
import os, pathlib, time
seen = []
notes = pathlib.Path("/tmp/notes")
def handler(event, context):
    seen.append(context.tenant_id)
    with notes.open("a") as file:
        file.write(context.tenant_id + "\\n")
    time.sleep((event or {}).get("sleep", 0))
    return {"tenant": context.tenant_id, "seen": seen, "notes": notes.read_text().splitlines(), "version": VERSION}
"""


def remembers(version):
    return f"VERSION = {version}\n" + REMEMBERS


class TenancyTest(ApiTest):
    def call(self, method, path, document=None, **headers):
        body = b"" if document is None else json.dumps(document).encode()
        return self.server.signed("lambda", method, path, body, {"Content-Type": "application/json", **headers})

    def create(self, name, source, runtime=PYTHON_RUNTIME, **settings):
        settings.setdefault("TenancyConfig", {"TenantIsolationMode": "PER_TENANT"})
        file = "app.mjs" if runtime.startswith("nodejs") else "app.py"
        answer = self.call(
            "POST",
            FUNCTIONS,
            {
                "FunctionName": name,
                "Runtime": runtime,
                "Handler": "app.handler",
                "Role": ROLE,
                "Timeout": 30,
                "Code": {"ZipFile": base64.b64encode(zip_of({file: source})).decode()},
                **settings,
            },
        )
        if answer.status == 201:
            self.addCleanup(self.forget, name)
        return answer

    def ask(self, name, tenant=None, event=None, **headers):
        tenants = {} if tenant is None else {"X-Amz-Tenant-Id": tenant}
        return self.call("POST", FUNCTIONS + name + "/invocations", event or {}, **tenants, **headers)

    def assert_refusal(self, answer, code, message, status=400):
        self.assertEqual((answer.status, answer.error_type()), (status, code), answer.body)
        self.assertIn(message, answer.json().get("Message") or answer.json().get("message"))

    def test_tenants_share_neither_memory_nor_disk(self):
        self.create("shared", remembers(1))
        for _ in range(3):
            for tenant in ("blue", "red", "a tenant/of:many+parts=@1"):
                answer = self.ask("shared", tenant).json()
                self.assertEqual(answer["tenant"], tenant)
                self.assertEqual(set(answer["seen"]), {tenant})
                self.assertEqual(set(answer["notes"]), {tenant})
        # The third call of each met the environment of the first two: warm starts stay with the tenant.
        self.assertEqual(len(answer["seen"]), 3)
        self.assertEqual(len(answer["notes"]), 3)

    def test_at_the_same_time(self):
        self.create("busy", remembers(1))
        answers = []

        def run(tenant):
            for _ in range(4):
                answers.append((tenant, self.ask("busy", tenant, {"sleep": 0.02}).json()))

        threads = [threading.Thread(target=run, args=[f"tenant-{number % 4}"]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(answers), 32)
        for tenant, answer in answers:
            self.assertEqual(set(answer["seen"]) | set(answer["notes"]) | {answer["tenant"]}, {tenant})

    def test_versions_aliases_and_changed_code(self):
        self.create("versions", remembers(1))
        self.functions.publish_version(FunctionName="versions")
        self.functions.create_alias(FunctionName="versions", Name="live", FunctionVersion="1")
        self.assertEqual(self.ask("versions", "blue").json()["seen"], ["blue"])
        self.assertEqual(self.ask("versions:live", "blue").json()["seen"], ["blue"])
        self.assertEqual(self.ask("versions:1", "blue").json()["seen"], ["blue", "blue"])
        self.functions.update_function_code(FunctionName="versions", ZipFile=zip_of({"app.py": remembers(2)}))
        for tenant in ("blue", "red"):
            answer = self.ask("versions", tenant).json()
            self.assertEqual((answer["version"], answer["seen"]), (2, [tenant]))
        self.assertEqual(self.ask("versions:live", "blue").json()["seen"], ["blue"] * 3)

    def test_the_tenant_must_be_named(self):
        self.create("isolated", remembers(1))
        missing = "Add a valid tenant ID"
        code = "InvalidParameterValueException"
        for kind in ("RequestResponse", "Event", "DryRun"):
            self.assert_refusal(self.ask("isolated", **{"X-Amz-Invocation-Type": kind}), code, missing)
        self.assert_refusal(self.call("POST", "/2014-11-13/functions/isolated/invoke-async/", {}), code, missing)
        stream = "/2021-11-15/functions/isolated/response-streaming-invocations"
        self.assert_refusal(self.call("POST", stream, {}), code, missing)
        for wrong in ("no,commas", "x" * 257):
            answer = self.ask("isolated", wrong)
            self.assert_refusal(answer, "ValidationException", "Member must")
        self.assertEqual(self.ask("isolated", "x" * 256).status, 200)
        self.assertEqual(self.ask("isolated", "blue", **{"X-Amz-Invocation-Type": "DryRun"}).status, 204)

    def test_ordinary_functions_have_no_tenants(self):
        self.deploy("ordinary", "def handler(event, context):\n    return context.tenant_id\n")
        unexpected = "Remove the tenant ID"
        code = "InvalidParameterValueException"
        for kind in ("RequestResponse", "Event", "DryRun"):
            self.assert_refusal(self.ask("ordinary", "blue", **{"X-Amz-Invocation-Type": kind}), code, unexpected)
        stream = "/2021-11-15/functions/ordinary/response-streaming-invocations"
        self.assert_refusal(self.call("POST", stream, {}, **{"X-Amz-Tenant-Id": "blue"}), code, unexpected)
        self.assertIsNone(self.ask("ordinary").json())

    def test_streamed_answers(self):
        self.create("streamed", remembers(1))
        path = "/2021-11-15/functions/streamed/response-streaming-invocations"
        for tenant in ("blue", "red"):
            answer = self.call("POST", path, {}, **{"X-Amz-Tenant-Id": tenant})
            self.assertEqual(answer.status, 200)
            self.assertIn(f'"seen": ["{tenant}"]'.encode(), answer.body)

    def test_asynchronous_events_and_logs(self):
        source = (
            "import logging, os\n"
            "def handler(event, context):\n"
            "    logging.getLogger().warning('served')\n"
            "    print('AT ' + context.tenant_id)\n"
        )
        self.create("later", source, LoggingConfig={"LogFormat": "JSON"})
        for tenant in ("blue", "red"):
            answer = self.ask("later", tenant, **{"X-Amz-Invocation-Type": "Event"})
            self.assertEqual(answer.status, 202)

        def records():
            found = self.messages("/aws/lambda/later")
            documents = [json.loads(message) for message in found if message.startswith("{")]
            reports = [one for one in documents if one.get("type") == "platform.report"]
            return documents if len(reports) == 2 else None

        self.logs.create_log_group(logGroupName="/aws/lambda/later")
        documents = wait_for(records, "both events are served and logged")
        for kind in ("platform.start", "platform.report"):
            tenants = sorted(one["record"].get("tenantId") for one in documents if one.get("type") == kind)
            self.assertEqual(tenants, ["blue", "red"], kind)
        served = sorted(one["tenantId"] for one in documents if one.get("message") == "served")
        self.assertEqual(served, ["blue", "red"])

    def test_the_context_of_other_languages(self):
        runtime = node_runtime()
        if not runtime:
            self.skipTest("there is no Node.js on this machine")
        source = "export const handler = async (event, context) => ({tenant: context.tenantId});\n"
        self.create("node", source, runtime)
        for tenant in ("blue", "red"):
            self.assertEqual(self.ask("node", tenant).json(), {"tenant": tenant})

    def test_what_does_not_go_together(self):
        snap = {"SnapStart": {"ApplyOn": "PublishedVersions"}}
        code = "InvalidParameterValueException"
        self.assert_refusal(self.create("snap", remembers(1), "python3.12", **snap), code, "SnapStart")
        self.create("alone", remembers(1), "python3.12")
        self.assert_refusal(self.call("PUT", FUNCTIONS + "alone/configuration", snap), code, "SnapStart")
        url = "/2021-10-31/functions/alone/url"
        self.assert_refusal(self.call("POST", url, {"AuthType": "NONE"}), code, "Function URLs")
        self.functions.publish_version(FunctionName="alone")
        path = "/2019-09-30/functions/alone/provisioned-concurrency?Qualifier=1"
        provisioned = self.call("PUT", path, {"ProvisionedConcurrentExecutions": 1})
        self.assert_refusal(provisioned, code, "Provisioned Concurrency")
        wrong = self.create("wrong", remembers(1), TenancyConfig={"TenantIsolationMode": "SHARED"})
        self.assertEqual((wrong.status, wrong.error_type()), (400, "ValidationException"))

    def test_as_many_environments_of_tenants_as_the_concurrency_allows(self):
        self.create("few", remembers(1))
        self.functions.put_function_concurrency(FunctionName="few", ReservedConcurrentExecutions=1)
        for tenant in ("blue", "red"):
            self.assertEqual(self.ask("few", tenant).status, 200)
        refused = self.ask("few", "green")
        self.assertEqual((refused.status, refused.error_type()), (429, "TooManyRequestsException"))
        self.assertEqual(refused.json()["Reason"], "FunctionInvocationRateLimitExceeded")
        self.assertEqual(self.ask("few", "blue").json()["seen"], ["blue", "blue"])


class StoredTenantTest(ApiTest):
    """An event that was accepted before a crash goes to its tenant's environment after it."""

    EPHEMERAL = False
    call, create, ask = TenancyTest.call, TenancyTest.create, TenancyTest.ask

    def test_a_crash_keeps_the_tenant(self):
        self.logs.create_log_group(logGroupName="seen")
        self.create("kept", WITNESS + "def handler(event, context):\n    witness('by-' + context.tenant_id)\n")
        self.assertEqual(self.ask("kept", "blue", **{"X-Amz-Invocation-Type": "Event"}).status, 202)
        self.server.kill()
        self.server.start()
        type(self).functions = self.server.client("lambda")
        type(self).logs = self.server.client("logs")

        def served():
            return [stream["logStreamName"] for stream in self.logs.describe_log_streams(logGroupName="seen")["logStreams"]]

        self.assertEqual(wait_for(served, "the event is served after the crash"), ["by-blue"])
