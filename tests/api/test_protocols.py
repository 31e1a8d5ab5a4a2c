"""The one port: which service a request is for, what answers when it is for none, and HTTP as clients misuse it."""

import json
import re
import socket
import threading
import xml.etree.ElementTree

from harness import PYTHON_RUNTIME, ROLE, ApiTest, zip_of

ECHO = "def handler(event, context):\n    return event\n"


class RawTest(ApiTest):
    """Requests byte by byte."""

    def exchange(self, data, close_after=False, timeout=10):
        """Sends bytes and reads until the server closes or `timeout`; returns what came."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=timeout) as connection:
            connection.sendall(data)
            if close_after:
                connection.shutdown(socket.SHUT_WR)
            received = b""
            try:
                while piece := connection.recv(65536):
                    received += piece
            except (TimeoutError, ConnectionResetError):
                pass
            return received

    @staticmethod
    def get(path="/_martlet/health", *headers):
        return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


class HttpTest(RawTest):
    def test_keep_alive_and_pipelining(self):
        received = self.exchange(self.get() * 20 + self.get("/_martlet/health", "Connection: close"))
        self.assertEqual(received.count(b"HTTP/1.1 200"), 21)

    def test_http_1_0_and_connection_close(self):
        received = self.exchange(b"GET /_martlet/health HTTP/1.0\r\n\r\n")
        self.assertRegex(received, rb"^HTTP/1\.[01] 200")

    def test_chunked_bodies(self):
        self.deploy("chunked", ECHO)
        head = b"POST /2015-03-31/functions/chunked/invocations HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        received = self.exchange(head + b'4;ext=1\r\n{"a"\r\n3\r\n: 1\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n', timeout=30)
        self.assertTrue(received.startswith(b"HTTP/1.1 200"), received)
        self.assertEqual(json.loads(received.rpartition(b"\r\n\r\n")[2]), {"a": 1})

    def test_expect_100_continue(self):
        self.deploy("expecting", ECHO)
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as connection:
            connection.sendall(
                b"POST /2015-03-31/functions/expecting/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
                b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
            )
            self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 100"))
            connection.sendall(b"[]")
            received = b""
            while piece := connection.recv(1000):
                received += piece
            self.assertIn(b"HTTP/1.1 200", received)

    def test_bytes_that_are_no_http(self):
        for data in (
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"hello\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"\x00" * 100,
            b"\r\n" * 50,
        ):
            received = self.exchange(data, close_after=True)
            self.assertTrue(
                received == b"" or received.startswith(b"HTTP/1.1 4") or received.startswith(b"HTTP/1.1 5"),
                (data, received),
            )
        self.assert_healthy()

    def test_two_lengths_are_refused(self):
        """Request smuggling: a message whose end is ambiguous."""
        for headers in (
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Content-Length: -1",
            "Content-Length: 1x",
            "Transfer-Encoding: gzip, identity",
        ):
            data = f"POST / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\nhello".encode()
            self.assertRegex(self.exchange(data, close_after=True), rb"^HTTP/1\.[01] (400|501)", headers)
        self.assert_healthy()

    def test_heads_without_end(self):
        received = self.exchange(b"GET / HTTP/1.1\r\n" + b"X-Filler: " + b"x" * 200_000 + b"\r\n\r\n")
        self.assertTrue(received == b"" or re.match(rb"HTTP/1\.[01] (400|413|431)", received), received[:100])
        self.assert_healthy()

    def test_truncated_requests(self):
        whole = (
            b"POST /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
            + b'{"FunctionName": "cut"'
        )
        for length in range(1, len(whole), 7):
            self.exchange(whole[:length], close_after=True, timeout=5)
        self.assert_healthy()
        self.assertEqual(self.functions.list_functions()["Functions"], [])

    def test_a_broken_chunk(self):
        head = b"POST /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        for body in (b"zz\r\n", b"ffffffffffffffffff\r\n", b"5\r\nhelloXX", b"-1\r\n"):
            self.assertRegex(self.exchange(head + body, close_after=True), rb"^$|^HTTP/1\.[01] 4")
        self.assert_healthy()

    def test_many_connections_that_say_nothing(self):
        silent = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(300)]
        self.assert_healthy()
        for connection in silent:
            connection.close()
        self.assert_healthy()

    def test_slow_requests_do_not_hold_up_others(self):
        with socket.create_connection(("127.0.0.1", self.server.port)) as slow:
            slow.sendall(b"POST /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(5):
                slow.sendall(b"x")
                self.assert_healthy()

    def test_head_requests(self):
        received = self.exchange(b"HEAD /_martlet/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        self.assertRegex(received, rb"^HTTP/1\.1 (200|404|405)")
        self.assertTrue(received.endswith(b"\r\n\r\n"), "an answer to HEAD has no body")


class RoutingTest(ApiTest):
    def test_the_credential_scope_finds_the_service(self):
        answer = self.server.signed("lambda", "GET", "/2015-03-31/functions/")
        self.assertEqual((answer.status, answer.json()["Functions"]), (200, []))

    def test_the_path_finds_it_without_credentials(self):
        answer = self.server.http("GET", "/2015-03-31/functions")
        self.assertEqual(answer.status, 200)

    def test_the_target_header_finds_it(self):
        headers = {"X-Amz-Target": "Logs_20140328.DescribeLogGroups", "Content-Type": "application/x-amz-json-1.1"}
        answer = self.server.http("POST", "/", b"{}", headers)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn("logGroups", answer.json())

    def test_aws_host_names_find_it(self):
        for host in ("lambda.us-east-1.amazonaws.com", "lambda.localhost:4566", "lambda.eu-west-1.amazonaws.com:443"):
            answer = self.server.http("GET", "/2015-03-31/functions/nowhere", headers={"Host": host})
            self.assertEqual((answer.status, answer.error_type()), (404, "ResourceNotFoundException"), host)
        answer = self.server.http(
            "POST",
            "/",
            b"{}",
            {
                "Host": "logs.us-east-1.amazonaws.com",
                "X-Amz-Target": "Logs_20140328.DescribeLogGroups",
                "Content-Type": "application/x-amz-json-1.1",
            },
        )
        self.assertEqual(answer.status, 200, answer.body)
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        answer = self.server.http(
            "POST", "/", body, {"Host": "sts.amazonaws.com", "Content-Type": "application/x-www-form-urlencoded"}
        )
        self.assertEqual(answer.status, 200, answer.body)

    def test_the_region_comes_from_the_request(self):
        answer = self.server.http(
            "GET", "/2015-03-31/functions/nowhere", headers={"Host": "lambda.eu-west-1.amazonaws.com"}
        )
        self.assertIn(":eu-west-1:", answer.body.decode())
        answer = self.server.signed("lambda", "GET", "/2015-03-31/functions/nowhere", region="ap-south-1")
        self.assertIn(":ap-south-1:", answer.body.decode())

    def test_urls_are_built_from_the_callers_host(self):
        self.deploy("located", ECHO)
        answer = self.server.signed(
            "lambda", "GET", "/2015-03-31/functions/located", headers={"Host": "martlet.example:8080"}
        )
        self.assertTrue(answer.json()["Code"]["Location"].startswith("http://martlet.example:8080/"), answer.body)

    def test_request_ids_come_back(self):
        answer = self.server.signed("lambda", "GET", "/2015-03-31/functions/")
        self.assertRegex(answer.headers["x-amzn-RequestId"], r"^[0-9a-f-]{36}$")
        answer = self.server.signed("lambda", "GET", "/2015-03-31/functions/nowhere")
        self.assertRegex(answer.headers["x-amzn-RequestId"], r"^[0-9a-f-]{36}$")
        answer = self.server.query_call("sts", "Action=GetCallerIdentity&Version=2011-06-15")
        self.assertIn(answer.headers["x-amzn-RequestId"], answer.body.decode())

    def test_unknown_paths_and_services(self):
        for service, path in (
            ("lambda", "/2015-03-31/nothing"),
            ("lambda", "/"),
            ("braket", "/x"),
            ("", "/nothing/here"),
        ):
            answer = self.server.signed(service, "GET", path) if service else self.server.http("GET", path)
            self.assertTrue(400 <= answer.status < 600, (service, path, answer.status))
            self.assertGreater(len(answer.body), 10, (service, path))
            self.assertNotIn(b"<html", answer.body.lower())
            self.assertIn(answer.body[:1], (b"{", b"<"), answer.body)
        for target in ("Nothing.DoIt", "Logs_20140328.", "Logs_20140328.NoSuchThing", "nodot"):
            answer = self.server.json_call("logs", target, {})
            self.assertTrue(400 <= answer.status < 600 and answer.body[:1] == b"{", (target, answer.body))
            self.assertTrue(answer.error_type(), target)
        answer = self.server.query_call("sts", "Action=NoSuchThing&Version=2011-06-15")
        self.assertEqual(answer.status, 400)
        self.assertIn("<Code>InvalidAction</Code>", answer.body.decode())

    def test_credentials_that_are_garbage(self):
        for value in (
            "",
            "Basic abc",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=a/b/c",
            "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=, Signature=",
            "\x01",
        ):
            answer = self.server.http("GET", "/2015-03-31/functions", headers={"Authorization": value})
            self.assertLess(answer.status, 500, value)
        self.assert_healthy()


class NotImplementedTest(ApiTest):
    """What is not there says so, by name, in the protocol of its caller."""

    def test_lambda(self):
        # Operations that this boto3 does not know.
        for path, name in (
            ("/2025-11-30/capacity-providers", "ListCapacityProviders"),
            ("/2025-12-01/functions/f/durable-executions", "ListDurableExecutionsByFunction"),
        ):
            answer = self.server.signed("lambda", "GET", path)
            self.assertEqual((answer.status, answer.error_type()), (501, "NotImplemented"), answer.body)
            self.assertIn(name.encode(), answer.body)

    def test_logs(self):
        for call, name, parameters in (
            (
                self.logs.start_query,
                "StartQuery",
                {"startTime": 1, "endTime": 2, "queryString": "fields @message", "logGroupName": "g"},
            ),
            (self.logs.describe_metric_filters, "DescribeMetricFilters", {}),
        ):
            self.assert_refused("NotImplemented", call, status=501, message=rf"\b{name}\b", **parameters)

    def test_query_services(self):
        iam = self.server.client("iam")
        version, path = {"GlobalEndpointTokenVersion": "v1Token"}, {"EntityPath": "o-a1b2c3d4e5/r-f6g7"}
        for call, name, parameters in (
            (iam.set_security_token_service_preferences, "SetSecurityTokenServicePreferences", version),
            (iam.generate_organizations_access_report, "GenerateOrganizationsAccessReport", path),
        ):
            self.assert_refused("NotImplemented", call, status=501, message=rf"\b{name}\b", **parameters)
        task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
        answer = self.server.query_call(
            "sts", f"Action=AssumeRoot&Version=2011-06-15&TargetPrincipal=111111111111&TaskPolicyArn.arn={task}"
        )
        self.assertEqual(answer.status, 501, answer.body)
        self.assertIn(b"AssumeRoot", answer.body)
        document = xml.etree.ElementTree.fromstring(answer.body)
        self.assertTrue(document.tag.endswith("ErrorResponse"), answer.body)

    def test_parts_that_are_not_there(self):
        """An operation that exists refuses what it cannot do rather than ignore it."""
        self.deploy("parts", ECHO)
        self.assert_refused(
            "NotImplemented",
            self.functions.update_function_code,
            FunctionName="parts",
            S3Bucket="bucket",
            S3Key="key",
            status=501,
        )


class JsonTest(ApiTest):
    def test_malformed_json(self):
        for body in (b"{", b"[1]", b'"x"', b"{]", b"\xff", b'{"logGroupName": }'):
            answer = self.server.json_call("logs", "Logs_20140328.CreateLogGroup", body)
            self.assertEqual((answer.status, answer.error_type()), (400, "SerializationException"), (body, answer.body))

    def test_deep_nesting(self):
        answer = self.server.json_call("logs", "Logs_20140328.CreateLogGroup", b'{"logGroupName":' + b"[" * 100_000)
        self.assertEqual(answer.status, 400)
        self.assert_healthy()

    def test_wrong_types_and_missing_members(self):
        answer = self.server.json_call("logs", "Logs_20140328.CreateLogGroup", {"logGroupName": 5})
        self.assertEqual((answer.status, answer.error_type()), (400, "SerializationException"))
        answer = self.server.json_call("logs", "Logs_20140328.CreateLogGroup", {})
        self.assertEqual(answer.status, 400)
        self.assertIn(answer.error_type(), ("InvalidParameterException", "ValidationException"))
        self.assertIn("logGroupName", answer.body.decode())

    def test_unknown_members_are_ignored(self):
        answer = self.server.json_call("logs", "Logs_20140328.DescribeLogGroups", {"limit": 5, "surprise": {"a": [1]}})
        self.assertEqual(answer.status, 200, answer.body)


class BusyTest(ApiTest):
    def test_control_and_data_at_once(self):
        """Creating and deleting from several threads while others invoke."""
        self.deploy("steady", ECHO)
        faults, stop = [], threading.Event()
        package = zip_of({"app.py": ECHO})

        def invoke():
            while not stop.is_set():
                if self.invoke("steady", {"a": 1})["Payload"] != {"a": 1}:
                    faults.append("a wrong answer")

        def churn(number):
            for turn in range(8):
                name = f"churn-{number}-{turn}"
                self.functions.create_function(
                    FunctionName=name,
                    Runtime=PYTHON_RUNTIME,
                    Handler="app.handler",
                    Role=ROLE,
                    Code={"ZipFile": package},
                )
                if self.invoke(name, turn)["Payload"] != turn:
                    faults.append(name)
                self.functions.delete_function(FunctionName=name)

        threads = [threading.Thread(target=invoke)] + [threading.Thread(target=churn, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads[1:]:
            thread.join()
        stop.set()
        threads[0].join()
        self.assertEqual(faults, [])
        names = [f["FunctionName"] for f in self.functions.list_functions()["Functions"]]
        self.assertEqual(names, ["steady"])
