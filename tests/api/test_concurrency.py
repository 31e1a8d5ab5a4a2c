"""Reserved and provisioned concurrency, with boto3."""

import time

from harness import ApiTest, zip_of

SOURCE = (
    "import os\n"
    "def handler(event, context):\n"
    "    return [context.function_version, os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']]\n"
)
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


class ReservedTest(ApiTest):
    def test_life_of_a_reservation(self):
        self.deploy("reserved", SOURCE)
        self.assertNotIn("ReservedConcurrentExecutions", self.functions.get_function_concurrency(FunctionName="reserved"))
        put = self.functions.put_function_concurrency(FunctionName="reserved", ReservedConcurrentExecutions=7)
        self.assertEqual(put["ReservedConcurrentExecutions"], 7)
        found = self.functions.get_function_concurrency(FunctionName="reserved")
        self.assertEqual(found["ReservedConcurrentExecutions"], 7)
        shown = self.functions.get_function(FunctionName="reserved")
        self.assertEqual(shown["Concurrency"], {"ReservedConcurrentExecutions": 7})
        self.assertEqual(self.invoke("reserved", {})["Payload"][0], "$LATEST")
        answer = self.functions.delete_function_concurrency(FunctionName="reserved")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 204)
        self.assertNotIn("Concurrency", self.functions.get_function(FunctionName="reserved"))

    def test_zero_throttles_a_function_altogether(self):
        self.deploy("stopped", SOURCE)
        self.functions.put_function_concurrency(FunctionName="stopped", ReservedConcurrentExecutions=0)
        error = self.assert_refused(
            "TooManyRequestsException", self.functions.invoke, FunctionName="stopped", status=429, message="^Rate Exceeded"
        )
        self.assertEqual(error["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded")
        self.functions.delete_function_concurrency(FunctionName="stopped")
        self.assertEqual(self.invoke("stopped", {})["Payload"][0], "$LATEST")

    def test_a_hundred_stay_unreserved(self):
        self.deploy("greedy", SOURCE)
        self.deploy("modest", SOURCE)
        self.functions.put_function_concurrency(FunctionName="modest", ReservedConcurrentExecutions=100)
        self.functions.put_function_concurrency(FunctionName="greedy", ReservedConcurrentExecutions=800)
        message = (
            r"^Specified ReservedConcurrentExecutions for function decreases account's "
            r"UnreservedConcurrentExecution below its minimum value of \[100\].$"
        )
        self.assert_refused(
            "InvalidParameterValueException",
            self.functions.put_function_concurrency,
            FunctionName="greedy",
            ReservedConcurrentExecutions=801,
            status=400,
            message=message,
        )
        self.functions.delete_function(FunctionName="modest")
        self.functions.put_function_concurrency(FunctionName="greedy", ReservedConcurrentExecutions=900)

    def test_functions_that_are_not_there(self):
        for call, parameters in (
            (self.functions.put_function_concurrency, {"ReservedConcurrentExecutions": 1}),
            (self.functions.get_function_concurrency, {}),
            (self.functions.delete_function_concurrency, {}),
        ):
            self.assert_refused(
                "ResourceNotFoundException",
                call,
                FunctionName="nobody",
                status=404,
                message=f"^Function not found: {ARN}nobody$",
                **parameters,
            )


class ProvisionedTest(ApiTest):
    def deploy_versions(self, name):
        self.deploy(name, SOURCE, Publish=True)
        self.functions.update_function_code(
            FunctionName=name, ZipFile=zip_of({"app.py": SOURCE + "# 2\n"}), Publish=True
        )
        self.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    def put(self, name, qualifier, count=1):
        return self.functions.put_provisioned_concurrency_config(
            FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=count
        )

    def wait_ready(self, name, qualifier):
        """Asks until the configuration is carried out."""
        deadline = time.monotonic() + 30
        while True:
            found = self.functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
            if found["Status"] != "IN_PROGRESS" or time.monotonic() > deadline:
                break
            time.sleep(0.02)
        self.assertEqual(found["Status"], "READY", found)
        return found

    def test_life_of_a_configuration(self):
        self.deploy_versions("warm")
        put = self.put("warm", "live")
        self.assertEqual(put["ResponseMetadata"]["HTTPStatusCode"], 202)
        self.assertEqual((put["Status"], put["RequestedProvisionedConcurrentExecutions"]), ("IN_PROGRESS", 1))
        self.assertRegex(put["LastModified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$")
        found = self.wait_ready("warm", "live")
        self.assertEqual(found["AllocatedProvisionedConcurrentExecutions"], 1)
        self.assertEqual(self.invoke("warm:live", {})["Payload"], ["1", "provisioned-concurrency"])
        self.functions.update_alias(FunctionName="warm", Name="live", FunctionVersion="2")
        self.wait_ready("warm", "live")
        self.assertEqual(self.invoke("warm:live", {})["Payload"][0], "2")
        answer = self.functions.delete_provisioned_concurrency_config(FunctionName="warm", Qualifier="live")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 204)
        self.assert_refused(
            "ProvisionedConcurrencyConfigNotFoundException",
            self.functions.get_provisioned_concurrency_config,
            FunctionName="warm",
            Qualifier="live",
            status=404,
            message="^No Provisioned Concurrency Config found for this function$",
        )

    def test_pages(self):
        self.deploy_versions("several")
        self.put("several", "live")
        self.put("several", "2")
        pages = self.functions.get_paginator("list_provisioned_concurrency_configs").paginate(
            FunctionName="several", PaginationConfig={"PageSize": 1}
        )
        found = [item["FunctionArn"] for page in pages for item in page["ProvisionedConcurrencyConfigs"]]
        self.assertEqual(found, [ARN + "several:2", ARN + "several:live"])

    def test_what_is_refused(self):
        self.deploy_versions("strict")
        invalid, conflict, missing = (
            "InvalidParameterValueException",
            "ResourceConflictException",
            "ResourceNotFoundException",
        )
        self.assert_refused(invalid, self.put, "strict", "$LATEST", message="cannot be applied to unpublished function")
        self.assert_refused(missing, self.put, "strict", "9", message=f"^Function not found: {ARN}strict:9$")
        self.assert_refused(missing, self.put, "strict", "nobody", message=f"^Cannot find alias arn: {ARN}strict:nobody$")
        self.assert_refused(invalid, self.put, "strict", "1", 901, message=r"below its minimum value of \[100\].$")
        self.assert_refused(invalid, self.put, "strict", "1", 1001, message=r"unreserved concurrency \[1000\].$")
        self.put("strict", "live")
        self.assert_refused(conflict, self.put, "strict", "1", message="^Version is pointed by a Provisioned Concurrency")
        self.put("strict", "2")
        self.functions.create_alias(FunctionName="strict", Name="next", FunctionVersion="2")
        self.assert_refused(conflict, self.put, "strict", "next", message="on an already Provisioned version$")
        self.assert_refused(
            invalid,
            self.functions.put_function_concurrency,
            FunctionName="strict",
            ReservedConcurrentExecutions=1,
            message=r"should not be lower than function's total provisioned concurrency \[2\].$",
        )
        self.functions.put_function_concurrency(FunctionName="strict", ReservedConcurrentExecutions=2)
        self.assert_refused(invalid, self.put, "strict", "2", 2, message="reservedConcurrentExecution for function$")
        self.assert_refused(
            invalid,
            self.functions.get_provisioned_concurrency_config,
            FunctionName="strict",
            Qualifier="$LATEST",
            message="^The function resource provided must be an alias or a published version.$",
        )


class DurableConcurrencyTest(ApiTest):
    EPHEMERAL = False

    def test_reservations_and_provisioning_survive_a_crash(self):
        self.deploy("durable", SOURCE, Publish=True)
        self.deploy("stopped", SOURCE)
        self.functions.put_provisioned_concurrency_config(
            FunctionName="durable", Qualifier="1", ProvisionedConcurrentExecutions=1
        )
        self.functions.put_function_concurrency(FunctionName="stopped", ReservedConcurrentExecutions=0)
        self.server.kill()
        self.server.start()
        type(self).functions = self.server.client("lambda")
        self.assert_refused("TooManyRequestsException", self.functions.invoke, FunctionName="stopped", status=429)
        for _ in range(2000):
            found = self.functions.get_provisioned_concurrency_config(FunctionName="durable", Qualifier="1")
            if found["Status"] == "READY":
                break
        self.assertEqual(found["Status"], "READY")
        self.assertEqual(self.invoke("durable:1", {})["Payload"], ["1", "provisioned-concurrency"])
