"""Resource-based policies of functions: AddPermission, RemovePermission, GetPolicy; with boto3."""

import json

from harness import ApiTest

SOURCE = "def handler(event, context):\n    return 'here'\n"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


class PermissionsTest(ApiTest):
    def setUp(self):
        self.name = self.id().rpartition(".")[2].replace("_", "-")[:60]
        self.deploy(self.name, SOURCE)

    def permit(self, sid="one", principal="s3.amazonaws.com", action="lambda:InvokeFunction", **more):
        added = self.functions.add_permission(
            FunctionName=self.name, StatementId=sid, Action=action, Principal=principal, **more
        )
        return json.loads(added["Statement"])

    def policy(self):
        return json.loads(self.functions.get_policy(FunctionName=self.name)["Policy"])

    def test_a_statement_for_a_service(self):
        text = self.functions.add_permission(
            FunctionName=self.name,
            StatementId="bucket",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn="arn:aws:s3:::bucket",
            SourceAccount="123456789012",
        )["Statement"]
        self.assertEqual(
            text,
            '{"Sid":"bucket","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},'
            f'"Action":"lambda:InvokeFunction","Resource":"{ARN}{self.name}","Condition":'
            '{"StringEquals":{"AWS:SourceAccount":"123456789012"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"}}}',
        )
        answer = self.functions.get_policy(FunctionName=self.name)
        self.assertEqual(answer["Policy"], '{"Version":"2012-10-17","Id":"default","Statement":[' + text + "]}")
        configuration = self.functions.get_function_configuration(FunctionName=self.name)
        self.assertEqual(answer["RevisionId"], configuration["RevisionId"])

    def test_principals(self):
        self.assertEqual(self.permit("a", "123456789012")["Principal"], {"AWS": "arn:aws:iam::123456789012:root"})
        user = "arn:aws:iam::123456789012:user/someone"
        self.assertEqual(self.permit("b", user)["Principal"], {"AWS": user})
        self.assertEqual(self.permit("c", "*")["Principal"], "*")
        self.assertEqual([each["Sid"] for each in self.policy()["Statement"]], ["a", "b", "c"])
        for principal in ("nobody", "arn:aws:s3:::bucket", "12345"):
            self.assert_refused(
                "InvalidParameterValueException",
                self.permit,
                "d",
                principal,
                message="^The provided principal was invalid. Please check the principal and try again.$",
            )

    def test_conditions(self):
        url = self.permit("url", "*", "lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE")
        self.assertEqual(url["Condition"], {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}})
        organization = self.permit("org", "*", PrincipalOrgID="o-abcdefghij")
        self.assertEqual(organization["Condition"], {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}})
        alexa = self.permit("alexa", "alexa-appkit.amazon.com", EventSourceToken="token")
        self.assertEqual(alexa["Condition"], {"StringEquals": {"lambda:EventSourceToken": "token"}})
        self.assert_refused("InvalidParameterValueException", self.permit, "x", "*", FunctionUrlAuthType="NONE")
        self.assert_refused("InvalidParameterValueException", self.permit, "x", EventSourceToken="token")

    def test_invoked_via_function_url(self):
        body = {
            "StatementId": "via",
            "Action": "lambda:InvokeFunction",
            "Principal": "*",
            "InvokedViaFunctionUrl": True,
        }
        answer = self.server.signed(
            "lambda", "POST", f"/2015-03-31/functions/{self.name}/policy", json.dumps(body).encode()
        )
        self.assertEqual(answer.status, 201)
        self.assertEqual(
            json.loads(answer.json()["Statement"])["Condition"], {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
        )

    def test_statement_ids_are_unique_and_removable(self):
        self.permit("one")
        self.assert_refused(
            "ResourceConflictException",
            self.permit,
            "one",
            status=409,
            message=r"^The statement id \(one\) provided already exists. Please provide a new statement id, or remove",
        )
        self.assert_refused(
            "ResourceNotFoundException",
            self.functions.remove_permission,
            FunctionName=self.name,
            StatementId="two",
            message="^Statement two is not found in resource policy.$",
        )
        self.functions.remove_permission(FunctionName=self.name, StatementId="one")
        self.assert_refused(
            "ResourceNotFoundException",
            self.functions.get_policy,
            FunctionName=self.name,
            status=404,
            message="^The resource you requested does not exist.$",
        )
        self.assert_refused(
            "ResourceNotFoundException",
            self.functions.remove_permission,
            FunctionName=self.name,
            StatementId="one",
            message="^No policy is associated with the given resource.$",
        )

    def test_revision_ids(self):
        before = self.functions.get_function_configuration(FunctionName=self.name)["RevisionId"]
        self.permit("one", RevisionId=before)
        self.assert_refused("PreconditionFailedException", self.permit, "two", RevisionId=before, status=412)
        revision = self.functions.get_policy(FunctionName=self.name)["RevisionId"]
        self.assertNotEqual(revision, before)
        remove = {"FunctionName": self.name, "StatementId": "one"}
        self.assert_refused(
            "PreconditionFailedException", self.functions.remove_permission, **remove, RevisionId=before
        )
        self.functions.remove_permission(**remove, RevisionId=revision)

    def test_latest_and_what_is_not_there(self):
        self.assert_refused(
            "InvalidParameterValueException",
            self.permit,
            Qualifier="$LATEST",
            message="^We currently do not support adding policies for .LATEST.$",
        )
        self.assert_refused("ResourceNotFoundException", self.permit, Qualifier="7")
        self.assert_refused("ResourceNotFoundException", self.functions.get_policy, FunctionName="nowhere")

    def test_versions_and_aliases_have_policies_of_their_own(self):
        version = self.functions.publish_version(FunctionName=self.name)["Version"]
        self.functions.create_alias(FunctionName=self.name, Name="live", FunctionVersion=version)
        for qualifier in (version, "live"):
            statement = self.permit("one", Qualifier=qualifier)
            self.assertEqual(statement["Resource"], f"{ARN}{self.name}:{qualifier}")
            found = self.functions.get_policy(FunctionName=f"{self.name}:{qualifier}")
            self.assertEqual(json.loads(found["Policy"])["Statement"], [statement])
        alias = self.functions.get_alias(FunctionName=self.name, Name="live")
        self.assertEqual(self.functions.get_policy(FunctionName=self.name, Qualifier="live")["RevisionId"], alias["RevisionId"])
        self.assert_refused("ResourceNotFoundException", self.functions.get_policy, FunctionName=self.name)
        self.assert_refused("ResourceNotFoundException", self.permit, Qualifier="dead", message="^Cannot find alias arn: ")
        self.functions.delete_alias(FunctionName=self.name, Name="live")
        self.functions.create_alias(FunctionName=self.name, Name="live", FunctionVersion=version)
        self.assert_refused(
            "ResourceNotFoundException", self.functions.get_policy, FunctionName=self.name, Qualifier="live"
        )

    def test_a_policy_has_a_limit(self):
        with self.assertRaises(self.functions.exceptions.PolicyLengthExceededException) as caught:
            for i in range(100):
                self.permit(f"{i:0>100}", SourceArn="arn:aws:s3:::" + "b" * 400)
        self.assertRegex(str(caught.exception), r"The final policy size \(\d+\) is bigger than the limit \(20480\)")

    def test_a_policy_goes_with_its_function(self):
        self.permit("one")
        self.functions.delete_function(FunctionName=self.name)
        self.deploy(self.name, SOURCE)
        self.assert_refused("ResourceNotFoundException", self.functions.get_policy, FunctionName=self.name)
