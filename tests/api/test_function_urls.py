"""Requests to function URLs: events, answers, CORS, streaming, and who may call, with plain HTTP."""

import base64
import http.client
import json
import re
import unittest

from harness import node_runtime
from url_fixture import UrlTest

ECHO = "def handler(event, context):\n    return {'event': event, 'arn': context.invoked_function_arn}\n"
REPLAY = "import json\n\ndef handler(event, context):\n    return json.loads(event['body']) if event.get('body') else None\n"
FAILS = "import time\n\ndef handler(event, context):\n    if event['rawPath'] == '/slow':\n        time.sleep(10)\n    raise ValueError('secret')\n"


class EventTest(UrlTest):
    def setUp(self):
        self.deploy("echo", ECHO)
        self.host = self.url("echo")

    def event(self, *arguments, **parameters):
        answer = self.ask(self.host, *arguments, **parameters)
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)["event"]

    def test_a_request_becomes_an_event(self):
        event = self.event(
            "/a/b%20c?x=1&y=%C3%A4&x=2+3&z",
            headers=[("X-One", "1"), ("X-ONE", "2"), ("Cookie", "a=1; b=2"), ("User-Agent", "test")],
        )
        url_id = self.host.partition(".")[0]
        self.assertEqual((event["version"], event["routeKey"]), ("2.0", "$default"))
        self.assertEqual((event["rawPath"], event["rawQueryString"]), ("/a/b%20c", "x=1&y=%C3%A4&x=2+3&z"))
        self.assertEqual(event["queryStringParameters"], {"x": "1,2 3", "y": "ä", "z": ""})
        self.assertEqual(event["cookies"], ["a=1", "b=2"])
        self.assertEqual(event["headers"]["x-one"], "1,2")
        self.assertNotIn("cookie", event["headers"])
        self.assertEqual(event["headers"]["x-forwarded-for"], "127.0.0.1")
        self.assertNotIn("body", event)
        self.assertIs(event["isBase64Encoded"], False)
        context = event["requestContext"]
        http_part = {
            "method": "GET",
            "path": "/a/b%20c",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "test",
        }
        self.assertEqual(context["http"], http_part)
        self.assertEqual((context["accountId"], context["apiId"], context["domainPrefix"]), ("anonymous", url_id, url_id))
        self.assertEqual(context["domainName"], f"{url_id}.lambda-url.us-east-1.on.aws")
        self.assertEqual((context["routeKey"], context["stage"]), ("$default", "$default"))
        self.assertRegex(context["time"], r"^\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000$")
        self.assertIsInstance(context["timeEpoch"], int)
        self.assertNotIn("authorizer", context)

    def test_bodies(self):
        text = self.event("/", "POST", '{"a": "ü"}', {"Content-Type": "application/json; charset=utf-8"})
        self.assertEqual((text["body"], text["isBase64Encoded"]), ('{"a": "ü"}', False))
        for kind in ("image/png", "application/x-www-form-urlencoded", "application/octet-stream"):
            binary = self.event("/", "PUT", b"\0\xff=1", {"Content-Type": kind})
            self.assertEqual((base64.b64decode(binary["body"]), binary["isBase64Encoded"]), (b"\0\xff=1", True))
        self.assertTrue(self.event("/", "POST", b"\xff", {"Content-Type": "text/plain"})["isBase64Encoded"])

    def test_the_path_form_and_the_host_of_aws(self):
        url_id = self.host.partition(".")[0]
        for path, seen in (("", "/"), ("/", "/"), ("/a%2Fb?c=d", "/a%2Fb")):
            answer = self.server.http("GET", f"/_martlet/lambda-url/{url_id}{path}")
            self.assertEqual(answer.status, 200, answer.body)
            event = answer.json()["event"]
            self.assertEqual((event["rawPath"], event["rawQueryString"]), (seen, path.partition("?")[2]))
        self.assertEqual(self.ask(f"{url_id}.lambda-url.us-east-1.on.aws").status, 200)

    def test_the_answer_has_the_ids(self):
        answer = self.ask(self.host, headers={"X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793"})
        self.assertEqual(json.loads(answer.body)["event"]["requestContext"]["requestId"], answer.headers["x-amzn-RequestId"])
        self.assertIn("Root=1-5759e988-bd862e3fe1be46a994272793;", answer.headers["X-Amzn-Trace-Id"])

    def test_urls_that_are_not_there(self):
        url_id = self.host.partition(".")[0]
        nobody = "a" * 32
        for host in (f"{nobody}.lambda-url.us-east-1.localhost", f"{url_id}.lambda-url.eu-west-1.localhost"):
            self.assertEqual(self.ask(host).status, 404)
        self.assertEqual(self.server.http("GET", f"/_martlet/lambda-url/{nobody}/").status, 404)

    def test_a_payload_of_six_megabytes_and_no_more(self):
        # As a part of the event it is longer.
        self.assertEqual(self.ask(self.host, "/", "POST", b"x" * 6_291_457, {"Content-Type": "text/plain"}).status, 413)
        self.assertEqual(self.ask(self.host, "/", "POST", b"x" * 6_291_000, {"Content-Type": "text/plain"}).status, 413)
        self.assertEqual(self.ask(self.host, "/", "POST", b"\0" * 5_000_000, {"Content-Type": "image/png"}).status, 413)


class AnswerTest(UrlTest):
    def test_answers(self):
        self.deploy("replay", REPLAY)
        host = self.url("replay")

        def answer(document, method="POST"):
            return self.ask(host, "/", method, json.dumps(document), {"Content-Type": "application/json"})

        plain = answer({"message": "hi"})
        self.assertEqual((plain.status, plain.headers["Content-Type"]), (200, "application/json"))
        self.assertEqual(json.loads(plain.body), {"message": "hi"})
        self.assertEqual(json.loads(answer("text").body), "text")
        full = answer(
            {
                "statusCode": 201,
                "headers": {"Content-Type": "text/html", "X-Number": 7, "Connection": "close"},
                "cookies": ["a=1; Path=/", "b=2"],
                "body": "<b>ü</b>",
            }
        )
        self.assertEqual((full.status, full.body.decode()), (201, "<b>ü</b>"))
        self.assertEqual((full.headers["Content-Type"], full.headers["X-Number"]), ("text/html", "7"))
        self.assertEqual(full.headers.get_all("Set-Cookie"), ["a=1; Path=/", "b=2"])
        self.assertEqual(full.headers["x-amzn-remapped-connection"], "close")
        coded = answer({"statusCode": 200, "body": base64.b64encode(b"\0\1\2").decode(), "isBase64Encoded": True})
        self.assertEqual(coded.body, b"\0\1\2")
        self.assertEqual(answer({"statusCode": 204}).body, b"")
        for wrong in (
            {"statusCode": "abc"},
            {"statusCode": 99},
            {"statusCode": 200, "headers": []},
            {"statusCode": 200, "headers": {"a b": "c"}},
            {"statusCode": 200, "headers": {"a": "x\r\nSet-Cookie: y"}},
            {"statusCode": 200, "body": {"a": 1}},
            {"statusCode": 200, "body": "*", "isBase64Encoded": True},
        ):
            refused = answer(wrong)
            self.assertEqual((refused.status, refused.body), (502, b"Internal Server Error"), wrong)

    def test_failures(self):
        self.deploy("fails", FAILS, Timeout=1)
        host = self.url("fails")
        for path in ("/", "/slow"):
            answer = self.ask(host, path)
            self.assertEqual((answer.status, answer.body), (502, b"Internal Server Error"))
        self.functions.put_function_concurrency(FunctionName="fails", ReservedConcurrentExecutions=0)
        self.assertEqual(self.ask(host).status, 429)

    def test_aliases(self):
        self.deploy("aliased", ECHO)
        version = self.functions.publish_version(FunctionName="aliased")["Version"]
        self.functions.create_alias(FunctionName="aliased", Name="live", FunctionVersion=version)
        answer = self.ask(self.url("aliased", Qualifier="live"))
        self.assertTrue(json.loads(answer.body)["arn"].endswith(":aliased:live"))


class CorsTest(UrlTest):
    PAGE = "https://page.example"

    def test_the_configuration_answers_for_the_function(self):
        source = (
            "def handler(event, context):\n"
            "    return {'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': 'x', 'A': 'b'}}\n"
        )
        self.deploy("cors", source)
        cors = {
            "AllowCredentials": True,
            "AllowHeaders": ["x-one", "x-two"],
            "AllowMethods": ["GET", "PUT"],
            "AllowOrigins": [self.PAGE],
            "ExposeHeaders": ["A"],
            "MaxAge": 60,
        }
        host = self.url("cors", Cors=cors)
        asked = {"Origin": self.PAGE, "Access-Control-Request-Method": "PUT"}
        answer = self.ask(host, "/", "OPTIONS", headers=asked)
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], self.PAGE)
        self.assertEqual(answer.headers["Access-Control-Allow-Methods"], "GET,PUT")
        self.assertEqual(answer.headers["Access-Control-Allow-Headers"], "x-one,x-two")
        self.assertEqual(answer.headers["Access-Control-Max-Age"], "60")
        self.assertEqual(answer.headers["Access-Control-Allow-Credentials"], "true")
        answer = self.ask(host, "/", headers={"Origin": self.PAGE})
        self.assertEqual(answer.headers.get_all("Access-Control-Allow-Origin"), [self.PAGE])
        self.assertEqual((answer.headers["Access-Control-Expose-Headers"], answer.headers["A"]), ("A", "b"))
        for more in ({}, {"Access-Control-Request-Method": "GET"}):
            method = "OPTIONS" if more else "GET"
            answer = self.ask(host, "/", method, headers={"Origin": "https://other.example", **more})
            self.assertEqual(answer.status, 200)
            self.assertIsNone(answer.headers["Access-Control-Allow-Origin"])

    def test_without_configuration_the_function_answers(self):
        self.deploy("free", "def handler(event, context):\n    return {'statusCode': 418, 'headers': {'Access-Control-Allow-Origin': '*'}}\n")
        host = self.url("free")
        asked = {"Origin": self.PAGE, "Access-Control-Request-Method": "PUT"}
        answer = self.ask(host, "/", "OPTIONS", headers=asked)
        self.assertEqual((answer.status, answer.headers["Access-Control-Allow-Origin"]), (418, "*"))


class StreamTest(UrlTest):
    SOURCE = """
import { setTimeout as rest } from 'node:timers/promises';

export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const path = event.rawPath;
  if (path === '/fails') throw new Error('secret');
  if (path === '/plain') {
    stream.setContentType('text/plain');
  } else {
    const metadata = { statusCode: 201, headers: { 'Content-Type': 'text/html', 'X-A': 'b' }, cookies: ['c=d'] };
    if (path === '/wrong') metadata.statusCode = 'none';
    stream = awslambda.HttpResponseStream.from(stream, metadata);
  }
  stream.write('first ');
  await rest(30);
  if (path === '/midstream') throw new Error('secret');
  stream.write('second');
  stream.end();
});
"""

    def setUp(self):
        runtime = node_runtime()
        if not runtime:
            self.skipTest("Node.js is not installed")
        self.deploy("streams", self.SOURCE, runtime=runtime)

    def test_streamed(self):
        # Debian's botocore does not know InvokeMode.
        document = json.dumps({"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}).encode()
        made = self.server.signed("lambda", "POST", "/2021-10-31/functions/streams/url", document)
        host = re.match(r"http://([^:/]+)", made.json()["FunctionUrl"])[1]
        answer = self.ask(host)
        self.assertEqual((answer.status, answer.body), (201, b"first second"))
        self.assertEqual((answer.headers["Content-Type"], answer.headers["X-A"]), ("text/html", "b"))
        self.assertEqual((answer.headers["Set-Cookie"], answer.headers["Transfer-Encoding"]), ("c=d", "chunked"))
        answer = self.ask(host, "/plain")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/plain"))
        self.assertEqual(answer.body, b"first second")
        for path in ("/fails", "/wrong"):
            answer = self.ask(host, path)
            self.assertEqual((answer.status, answer.body), (502, b"Internal Server Error"))
        with self.assertRaises(http.client.IncompleteRead):
            self.ask(host, "/midstream")

    def test_buffered(self):
        answer = self.ask(self.url("streams"))
        self.assertEqual((answer.status, answer.body, answer.headers["X-A"]), (201, b"first second", "b"))


class SignedTest(UrlTest):
    """AuthType AWS_IAM on a server that believes every signature."""

    def test_only_signed_requests(self):
        self.deploy("signed", ECHO)
        host = self.url("signed", AuthType="AWS_IAM")
        answer = self.ask(host)
        self.assertEqual((answer.status, answer.headers["x-amzn-ErrorType"]), (403, "AccessDeniedException"))
        refusal = (
            "Forbidden. For troubleshooting Function URL authorization issues, see: "
            "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
        )
        self.assertEqual(json.loads(answer.body), {"Message": refusal})
        self.assertEqual(self.ask(host, headers=self.sign(host, "s3")).status, 403)
        answer = self.ask(host, headers=self.sign(host))
        self.assertEqual(answer.status, 200, answer.body)
        context = json.loads(answer.body)["event"]["requestContext"]
        self.assertEqual(context["accountId"], "000000000000")
        iam = context["authorizer"]["iam"]
        self.assertEqual((iam["accessKey"], iam["userArn"]), ("test", "arn:aws:iam::000000000000:root"))


if __name__ == "__main__":
    unittest.main()
