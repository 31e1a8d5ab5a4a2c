"""Runtime management, recursive loops, scaling, and the account's settings."""

import json

from harness import ApiTest, zip_of

SOURCE = "def handler(event, context):\n    return 'here'\n"
RUNTIME_VERSION = "arn:aws:lambda:us-east-1::runtime:0123456789abcdef"


class FunctionSettingsTest(ApiTest):
    def setUp(self):
        self.name = self.id().rpartition(".")[2].replace("_", "-")
        self.arn = self.deploy(self.name, SOURCE)["FunctionArn"]

    def call(self, method, path, **members):
        body = json.dumps(members).encode() if members else b""
        return self.server.signed("lambda", method, path, body)

    def test_runtime_management(self):
        path = f"/2021-07-20/functions/{self.name}/runtime-management-config"
        found = self.call("GET", path)
        self.assertEqual((found.status, found.json()["UpdateRuntimeOn"]), (200, "Auto"))
        self.assertEqual(found.json()["FunctionArn"], self.arn)
        put = self.call("PUT", path, UpdateRuntimeOn="Manual", RuntimeVersionArn=RUNTIME_VERSION)
        self.assertEqual(put.json()["RuntimeVersionArn"], RUNTIME_VERSION)
        self.assertEqual(self.call("GET", path).json(), put.json())
        for wrong in ({"UpdateRuntimeOn": "Manual"}, {"UpdateRuntimeOn": "Auto", "RuntimeVersionArn": RUNTIME_VERSION}):
            self.assertEqual(self.call("PUT", path, **wrong).error_type(), "InvalidParameterValueException")
        nowhere = self.call("GET", path.replace(self.name, "nowhere"))
        self.assertEqual((nowhere.status, nowhere.error_type()), (404, "ResourceNotFoundException"))

    def test_recursion(self):
        path = f"/2024-08-31/functions/{self.name}/recursion-config"
        self.assertEqual(self.call("GET", path).json(), {"RecursiveLoop": "Terminate"})
        self.assertEqual(self.call("PUT", path, RecursiveLoop="Allow").json(), {"RecursiveLoop": "Allow"})
        self.assertEqual(self.call("GET", path).json(), {"RecursiveLoop": "Allow"})
        self.assertEqual(self.call("PUT", path, RecursiveLoop="Sometimes").error_type(), "ValidationException")

    def test_scaling_is_for_capacity_providers(self):
        path = f"/2025-11-30/functions/{self.name}/function-scaling-config?Qualifier=1"
        self.assertEqual(self.call("GET", path).error_type(), "InvalidParameterValueException")
        put = self.call("PUT", path, FunctionScalingConfig={"MinExecutionEnvironments": 1})
        self.assertEqual(put.error_type(), "InvalidParameterValueException")

    def test_account_settings(self):
        other = self.server.client("lambda", access_key="999900000003")
        self.assertEqual(other.get_account_settings()["AccountUsage"], {"TotalCodeSize": 0, "FunctionCount": 0})
        layer, function = zip_of({"a": "layer"}), zip_of({"app.py": SOURCE})
        other.publish_layer_version(LayerName="counted", Content={"ZipFile": layer})
        other.create_function(
            FunctionName="counted",
            Runtime="python3.11",
            Handler="app.handler",
            Role="arn:aws:iam::999900000003:role/r",
            Code={"ZipFile": function},
        )
        settings = other.get_account_settings()
        self.assertEqual(
            settings["AccountUsage"], {"TotalCodeSize": len(layer) + len(function), "FunctionCount": 1}
        )
        self.assertEqual(
            settings["AccountLimit"],
            {
                "TotalCodeSize": 80530636800,
                "CodeSizeUnzipped": 262144000,
                "CodeSizeZipped": 52428800,
                "ConcurrentExecutions": 1000,
                "UnreservedConcurrentExecutions": 1000,
            },
        )
        other.delete_function(FunctionName="counted")
        other.delete_layer_version(LayerName="counted", VersionNumber=1)
        self.assertEqual(other.get_account_settings()["AccountUsage"], {"TotalCodeSize": 0, "FunctionCount": 0})
