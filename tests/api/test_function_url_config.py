"""The configuration of function URLs, with boto3 and, for newer members, plain requests."""

import json

from harness import ApiTest

SOURCE = "def handler(event, context):\n    return 'here'\n"


class FunctionUrlConfigTest(ApiTest):
    def setUp(self):
        self.name = self.id().rpartition(".")[2].replace("_", "-")[:60]
        self.arn = self.deploy(self.name, SOURCE)["FunctionArn"]

    def test_created_changed_and_deleted(self):
        created = self.functions.create_function_url_config(FunctionName=self.name, AuthType="NONE")
        self.assertEqual(created["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertRegex(
            created["FunctionUrl"],
            rf"^http://[a-z0-9]{{32}}\.lambda-url\.us-east-1\.localhost:{self.server.port}/$",
        )
        self.assertEqual((created["FunctionArn"], created["AuthType"]), (self.arn, "NONE"))
        self.assertNotIn("Cors", created)
        found = self.functions.get_function_url_config(FunctionName=self.name)
        self.assertEqual(found["FunctionUrl"], created["FunctionUrl"])
        self.assertEqual(found["CreationTime"], found["LastModifiedTime"])

        cors = {
            "AllowCredentials": True,
            "AllowHeaders": ["x-one"],
            "AllowMethods": ["GET", "POST"],
            "AllowOrigins": ["https://example.com"],
            "ExposeHeaders": ["x-two"],
            "MaxAge": 60,
        }
        changed = self.functions.update_function_url_config(FunctionName=self.name, AuthType="AWS_IAM", Cors=cors)
        self.assertEqual((changed["AuthType"], changed["Cors"]), ("AWS_IAM", cors))
        self.assertEqual(changed["FunctionUrl"], created["FunctionUrl"])
        kept = self.functions.update_function_url_config(FunctionName=self.name, AuthType="NONE")
        self.assertEqual(kept["Cors"], cors)
        self.assertNotIn("Cors", self.functions.update_function_url_config(FunctionName=self.name, Cors={}))

        listed = self.functions.list_function_url_configs(FunctionName=self.name)["FunctionUrlConfigs"]
        self.assertEqual([each["FunctionUrl"] for each in listed], [created["FunctionUrl"]])
        self.functions.delete_function_url_config(FunctionName=self.name)
        for call in (self.functions.get_function_url_config, self.functions.delete_function_url_config):
            self.assert_refused(
                "ResourceNotFoundException",
                call,
                FunctionName=self.name,
                status=404,
                message="^The resource you requested does not exist.$",
            )
        self.assertEqual(self.functions.list_function_url_configs(FunctionName=self.name)["FunctionUrlConfigs"], [])

    def test_aliases_have_urls_of_their_own(self):
        version = self.functions.publish_version(FunctionName=self.name)["Version"]
        for alias in ("a", "b"):
            self.functions.create_alias(FunctionName=self.name, Name=alias, FunctionVersion=version)
            created = self.functions.create_function_url_config(FunctionName=self.name, Qualifier=alias, AuthType="NONE")
            self.assertEqual(created["FunctionArn"], f"{self.arn}:{alias}")
        self.functions.create_function_url_config(FunctionName=self.name, AuthType="NONE")
        pages = self.functions.get_paginator("list_function_url_configs").paginate(
            FunctionName=self.name, PaginationConfig={"PageSize": 2}
        )
        listed = [[config["FunctionArn"] for config in page["FunctionUrlConfigs"]] for page in pages]
        self.assertEqual(listed, [[self.arn, f"{self.arn}:a"], [f"{self.arn}:b"]])
        self.functions.delete_alias(FunctionName=self.name, Name="a")
        configs = self.functions.list_function_url_configs(FunctionName=self.name)["FunctionUrlConfigs"]
        self.assertEqual([config["FunctionArn"] for config in configs], [self.arn, f"{self.arn}:b"])

    def test_invoke_mode(self):
        path = f"/2021-10-31/functions/{self.name}/url"
        body = {"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}
        created = self.server.signed("lambda", "POST", path, json.dumps(body).encode())
        self.assertEqual((created.status, created.json()["InvokeMode"]), (201, "RESPONSE_STREAM"))
        changed = self.server.signed("lambda", "PUT", path, json.dumps({"InvokeMode": "BUFFERED"}).encode())
        self.assertEqual(changed.json()["InvokeMode"], "BUFFERED")

    def test_refusals(self):
        create = self.functions.create_function_url_config
        self.assert_refused(
            "ResourceNotFoundException", create, FunctionName="nowhere", AuthType="NONE", message="^Function does not exist$"
        )
        self.assert_refused(
            "ResourceNotFoundException", create, FunctionName=self.name, Qualifier="alias", AuthType="NONE"
        )
        for qualifier in ("1", "$LATEST"):
            self.assert_refused(
                "ValidationException", create, FunctionName=self.name, Qualifier=qualifier, AuthType="NONE"
            )
        self.assert_refused("ValidationException", create, FunctionName=self.name, AuthType="OPEN")
        for cors in ({"AllowMethods": ["FETCH"]}, {"MaxAge": 86401}):
            self.assert_refused("ValidationException", create, FunctionName=self.name, AuthType="NONE", Cors=cors)
        create(FunctionName=self.name, AuthType="NONE")
        self.assert_refused(
            "ResourceConflictException",
            create,
            FunctionName=self.name,
            AuthType="NONE",
            status=409,
            message="FunctionUrlConfig exists for this Lambda function",
        )

    def test_it_goes_with_its_function(self):
        self.functions.create_function_url_config(FunctionName=self.name, AuthType="NONE")
        self.functions.delete_function(FunctionName=self.name)
        self.deploy(self.name, SOURCE)
        self.assert_refused(
            "ResourceNotFoundException", self.functions.get_function_url_config, FunctionName=self.name
        )
