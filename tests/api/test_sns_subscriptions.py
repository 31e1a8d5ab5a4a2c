"""SNS subscriptions: endpoints, confirmation, attributes, filter policies' form, listing, ending."""

import json
import re
import unittest
import urllib.parse

from harness import ApiTest

ACCOUNT = "000000000000"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"


class SubscriptionTest(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sns = cls.server.client("sns")

    def setUp(self):
        name = re.sub("[^A-Za-z0-9]", "-", self.id())[-80:]
        self.topic = self.sns.create_topic(Name=name)["TopicArn"]
        self.addCleanup(self.sns.delete_topic, TopicArn=self.topic)

    def subscribe(self, protocol, endpoint, **settings):
        return self.sns.subscribe(TopicArn=self.topic, Protocol=protocol, Endpoint=endpoint, **settings)[
            "SubscriptionArn"
        ]

    def attributes(self, subscription):
        return self.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]

    def listed(self):
        return self.sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"]

    def outbox(self, to):
        answer = self.server.http("GET", "/_martlet/outbox?to=" + urllib.parse.quote(to))
        return answer.json()

    def test_own_endpoints_are_confirmed_at_once(self):
        queue = self.subscribe("sqs", QUEUE)
        self.assertTrue(queue.startswith(self.topic + ":"))
        attributes = self.attributes(queue)
        self.assertEqual(
            attributes,
            {
                "SubscriptionArn": queue,
                "TopicArn": self.topic,
                "Protocol": "sqs",
                "Endpoint": QUEUE,
                "Owner": ACCOUNT,
                "SubscriptionPrincipal": f"arn:aws:iam::{ACCOUNT}:root",
                "PendingConfirmation": "false",
                "ConfirmationWasAuthenticated": "true",
                "RawMessageDelivery": "false",
            },
        )
        function = self.subscribe("lambda", FUNCTION)
        self.assertEqual(self.subscribe("lambda", FUNCTION), function)
        self.assertEqual({entry["SubscriptionArn"] for entry in self.listed()}, {queue, function})
        counts = self.sns.get_topic_attributes(TopicArn=self.topic)["Attributes"]
        self.assertEqual((counts["SubscriptionsConfirmed"], counts["SubscriptionsPending"]), ("2", "0"))

    def test_subscribing_again_with_other_attributes_is_refused(self):
        self.subscribe("sqs", QUEUE, Attributes={"RawMessageDelivery": "true"})
        self.subscribe("sqs", QUEUE)
        self.assert_refused(
            "InvalidParameter",
            self.subscribe,
            "sqs",
            QUEUE,
            Attributes={"RawMessageDelivery": "false"},
            message="Subscription already exists with different attributes",
        )

    def test_endpoints_that_are_none(self):
        for protocol, endpoint, message in (
            ("pigeon", "x", "does not support this protocol string: pigeon"),
            ("http", "https://example.com", "Endpoint must match the specified protocol"),
            ("https", "example.com", "Endpoint must match the specified protocol"),
            ("sqs", "https://queue", "SQS endpoint ARN"),
            ("sqs", QUEUE + ".fifo", "FIFO SQS Queues can not be subscribed to standard SNS topics"),
            ("lambda", QUEUE, "Lambda endpoint ARN"),
            ("email", "nobody", "Email address"),
            ("sms", "phone", "Invalid SMS endpoint: phone"),
            ("application", "x", "Application endpoint arn"),
            ("firehose", QUEUE, "Firehose endpoint ARN"),
        ):
            self.assert_refused("InvalidParameter", self.subscribe, protocol, endpoint, message=re.escape(message))
        self.assert_refused(
            "NotImplemented", self.subscribe, "firehose", f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/d"
        )

    def test_an_email_subscription_waits_for_its_confirmation(self):
        address = "confirm@example.com"
        self.assertEqual(self.subscribe("email", address), "pending confirmation")
        (entry,) = self.listed()
        self.assertEqual(entry["SubscriptionArn"], "PendingConfirmation")
        self.sns.publish(TopicArn=self.topic, Message="too early")
        (letter,) = self.outbox(address)
        self.assertEqual(letter["protocol"], "email")
        link = re.search(r"http://\S+", letter["body"])[0]
        self.assertTrue(link.startswith(self.server.endpoint + "/?Action=ConfirmSubscription&"), link)
        answer = self.server.http("GET", link[len(self.server.endpoint) :])
        self.assertEqual(answer.status, 200, answer.body)
        arn = re.search(rb"<SubscriptionArn>(.*)</SubscriptionArn>", answer.body)[1].decode()
        self.assertEqual(self.attributes(arn)["ConfirmationWasAuthenticated"], "false")
        self.sns.publish(TopicArn=self.topic, Message="hello", Subject="Greeting")
        letter = self.outbox(address)[-1]
        self.assertEqual((letter["subject"], letter["topicArn"]), ("Greeting", self.topic))
        self.assertTrue(letter["body"].startswith("hello\n"))
        # The link in it ends the subscription.
        link = re.search(r"http://\S+", letter["body"])[0]
        self.assertEqual(self.server.http("GET", link[len(self.server.endpoint) :]).status, 200)
        self.assertEqual(self.listed(), [])

    def test_email_json_and_sms(self):
        self.subscribe("email-json", "json@example.com")
        token = json.loads(self.outbox("json@example.com")[0]["body"])
        self.assertEqual(token["Type"], "SubscriptionConfirmation")
        arn = self.sns.confirm_subscription(TopicArn=self.topic, Token=token["Token"])["SubscriptionArn"]
        self.assertEqual(self.attributes(arn)["ConfirmationWasAuthenticated"], "true")
        self.subscribe("sms", "+4915112345678")
        texts = {"default": "for all", "sms": "for telephones"}
        self.sns.publish(TopicArn=self.topic, Message=json.dumps(texts), MessageStructure="json")
        document = json.loads(self.outbox("json@example.com")[-1]["body"])
        self.assertEqual((document["Type"], document["Message"]), ("Notification", "for all"))
        self.assertEqual(self.outbox("+4915112345678")[-1]["body"], "for telephones")

    def test_tokens(self):
        self.assert_refused(
            "InvalidParameter", self.sns.confirm_subscription, TopicArn=self.topic, Token="abc", message="Token"
        )
        self.subscribe("email-json", "late@example.com")
        token = json.loads(self.outbox("late@example.com")[0]["body"])["Token"]
        advanced = self.server.http("POST", "/_martlet/clock", json.dumps({"seconds": 3 * 86400 + 1}))
        self.assertEqual(advanced.status, 200)
        self.assert_refused(
            "InvalidParameter", self.sns.confirm_subscription, TopicArn=self.topic, Token=token, message="Token"
        )
        self.assertEqual(self.listed(), [])

    def test_only_authenticated_requests_end_a_guarded_subscription(self):
        self.subscribe("email-json", "guarded@example.com")
        token = json.loads(self.outbox("guarded@example.com")[0]["body"])["Token"]
        arn = self.sns.confirm_subscription(
            TopicArn=self.topic, Token=token, AuthenticateOnUnsubscribe="true"
        )["SubscriptionArn"]
        path = "/?Action=Unsubscribe&SubscriptionArn=" + urllib.parse.quote(arn)
        answer = self.server.http("GET", path)
        self.assertEqual(answer.status, 403)
        self.assertIn(b"AuthorizationError", answer.body)
        self.sns.unsubscribe(SubscriptionArn=arn)
        self.sns.unsubscribe(SubscriptionArn=arn)  # as on AWS, no error
        self.assertEqual(self.listed(), [])
        counts = self.sns.get_topic_attributes(TopicArn=self.topic)["Attributes"]
        self.assertEqual(counts["SubscriptionsDeleted"], "1")

    def test_a_queue_of_another_account_is_asked(self):
        pending = self.subscribe("sqs", QUEUE.replace(ACCOUNT, "111122223333"))
        self.assertEqual(pending, "pending confirmation")
        arn = self.subscribe("sqs", QUEUE.replace(ACCOUNT, "111122223333"), ReturnSubscriptionArn=True)
        self.assertEqual(self.attributes(arn)["PendingConfirmation"], "true")

    def set(self, subscription, name, value):
        self.sns.set_subscription_attributes(
            SubscriptionArn=subscription, AttributeName=name, AttributeValue=value
        )

    def test_set_attributes(self):
        queue = self.subscribe("sqs", QUEUE)
        self.set(queue, "RawMessageDelivery", "true")
        self.set(queue, "FilterPolicy", '{"store": ["a", {"prefix": "b"}]}')
        self.set(queue, "RedrivePolicy", json.dumps({"deadLetterTargetArn": QUEUE + "-dead"}))
        attributes = self.attributes(queue)
        self.assertEqual(attributes["RawMessageDelivery"], "true")
        self.assertEqual(attributes["FilterPolicyScope"], "MessageAttributes")
        self.assertEqual(json.loads(attributes["RedrivePolicy"]), {"deadLetterTargetArn": QUEUE + "-dead"})
        self.set(queue, "FilterPolicyScope", "MessageBody")
        self.set(queue, "FilterPolicy", '{"a": {"b": ["c"]}}')
        self.set(queue, "RedrivePolicy", "")
        attributes = self.attributes(queue)
        self.assertEqual(attributes["FilterPolicyScope"], "MessageBody")
        self.assertNotIn("RedrivePolicy", attributes)
        self.set(queue, "FilterPolicy", "{}")
        self.assertNotIn("FilterPolicy", self.attributes(queue))

    def test_attributes_that_are_refused(self):
        queue = self.subscribe("sqs", QUEUE)
        six = json.dumps({f"key{number}": ["x"] for number in range(6)})
        complex_policy = json.dumps({"a": list(range(13)), "b": list(range(12))})
        for name, value, message in (
            ("RawMessageDelivery", "maybe", "Must be true or false"),
            ("FilterPolicyScope", "Everything", "FilterPolicyScope"),
            ("FilterPolicy", "{", "FilterPolicy"),
            ("FilterPolicy", '{"a": {"b": ["c"]}}', "FilterPolicy"),
            ("FilterPolicy", '{"a": "b"}', "FilterPolicy"),
            ("FilterPolicy", six, "more than 5 keys"),
            ("FilterPolicy", complex_policy, "too complex"),
            ("RedrivePolicy", '{"deadLetterTargetArn": "nowhere"}', "deadLetterTargetArn is an invalid arn"),
            ("RedrivePolicy", "{", "RedrivePolicy"),
            ("DeliveryPolicy", "{}{", "DeliveryPolicy"),
            ("NoSuch", "x", "AttributeName"),
        ):
            self.assert_refused("InvalidParameter", self.set, queue, name, value, message=re.escape(message))
        function = self.subscribe("lambda", FUNCTION)
        self.assert_refused("InvalidParameter", self.set, function, "RawMessageDelivery", "true")
        self.assert_refused(
            "NotFound",
            self.attributes,
            self.topic + ":00000000-0000-0000-0000-000000000000",
            message="Subscription does not exist",
        )
        self.assert_refused("InvalidParameter", self.attributes, "not-an-arn")

    def test_effective_delivery_policy(self):
        arn = self.subscribe(
            "http",
            "http://127.0.0.1:9/never",
            ReturnSubscriptionArn=True,
            Attributes={"DeliveryPolicy": '{"healthyRetryPolicy": {"numRetries": 1}}'},
        )
        effective = json.loads(self.attributes(arn)["EffectiveDeliveryPolicy"])
        self.assertEqual(effective["healthyRetryPolicy"]["numRetries"], 1)
        self.assertEqual(effective["requestPolicy"], {"headerContentType": "text/plain; charset=UTF-8"})

    def test_listing_goes_by_pages_of_a_hundred(self):
        client = self.server.client("sns", access_key="444455556666")
        made = set()
        for name in ("one", "two"):
            topic = client.create_topic(Name=name)["TopicArn"]
            for number in range(103):
                made.add(
                    client.subscribe(TopicArn=topic, Protocol="sms", Endpoint=f"+49151{number:07}")["SubscriptionArn"]
                )
        pages = client.get_paginator("list_subscriptions").paginate()
        found = [entry["SubscriptionArn"] for page in pages for entry in page["Subscriptions"]]
        self.assertEqual(len(found), 206)
        self.assertEqual(set(found), made)
        pages = client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        self.assertEqual([len(page["Subscriptions"]) for page in pages], [100, 3])
        client.delete_topic(TopicArn=topic)
        pages = client.get_paginator("list_subscriptions").paginate()
        self.assertEqual(sum(len(page["Subscriptions"]) for page in pages), 103)


if __name__ == "__main__":
    unittest.main()
