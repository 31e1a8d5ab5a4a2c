"""Aliases of functions, and the two versions that one may share its invocations between, with boto3."""

import json

from harness import ApiTest, zip_of

SOURCE = "def handler(event, context):\n    return ['{}', context.function_version, context.invoked_function_arn]\n"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


class AliasTest(ApiTest):
    def deploy_versions(self, name, count=2):
        self.deploy(name, SOURCE.format(1), Publish=True)
        for number in range(2, count + 1):
            self.functions.update_function_code(
                FunctionName=name, ZipFile=zip_of({"app.py": SOURCE.format(number)}), Publish=True
            )

    def test_life_of_an_alias(self):
        self.deploy_versions("life")
        created = self.functions.create_alias(FunctionName="life", Name="prod", FunctionVersion="1", Description="d")
        self.assertEqual(created["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertEqual((created["AliasArn"], created["Name"]), (ARN + "life:prod", "prod"))
        self.assertEqual((created["FunctionVersion"], created["Description"]), ("1", "d"))
        self.assertNotIn("RoutingConfig", created)
        answer = self.invoke("life", {}, Qualifier="prod")
        self.assertEqual((answer["Payload"], answer["ExecutedVersion"]), (["1", "1", ARN + "life:prod"], "1"))

        updated = self.functions.update_alias(FunctionName="life", Name="prod", FunctionVersion="2")
        self.assertEqual((updated["FunctionVersion"], updated["Description"]), ("2", "d"))
        self.assertNotEqual(updated["RevisionId"], created["RevisionId"])
        self.assertEqual(self.invoke("life:prod", {})["Payload"][0], "2")
        found = self.functions.get_alias(FunctionName="life", Name="prod")
        self.assertEqual(found["RevisionId"], updated["RevisionId"])
        self.assert_refused(
            "PreconditionFailedException",
            self.functions.update_alias,
            FunctionName="life",
            Name="prod",
            RevisionId=created["RevisionId"],
            status=412,
        )

        shown = self.functions.get_function_configuration(FunctionName="life", Qualifier="prod")
        self.assertEqual((shown["FunctionArn"], shown["Version"]), (ARN + "life:prod", "2"))
        answer = self.functions.delete_alias(FunctionName="life", Name="prod")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 204)
        self.functions.delete_alias(FunctionName="life", Name="prod")  # as often as one likes
        self.assert_refused("ResourceNotFoundException", self.functions.invoke, FunctionName="life:prod", status=404)

    def test_latest_may_have_an_alias(self):
        self.deploy_versions("newest", 1)
        self.functions.create_alias(FunctionName="newest", Name="dev", FunctionVersion="$LATEST")
        self.functions.update_function_code(FunctionName="newest", ZipFile=zip_of({"app.py": SOURCE.format("n")}))
        answer = self.invoke("newest:dev", {})
        self.assertEqual((answer["Payload"][:2], answer["ExecutedVersion"]), (["n", "$LATEST"], "$LATEST"))

    def test_an_alias_shares_its_invocations_between_two_versions(self):
        self.deploy_versions("shared")
        created = self.functions.create_alias(
            FunctionName="shared",
            Name="canary",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
        )
        self.assertEqual(created["RoutingConfig"], {"AdditionalVersionWeights": {"2": 0.5}})
        seen = set()
        for _ in range(200):  # a fair coin shows one side only with a chance of 2 ** -199
            answer = self.invoke("shared:canary", {})
            self.assertEqual(answer["Payload"], [answer["ExecutedVersion"]] * 2 + [ARN + "shared:canary"])
            seen.add(answer["ExecutedVersion"])
            if len(seen) == 2:
                break
        self.assertEqual(seen, {"1", "2"})
        self.functions.update_alias(
            FunctionName="shared", Name="canary", RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}}
        )
        self.assertEqual({self.invoke("shared:canary", {})["ExecutedVersion"] for _ in range(20)}, {"2"})
        plain = self.functions.update_alias(FunctionName="shared", Name="canary", RoutingConfig={})
        self.assertNotIn("RoutingConfig", plain)
        self.assertEqual({self.invoke("shared:canary", {})["ExecutedVersion"] for _ in range(20)}, {"1"})

    def refuse(self, code, message, call=None, status=400, **parameters):
        parameters = {"FunctionName": "strict", "Name": "x", "FunctionVersion": "1", **parameters}
        self.assert_refused(code, call or self.functions.create_alias, status=status, message=message, **parameters)

    def test_what_is_refused(self):
        self.deploy_versions("strict", 3)
        weights = lambda **versions: {"AdditionalVersionWeights": {k[1:]: v for k, v in versions.items()}}
        invalid = "InvalidParameterValueException"
        missing = "ResourceNotFoundException"
        self.refuse(missing, f"^Function not found: {ARN}strict:9$", status=404, FunctionVersion="9")
        self.refuse(missing, f"^Function not found: {ARN}nobody$", status=404, FunctionName="nobody")
        self.refuse(missing, f"^Function not found: {ARN}strict:9$", status=404, RoutingConfig=weights(v9=0.1))
        self.refuse(invalid, "cannot be greater than 1$", RoutingConfig=weights(v2=0.1, v3=0.1))
        self.refuse(invalid, "^Invalid function version 1", RoutingConfig=weights(v1=0.1))
        self.refuse(invalid, r"^\$LATEST is not supported", FunctionVersion="$LATEST", RoutingConfig=weights(v1=0.1))
        self.refuse("ValidationException", "", Name="7")
        self.refuse("ValidationException", "", RoutingConfig=weights(v2=1.5))
        self.assertEqual(self.functions.list_aliases(FunctionName="strict")["Aliases"], [])
        self.functions.create_alias(FunctionName="strict", Name="x", FunctionVersion="1")
        self.refuse("ResourceConflictException", f"^Alias already exists: {ARN}strict:x$", status=409)
        absent = f"^Cannot find alias arn: {ARN}strict:absent$"
        self.refuse(missing, absent, self.functions.update_alias, 404, Name="absent")
        self.assert_refused(
            missing, self.functions.get_alias, FunctionName="strict", Name="absent", status=404, message=absent
        )

    def test_versions_with_an_alias_stay(self):
        self.deploy_versions("held", 3)
        self.functions.create_alias(FunctionName="held", Name="a", FunctionVersion="1")
        routing = {"AdditionalVersionWeights": {"2": 0.1}}
        self.functions.create_alias(FunctionName="held", Name="b", FunctionVersion="1", RoutingConfig=routing)
        for version, aliases in (("1", "a, b"), ("2", "b")):
            self.assert_refused(
                "ResourceConflictException",
                self.functions.delete_function,
                FunctionName="held",
                Qualifier=version,
                status=409,
                message=rf"^Unable to delete version because the following aliases reference it: \[{aliases}\]$",
            )
        self.assert_refused(
            "InvalidParameterValueException",
            self.functions.delete_function,
            FunctionName="held",
            Qualifier="a",
            message="^Deletion of aliases is not currently supported",
        )
        self.functions.delete_function(FunctionName="held", Qualifier="3")

    def test_pages(self):
        self.deploy_versions("paged")
        for name in ("e", "c", "a", "d", "b"):
            version = "1" if name in "abc" else "2"
            self.functions.create_alias(FunctionName="paged", Name=name, FunctionVersion=version)
        pages = list(
            self.functions.get_paginator("list_aliases").paginate(
                FunctionName="paged", PaginationConfig={"PageSize": 2}
            )
        )
        self.assertEqual([[alias["Name"] for alias in page["Aliases"]] for page in pages], [["a", "b"], ["c", "d"], ["e"]])
        of_version = self.functions.list_aliases(FunctionName="paged", FunctionVersion="2")["Aliases"]
        self.assertEqual([alias["Name"] for alias in of_version], ["d", "e"])
        self.assert_refused("ResourceNotFoundException", self.functions.list_aliases, FunctionName="none", status=404)


class EventInvokeConfigTest(ApiTest):
    QUEUE = "arn:aws:sqs:us-east-1:000000000000:queue"

    def setUp(self):
        self.deploy("events", SOURCE.format(1), Publish=True)
        self.functions.create_alias(FunctionName="events", Name="live", FunctionVersion="1")

    def test_life_of_a_configuration(self):
        put = self.functions.put_function_event_invoke_config(
            FunctionName="events", MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": self.QUEUE}}
        )
        self.assertEqual(put["FunctionArn"], ARN + "events:$LATEST")
        self.assertEqual(put["DestinationConfig"], {"OnSuccess": {}, "OnFailure": {"Destination": self.QUEUE}})
        self.assertEqual(put["MaximumRetryAttempts"], 1)
        self.assertNotIn("MaximumEventAgeInSeconds", put)
        updated = self.functions.update_function_event_invoke_config(FunctionName="events", MaximumEventAgeInSeconds=60)
        self.assertEqual((updated["MaximumRetryAttempts"], updated["MaximumEventAgeInSeconds"]), (1, 60))
        found = self.functions.get_function_event_invoke_config(FunctionName="events", Qualifier="$LATEST")
        self.assertEqual(found["DestinationConfig"]["OnFailure"], {"Destination": self.QUEUE})
        replaced = self.functions.put_function_event_invoke_config(FunctionName="events", MaximumEventAgeInSeconds=90)
        self.assertNotIn("MaximumRetryAttempts", replaced)
        self.assertEqual(replaced["DestinationConfig"], {"OnSuccess": {}, "OnFailure": {}})
        self.functions.delete_function_event_invoke_config(FunctionName="events")
        for call in (
            self.functions.get_function_event_invoke_config,
            self.functions.delete_function_event_invoke_config,
        ):
            self.assert_refused(
                "ResourceNotFoundException",
                call,
                FunctionName="events",
                status=404,
                message=rf"^The function {ARN}events:\$LATEST doesn't have an EventInvokeConfig$",
            )

    def test_pages_per_qualifier(self):
        for qualifier in ("live", "1", "$LATEST"):
            self.functions.put_function_event_invoke_config(
                FunctionName="events", Qualifier=qualifier, MaximumRetryAttempts=0
            )
        pages = self.functions.get_paginator("list_function_event_invoke_configs").paginate(
            FunctionName="events", PaginationConfig={"PageSize": 2}
        )
        found = [item["FunctionArn"] for page in pages for item in page["FunctionEventInvokeConfigs"]]
        self.assertEqual(found, [ARN + "events:" + qualifier for qualifier in ("$LATEST", "1", "live")])
        self.functions.delete_alias(FunctionName="events", Name="live")
        rest = self.functions.list_function_event_invoke_configs(FunctionName="events")["FunctionEventInvokeConfigs"]
        self.assertEqual(len(rest), 2)

    def test_what_is_refused(self):
        put = self.functions.put_function_event_invoke_config
        to = lambda arn, which="OnFailure": {"DestinationConfig": {which: {"Destination": arn}}}
        itself = "^You can't specify the function as a destination for itself"
        cases = [
            ({}, "^You must specify at least one of error handling or destination setting"),
            (to(ARN + "events"), itself),
            (to(ARN + "events:live"), itself),
            (to("arn:aws:dynamodb:us-east-1:000000000000:table/t"), "^The destination ARN .* is invalid"),
            (to("arn:aws:s3:::bucket", "OnSuccess"), "^The destination ARN .* is invalid"),
        ]
        for parameters, message in cases:
            self.assert_refused(
                "InvalidParameterValueException", put, FunctionName="events", status=400, message=message, **parameters
            )
        for document in ({"MaximumRetryAttempts": 3}, {"MaximumEventAgeInSeconds": 59}, {"MaximumEventAgeInSeconds": 21601}):
            answer = self.server.signed(
                "lambda", "PUT", "/2019-09-25/functions/events/event-invoke-config", json.dumps(document)
            )
            self.assertEqual((answer.status, answer.error_type()), (400, "ValidationException"), document)
        for name in ("events:9", "events:nobody", "none"):
            self.assert_refused(
                "ResourceNotFoundException",
                put,
                FunctionName=name,
                MaximumRetryAttempts=0,
                message="^The function doesn't exist.$",
            )
        self.assert_refused(
            "ResourceNotFoundException",
            self.functions.update_function_event_invoke_config,
            FunctionName="events",
            MaximumRetryAttempts=0,
        )
