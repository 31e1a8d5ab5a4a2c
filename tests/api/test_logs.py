"""CloudWatch Logs with boto3: groups, streams, events, filter patterns, and what functions print."""

import time

from harness import ApiTest

ARN = "arn:aws:logs:us-east-1:000000000000:log-group:"


def now_ms():
    return int(time.time() * 1000)


class LogsTest(ApiTest):
    def make(self, group, *streams):
        self.logs.create_log_group(logGroupName=group)
        self.addCleanup(self.drop, group)
        for stream in streams:
            self.logs.create_log_stream(logGroupName=group, logStreamName=stream)
        return group

    def drop(self, group):
        try:
            self.logs.delete_log_group(logGroupName=group)
        except self.logs.exceptions.ResourceNotFoundException:
            pass

    def put(self, group, stream, *messages, start=None, step=1):
        start = now_ms() - len(messages) * step if start is None else start
        events = [{"timestamp": start + i * step, "message": text} for i, text in enumerate(messages)]
        return self.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


class GroupsTest(LogsTest):
    def test_create_describe_delete(self):
        before = now_ms()
        self.make("/test/described")
        (group,) = self.logs.describe_log_groups(logGroupNamePrefix="/test/desc")["logGroups"]
        self.assertEqual(group["logGroupName"], "/test/described")
        self.assertEqual(group["arn"], ARN + "/test/described:*")
        self.assertEqual((group["storedBytes"], group["metricFilterCount"]), (0, 0))
        self.assertGreaterEqual(group["creationTime"], before - 1)
        self.assertNotIn("retentionInDays", group)
        self.assert_refused(
            "ResourceAlreadyExistsException", self.logs.create_log_group, logGroupName="/test/described", status=400,
            message="^The specified log group already exists$",
        )  # fmt: skip
        self.logs.delete_log_group(logGroupName="/test/described")
        self.assert_refused(
            "ResourceNotFoundException", self.logs.delete_log_group, logGroupName="/test/described", status=400,
            message="^The specified log group does not exist.$",
        )  # fmt: skip

    def test_listing_in_pages(self):
        names = [self.make(f"/pages/{i:02}") for i in range(60)]
        pages = list(self.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/pages/"))
        self.assertEqual([len(page["logGroups"]) for page in pages], [50, 10])
        self.assertEqual([group["logGroupName"] for page in pages for group in page["logGroups"]], names)
        self.assert_refused(
            "InvalidParameterException", self.logs.describe_log_groups, nextToken="nonsense", message="nextToken is invalid"
        )

    def test_retention(self):
        self.make("/test/kept", "s")
        self.logs.put_retention_policy(logGroupName="/test/kept", retentionInDays=1)
        (group,) = self.logs.describe_log_groups(logGroupNamePrefix="/test/kept")["logGroups"]
        self.assertEqual(group["retentionInDays"], 1)
        self.assert_refused(
            "InvalidParameterException", self.logs.put_retention_policy, logGroupName="/test/kept", retentionInDays=2
        )
        day = 24 * 3600 * 1000
        answer = self.put("/test/kept", "s", "expired", start=now_ms() - 2 * day)
        self.assertEqual(answer["rejectedLogEventsInfo"], {"expiredLogEventEndIndex": 1})
        self.logs.delete_retention_policy(logGroupName="/test/kept")
        (group,) = self.logs.describe_log_groups(logGroupNamePrefix="/test/kept")["logGroups"]
        self.assertNotIn("retentionInDays", group)

    def test_tags(self):
        self.logs.create_log_group(logGroupName="/test/tagged", tags={"team": "a"})
        self.addCleanup(self.drop, "/test/tagged")
        self.logs.tag_resource(resourceArn=ARN + "/test/tagged", tags={"stage": "b"})
        self.logs.untag_log_group(logGroupName="/test/tagged", tags=["team"])
        self.assertEqual(self.logs.list_tags_for_resource(resourceArn=ARN + "/test/tagged")["tags"], {"stage": "b"})
        self.assertEqual(self.logs.list_tags_log_group(logGroupName="/test/tagged")["tags"], {"stage": "b"})
        self.assert_refused(
            "ResourceNotFoundException", self.logs.list_tags_for_resource, resourceArn=ARN + "/test/none", status=400
        )

    def test_bad_names_and_what_does_not_exist_yet(self):
        for name in ("", "x" * 513, "sp ace", "colon:colon"):
            answer = self.server.json_call("logs", "Logs_20140328.CreateLogGroup", {"logGroupName": name})
            self.assertEqual((answer.status, answer.error_type()), (400, "InvalidParameterException"), answer.body)
        answer = self.server.json_call("logs", "Logs_20140328.StartQuery", {"queryString": "fields @message", "startTime": 0, "endTime": 1})
        self.assertEqual(answer.status, 501, answer.body)
        self.assertIn("StartQuery", answer.body.decode())

    def test_accounts_and_regions_are_apart(self):
        self.make("/test/apart")
        for client in (self.server.client("logs", access_key="111122223333"), self.server.client("logs", region="eu-west-1")):
            self.assertEqual(client.describe_log_groups(logGroupNamePrefix="/test/apart")["logGroups"], [])


class StreamsTest(LogsTest):
    def test_describe(self):
        self.make("/streams", "b", "a", "c")
        start = now_ms() - 1000
        self.put("/streams", "b", "1", "2", start=start)
        streams = self.logs.describe_log_streams(logGroupName="/streams")["logStreams"]
        self.assertEqual([stream["logStreamName"] for stream in streams], ["a", "b", "c"])
        self.assertEqual(streams[1]["arn"], ARN + "/streams:log-stream:b")
        self.assertEqual((streams[1]["firstEventTimestamp"], streams[1]["lastEventTimestamp"]), (start, start + 1))
        self.assertNotIn("lastEventTimestamp", streams[0])
        latest = self.logs.describe_log_streams(logGroupName="/streams", orderBy="LastEventTime", descending=True, limit=1)
        self.assertEqual([stream["logStreamName"] for stream in latest["logStreams"]], ["b"])
        self.assert_refused(
            "ResourceAlreadyExistsException", self.logs.create_log_stream, logGroupName="/streams", logStreamName="a",
            message="^The specified log stream already exists$",
        )  # fmt: skip
        self.logs.delete_log_stream(logGroupName="/streams", logStreamName="b")
        self.assertEqual(self.messages("/streams"), [])
        self.assert_refused(
            "ResourceNotFoundException", self.logs.delete_log_stream, logGroupName="/streams", logStreamName="b",
            message="^The specified log stream does not exist.$",
        )  # fmt: skip


class EventsTest(LogsTest):
    def test_put_and_get(self):
        self.make("/events", "s")
        answer = self.put("/events", "s", "first", "second ✓", "third")
        self.assertRegex(answer["nextSequenceToken"], r"^\d{56}$")
        self.assertNotIn("rejectedLogEventsInfo", answer)
        got = self.logs.get_log_events(logGroupName="/events", logStreamName="s", startFromHead=True, limit=2)
        self.assertEqual([event["message"] for event in got["events"]], ["first", "second ✓"])
        rest = self.logs.get_log_events(
            logGroupName="/events", logStreamName="s", startFromHead=True, nextToken=got["nextForwardToken"]
        )
        self.assertEqual([event["message"] for event in rest["events"]], ["third"])
        end = self.logs.get_log_events(
            logGroupName="/events", logStreamName="s", startFromHead=True, nextToken=rest["nextForwardToken"]
        )
        self.assertEqual((end["events"], end["nextForwardToken"]), ([], rest["nextForwardToken"]))
        latest = self.logs.get_log_events(logGroupName="/events", logStreamName="s", limit=1)
        self.assertEqual([event["message"] for event in latest["events"]], ["third"])

    def test_what_put_refuses(self):
        self.make("/refused", "s")
        now = now_ms()
        for message, events in {
            "must be in chronological order": [(now, "a"), (now - 1, "b")],
            "^Upload too large: .* exceeds limit of 1048576": [(now, "x" * 600_000), (now, "x" * 600_000)],
            "cannot span more than 24 hours": [(now - 25 * 3600 * 1000, "a"), (now, "b")],
        }.items():
            self.assert_refused(
                "InvalidParameterException", self.logs.put_log_events, logGroupName="/refused", logStreamName="s",
                logEvents=[{"timestamp": at, "message": text} for at, text in events], status=400, message=message,
            )  # fmt: skip
        self.assertEqual(self.messages("/refused"), [])
        self.assert_refused(
            "ResourceNotFoundException", self.put, "/refused", "none", "x", message="^The specified log stream does not exist.$"
        )

    def test_filter_over_streams_in_pages(self):
        self.make("/merged", "a", "b", "c")
        start = now_ms() - 100_000
        for index, stream in enumerate("abc"):
            self.put("/merged", stream, *(f"{stream}{i}" for i in range(50)), start=start + index, step=3)
        expected = [f"{stream}{i}" for i in range(50) for stream in "abc"]
        self.assertEqual(self.messages("/merged"), expected)
        self.assertEqual(self.messages("/merged", PaginationConfig={"PageSize": 7}), expected)
        self.assertEqual(self.messages("/merged", logStreamNames=["a", "c"], startTime=start, endTime=start + 3), ["a0", "c0", "a1"])
        self.assertEqual(self.messages("/merged", logStreamNamePrefix="b", filterPattern="b4 -b41"), ["b4", *(f"b{i}" for i in range(40, 50) if i != 41)])
        page = self.logs.filter_log_events(logGroupName="/merged", limit=1)
        self.assertRegex(page["events"][0]["eventId"], r"^\d{56}$")

    def test_identifiers(self):
        self.make("/identified", "s")
        self.put("/identified", "s", "here")
        for identifier in ("/identified", ARN + "/identified"):
            answer = self.server.json_call("logs", "Logs_20140328.FilterLogEvents", {"logGroupIdentifier": identifier})
            self.assertEqual([event["message"] for event in answer.json()["events"]], ["here"], answer.body)
        # The model's pattern has no asterisk.
        answer = self.server.json_call("logs", "Logs_20140328.FilterLogEvents", {"logGroupIdentifier": ARN + "/identified:*"})
        self.assertEqual(answer.error_type(), "InvalidParameterException")
        answer = self.server.json_call("logs", "Logs_20140328.FilterLogEvents", {})
        self.assertEqual(answer.error_type(), "InvalidParameterException")


class PatternsTest(LogsTest):
    MESSAGES = (
        "[ERROR 400] BAD REQUEST",
        "[WARN 401] UNAUTHORIZED REQUEST",
        '{"level": "ERROR", "code": 500, "user": {"id": 7, "tags": ["x", "y"]}, "ok": false}',
        '{"level": "INFO", "code": 2e2, "user": null, "ok": true}',
        '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534',
    )

    def test_patterns(self):
        self.make("/patterns", "s")
        self.put("/patterns", "s", *self.MESSAGES)
        for pattern, expected in {
            "": [0, 1, 2, 3, 4],
            "ERROR": [0, 2],
            "REQUEST -ERROR": [1],
            '"BAD REQUEST"': [0],
            "?BAD ?UNAUTHORIZED": [0, 1],
            "%\\[(ERROR|WARN)%": None,
            "%4[0-9]{2}%": [0, 1, 4],
            '{ $.level = "ERROR" }': [2],
            "{ $.code >= 200 && $.ok IS TRUE }": [3],
            '{ $.user.tags[1] = "y" || $.user IS NULL }': [2, 3],
            "{ $.user.id NOT EXISTS }": [3],
            "[ip, ..., status=4*, bytes>1000]": [4],
            '[ip, user, name, time, request="GET /index*", status, bytes=1534]': [4],
            "[broken": None,
            "{ $.a }": None,
        }.items():
            with self.subTest(pattern=pattern):
                if expected is None:
                    self.assert_refused(
                        "InvalidParameterException", self.logs.filter_log_events, logGroupName="/patterns",
                        filterPattern=pattern, status=400, message="^Invalid filter pattern",
                    )  # fmt: skip
                else:
                    self.assertEqual(self.messages("/patterns", filterPattern=pattern), [self.MESSAGES[i] for i in expected])


class FunctionLogsTest(LogsTest):
    def test_output_is_found_as_soon_as_the_answer_is_there(self):
        self.deploy("talks", "def handler(event, context):\n    print('said', event)\n    return event\n")
        self.addCleanup(self.drop, "/aws/lambda/talks")
        for n in range(3):
            self.invoke("talks", n)
            found = self.messages("/aws/lambda/talks", filterPattern=f'"said {n}"')
            self.assertEqual([text.strip() for text in found], [f"said {n}"])
        # A group that is deleted comes back with the next invocation.
        self.logs.delete_log_group(logGroupName="/aws/lambda/talks")
        self.invoke("talks", "again")
        self.assertIn("said again", "".join(self.messages("/aws/lambda/talks")))


class DurableLogsTest(LogsTest):
    EPHEMERAL = False

    def test_events_survive_a_crash(self):
        self.make("/durable", "s")
        self.put("/durable", "s", "before")
        self.server.kill()
        self.server.start()
        type(self).logs = self.server.client("logs")
        self.put("/durable", "s", "after", start=now_ms())
        self.assertEqual(self.messages("/durable"), ["before", "after"])
