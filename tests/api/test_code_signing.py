"""Code signing configurations and which function has which, with boto3."""

import json

from harness import ApiTest

SOURCE = "def handler(event, context):\n    return 'here'\n"
PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/one/aaaaaaaaaa"
UNKNOWN = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-00000000000000000"


class CodeSigningTest(ApiTest):
    def create(self, **settings):
        answer = self.functions.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [PROFILE]}, **settings
        )
        return answer["CodeSigningConfig"]

    def test_created_read_changed_and_deleted(self):
        created = self.create(Description="first")
        self.assertRegex(created["CodeSigningConfigId"], "^csc-[a-z0-9]{17}$")
        arn = created["CodeSigningConfigArn"]
        self.assertTrue(arn.endswith(":000000000000:code-signing-config:" + created["CodeSigningConfigId"]))
        self.assertEqual(created["CodeSigningPolicies"], {"UntrustedArtifactOnDeployment": "Warn"})
        self.assertEqual(created["AllowedPublishers"], {"SigningProfileVersionArns": [PROFILE]})
        changed = self.functions.update_code_signing_config(
            CodeSigningConfigArn=arn, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"}
        )["CodeSigningConfig"]
        self.assertEqual(changed["Description"], "first")
        found = self.functions.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
        self.assertEqual(found, changed)
        self.assertEqual(found["CodeSigningPolicies"], {"UntrustedArtifactOnDeployment": "Enforce"})
        self.functions.delete_code_signing_config(CodeSigningConfigArn=arn)
        self.assert_refused(
            "ResourceNotFoundException", self.functions.get_code_signing_config, CodeSigningConfigArn=arn, status=404
        )

    def test_functions_have_one(self):
        config = self.create()["CodeSigningConfigArn"]
        arns = [self.deploy(f"signed-{i}", SOURCE)["FunctionArn"] for i in range(3)]
        self.assertEqual(self.attached("signed-0"), "")
        for i in range(3):
            put = self.functions.put_function_code_signing_config(FunctionName=f"signed-{i}", CodeSigningConfigArn=config)
            self.assertEqual((put["FunctionName"], put["CodeSigningConfigArn"]), (f"signed-{i}", config))
        self.assertEqual(self.attached("signed-0"), config)
        pages = self.functions.get_paginator("list_functions_by_code_signing_config").paginate(
            CodeSigningConfigArn=config, PaginationConfig={"PageSize": 2}
        )
        self.assertEqual([page["FunctionArns"] for page in pages], [arns[:2], arns[2:]])
        self.assert_refused(
            "ResourceConflictException",
            self.functions.delete_code_signing_config,
            CodeSigningConfigArn=config,
            status=409,
        )
        self.functions.delete_function(FunctionName="signed-0")
        for name in ("signed-1", "signed-2"):
            self.functions.delete_function_code_signing_config(FunctionName=name)
        self.functions.delete_code_signing_config(CodeSigningConfigArn=config)

    def attached(self, name):
        return self.functions.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"]

    def test_lists_page(self):
        other = self.server.client("lambda", access_key="999900000002")
        arns = set()
        for _ in range(3):
            arns.add(
                other.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": [PROFILE]})[
                    "CodeSigningConfig"
                ]["CodeSigningConfigArn"]
            )
        pages = list(other.get_paginator("list_code_signing_configs").paginate(PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(page["CodeSigningConfigs"]) for page in pages], [2, 1])
        listed = {config["CodeSigningConfigArn"] for page in pages for config in page["CodeSigningConfigs"]}
        self.assertEqual(listed, arns)

    def test_tags(self):
        arn = self.create()["CodeSigningConfigArn"]
        self.functions.tag_resource(Resource=arn, Tags={"a": "1", "b": "2"})
        self.functions.untag_resource(Resource=arn, TagKeys=["a"])
        self.assertEqual(self.functions.list_tags(Resource=arn)["Tags"], {"b": "2"})
        self.assert_refused("ResourceNotFoundException", self.functions.list_tags, Resource=UNKNOWN)

    def test_refusals(self):
        self.deploy("unsigned", SOURCE)
        self.assert_refused(
            "CodeSigningConfigNotFoundException",
            self.functions.put_function_code_signing_config,
            FunctionName="unsigned",
            CodeSigningConfigArn=UNKNOWN,
            status=404,
        )
        config = self.create()["CodeSigningConfigArn"]
        self.assert_refused(
            "ResourceNotFoundException",
            self.functions.put_function_code_signing_config,
            FunctionName="nowhere",
            CodeSigningConfigArn=config,
        )
        nobody = {"AllowedPublishers": {"SigningProfileVersionArns": []}}
        answer = self.server.signed("lambda", "POST", "/2020-04-22/code-signing-configs", json.dumps(nobody).encode())
        self.assertEqual(answer.error_type(), "ValidationException")
