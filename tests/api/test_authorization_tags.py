"""Attribute-based access control: tags of resources and principals in conditions, and aws:ResourceAccount."""

import json
import unittest

from enforcing import ACCOUNT, policy
from tags_fixture import ECHO, FUNCTION, GROUP, NOTHING, PROFILE, TRUST, TagsTest, of_team, pairs, statement
from test_iam_account import METADATA


class LambdaTest(TagsTest):
    TEAMWORK = statement("lambda:*", of_team("${aws:PrincipalTag/team}"))

    def dry_run(self, keys, name, **settings):
        return self.may(
            keys.client("lambda").invoke, FunctionName=name, InvocationType="DryRun", **settings
        )

    def test_principals_use_the_functions_of_their_team(self):
        for name, tags in (("blue", {"team": "blue"}), ("red", {"team": "red"}), ("bare", {})):
            self.deploy(name, ECHO, Tags=tags)
        blue = self.make_user(policy(self.TEAMWORK), Tags=pairs(team="blue"))
        red = self.make_user(policy(self.TEAMWORK), Tags=pairs(Team="red"))
        nobody = self.make_user(policy(self.TEAMWORK))
        may = {
            keys.name: [self.dry_run(keys, name) for name in ("blue", "red", "bare", "absent")]
            for keys in (blue, red, nobody)
        }
        self.assertEqual(
            may,
            {
                blue.name: [True, False, False, False],
                red.name: [False, True, False, False],
                nobody.name: [False, False, False, False],
            },
        )
        answer = blue.client("lambda").invoke(FunctionName="blue", Payload=b'"here"')
        self.assertEqual(answer["Payload"].read(), b'"here"')
        self.iam.tag_user(UserName=blue.name, Tags=pairs(team="red"))
        self.assertEqual([self.dry_run(blue, name) for name in ("blue", "red")], [False, True])
        self.iam.untag_user(UserName=blue.name, TagKeys=["team"])
        self.assertEqual([self.dry_run(blue, name) for name in ("blue", "red")], [False, False])

    def test_a_change_of_a_tag_is_in_force_with_its_answer(self):
        self.deploy("moving", ECHO)
        arn = FUNCTION + "moving"
        user = self.make_user(policy(statement("lambda:GetFunction*", of_team("blue"))))
        functions = user.client("lambda")

        def assert_reads(expected):
            for _ in range(2):
                self.assert_may(expected, functions.get_function, FunctionName="moving")

        assert_reads(False)
        self.functions.tag_resource(Resource=arn, Tags={"team": "blue"})
        assert_reads(True)
        self.functions.tag_resource(Resource=arn, Tags={"team": "red"})
        assert_reads(False)
        self.functions.tag_resource(Resource=arn, Tags={"team": "blue"})
        assert_reads(True)
        self.functions.untag_resource(Resource=arn, TagKeys=["team"])
        assert_reads(False)
        self.functions.tag_resource(Resource=arn, Tags={"team": "blue"})
        assert_reads(True)
        # Another function of that name has tags of its own.
        self.functions.delete_function(FunctionName="moving")
        assert_reads(False)
        self.deploy("moving", ECHO)
        assert_reads(False)
        self.functions.delete_function(FunctionName="moving")
        self.deploy("moving", ECHO, Tags={"team": "blue"})
        assert_reads(True)

    def test_versions_and_aliases_have_the_tags_of_their_function(self):
        self.deploy("versioned", ECHO, Publish=True, Tags={"team": "blue"})
        self.functions.create_alias(FunctionName="versioned", Name="live", FunctionVersion="1")
        for team in ("blue", "red"):
            user = self.make_user(policy(self.TEAMWORK), Tags=pairs(team=team))
            for qualifier in ("1", "live", "$LATEST"):
                self.assertEqual(self.dry_run(user, "versioned", Qualifier=qualifier), team == "blue")
        functions = self.limited("lambda", statement("lambda:*", of_team("blue")))
        self.assert_may(True, functions.get_alias, FunctionName="versioned", Name="live")
        self.assert_may(True, functions.list_versions_by_function, FunctionName="versioned")

    def test_denials_and_absent_tags(self):
        self.deploy("secret", ECHO, Tags={"Level": "secret"})
        self.deploy("plain", ECHO)
        everything = ("Allow", "lambda:*", "*")
        level = "aws:ResourceTag/level"
        for more, secret, plain in (
            ([everything, statement("lambda:*", {"StringLike": {level: "s*"}}, "Deny")], False, True),
            ([everything, statement("lambda:*", {"StringNotEquals": {level: "secret"}}, "Deny")], True, False),
            ([everything, statement("lambda:*", {"Null": {level: "true"}}, "Deny")], True, False),
            ([statement("lambda:*", {"Null": {level: "true"}})], False, True),
            ([statement("lambda:*", {"StringEqualsIfExists": {level: "public"}})], False, True),
            ([statement("lambda:*", {"StringEqualsIfExists": {level: "secret"}})], True, True),
            ([statement("lambda:*", {"StringEquals": {"lambda:ResourceTag/level": "secret"}})], False, False),
        ):
            with self.subTest(statements=more):
                functions = self.limited("lambda", *more)
                self.assert_may(secret, functions.get_function, FunctionName="secret")
                self.assert_may(plain, functions.get_function, FunctionName="plain")
        self.assert_refused(
            "AccessDeniedException",
            self.limited("lambda", everything, statement("*", {"Null": {level: "false"}}, "Deny")).get_function,
            FunctionName="secret",
            message=f"{FUNCTION}secret with an explicit deny in an identity-based policy$",
        )

    def test_boundaries_and_session_policies(self):
        self.deploy("bounded-blue", ECHO, Tags={"team": "blue"})
        self.deploy("bounded-red", ECHO, Tags={"team": "red"})
        only_blue = policy(statement("lambda:*", of_team("blue")))
        boundary = self.iam.create_policy(PolicyName="only-blue", PolicyDocument=only_blue)["Policy"]["Arn"]
        bounded = self.make_user(policy(("Allow", "*", "*")), PermissionsBoundary=boundary)
        self.assertEqual([self.dry_run(bounded, f"bounded-{team}") for team in ("blue", "red")], [True, False])
        trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}}
        trust["Statement"]["Principal"] = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        role = self.make_role("narrowed", policy(("Allow", "*", "*")), trust=trust)
        session = self.assume(role, Policy=only_blue)
        self.assertEqual([self.dry_run(session, f"bounded-{team}") for team in ("blue", "red")], [True, False])

    def test_get_function_shows_tags_to_those_who_may_list_them(self):
        self.deploy("shown", ECHO, Tags={"team": "blue"}, Publish=True)
        self.deploy("untagged", ECHO)
        user = self.make_user(policy(("Allow", "lambda:GetFunction", "*")))
        get = "/2015-03-31/functions/"
        for shown in ("shown", "shown?Qualifier=1"):
            answer = self.sender(user, "GET", get + shown)()
            self.assertNotIn("Tags", answer)
            message = (
                f"User: {user.arn} is not authorized to perform: lambda:ListTags on resource: {FUNCTION}shown "
                "because no identity-based policy allows the lambda:ListTags action"
            )
            self.assertEqual(answer["TagsError"], {"ErrorCode": "AccessDeniedException", "Message": message})
        self.assertNotIn("TagsError", self.sender(user, "GET", get + "untagged")())
        self.grant(user.name, policy(("Allow", ["lambda:GetFunction", "lambda:ListTags"], "*")))
        answer = self.sender(user, "GET", get + "shown")()
        self.assertEqual(answer["Tags"], {"team": "blue"})
        self.assertNotIn("TagsError", answer)

    def test_mappings_and_code_signing_configurations(self):
        url = self.queues.create_queue(QueueName="mapped")["QueueUrl"]
        queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:mapped"
        role = self.make_role("mapped", policy(("Allow", "sqs:*", queue)))
        self.deploy("mapped", ECHO, Role=role, Timeout=5)
        make_mapping = self.sender(self.root, "POST", "/2015-03-31/event-source-mappings")
        mapping = make_mapping(
            FunctionName="mapped", EventSourceArn=queue, Enabled=False, Tags={"team": "blue"}
        )
        self.addCleanup(self.functions.delete_event_source_mapping, UUID=mapping["UUID"])
        make_config = self.sender(self.root, "POST", "/2020-04-22/code-signing-configs")
        made = make_config(AllowedPublishers={"SigningProfileVersionArns": [PROFILE]}, Tags={"team": "blue"})
        config = made["CodeSigningConfig"]["CodeSigningConfigArn"]
        functions = self.limited("lambda", statement("lambda:*", of_team("blue")))
        calls = (
            (functions.get_event_source_mapping, {"UUID": mapping["UUID"]}, mapping["EventSourceMappingArn"]),
            (functions.get_code_signing_config, {"CodeSigningConfigArn": config}, config),
        )
        for call, arguments, arn in calls:
            self.assert_may(True, call, **arguments)
            self.functions.tag_resource(Resource=arn, Tags={"team": "red"})
            self.assert_may(False, call, **arguments)
            self.functions.tag_resource(Resource=arn, Tags={"team": "blue"})
            self.assert_may(True, call, **arguments)
            self.assert_may(True, functions.list_tags, Resource=arn)
            self.functions.untag_resource(Resource=arn, TagKeys=["team"])
            self.assert_may(False, call, **arguments)
        self.queues.delete_queue(QueueUrl=url)


class MessagingTest(TagsTest):
    def test_queues(self):
        url = self.queues.create_queue(QueueName="q", tags={"team": "blue"})["QueueUrl"]
        other = self.queues.create_queue(QueueName="other", tags={"team": "red"})["QueueUrl"]
        sqs = self.limited("sqs", statement("sqs:*", of_team("blue")))
        sqs.send_message(QueueUrl=url, MessageBody="m")
        self.assertEqual(len(sqs.receive_message(QueueUrl=url)["Messages"]), 1)
        self.assert_may(True, sqs.list_queue_tags, QueueUrl=url)
        self.assert_may(True, sqs.get_queue_url, QueueName="q")
        self.assert_may(False, sqs.send_message, QueueUrl=other, MessageBody="m")
        self.assert_may(False, sqs.get_queue_url, QueueName="other")
        self.assert_may(False, sqs.create_queue, QueueName="new")
        self.assert_may(False, sqs.list_queues)
        self.queues.tag_queue(QueueUrl=other, Tags={"team": "blue"})
        self.assert_may(True, sqs.send_message, QueueUrl=other, MessageBody="m")
        self.queues.untag_queue(QueueUrl=other, TagKeys=["team"])
        self.assert_may(False, sqs.send_message, QueueUrl=other, MessageBody="m")
        # Who may tag can put a queue out of its own reach.
        sqs.tag_queue(QueueUrl=url, Tags={"team": "red"})
        self.assert_may(False, sqs.untag_queue, QueueUrl=url, TagKeys=["team"])

    def test_topics(self):
        topic = self.topics.create_topic(Name="t", Tags=pairs(team="blue"))["TopicArn"]
        other = self.topics.create_topic(Name="other")["TopicArn"]
        sns = self.limited("sns", statement("sns:*", of_team("blue")))
        sns.publish(TopicArn=topic, Message="m")
        self.assert_may(True, sns.get_topic_attributes, TopicArn=topic)
        subscription = sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15005550006")["SubscriptionArn"]
        # Which is no resource of its own.
        self.assert_may(False, sns.get_subscription_attributes, SubscriptionArn=subscription)
        self.assert_may(False, sns.publish, TopicArn=other, Message="m")
        self.topics.tag_resource(ResourceArn=other, Tags=pairs(team="blue"))
        self.assert_may(True, sns.publish, TopicArn=other, Message="m")
        self.topics.untag_resource(ResourceArn=other, TagKeys=["team"])
        self.assert_may(False, sns.publish, TopicArn=other, Message="m")
        self.topics.delete_topic(TopicArn=topic)
        self.topics.create_topic(Name="t")
        self.assert_may(False, sns.publish, TopicArn=topic, Message="m")

    def test_deliveries(self):
        """What a function does as its role is asked about with the tags of where it goes."""
        taken = self.queues.create_queue(QueueName="taken", tags={"for": "results"})["QueueUrl"]
        refused = self.queues.create_queue(QueueName="refused", tags={"for": "results"})["QueueUrl"]
        results = statement("sqs:SendMessage", {"StringEquals": {"aws:ResourceTag/for": "results"}})
        role = self.make_role("sender", policy(results))
        for queue in ("refused", "taken"):
            self.deploy(f"to-{queue}", ECHO, Role=role)
            self.functions.put_function_event_invoke_config(
                FunctionName=f"to-{queue}",
                DestinationConfig={"OnSuccess": {"Destination": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}"}},
            )
        self.queues.untag_queue(QueueUrl=refused, TagKeys=["for"])
        for queue in ("refused", "taken"):
            self.functions.invoke(FunctionName=f"to-{queue}", InvocationType="Event", Payload=b"{}")
        arrived = self.queues.receive_message(QueueUrl=taken, WaitTimeSeconds=20)["Messages"]
        self.assertEqual(len(arrived), 1)
        self.assertIn("to-taken", arrived[0]["Body"])
        self.assertNotIn("Messages", self.queues.receive_message(QueueUrl=refused))


class LogsTest(TagsTest):
    def test_groups_and_their_streams(self):
        self.logs.create_log_group(logGroupName="/blue", tags={"team": "blue"})
        self.logs.create_log_group(logGroupName="/red", tags={"team": "red"})
        logs = self.limited("logs", statement("logs:*", of_team("blue")))
        event = {"timestamp": 1, "message": "m"}
        for group in ("/blue", "/red"):
            self.logs.create_log_stream(logGroupName=group, logStreamName="s")
            may = group == "/blue"
            stream = {"logGroupName": group, "logStreamName": "s"}
            self.assert_may(may, logs.create_log_stream, logGroupName=group, logStreamName="t")
            self.assert_may(may, logs.put_log_events, logEvents=[event], **stream)
            self.assert_may(may, logs.get_log_events, **stream)
            self.assert_may(may, logs.describe_log_streams, logGroupName=group)
            self.assert_may(may, logs.put_retention_policy, logGroupName=group, retentionInDays=1)
            self.assert_may(may, logs.list_tags_for_resource, resourceArn=GROUP + group)
            self.assert_may(may, logs.list_tags_log_group, logGroupName=group)
        # Which has no resource in particular.
        self.assert_may(False, logs.describe_log_groups)
        self.logs.tag_resource(resourceArn=GROUP + "/red", tags={"team": "blue"})
        self.assert_may(True, logs.describe_log_streams, logGroupName="/red")
        self.logs.untag_log_group(logGroupName="/red", tags=["team"])
        self.assert_may(False, logs.describe_log_streams, logGroupName="/red")
        self.logs.tag_log_group(logGroupName="/red", tags={"team": "blue"})
        self.assert_may(True, logs.describe_log_streams, logGroupName="/red")
        self.logs.delete_log_group(logGroupName="/red")
        self.logs.create_log_group(logGroupName="/red")
        self.assert_may(False, logs.describe_log_streams, logGroupName="/red")


class IamTest(TagsTest):
    def test_every_type_of_resource_that_has_tags(self):
        tags = pairs(team="blue")
        self.iam.create_user(UserName="u", Path="/p/", Tags=tags)
        self.iam.create_role(RoleName="r", Path="/p/", AssumeRolePolicyDocument=TRUST, Tags=tags)
        made = self.iam.create_policy(PolicyName="p", Path="/p/", PolicyDocument=NOTHING, Tags=tags)
        self.iam.create_instance_profile(InstanceProfileName="i", Path="/p/", Tags=tags)
        oidc = self.iam.create_open_id_connect_provider(
            Url="https://idp.example", ThumbprintList=["0" * 40], Tags=tags
        )["OpenIDConnectProviderArn"]
        saml = self.iam.create_saml_provider(Name="s", SAMLMetadataDocument=METADATA, Tags=tags)["SAMLProviderArn"]
        for noun, of_entity, arguments in (
            ("user", True, {"UserName": "u"}),
            ("role", True, {"RoleName": "r"}),
            ("policy", False, {"PolicyArn": made["Policy"]["Arn"]}),
            ("instance_profile", False, {"InstanceProfileName": "i"}),
            ("open_id_connect_provider", False, {"OpenIDConnectProviderArn": oidc}),
            ("saml_provider", False, {"SAMLProviderArn": saml}),
        ):
            with self.subTest(noun=noun):
                by_tag = self.limited("iam", statement("iam:*", of_team("blue")))
                by_own_key = self.limited("iam", statement("iam:*", of_team("blue", "iam:ResourceTag/team")))
                get, own_get = (getattr(iam, f"get_{noun}") for iam in (by_tag, by_own_key))
                self.assert_may(True, get, **arguments)
                # IAM's own key is one of users and roles alone.
                self.assert_may(of_entity, own_get, **arguments)
                getattr(self.iam, f"untag_{noun}")(TagKeys=["team"], **arguments)
                self.assert_may(False, get, **arguments)
                self.assert_may(False, own_get, **arguments)
                getattr(self.iam, f"tag_{noun}")(Tags=tags, **arguments)
                self.assert_may(True, get, **arguments)
                self.assert_may(True, getattr(by_tag, f"list_{noun}_tags"), **arguments)
                self.assert_may(True, getattr(by_tag, f"untag_{noun}"), TagKeys=["team"], **arguments)
                self.assert_may(False, getattr(by_tag, f"tag_{noun}"), Tags=tags, **arguments)

    def test_what_has_no_tags(self):
        iam = self.limited("iam", statement("iam:*", {"Null": {"aws:ResourceTag/team": "true"}}))
        self.iam.create_group(GroupName="g")
        self.assert_may(True, iam.get_group, GroupName="g")
        self.assert_may(True, iam.list_users)
        self.assert_may(True, iam.get_policy, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")

    def test_instance_profiles_are_called_by_their_path(self):
        self.iam.create_instance_profile(InstanceProfileName="inside", Path="/a/")
        arn = f"arn:aws:iam::{ACCOUNT}:instance-profile/"
        for path, may in (("a/*", True), ("inside", False)):
            iam = self.limited("iam", ("Allow", "iam:*", arn + path))
            self.assert_may(may, iam.get_instance_profile, InstanceProfileName="inside")
            self.assert_may(may, iam.get_instance_profile, InstanceProfileName="INSIDE")
        self.iam.delete_instance_profile(InstanceProfileName="inside")
        self.assert_may(False, iam.get_instance_profile, InstanceProfileName="other")
        self.assert_may(True, iam.get_instance_profile, InstanceProfileName="inside")


class PrincipalsTest(TagsTest):
    def trusted_role(self, name, tags, key="aws:PrincipalTag/team"):
        """A role that this account may assume, and that may list functions as its tag allows."""
        trust = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            },
        }
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Tags=tags)
        document = policy(statement("lambda:ListFunctions", of_team("blue", key)))
        self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        return made["Role"]["Arn"]

    def lists(self, keys):
        return self.may(keys.client("lambda").list_functions)

    def test_tags_of_roles_and_sessions(self):
        role = self.trusted_role("tagged", pairs(Team="blue", stage="test"))
        self.assertTrue(self.lists(self.assume(role)))
        self.assertTrue(self.lists(self.assume(role, Tags=pairs(stage="live"))))
        # A session's tag takes the place of the role's, however its key is written.
        self.assertFalse(self.lists(self.assume(role, Tags=pairs(team="red"))))
        self.assertFalse(self.lists(self.assume(role, Tags=pairs(TEAM="red"))))
        session = self.assume(role)
        self.iam.untag_role(RoleName="tagged", TagKeys=["team"])
        self.assertFalse(self.lists(session))
        self.assertTrue(self.lists(self.assume(role, Tags=pairs(team="blue"))))

    def test_tags_of_the_role_that_is_assumed(self):
        blue = self.trusted_role("blue-role", pairs(team="blue"))
        red = self.trusted_role("red-role", pairs(team="red"))
        for key in ("aws:ResourceTag/team", "iam:ResourceTag/team"):
            sts = self.limited("sts", statement("sts:AssumeRole", of_team("blue", key)))
            self.assert_may(True, sts.assume_role, RoleArn=blue, RoleSessionName="session")
            self.assert_may(False, sts.assume_role, RoleArn=red, RoleSessionName="session")

    def test_users_that_only_look_after_their_team(self):
        own = statement("iam:ListGroupsForUser", of_team("${aws:PrincipalTag/team}"))
        blue = self.make_user(policy(own), Tags=pairs(team="blue")).client("iam")
        for name, tags in (("colleague", pairs(team="blue")), ("stranger", pairs(team="red"))):
            self.iam.create_user(UserName=name, Tags=tags)
        self.assert_may(True, blue.list_groups_for_user, UserName="colleague")
        self.assert_may(False, blue.list_groups_for_user, UserName="stranger")

    def test_accounts_of_resources(self):
        for account, may in ((ACCOUNT, True), ("111122223333", False)):
            condition = {"StringEquals": {"aws:ResourceAccount": account}}
            for service, call, arguments in (
                ("lambda", "get_function", {"FunctionName": "f"}),
                ("sqs", "get_queue_url", {"QueueName": "q"}),
                ("sns", "publish", {"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t", "Message": "m"}),
                ("logs", "describe_log_streams", {"logGroupName": "g"}),
                ("iam", "get_user", {"UserName": "nobody"}),
            ):
                client = self.limited(service, statement("*", condition))
                self.assert_may(may, getattr(client, call), **arguments)


if __name__ == "__main__":
    unittest.main()
