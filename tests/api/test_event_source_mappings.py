"""Event source mappings as the API shows them: made, shown, listed, changed, deleted, and what is refused."""

import unittest

from mapping_fixture import ACCOUNT, MappingTest, wait_for

NOTHING = "def handler(event, context):\n    pass\n"
UNKNOWN = "01234567-89ab-4cde-8f01-23456789abcd"


class EventSourceMappingsTest(MappingTest):
    def mapping(self, name, **settings):
        """A queue, a function and a mapping between them."""
        _, arn = self.queue(name)
        self.deploy(name, NOTHING, Timeout=5)
        return self.create_mapping(arn, name, **settings)

    # ---- Life

    def test_a_mapping_is_created_with_defaults(self):
        _, queue = self.queue("defaults")
        self.deploy("defaults", NOTHING, Timeout=5)
        created = self.functions.create_event_source_mapping(EventSourceArn=queue, FunctionName="defaults")
        uuid = created["UUID"]
        self.addCleanup(self.forget_mapping, uuid)
        self.assertEqual(created["ResponseMetadata"]["HTTPStatusCode"], 202)
        self.assertEqual(created["State"], "Creating")
        self.assertEqual(created["StateTransitionReason"], "USER_INITIATED")
        self.assertEqual(created["BatchSize"], 10)
        self.assertEqual(created["MaximumBatchingWindowInSeconds"], 0)
        self.assertEqual(created["EventSourceArn"], queue)
        self.assertEqual(created["FunctionArn"], f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:defaults")
        self.assertEqual(created["FunctionResponseTypes"], [])
        got = self.functions.get_event_source_mapping(UUID=uuid)
        self.assertEqual(got["State"], "Enabled")
        self.assertEqual(got["LastModified"], created["LastModified"])
        self.assertEqual(
            self.get_mapping(uuid)["EventSourceMappingArn"],
            f"arn:aws:lambda:us-east-1:{ACCOUNT}:event-source-mapping:{uuid}",
        )
        for absent in ("StartingPosition", "FilterCriteria", "ScalingConfig", "LastProcessingResult"):
            self.assertNotIn(absent, self.get_mapping(uuid))

    def test_all_members_are_kept(self):
        settings = {
            "BatchSize": 500,
            "MaximumBatchingWindowInSeconds": 300,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"kind": ["a"]}}'}]},
            "ScalingConfig": {"MaximumConcurrency": 2},
            "KMSKeyArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
            "MetricsConfig": {"Metrics": ["EventCount"]},
            "Enabled": False,
        }
        uuid = self.mapping("kept", **settings)["UUID"]
        got = self.get_mapping(uuid)
        self.assertEqual(got.pop("State"), "Disabled")
        del settings["Enabled"]
        self.assertEqual({name: got[name] for name in settings}, settings)
        # Empty values take a setting away; what is not named stays.
        answer = self.call("PUT", uuid, {"FilterCriteria": {}, "ScalingConfig": {}, "FunctionResponseTypes": []})
        self.assertEqual(answer.status, 202, answer.body)
        got = self.get_mapping(uuid)
        self.assertNotIn("FilterCriteria", got)
        self.assertNotIn("ScalingConfig", got)
        self.assertEqual(got["FunctionResponseTypes"], [])
        self.assertEqual(got["BatchSize"], 500)

    def test_provisioned_pollers_have_defaults(self):
        uuid = self.mapping("pollers", ProvisionedPollerConfig={"MinimumPollers": 5})["UUID"]
        expected = {"MinimumPollers": 5, "MaximumPollers": 200}
        self.assertEqual(self.get_mapping(uuid)["ProvisionedPollerConfig"], expected)

    def test_states_follow_changes(self):
        uuid = self.mapping("states")["UUID"]
        update = self.functions.update_event_source_mapping
        self.assertEqual(update(UUID=uuid, Enabled=False)["State"], "Disabling")
        wait_for(lambda: self.get_mapping(uuid)["State"] == "Disabled", "it is disabled")
        self.assertEqual(update(UUID=uuid, BatchSize=3)["State"], "Updating")
        self.assertEqual(self.get_mapping(uuid)["State"], "Disabled")
        enabling = update(UUID=uuid, Enabled=True)
        self.assertEqual(enabling["State"], "Enabling")
        self.assertEqual(enabling["BatchSize"], 3)
        self.assertEqual(self.get_mapping(uuid)["State"], "Enabled")

    def test_another_function_can_be_named(self):
        uuid = self.mapping("before")["UUID"]
        self.deploy("after", NOTHING, Timeout=5)
        updated = self.functions.update_event_source_mapping(UUID=uuid, FunctionName="after")
        self.assertTrue(updated["FunctionArn"].endswith(":function:after"))
        # The way from the queue to the first one is free again.
        self.create_mapping(self.arn_of_queue("before"), "before")

    def test_a_deleted_mapping_is_gone_a_moment_later(self):
        uuid = self.mapping("deleted")["UUID"]
        deleted = self.functions.delete_event_source_mapping(UUID=uuid)
        self.assertEqual(deleted["State"], "Deleting")
        self.assertEqual(deleted["ResponseMetadata"]["HTTPStatusCode"], 202)
        wait_for(lambda: self.call("GET", uuid).status == 404, "it is gone")
        self.create_mapping(self.arn_of_queue("deleted"), "deleted")

    def test_a_mapping_outlives_its_function(self):
        uuid = self.mapping("orphan")["UUID"]
        self.functions.delete_function(FunctionName="orphan")
        self.assertEqual(self.get_mapping(uuid)["State"], "Enabled")
        update = self.functions.update_event_source_mapping
        self.assert_refused("ResourceNotFoundException", update, UUID=uuid, BatchSize=3)
        update(UUID=uuid, Enabled=False)
        wait_for(lambda: self.get_mapping(uuid)["State"] == "Disabled", "it is disabled")
        self.assert_refused("ResourceNotFoundException", update, UUID=uuid, Enabled=True)

    # ---- Lists

    def test_lists_by_source_and_function(self):
        first = self.mapping("list-a")["UUID"]
        self.deploy("list-b", NOTHING, Timeout=5)
        version = self.functions.publish_version(FunctionName="list-b")["Version"]
        second = self.create_mapping(self.arn_of_queue("list-a"), "list-b")["UUID"]
        third = self.create_mapping(self.arn_of_queue("list-a"), "list-b:" + version)["UUID"]

        def listed(**filters):
            found = self.functions.list_event_source_mappings(**filters)["EventSourceMappings"]
            return sorted(one["UUID"] for one in found)

        self.assertEqual(listed(EventSourceArn=self.arn_of_queue("list-a")), sorted([first, second, third]))
        self.assertEqual(listed(FunctionName="list-b"), [second])
        self.assertEqual(listed(FunctionName="list-b:" + version), [third])
        self.assertEqual(listed(FunctionName="list-b", EventSourceArn=self.arn_of_queue("other")), [])
        pages = self.functions.get_paginator("list_event_source_mappings").paginate(
            EventSourceArn=self.arn_of_queue("list-a"), PaginationConfig={"PageSize": 1}
        )
        sizes = [len(page["EventSourceMappings"]) for page in pages]
        self.assertEqual(sizes, [1, 1, 1])

    # ---- Tags

    def test_tags(self):
        _, queue = self.queue("tagged")
        self.deploy("tagged", NOTHING, Timeout=5)
        arn = self.create_mapping(queue, "tagged", Tags={"a": "1"})["EventSourceMappingArn"]
        self.functions.tag_resource(Resource=arn, Tags={"b": "2"})
        self.assertEqual(self.functions.list_tags(Resource=arn)["Tags"], {"a": "1", "b": "2"})
        self.functions.untag_resource(Resource=arn, TagKeys=["a"])
        self.assertEqual(self.functions.list_tags(Resource=arn)["Tags"], {"b": "2"})
        self.assert_refused(
            "ResourceNotFoundException", self.functions.list_tags, Resource=arn[:-36] + UNKNOWN, status=404
        )

    # ---- Refusals

    def refused(self, code, pattern, **document):
        answer = self.call("POST", "", document)
        self.assertEqual(answer.error_type(), code, answer.body)
        self.assertRegex(answer.json().get("Message") or answer.json().get("message"), pattern)
        return answer

    def test_what_is_not_there(self):
        _, queue = self.queue("alone")
        self.deploy("alone", NOTHING, Timeout=5)
        missing = {"EventSourceArn": queue, "FunctionName": "nobody"}
        self.refused("ResourceNotFoundException", "nobody", **missing)
        self.refused("ResourceNotFoundException", "alone:7", EventSourceArn=queue, FunctionName="alone:7")
        self.refused(
            "InvalidParameterValueException",
            "ReceiveMessage.*NonExistentQueue",
            EventSourceArn=self.arn_of_queue("nowhere"),
            FunctionName="alone",
        )
        for operation in ("get", "delete", "update"):
            call = getattr(self.functions, operation + "_event_source_mapping")
            self.assert_refused("ResourceNotFoundException", call, UUID=UNKNOWN, status=404)

    def test_one_mapping_of_a_queue_to_a_function(self):
        uuid = self.mapping("twin")["UUID"]
        answer = self.refused(
            "ResourceConflictException", uuid, EventSourceArn=self.arn_of_queue("twin"), FunctionName="twin"
        )
        self.assertEqual(answer.status, 409)

    def test_sources_that_cannot_be_read(self):
        self.deploy("sources", NOTHING, Timeout=5)
        self.refused("InvalidParameterValueException", "Unrecognized event source", FunctionName="sources")
        topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"
        self.refused(
            "InvalidParameterValueException",
            "Unrecognized event source",
            FunctionName="sources",
            EventSourceArn=topic,
        )
        for arn in (f"kinesis:us-east-1:{ACCOUNT}:stream/s", f"dynamodb:us-east-1:{ACCOUNT}:table/t/stream/1"):
            answer = self.call("POST", "", {"EventSourceArn": "arn:aws:" + arn, "FunctionName": "sources"})
            self.assertEqual((answer.status, answer.error_type()), (501, "NotImplemented"), answer.body)
            self.assertIn(arn.split(":")[0].encode(), answer.body)

    def test_settings_that_do_not_go_together(self):
        _, standard = self.queue("refusing", VisibilityTimeout="30")
        _, fifo = self.queue("refusing.fifo")
        self.deploy("refusing", NOTHING, Timeout=5)
        self.deploy("slow", NOTHING, Timeout=60)
        code = "InvalidParameterValueException"
        for pattern, settings in (
            ("Maximum batch window", {"BatchSize": 11}),
            ("StartingPosition", {"StartingPosition": "LATEST"}),
            ("ParallelizationFactor", {"ParallelizationFactor": 2}),
            ("BisectBatchOnFunctionError", {"BisectBatchOnFunctionError": True}),
            ("MaximumRetryAttempts", {"MaximumRetryAttempts": 2}),
            ("TumblingWindowInSeconds", {"TumblingWindowInSeconds": 2}),
            ("Topics", {"Topics": ["topic"]}),
            ("Queues", {"Queues": ["queue"]}),
            ("OnFailure", {"DestinationConfig": {"OnFailure": {"Destination": standard}}}),
            ("LoggingConfig", {"LoggingConfig": {"SystemLogLevel": "INFO"}}),
            ("KafkaMetrics", {"MetricsConfig": {"Metrics": ["KafkaMetrics"]}}),
            ("Invalid filter pattern", {"FilterCriteria": {"Filters": [{"Pattern": "{not json"}]}}),
            ("at most 5", {"FilterCriteria": {"Filters": [{"Pattern": '{"body": ["a"]}'}] * 6}}),
            (
                "together",
                {"ScalingConfig": {"MaximumConcurrency": 2}, "ProvisionedPollerConfig": {"MinimumPollers": 2}},
            ),
            ("at least 2", {"ProvisionedPollerConfig": {"MinimumPollers": 1}}),
            ("greater", {"ProvisionedPollerConfig": {"MinimumPollers": 9, "MaximumPollers": 3}}),
        ):
            with self.subTest(settings):
                self.refused(code, pattern, EventSourceArn=standard, FunctionName="refusing", **settings)
        self.refused(code, "FIFO", EventSourceArn=fifo, FunctionName="refusing", BatchSize=11)
        self.refused(
            code, "FIFO", EventSourceArn=fifo, FunctionName="refusing", MaximumBatchingWindowInSeconds=1
        )
        self.refused(
            code,
            "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
            EventSourceArn=standard,
            FunctionName="slow",
        )
        for settings in ({"BatchSize": 0}, {"BatchSize": 10001}, {"ScalingConfig": {"MaximumConcurrency": 1}}):
            with self.subTest(settings):
                answer = self.call("POST", "", {"EventSourceArn": standard, "FunctionName": "refusing", **settings})
                self.assertEqual(answer.status, 400, answer.body)

    def test_updates_are_checked_too(self):
        uuid = self.mapping("checked")["UUID"]
        self.deploy("checked-slow", NOTHING, Timeout=60)
        update = self.functions.update_event_source_mapping
        code = "InvalidParameterValueException"
        self.assert_refused(code, update, UUID=uuid, BatchSize=11, status=400)
        self.assert_refused(code, update, UUID=uuid, FunctionName="checked-slow", message="is less than")
        self.assert_refused(code, update, UUID=uuid, ParallelizationFactor=2)
        self.assertEqual(self.get_mapping(uuid)["BatchSize"], 10)


if __name__ == "__main__":
    unittest.main()
