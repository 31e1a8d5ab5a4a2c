"""SQS queues: making, finding, purging, deleting, their attributes, tags and permissions."""

import json
import unittest

from sqs_fixture import ACCOUNT, REGION, SqsTest, arn


class QueueTest(SqsTest):
    def test_a_queue_is_made_and_found(self):
        url = self.make()
        self.assertEqual(url, f"{self.server.endpoint}/{ACCOUNT}/orders")
        self.assertEqual(self.sqs.get_queue_url(QueueName="orders")["QueueUrl"], url)
        self.assertEqual(self.sqs.list_queues()["QueueUrls"], [url])

    def test_making_it_again(self):
        url = self.make(VisibilityTimeout="10")
        self.assertEqual(self.make(), url)
        self.assertEqual(self.make(VisibilityTimeout="10"), url)
        self.assertEqual(self.make(DelaySeconds="0"), url)
        message = self.fails("QueueAlreadyExists", self.make, VisibilityTimeout="11")
        self.assertIn("VisibilityTimeout", message)

    def test_names(self):
        for name in ("a" * 81, "a b", "a.b", "ü"):
            self.fails("InvalidParameterValue", self.make, name)
        self.fails("InvalidParameterValue", self.make, "orders.fifo")
        self.fails("InvalidParameterValue", self.make, "orders", FifoQueue="true")
        self.make("a" * 80)
        self.make("a" * 75 + ".fifo", FifoQueue="true")

    def test_regions_and_accounts_are_apart(self):
        self.make()
        elsewhere = self.server.client("sqs", region="eu-west-1")
        self.assertNotIn("QueueUrls", elsewhere.list_queues())
        other = self.server.client("sqs", access_key="111122223333")
        self.assertNotIn("QueueUrls", other.list_queues())
        url = other.create_queue(QueueName="orders")["QueueUrl"]
        self.assertIn("/111122223333/", url)
        self.assertEqual(self.sqs.get_queue_url(QueueName="orders", QueueOwnerAWSAccountId="111122223333")["QueueUrl"], url)

    def test_listing(self):
        names = [f"q{i:02}" for i in range(25)]
        for name in names:
            self.make(name)
        self.make("other")
        pages, token = [], None
        while True:
            more = {"NextToken": token} if token else {}
            page = self.sqs.list_queues(QueueNamePrefix="q", MaxResults=10, **more)
            pages.append([url.rpartition("/")[2] for url in page["QueueUrls"]])
            token = page.get("NextToken")
            if not token:
                break
        self.assertEqual([len(page) for page in pages], [10, 10, 5])
        self.assertEqual(sum(pages, []), names)
        self.assertEqual(len(self.sqs.list_queues()["QueueUrls"]), 26)
        self.fails("InvalidParameterValue", self.sqs.list_queues, MaxResults=1001)
        self.fails("InvalidParameterValue", self.sqs.list_queues, MaxResults=10, NextToken="?")

    def test_deleting(self):
        url = self.make()
        self.sqs.send_message(QueueUrl=url, MessageBody="gone")
        self.sqs.delete_queue(QueueUrl=url)
        missing = "AWS.SimpleQueueService.NonExistentQueue"
        self.fails(missing, self.sqs.get_queue_url, QueueName="orders")
        self.fails(missing, self.sqs.delete_queue, QueueUrl=url)
        self.fails(missing, self.sqs.send_message, QueueUrl=url, MessageBody="x")
        self.fails(missing, self.sqs.receive_message, QueueUrl=url)
        self.fails("AWS.SimpleQueueService.QueueDeletedRecently", self.make)
        self.advance(60)
        self.make()
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=url))

    def test_purging(self):
        url = self.make()
        for i in range(3):
            self.sqs.send_message(QueueUrl=url, MessageBody=str(i))
        held = self.sqs.receive_message(QueueUrl=url)["Messages"][0]
        self.sqs.purge_queue(QueueUrl=url)
        self.assertEqual(self.attributes(url)["ApproximateNumberOfMessages"], "0")
        self.assertEqual(self.attributes(url)["ApproximateNumberOfMessagesNotVisible"], "0")
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
        self.fails("AWS.SimpleQueueService.PurgeQueueInProgress", self.sqs.purge_queue, QueueUrl=url)
        self.advance(60)
        self.sqs.purge_queue(QueueUrl=url)
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=url))

    def test_addresses(self):
        self.make()
        for url in ("orders", f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders",
                    f"http://sqs.{REGION}.localhost.localstack.cloud:4566/{ACCOUNT}/orders",
                    f"http://localhost:4566/queue/{REGION}/{ACCOUNT}/orders"):
            self.assertEqual(self.attributes(url, "QueueArn")["QueueArn"], arn("orders"), url)
        self.fails("InvalidAddress", self.attributes, "http://localhost:4566/a/b/c")
        self.fails("AWS.SimpleQueueService.NonExistentQueue", self.attributes,
                   f"http://localhost:4566/queue/eu-west-1/{ACCOUNT}/orders")


class AttributeTest(SqsTest):
    def test_what_holds_without_any(self):
        all_of_them = self.attributes(self.make())
        for name in ("CreatedTimestamp", "LastModifiedTimestamp"):
            self.assertTrue(all_of_them.pop(name).isdigit())
        self.assertEqual(all_of_them, {
            "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "0",
            "ApproximateNumberOfMessagesNotVisible": "0", "DelaySeconds": "0", "MaximumMessageSize": "1048576",
            "MessageRetentionPeriod": "345600", "QueueArn": arn("orders"), "ReceiveMessageWaitTimeSeconds": "0",
            "SqsManagedSseEnabled": "true", "VisibilityTimeout": "30"})

    def test_of_fifo_queues(self):
        all_of_them = self.attributes(self.make("orders.fifo", FifoQueue="true"))
        for name, value in {"FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "queue",
                            "FifoThroughputLimit": "perQueue"}.items():
            self.assertEqual(all_of_them[name], value)

    def test_bounds(self):
        url = self.make()
        bounds = {"DelaySeconds": (0, 900), "MaximumMessageSize": (1024, 1048576), "MessageRetentionPeriod": (60, 1209600),
                  "ReceiveMessageWaitTimeSeconds": (0, 20), "VisibilityTimeout": (0, 43200),
                  "KmsDataKeyReusePeriodSeconds": (60, 86400)}
        for name, (least, most) in bounds.items():
            for value in (least, most):
                self.sqs.set_queue_attributes(QueueUrl=url, Attributes={name: str(value)})
                self.assertEqual(self.attributes(url, name), {name: str(value)})
            for value in (least - 1, most + 1, "", "x", "1.5"):
                self.fails("InvalidAttributeValue", self.sqs.set_queue_attributes, QueueUrl=url, Attributes={name: str(value)})

    def test_names(self):
        url = self.make()
        set_attributes = self.sqs.set_queue_attributes
        self.fails("InvalidAttributeName", self.make, "new", Nonsense="1")
        for name in ("Nonsense", "QueueArn", "CreatedTimestamp", "ApproximateNumberOfMessages", "All"):
            self.fails("InvalidAttributeName", set_attributes, QueueUrl=url, Attributes={name: "1"})
        self.fails("InvalidAttributeName", self.attributes, url, "Nonsense")
        for name, value in {"ContentBasedDeduplication": "true", "DeduplicationScope": "queue",
                            "FifoThroughputLimit": "perQueue"}.items():
            self.fails("InvalidAttributeName", set_attributes, QueueUrl=url, Attributes={name: value})
        self.fails("InvalidAttributeValue", set_attributes, QueueUrl=url, Attributes={"FifoQueue": "true"})

    def test_high_throughput(self):
        url = self.make("orders.fifo", FifoQueue="true")
        per_group = {"FifoThroughputLimit": "perMessageGroupId"}
        self.fails("InvalidAttributeValue", self.sqs.set_queue_attributes, QueueUrl=url, Attributes=per_group)
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={**per_group, "DeduplicationScope": "messageGroup"})
        self.assertEqual(self.attributes(url, "DeduplicationScope"), {"DeduplicationScope": "messageGroup"})
        self.fails("InvalidAttributeValue", self.sqs.set_queue_attributes, QueueUrl=url, Attributes={"DeduplicationScope": "x"})

    def test_encryption_is_one_or_the_other(self):
        url = self.make()
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
        all_of_them = self.attributes(url)
        self.assertEqual(all_of_them["SqsManagedSseEnabled"], "false")
        self.assertEqual(all_of_them["KmsDataKeyReusePeriodSeconds"], "300")
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
        self.assertNotIn("KmsMasterKeyId", self.attributes(url))

    def test_changes_are_told(self):
        url = self.make()
        made = self.attributes(url)
        self.advance(100)
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
        changed = self.attributes(url)
        self.assertEqual(changed["CreatedTimestamp"], made["CreatedTimestamp"])
        self.assertGreaterEqual(int(changed["LastModifiedTimestamp"]), int(made["LastModifiedTimestamp"]) + 100)

    def test_policies(self):
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
                                                                     "Action": "sqs:SendMessage", "Resource": "*"}]})
        url = self.make(Policy=policy)
        self.assertEqual(self.attributes(url, "Policy"), {"Policy": policy})
        self.assertEqual(self.make(Policy=json.dumps(json.loads(policy), indent=2)), url)
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
        self.assertEqual(self.attributes(url, "Policy"), {})
        for wrong in ("x", "{}", "[]"):
            self.fails("InvalidAttributeValue", self.sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": wrong})


class PermissionTest(SqsTest):
    def policy(self, url):
        return json.loads(self.attributes(url, "Policy")["Policy"])

    def test_adding_and_removing(self):
        url = self.make()
        self.sqs.add_permission(QueueUrl=url, Label="one", AWSAccountIds=["111122223333"], Actions=["SendMessage"])
        self.sqs.add_permission(QueueUrl=url, Label="two", AWSAccountIds=["111122223333", "444455556666"],
                                Actions=["ReceiveMessage", "DeleteMessage"])
        policy = self.policy(url)
        self.assertEqual(policy["Id"], arn("orders") + "/SQSDefaultPolicy")
        self.assertEqual(policy["Statement"][0], {
            "Sid": "one", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "SQS:SendMessage", "Resource": arn("orders")})
        self.assertEqual(policy["Statement"][1]["Action"], ["SQS:ReceiveMessage", "SQS:DeleteMessage"])
        self.sqs.remove_permission(QueueUrl=url, Label="one")
        self.assertEqual([s["Sid"] for s in self.policy(url)["Statement"]], ["two"])
        self.sqs.remove_permission(QueueUrl=url, Label="two")
        self.assertEqual(self.attributes(url, "Policy"), {})

    def test_refused(self):
        url = self.make()
        add = lambda **change: self.sqs.add_permission(**{
            "QueueUrl": url, "Label": "one", "AWSAccountIds": ["111122223333"], "Actions": ["SendMessage"], **change})
        self.fails("InvalidParameterValue", add, Label="a b")
        self.fails("InvalidParameterValue", add, Actions=["CreateQueue"])
        self.fails("InvalidParameterValue", add, AWSAccountIds=["bob"])
        self.fails("OverLimit", add, Actions=["SendMessage"] * 8)
        add()
        self.fails("InvalidParameterValue", add)
        self.fails("InvalidParameterValue", self.sqs.remove_permission, QueueUrl=url, Label="other")


class TagTest(SqsTest):
    def test_tags(self):
        url = self.sqs.create_queue(QueueName="orders", tags={"a": "1"})["QueueUrl"]
        self.sqs.tag_queue(QueueUrl=url, Tags={"b": "2", "c": ""})
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"a": "1", "b": "2", "c": ""})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["a", "c", "never"])
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"b": "2"})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["b"])
        self.assertNotIn("Tags", self.sqs.list_queue_tags(QueueUrl=url))

    def test_limits(self):
        url = self.make()
        tag = self.sqs.tag_queue
        self.fails("InvalidParameterValue", tag, QueueUrl=url, Tags={"aws:x": "1"})
        self.fails("InvalidParameterValue", tag, QueueUrl=url, Tags={"k" * 129: "1"})
        self.fails("InvalidParameterValue", tag, QueueUrl=url, Tags={"k": "v" * 257})
        tag(QueueUrl=url, Tags={str(i): "" for i in range(50)})
        self.fails("InvalidParameterValue", tag, QueueUrl=url, Tags={"one more": ""})


if __name__ == "__main__":
    unittest.main()
