"""Policy simulation, and what policies speak of."""

import json

from test_iam_policies import TRUST
from test_iam_users import BASIC, IamTest

BUCKET = "arn:aws:s3:::bucket"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect, action, resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


READ = policy(statement("Allow", "s3:Get*", BUCKET + "/*"))


class SimulationTest(IamTest):
    def custom(self, documents, actions, **settings):
        return self.iam.simulate_custom_policy(PolicyInputList=documents, ActionNames=actions, **settings)

    def decisions(self, answer):
        return [
            (result["EvalActionName"], result["EvalResourceName"], result["EvalDecision"])
            for result in answer["EvaluationResults"]
        ]

    def test_custom_policies(self):
        deny = policy(statement("Deny", "s3:GetObject", BUCKET + "/secret/*"))
        answer = self.custom(
            [READ, deny],
            ["s3:GetObject", "s3:PutObject"],
            ResourceArns=[BUCKET + "/a", BUCKET + "/secret/a"],
        )
        self.assertEqual(
            self.decisions(answer),
            [
                ("s3:GetObject", BUCKET + "/a", "allowed"),
                ("s3:GetObject", BUCKET + "/secret/a", "explicitDeny"),
                ("s3:PutObject", BUCKET + "/a", "implicitDeny"),
                ("s3:PutObject", BUCKET + "/secret/a", "implicitDeny"),
            ],
        )
        matched = [result["MatchedStatements"] for result in answer["EvaluationResults"]]
        self.assertEqual([statement["SourcePolicyId"] for statement in matched[0]], ["PolicyInputList.1"])
        self.assertEqual([statement["SourcePolicyId"] for statement in matched[1]], ["PolicyInputList.2"])
        self.assertEqual(matched[2], [])
        start, end = matched[0][0]["StartPosition"], matched[0][0]["EndPosition"]
        self.assertEqual(READ[start["Column"] - 1 : end["Column"] - 1][-1], "}")

    def test_pages(self):
        first = self.custom([READ], ["s3:GetObject", "s3:PutObject", "s3:ListBucket"], MaxItems=2)
        self.assertEqual((len(first["EvaluationResults"]), first["IsTruncated"]), (2, True))
        rest = self.custom(
            [READ], ["s3:GetObject", "s3:PutObject", "s3:ListBucket"], MaxItems=2, Marker=first["Marker"]
        )
        self.assertEqual(self.decisions(rest), [("s3:ListBucket", "*", "implicitDeny")])
        self.assertFalse(rest["IsTruncated"])

    def test_context(self):
        document = policy(
            statement("Allow", "sqs:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            statement("Allow", "s3:*", "arn:aws:s3:::${aws:PrincipalTag/Team}/*"),
        )
        answer = self.custom([document], ["sqs:SendMessage"])
        self.assertEqual(answer["EvaluationResults"][0]["EvalDecision"], "implicitDeny")
        self.assertEqual(answer["EvaluationResults"][0]["MissingContextValues"], ["aws:SourceIp"])
        for address, decision in (("10.1.2.3", "allowed"), ("11.1.2.3", "implicitDeny")):
            entry = {"ContextKeyName": "aws:sourceip", "ContextKeyValues": [address], "ContextKeyType": "ip"}
            answer = self.custom([document], ["sqs:SendMessage"], ContextEntries=[entry])
            self.assertEqual(self.decisions(answer), [("sqs:SendMessage", "*", decision)])
        keys = self.iam.get_context_keys_for_custom_policy(PolicyInputList=[document, document])["ContextKeyNames"]
        self.assertEqual(keys, ["aws:PrincipalTag/Team", "aws:SourceIp"])

    def test_principals(self):
        self.iam.create_user(UserName="u")
        self.iam.create_group(GroupName="g")
        self.iam.add_user_to_group(GroupName="g", UserName="u")
        self.iam.put_group_policy(GroupName="g", PolicyName="read", PolicyDocument=READ)
        own = policy(statement("Allow", "sqs:*", "arn:aws:sqs:*:*:${aws:username}"))
        self.iam.put_user_policy(UserName="u", PolicyName="own", PolicyDocument=own)
        user = self.iam.get_user(UserName="u")["User"]["Arn"]
        simulate = self.iam.simulate_principal_policy

        def decision(arn, action, resource, **more):
            answer = simulate(PolicySourceArn=arn, ActionNames=[action], ResourceArns=[resource], **more)
            return answer["EvaluationResults"][0]["EvalDecision"]

        queue = "arn:aws:sqs:us-east-1:000000000000:"
        self.assertEqual(decision(user, "s3:GetObject", BUCKET + "/a"), "allowed")
        self.assertEqual(decision(user, "sqs:SendMessage", queue + "u"), "allowed")
        self.assertEqual(decision(user, "sqs:SendMessage", queue + "v"), "implicitDeny")
        group = self.iam.get_group(GroupName="g")["Group"]["Arn"]
        self.assertEqual(decision(group, "s3:GetObject", BUCKET + "/a"), "allowed")
        self.assertEqual(decision(group, "sqs:SendMessage", queue + "u"), "implicitDeny")
        more = policy(statement("Allow", "sns:Publish"))
        self.assertEqual(decision(user, "sns:Publish", "*", PolicyInputList=[more]), "allowed")
        answer = simulate(PolicySourceArn=user, ActionNames=["s3:GetObject"], ResourceArns=[BUCKET + "/a"])
        matched = answer["EvaluationResults"][0]["MatchedStatements"][0]
        self.assertEqual((matched["SourcePolicyId"], matched["SourcePolicyType"]), ("read", "group"))

        self.iam.put_user_permissions_boundary(
            UserName="u", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonSQSFullAccess"
        )
        answer = simulate(PolicySourceArn=user, ActionNames=["s3:GetObject"], ResourceArns=[BUCKET + "/a"])
        result = answer["EvaluationResults"][0]
        self.assertEqual(result["EvalDecision"], "implicitDeny")
        self.assertFalse(result["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"])
        self.assertEqual(decision(user, "sqs:SendMessage", queue + "u"), "allowed")

        role = self.iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        self.iam.attach_role_policy(RoleName="r", PolicyArn=BASIC)
        self.assertEqual(decision(role, "logs:PutLogEvents", "*"), "allowed")
        self.assertEqual(decision(role, "logs:DeleteLogGroup", "*"), "implicitDeny")
        self.assertEqual(
            self.iam.get_context_keys_for_principal_policy(PolicySourceArn=user)["ContextKeyNames"], ["aws:username"]
        )

    def test_resource_policies(self):
        document = policy(
            statement("Allow", "s3:GetObject", BUCKET + "/*", Principal={"AWS": "arn:aws:iam::000000000000:user/u"})
        )
        settings = {
            "ResourcePolicy": document,
            "ResourceArns": [BUCKET + "/a"],
            "ResourceOwner": "arn:aws:iam::000000000000:root",
        }
        nothing = policy(statement("Allow", "sqs:*"))
        for user, decision in (("u", "allowed"), ("v", "implicitDeny")):
            answer = self.custom(
                [nothing], ["s3:GetObject"], CallerArn=f"arn:aws:iam::000000000000:user/{user}", **settings
            )
            self.assertEqual(self.decisions(answer)[0][2], decision)
        self.assert_refused("InvalidInput", self.custom, [nothing], ["s3:GetObject"], **settings)

    def test_refusals(self):
        for documents, actions in ((["{"], ["s3:GetObject"]), ([READ], ["GetObject"]), ([READ], ["s3:*"])):
            self.assert_refused("InvalidInput", self.custom, documents, actions, status=400)
        self.assert_refused(
            "InvalidInput", self.custom, [READ], ["s3:GetObject"], CallerArn="arn:aws:iam::000000000000:role/r"
        )
        self.assert_refused(
            "NoSuchEntity",
            self.iam.simulate_principal_policy,
            PolicySourceArn="arn:aws:iam::000000000000:user/nobody",
            ActionNames=["s3:GetObject"],
        )

    def test_granting_policies(self):
        self.iam.create_user(UserName="u")
        self.iam.put_user_policy(UserName="u", PolicyName="read", PolicyDocument=READ)
        self.iam.attach_user_policy(UserName="u", PolicyArn=BASIC)
        answer = self.iam.list_policies_granting_service_access(
            Arn="arn:aws:iam::000000000000:user/u", ServiceNamespaces=["s3", "logs", "sqs"]
        )["PoliciesGrantingServiceAccess"]
        self.assertEqual(
            answer,
            [
                {
                    "ServiceNamespace": "s3",
                    "Policies": [
                        {"PolicyName": "read", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "u"}
                    ],
                },
                {
                    "ServiceNamespace": "logs",
                    "Policies": [
                        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyType": "MANAGED", "PolicyArn": BASIC}
                    ],
                },
                {"ServiceNamespace": "sqs", "Policies": []},
            ],
        )
