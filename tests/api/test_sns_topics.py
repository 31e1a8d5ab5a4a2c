"""SNS topics: made, read, changed, tagged, deleted; policies by label; text message settings."""

import json
import unittest

from harness import ApiTest

ACCOUNT = "000000000000"


def arn(name):
    return f"arn:aws:sns:us-east-1:{ACCOUNT}:{name}"


class TopicTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sns = cls.server.client("sns")

    def topic(self, name, **settings):
        made = self.sns.create_topic(Name=name, **settings)["TopicArn"]
        self.addCleanup(self.sns.delete_topic, TopicArn=made)
        return made

    def attributes(self, topic):
        return self.sns.get_topic_attributes(TopicArn=topic)["Attributes"]

    def test_attributes_of_a_new_topic(self):
        topic = self.topic("plain")
        self.assertEqual(topic, arn("plain"))
        attributes = self.attributes(topic)
        self.assertEqual(
            set(attributes),
            {
                "TopicArn",
                "Owner",
                "DisplayName",
                "Policy",
                "EffectiveDeliveryPolicy",
                "SubscriptionsConfirmed",
                "SubscriptionsPending",
                "SubscriptionsDeleted",
            },
        )
        self.assertEqual(attributes["Owner"], ACCOUNT)
        self.assertEqual(attributes["DisplayName"], "")
        statement = json.loads(attributes["Policy"])["Statement"][0]
        self.assertEqual(statement["Sid"], "__default_statement_ID")
        self.assertEqual(statement["Resource"], topic)
        self.assertIn("SNS:Publish", statement["Action"])
        delivery = json.loads(attributes["EffectiveDeliveryPolicy"])["http"]
        self.assertEqual(
            delivery["defaultHealthyRetryPolicy"],
            {
                "minDelayTarget": 20,
                "maxDelayTarget": 20,
                "numRetries": 3,
                "numMaxDelayRetries": 0,
                "numNoDelayRetries": 0,
                "numMinDelayRetries": 0,
                "backoffFunction": "linear",
            },
        )
        self.assertIs(delivery["disableSubscriptionOverrides"], False)

    def test_creating_twice_is_one_topic_unless_attributes_differ(self):
        topic = self.topic("twice", Attributes={"DisplayName": "One"}, Tags=[{"Key": "a", "Value": "1"}])
        self.assertEqual(self.sns.create_topic(Name="twice")["TopicArn"], topic)
        self.assertEqual(self.sns.create_topic(Name="twice", Attributes={"DisplayName": "One"})["TopicArn"], topic)
        self.assert_refused(
            "InvalidParameter",
            self.sns.create_topic,
            Name="twice",
            Attributes={"DisplayName": "Two"},
            message="Topic already exists with different attributes",
        )
        self.assert_refused(
            "InvalidParameter",
            self.sns.create_topic,
            Name="twice",
            Tags=[{"Key": "a", "Value": "2"}],
            message="Topic already exists with different tags",
        )

    def test_names(self):
        for name in ("", "with space", "dot.ted", "x" * 257, "ends.fifo"):
            self.assert_refused("InvalidParameter", self.sns.create_topic, Name=name, message="Topic Name")
        self.assert_refused(
            "InvalidParameter",
            self.sns.create_topic,
            Name="no-suffix",
            Attributes={"FifoTopic": "true"},
            message="must end with .fifo",
        )
        self.topic("x" * 256)

    def test_fifo_attributes(self):
        topic = self.topic("orders.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})
        attributes = self.attributes(topic)
        self.assertEqual(attributes["FifoTopic"], "true")
        self.assertEqual(attributes["ContentBasedDeduplication"], "true")
        self.assertEqual(attributes["FifoThroughputScope"], "Topic")
        self.sns.set_topic_attributes(TopicArn=topic, AttributeName="FifoThroughputScope", AttributeValue="MessageGroup")
        self.assertEqual(self.attributes(topic)["FifoThroughputScope"], "MessageGroup")
        plain = self.topic("not-fifo")
        self.assert_refused(
            "InvalidParameter",
            self.sns.set_topic_attributes,
            TopicArn=plain,
            AttributeName="ContentBasedDeduplication",
            AttributeValue="true",
        )

    def test_set_attributes(self):
        topic = self.topic("settings")
        values = {
            "DisplayName": "Grüße",
            "KmsMasterKeyId": "alias/aws/sns",
            "TracingConfig": "Active",
            "SignatureVersion": "2",
            "HTTPSuccessFeedbackSampleRate": "50",
            "SQSFailureFeedbackRoleArn": f"arn:aws:iam::{ACCOUNT}:role/feedback",
        }
        for name, value in values.items():
            self.sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
        attributes = self.attributes(topic)
        self.assertEqual({name: attributes[name] for name in values}, values)
        self.sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="")
        self.assertEqual(self.attributes(topic)["DisplayName"], "")
        for name, value in {
            "TracingConfig": "Sometimes",
            "SignatureVersion": "3",
            "HTTPSuccessFeedbackSampleRate": "101",
            "Policy": "{",
            "NoSuchAttribute": "x",
            "FifoTopic": "true",
            "DisplayName": "x" * 101,
        }.items():
            self.assert_refused(
                "InvalidParameter",
                self.sns.set_topic_attributes,
                TopicArn=topic,
                AttributeName=name,
                AttributeValue=value,
            )

    def test_delivery_policy(self):
        topic = self.topic("policy")
        policy = {
            "http": {
                "defaultHealthyRetryPolicy": {
                    "minDelayTarget": 1,
                    "maxDelayTarget": 60,
                    "numRetries": 10,
                    "numNoDelayRetries": 2,
                    "numMinDelayRetries": 2,
                    "numMaxDelayRetries": 1,
                    "backoffFunction": "exponential",
                },
                "disableSubscriptionOverrides": True,
                "defaultThrottlePolicy": {"maxReceivesPerSecond": 5},
                "defaultRequestPolicy": {"headerContentType": "application/json"},
            }
        }
        self.sns.set_topic_attributes(
            TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(policy)
        )
        self.assertEqual(json.loads(self.attributes(topic)["EffectiveDeliveryPolicy"]), policy)
        for healthy in (
            {"minDelayTarget": 0},
            {"minDelayTarget": 30, "maxDelayTarget": 20},
            {"maxDelayTarget": 3601},
            {"numRetries": 101},
            {"numRetries": 1, "numNoDelayRetries": 2},
            {"backoffFunction": "random"},
            {"minDelayTarget": 3600, "maxDelayTarget": 3600, "numRetries": 3},
            {"typo": 1},
        ):
            self.assert_refused(
                "InvalidParameter",
                self.sns.set_topic_attributes,
                TopicArn=topic,
                AttributeName="DeliveryPolicy",
                AttributeValue=json.dumps({"http": {"defaultHealthyRetryPolicy": healthy}}),
                message="DeliveryPolicy",
            )

    def test_a_topic_that_is_not_there(self):
        for call in (
            lambda: self.sns.get_topic_attributes(TopicArn=arn("absent")),
            lambda: self.sns.publish(TopicArn=arn("absent"), Message="x"),
            lambda: self.sns.list_subscriptions_by_topic(TopicArn=arn("absent")),
            lambda: self.sns.subscribe(TopicArn=arn("absent"), Protocol="sms", Endpoint="+491511234567"),
        ):
            self.assert_refused("NotFound", call, status=404, message="Topic does not exist")
        self.sns.delete_topic(TopicArn=arn("absent"))  # as on AWS, no error
        self.assert_refused(
            "InvalidParameter",
            self.sns.get_topic_attributes,
            TopicArn="no-arn",
            message="An ARN must have at least 6 elements, not 1",
        )
        self.assert_refused(
            "InvalidParameter", self.sns.get_topic_attributes, TopicArn=arn("plain").replace("us-east-1", "eu-west-1")
        )

    def test_listing_goes_by_pages_of_a_hundred(self):
        client = self.server.client("sns", access_key="111122223333")
        names = [f"page-{number:03}" for number in range(205)]
        for name in names:
            client.create_topic(Name=name)
        first = client.list_topics()
        self.assertEqual(len(first["Topics"]), 100)
        pages = client.get_paginator("list_topics").paginate()
        found = [topic["TopicArn"].split(":")[-1] for page in pages for topic in page["Topics"]]
        self.assertEqual(found, names)
        self.assert_refused("InvalidParameter", client.list_topics, NextToken="%%%")

    def test_tags(self):
        topic = self.topic("tagged", Tags=[{"Key": "team", "Value": "blue"}])
        self.sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "team", "Value": "red"}, {"Key": "b", "Value": ""}])
        self.sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "c", "Value": "3"}])
        self.sns.untag_resource(ResourceArn=topic, TagKeys=["b"])
        tags = self.sns.list_tags_for_resource(ResourceArn=topic)["Tags"]
        self.assertEqual({tag["Key"]: tag["Value"] for tag in tags}, {"team": "red", "c": "3"})
        many = [{"Key": f"k{number}", "Value": "v"} for number in range(49)]
        self.assert_refused("TagLimitExceeded", self.sns.tag_resource, ResourceArn=topic, Tags=many)
        self.assert_refused(
            "InvalidParameter",
            self.sns.tag_resource,
            ResourceArn=topic,
            Tags=[{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}],
        )
        self.assert_refused(
            "ResourceNotFound", self.sns.list_tags_for_resource, ResourceArn=arn("absent"), status=404
        )

    def test_permissions_by_label(self):
        topic = self.topic("shared")
        self.sns.add_permission(
            TopicArn=topic, Label="partner", AWSAccountId=["111122223333"], ActionName=["Publish", "Subscribe"]
        )
        statement = json.loads(self.attributes(topic)["Policy"])["Statement"][-1]
        self.assertEqual(
            statement,
            {
                "Sid": "partner",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": ["SNS:Publish", "SNS:Subscribe"],
                "Resource": topic,
            },
        )
        again = {"TopicArn": topic, "Label": "partner", "AWSAccountId": ["111122223333"]}
        self.assert_refused(
            "InvalidParameter", self.sns.add_permission, ActionName=["Publish"], **again, message="already exists"
        )
        again["Label"] = "other"
        self.assert_refused(
            "InvalidParameter",
            self.sns.add_permission,
            ActionName=["Fly"],
            **again,
            message="action out of service scope",
        )
        self.sns.remove_permission(TopicArn=topic, Label="partner")
        self.assertEqual(len(json.loads(self.attributes(topic)["Policy"])["Statement"]), 1)

    def test_text_message_settings(self):
        self.sns.set_sms_attributes(attributes={"DefaultSMSType": "Transactional", "DefaultSenderID": "Me"})
        self.assertEqual(
            self.sns.get_sms_attributes(attributes=["DefaultSenderID"])["attributes"], {"DefaultSenderID": "Me"}
        )
        self.assert_refused("InvalidParameter", self.sns.set_sms_attributes, attributes={"DefaultSMSType": "Loud"})
        self.assertFalse(self.sns.check_if_phone_number_is_opted_out(phoneNumber="+491511234567")["isOptedOut"])
        self.assertEqual(self.sns.list_phone_numbers_opted_out()["phoneNumbers"], [])
        self.sns.create_sms_sandbox_phone_number(PhoneNumber="+491511234567")
        self.sns.verify_sms_sandbox_phone_number(PhoneNumber="+491511234567", OneTimePassword="12345")
        self.assertEqual(
            self.sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"],
            [{"PhoneNumber": "+491511234567", "Status": "Verified"}],
        )
        self.sns.delete_sms_sandbox_phone_number(PhoneNumber="+491511234567")
        self.assertFalse(self.sns.get_sms_sandbox_account_status()["IsInSandbox"])

    def test_what_is_not_there_names_itself(self):
        error = self.assert_refused("NotImplemented", self.sns.list_platform_applications, status=501)
        self.assertIn("ListPlatformApplications", error["Error"]["Message"])
        self.assert_refused(
            "NotImplemented",
            self.sns.create_topic,
            Name="archived.fifo",
            Attributes={"FifoTopic": "true", "ArchivePolicy": '{"MessageRetentionPeriod": "30"}'},
            message="ArchivePolicy",
        )


if __name__ == "__main__":
    unittest.main()
