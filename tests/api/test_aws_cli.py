"""Deploying, invoking and observing with the AWS CLI: every version of it that is installed here."""

import json
import os
import pathlib
import socket
import subprocess
import time
import unittest

from harness import PYTHON_RUNTIME, ApiTest, zip_of

SOURCE = "import time\ndef handler(event, context):\n    print('seen', event)\n    return {'got': event}\n"


def installed_versions():
    """{version: path} of the `aws` commands on PATH."""
    found = {}
    for directory in os.environ["PATH"].split(":"):
        path = os.path.join(directory, "aws")
        if os.access(path, os.X_OK):
            done = subprocess.run([path, "--version"], capture_output=True, text=True)
            version = (done.stdout + done.stderr).split(" ")[0]
            if version.startswith("aws-cli/"):
                found.setdefault(version, path)
    return found


VERSIONS = installed_versions()


class AwsCliTest(ApiTest):
    def setUp(self):
        if not VERSIONS:
            self.skipTest("there is no AWS CLI on this machine")
        self.scratch = pathlib.Path(self.server.directory, "cli-" + self.id().rpartition(".")[2])
        self.scratch.mkdir(exist_ok=True)
        self.package = self.scratch / "package.zip"
        self.package.write_bytes(zip_of({"app.py": SOURCE}))

    def command(self, aws, *arguments):
        return [aws, "--endpoint-url", self.server.endpoint, *map(str, arguments)]

    @property
    def environment(self):
        return {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "PYTHONUNBUFFERED": "1",
            "AWS_MAX_ATTEMPTS": "1",
        }

    def run_aws(self, aws, *arguments, fails=False):
        done = subprocess.run(
            self.command(aws, *arguments), capture_output=True, text=True, env=self.environment, timeout=120
        )
        self.assertEqual(done.returncode != 0, fails, done.stdout + done.stderr)
        return done.stderr if fails else done.stdout

    def aws(self, aws, *arguments):
        printed = self.run_aws(aws, *arguments, "--output", "json")
        return json.loads(printed) if printed.strip() else None

    def test_a_whole_day(self):
        for version, aws in VERSIONS.items():
            with self.subTest(version):
                identity = self.aws(aws, "sts", "get-caller-identity")
                self.assertEqual(identity["Account"], "000000000000")
                trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
                role = self.aws(aws, "iam", "create-role", "--role-name", "cli", "--assume-role-policy-document", trust)
                self.aws(
                    aws,
                    "iam",
                    "attach-role-policy",
                    "--role-name",
                    "cli",
                    "--policy-arn",
                    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
                )
                created = self.aws(
                    aws,
                    "lambda",
                    "create-function",
                    "--function-name",
                    "cli",
                    "--runtime",
                    PYTHON_RUNTIME,
                    "--handler",
                    "app.handler",
                    "--role",
                    role["Role"]["Arn"],
                    "--zip-file",
                    f"fileb://{self.package}",
                    "--environment",
                    "Variables={STAGE=test}",
                    "--timeout",
                    "20",
                )
                self.assertEqual(created["FunctionName"], "cli")
                self.aws(aws, "lambda", "wait", "function-active", "--function-name", "cli")
                self.assertEqual(len(self.aws(aws, "lambda", "list-functions")["Functions"]), 1)
                self.assertEqual(
                    self.aws(aws, "lambda", "get-function", "--function-name", "cli")["Configuration"]["Timeout"], 20
                )

                event, result = self.scratch / "event.json", self.scratch / "result.json"
                event.write_text('{"n": 1}')
                answer = self.aws(
                    aws,
                    "lambda",
                    "invoke",
                    "--function-name",
                    "cli",
                    "--payload",
                    f"fileb://{event}",
                    "--log-type",
                    "Tail",
                    result,
                )
                self.assertEqual((answer["StatusCode"], answer["ExecutedVersion"]), (200, "$LATEST"))
                self.assertIn("LogResult", answer)
                self.assertEqual(json.loads(result.read_text()), {"got": {"n": 1}})
                found = self.aws(
                    aws, "logs", "filter-log-events", "--log-group-name", "/aws/lambda/cli", "--filter-pattern", "seen"
                )
                self.assertEqual([e["message"] for e in found["events"]], ["seen {'n': 1}\n"])

                self.aws(
                    aws, "lambda", "update-function-configuration", "--function-name", "cli", "--memory-size", "256"
                )
                self.aws(aws, "lambda", "wait", "function-updated", "--function-name", "cli")
                self.aws(
                    aws,
                    "lambda",
                    "update-function-code",
                    "--function-name",
                    "cli",
                    "--zip-file",
                    f"fileb://{self.package}",
                )
                refused = self.run_aws(aws, "lambda", "invoke", "--function-name", "nowhere", result, fails=True)
                self.assertIn("ResourceNotFoundException", refused)
                self.assertIn("Function not found: arn:aws:lambda:us-east-1:000000000000:function:nowhere", refused)
                self.assertEqual(self.aws(aws, "lambda", "list-event-source-mappings")["EventSourceMappings"], [])
                refused = self.run_aws(aws, "logs", "describe-queries", fails=True)
                self.assertIn("DescribeQueries", refused)
                self.aws(aws, "lambda", "delete-function", "--function-name", "cli")
                self.aws(aws, "logs", "delete-log-group", "--log-group-name", "/aws/lambda/cli")
                self.start_over()

    def test_what_belongs_to_functions(self):
        """Versions, aliases, layers, permissions and settings, with Debian's version of the CLI where that is here."""
        cli = sorted(VERSIONS.values(), key=lambda path: path != "/usr/bin/aws")[0]
        self.deploy("smoke", SOURCE)
        arn = "arn:aws:lambda:us-east-1:000000000000:function:smoke"
        of = ("--function-name", "smoke")

        def aws(operation, *arguments):
            return self.aws(cli, "lambda", operation, *arguments)

        self.assertEqual(aws("publish-version", *of)["Version"], "1")
        versions = aws("list-versions-by-function", *of, "--page-size", "1")["Versions"]
        self.assertEqual([one["Version"] for one in versions], ["$LATEST", "1"])
        alias = aws("create-alias", *of, "--name", "live", "--function-version", "1", "--description", "d")
        self.assertEqual(alias["AliasArn"], arn + ":live")
        routing = aws("update-alias", *of, "--name", "live", "--routing-config", "AdditionalVersionWeights={}")
        self.assertEqual(routing["RevisionId"] == alias["RevisionId"], False)

        package = f"fileb://{self.package}"
        layer = aws("publish-layer-version", "--layer-name", "smoke", "--zip-file", package)
        self.assertEqual(layer["Version"], 1)
        version = ("--layer-name", "smoke", "--version-number", "1")
        share = ("--statement-id", "all", "--action", "lambda:GetLayerVersion", "--principal", "*")
        aws("add-layer-version-permission", *version, *share)
        self.assertEqual(aws("list-layers")["Layers"][0]["LayerName"], "smoke")

        allow = ("--statement-id", "s3", "--action", "lambda:InvokeFunction", "--principal", "s3.amazonaws.com")
        aws("add-permission", *of, *allow)
        self.assertEqual(json.loads(aws("get-policy", *of)["Policy"])["Statement"][0]["Resource"], arn)
        url = aws("create-function-url-config", *of, "--auth-type", "NONE", "--cors", "AllowOrigins=*")
        self.assertIn(".lambda-url.us-east-1.localhost", url["FunctionUrl"])
        put = aws("put-function-event-invoke-config", *of, "--qualifier", "live", "--maximum-retry-attempts", "0")
        self.assertEqual((put["FunctionArn"], put["MaximumRetryAttempts"]), (arn + ":live", 0))
        profile = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/shop/abcdefghij"
        publishers = ("--allowed-publishers", "SigningProfileVersionArns=" + profile)
        config = aws("create-code-signing-config", *publishers)["CodeSigningConfig"]["CodeSigningConfigArn"]
        aws("put-function-code-signing-config", *of, "--code-signing-config-arn", config)
        self.assertEqual(aws("get-function-code-signing-config", *of)["CodeSigningConfigArn"], config)

        aws("put-function-concurrency", *of, "--reserved-concurrent-executions", "5")
        alias_of = (*of, "--qualifier", "live")
        aws("put-provisioned-concurrency-config", *alias_of, "--provisioned-concurrent-executions", "1")
        listed = aws("list-provisioned-concurrency-configs", *of)["ProvisionedConcurrencyConfigs"]
        self.assertEqual([one["FunctionArn"] for one in listed], [arn + ":live"])
        aws("tag-resource", "--resource", arn, "--tags", "team=shop")
        function = aws("get-function", *of)
        self.assertEqual((function["Tags"], function["Concurrency"]["ReservedConcurrentExecutions"]), ({"team": "shop"}, 5))

    def start_over(self):
        """For the next version: the role cannot go while its policy is attached, so everything goes."""
        self.server.note_processes()
        self.assertEqual(self.server.http("POST", "/_martlet/reset").status, 200)

    def test_tail_follow_shows_a_running_function_live(self):
        newest = next((path for version, path in VERSIONS.items() if version.startswith("aws-cli/2")), None)
        if not newest:
            self.skipTest("`aws logs tail` needs version 2 of the AWS CLI")
        source = "import time\ndef handler(event, context):\n    for i in range(3):\n        print('beat', i, flush=True)\n        time.sleep(event)\n"
        self.deploy("live", source, Timeout=60)
        self.invoke("live", 0)
        follower = subprocess.Popen(
            self.command(newest, "logs", "tail", "/aws/lambda/live", "--follow", "--since", "5m", "--format", "short"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
        )
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        lines = []

        def read_until(text, count):
            while sum(text in line for line in lines) < count:
                line = follower.stdout.readline()
                self.assertTrue(line, lines)
                lines.append(line)

        read_until("REPORT RequestId", 1)
        head = b"POST /2015-03-31/functions/live/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n10"
        started = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
            connection.sendall(head)
            read_until("beat 0", 2)
            self.assertLess(time.monotonic() - started, 25)  # it runs for 30 s, so this line came while it ran
        for text in ("START RequestId", "beat 0", "beat 2", "END RequestId"):
            self.assertTrue(any(text in line for line in lines), (text, lines))

    def test_tail_without_follow(self):
        newest = next((path for version, path in VERSIONS.items() if version.startswith("aws-cli/2")), None)
        if not newest:
            self.skipTest("`aws logs tail` needs version 2 of the AWS CLI")
        self.deploy("tailed", SOURCE)
        self.invoke("tailed", {"n": 1})
        printed = self.run_aws(newest, "logs", "tail", "/aws/lambda/tailed", "--since", "5m")
        self.assertIn("seen {'n': 1}", printed)
        self.assertIn("REPORT RequestId", printed)


if __name__ == "__main__":
    unittest.main()
