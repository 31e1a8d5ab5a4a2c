"""Tags of requests in conditions, aws:RequestTag and aws:TagKeys, in every operation that makes or changes tags."""

import unittest

from enforcing import ACCOUNT, policy
from harness import ROLE, zip_of
from tags_fixture import ECHO, FUNCTION, GROUP, NOTHING, PROFILE, TRUST, TagsTest, pairs, statement
from test_iam_account import METADATA


def as_pairs(tags):
    return pairs(**tags)


class RequestsTest(TagsTest):
    """A principal that may set the tag team=blue, and remove the tag cost, and no others."""

    CONDITION = {
        "StringEquals": {"aws:RequestTag/team": "blue"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
    }

    def assert_asked(self, call, member, form, **arguments):
        """The call is asked about with the tags that it gives in `member`."""
        self.assert_may(False, call, **{member: form({"team": "red"})}, **arguments)
        self.assert_may(False, call, **{member: form({"team": "blue", "cost": "1"})}, **arguments)
        self.assert_may(False, call, **{member: form({"cost": "blue"})}, **arguments)
        self.assert_may(True, call, **{member: form({"team": "blue"})}, **arguments)

    def assert_keys_asked(self, call, member, **arguments):
        self.assert_may(False, call, **{member: ["team", "cost"]}, **arguments)
        self.assert_may(True, call, **{member: ["cost"]}, **arguments)

    def keys_of(self, service):
        passing = ("Allow", "iam:PassRole", "*")
        keys = {"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}, "Null": {"aws:TagKeys": "false"}}
        untagging = statement(f"{service}:Untag*", keys)
        return self.make_user(policy(statement("*", self.CONDITION), passing, untagging))

    def test_functions(self):
        code = {"ZipFile": zip_of({"app.py": ECHO})}
        settings = {"Runtime": "python3.12", "Handler": "app.handler", "Role": ROLE, "Code": code}
        keys = self.keys_of("lambda")
        functions = keys.client("lambda")
        create = {"FunctionName": "made", **settings}
        self.assert_may(False, functions.create_function, **create)
        self.assert_asked(functions.create_function, "Tags", dict, **create)
        self.addCleanup(self.forget, "made")
        self.assertEqual(self.functions.list_tags(Resource=FUNCTION + "made")["Tags"], {"team": "blue"})
        for resource in (FUNCTION + "made", FUNCTION + "absent"):
            self.assert_asked(functions.tag_resource, "Tags", dict, Resource=resource)
            self.assert_keys_asked(functions.untag_resource, "TagKeys", Resource=resource)
        publishers = {"SigningProfileVersionArns": [PROFILE]}
        make_config = self.sender(keys, "POST", "/2020-04-22/code-signing-configs")
        self.assert_may(False, make_config, AllowedPublishers=publishers)
        self.assert_asked(make_config, "Tags", dict, AllowedPublishers=publishers)
        mapping = {"FunctionName": "made", "EventSourceArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:absent"}
        make_mapping = self.sender(keys, "POST", "/2015-03-31/event-source-mappings")
        self.assert_asked(make_mapping, "Tags", dict, **mapping)
        # Keys that differ in case alone are neither one nor the other.
        both = {"team": "blue", "Team": "blue"}
        condition = {"StringEquals": {"aws:RequestTag/team": "blue"}}
        anyhow = self.limited("lambda", statement("lambda:*", condition))
        self.assert_may(False, anyhow.tag_resource, Resource=FUNCTION + "made", Tags=both)

    def test_creating_needs_the_right_to_tag(self):
        blue = {"team": "blue"}
        for service, action, call, arguments in (
            ("sqs", "sqs:CreateQueue", "create_queue", {"QueueName": "n", "tags": blue}),
            ("sns", "sns:CreateTopic", "create_topic", {"Name": "n", "Tags": pairs(**blue)}),
            ("logs", "logs:CreateLogGroup", "create_log_group", {"logGroupName": "n", "tags": blue}),
            ("iam", "iam:CreateUser", "create_user", {"UserName": "n", "Tags": pairs(**blue)}),
        ):
            client = self.limited(service, ("Allow", action, "*"))
            self.assert_may(False, getattr(client, call), **arguments)

    def test_queues_topics_and_groups(self):
        sqs, sns, logs = (self.keys_of(service).client(service) for service in ("sqs", "sns", "logs"))
        self.assert_may(False, sqs.create_queue, QueueName="made")
        self.assert_asked(sqs.create_queue, "tags", dict, QueueName="made")
        url = self.queues.get_queue_url(QueueName="made")["QueueUrl"]
        self.assert_asked(sqs.tag_queue, "Tags", dict, QueueUrl=url)
        self.assert_keys_asked(sqs.untag_queue, "TagKeys", QueueUrl=url)

        self.assert_may(False, sns.create_topic, Name="made")
        self.assert_asked(sns.create_topic, "Tags", as_pairs, Name="made")
        topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:made"
        self.assert_asked(sns.tag_resource, "Tags", as_pairs, ResourceArn=topic)
        self.assert_keys_asked(sns.untag_resource, "TagKeys", ResourceArn=topic)

        self.assert_may(False, logs.create_log_group, logGroupName="made")
        self.assert_asked(logs.create_log_group, "tags", dict, logGroupName="made")
        self.assert_asked(logs.tag_resource, "tags", dict, resourceArn=GROUP + "made")
        self.assert_asked(logs.tag_log_group, "tags", dict, logGroupName="made")
        self.assert_keys_asked(logs.untag_resource, "tagKeys", resourceArn=GROUP + "made")
        self.assert_keys_asked(logs.untag_log_group, "tags", logGroupName="made")

    def test_iam(self):
        iam = self.keys_of("iam").client("iam")
        prefix = f"arn:aws:iam::{ACCOUNT}:"
        prints = {"ThumbprintList": ["0" * 40]}
        for noun, name, more in (
            ("user", {"UserName": "made"}, {}),
            ("role", {"RoleName": "made"}, {"AssumeRolePolicyDocument": TRUST}),
            ("instance_profile", {"InstanceProfileName": "made"}, {}),
            ("policy", {"PolicyArn": prefix + "policy/made"}, {"PolicyName": "made", "PolicyDocument": NOTHING}),
            (
                "open_id_connect_provider",
                {"OpenIDConnectProviderArn": prefix + "oidc-provider/made.example"},
                {"Url": "https://made.example", **prints},
            ),
            (
                "saml_provider",
                {"SAMLProviderArn": prefix + "saml-provider/made"},
                {"Name": "made", "SAMLMetadataDocument": METADATA},
            ),
        ):
            with self.subTest(noun=noun):
                arguments = more if "Arn" in next(iter(name)) else {**name, **more}
                create = getattr(iam, f"create_{noun}")
                self.assert_may(False, create, **arguments)
                self.assert_asked(create, "Tags", as_pairs, **arguments)
                self.assert_asked(getattr(iam, f"tag_{noun}"), "Tags", as_pairs, **name)
                self.assert_keys_asked(getattr(iam, f"untag_{noun}"), "TagKeys", **name)


if __name__ == "__main__":
    unittest.main()
