"""What functions reach outside: nothing, unless their security groups say so. Needs root, for a network of the test's own."""

import os
import shutil
import subprocess
import unittest

from harness import ApiTest

# Other networks of this machine are not likely to be here.
THIRD = os.getpid() % 250 + 1
OURS, THEIRS = f"10.231.{THIRD}.1", f"10.231.{THIRD}.2"
SOURCE = """
import socket

def handler(event, context):
    answers = {}
    for host, port in event["addresses"]:
        try:
            with socket.create_connection((host, port), timeout=2) as connection:
                answers[f"{host}:{port}"] = connection.recv(16).decode()
        except OSError as error:
            answers[f"{host}:{port}"] = type(error).__name__
    return answers
"""
SERVER = """
import selectors, socket
selector = selectors.DefaultSelector()
for port in (8080, 8081):
    selector.register(socket.create_server(("0.0.0.0", port)), selectors.EVENT_READ)
print("listening", flush=True)
while True:
    for key, _ in selector.select():
        connection, _ = key.fileobj.accept()
        connection.sendall(b"hello")
        connection.close()
"""


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("ip") and shutil.which("nft"), "needs root, iproute2 and nftables")
class EgressTest(ApiTest):
    SERVER_ARGUMENTS = ("--security-group", f"sg-web=10.231.{THIRD}.0/24:8080")

    @classmethod
    def setUpClass(cls):
        cls.namespace = f"martlet-test-{os.getpid()}"
        cls.ip("netns", "add", cls.namespace)
        cls.addClassCleanup(cls.ip, "netns", "del", cls.namespace)
        outside, inside = f"mto{os.getpid()}"[:15], f"mti{os.getpid()}"[:15]
        cls.ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", cls.namespace)
        cls.ip("addr", "add", f"{OURS}/24", "dev", outside)
        cls.ip("link", "set", outside, "up")
        cls.ip("-n", cls.namespace, "addr", "add", f"{THEIRS}/24", "dev", inside)
        cls.ip("-n", cls.namespace, "link", "set", inside, "up")
        command = ["ip", "netns", "exec", cls.namespace, "/usr/bin/python3", "-c", SERVER]
        cls.peer = subprocess.Popen(command, stdout=subprocess.PIPE)
        cls.addClassCleanup(cls.peer.stdout.close)
        cls.addClassCleanup(cls.peer.wait)
        cls.addClassCleanup(cls.peer.kill)
        cls.peer.stdout.readline()
        super().setUpClass()

    @staticmethod
    def ip(*arguments):
        subprocess.run(["ip", *arguments], check=True)

    def reached(self, name, *addresses):
        answer = self.invoke(name, {"addresses": addresses})
        self.assertNotIn("FunctionError", answer, answer["Payload"])
        return list(answer["Payload"].values())

    def test_nothing_without_a_security_group(self):
        self.deploy("closed", SOURCE)
        self.assertNotIn("hello", self.reached("closed", (THEIRS, 8080), (OURS, self.server.port)))

    def test_what_its_security_group_allows_and_no_more(self):
        self.deploy("open", SOURCE, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-web"]})
        self.assertEqual(self.reached("open", (THEIRS, 8080)), ["hello"])
        self.assertNotIn("hello", self.reached("open", (THEIRS, 8081), (OURS, self.server.port)))

    def test_a_group_that_nobody_has_told_of_allows_nothing(self):
        self.deploy("unknown", SOURCE, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-other"]})
        self.assertNotIn("hello", self.reached("unknown", (THEIRS, 8080)))
        self.assertIn("sg-other", self.server.log())


if __name__ == "__main__":
    unittest.main()
