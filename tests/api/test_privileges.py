"""Started as root, the server keeps none of root's rights: only the warden does."""

import json
import os
import pathlib
import subprocess
import unittest

from harness import BINARY, PYTHON_RUNTIME, ROLE, Server, free_port, zip_of

ECHO = "def handler(event, context):\n    return event\n"


def status_of(pid):
    """The fields of /proc/PID/status."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


def owners_below(directory):
    """Owners of everything in a directory but the warden's own."""
    found = {directory.stat().st_uid}
    for path in directory.rglob("*"):
        if path.relative_to(directory).parts[0] != "run":
            found.add(path.lstat().st_uid)
    return found


@unittest.skipUnless(os.geteuid() == 0, "only root has something to give up")
class PrivilegesTest(unittest.TestCase):
    def start(self, *arguments, **settings):
        server = Server(*arguments, **settings)
        self.addCleanup(server.remove)
        return server.start()

    def stop(self, server):
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.leftovers(), [])

    def create(self, server, name):
        server.client("lambda").create_function(
            FunctionName=name,
            Runtime=PYTHON_RUNTIME,
            Handler="app.handler",
            Role=ROLE,
            Timeout=60,
            Code={"ZipFile": zip_of({"app.py": ECHO})},
        )

    def invoke(self, server, name, event):
        answer = server.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def assert_unprivileged(self, server, uid=None):
        status = status_of(server.process.pid)
        self.assertEqual(len(set(status["Uid"] + status["Gid"])), 1 if uid is None else len({uid, status["Gid"][0]}))
        self.assertNotEqual(status["Uid"][0], "0")
        if uid is not None:
            self.assertEqual(set(status["Uid"]), {uid})
        self.assertEqual(status["Groups"], [])
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[name][0], 16), 0, name)
        self.assertEqual(status["NoNewPrivs"], ["1"])
        # Not dumpable: the files in /proc belong to root, and no process of the same user may trace it.
        self.assertEqual(os.stat(f"/proc/{server.process.pid}/environ").st_uid, 0)
        return int(status["Uid"][0])

    def test_nothing_is_left_of_root(self):
        server = self.start(ephemeral=False)
        uid = self.assert_unprivileged(server)
        self.create(server, "one")
        self.assertEqual(self.invoke(server, "one", 1), 1)
        self.assertEqual(owners_below(server.data), {uid})
        self.stop(server)
        # The next start finds the same user by the directory.
        server.start()
        self.assertEqual(self.assert_unprivileged(server), uid)
        self.assertEqual(self.invoke(server, "one", 2), 2)
        self.assertEqual(server.http("POST", "/_martlet/reset").status, 200)
        self.stop(server)

    def test_a_user_by_name(self):
        server = self.start("--user", "nobody", ephemeral=False)
        self.assert_unprivileged(server, uid="65534")
        self.create(server, "one")
        self.assertEqual(self.invoke(server, "one", 1), 1)
        self.stop(server)

    def test_users_that_cannot_be(self):
        for user, word in (("no-such-user", "no user"), ("root", "unprivileged"), ("0", "unprivileged")):
            command = [str(BINARY), "serve", "--ephemeral", "--listen", f"127.0.0.1:{free_port()}", "--user", user]
            done = subprocess.run(command, capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 1, user)
            self.assertIn(word, done.stderr)

    def test_a_directory_of_root_is_taken_over(self):
        server = self.start(ephemeral=False)
        self.create(server, "old")
        self.stop(server)
        # As a server that stayed root would have left it.
        for path in [server.data, *server.data.rglob("*")]:
            os.chown(path, 0, 0, follow_symlinks=False)
        bystander = server.directory / "bystander"
        bystander.write_text("not in there")
        (server.data / "link").symlink_to(bystander)
        os.link(bystander, server.data / "second-name")
        server.start()
        uid = self.assert_unprivileged(server)
        self.assertEqual(self.invoke(server, "old", 3), 3)
        self.assertEqual(bystander.stat().st_uid, 0)
        (server.data / "second-name").unlink()
        self.assertEqual(owners_below(server.data), {uid})
        self.stop(server)

    def test_a_half_finished_hand_over_is_finished(self):
        server = self.start(ephemeral=False)
        self.create(server, "old")
        self.stop(server)
        for path in (server.data / "store").iterdir():
            os.chown(path, 0, 0)
        server.start()
        uid = self.assert_unprivileged(server)
        self.assertEqual(owners_below(server.data), {uid})
        self.stop(server)

    def test_closed_directories_above(self):
        """Everything lies below a directory that only root may enter, as /root is."""
        server = Server(ephemeral=False)
        self.addCleanup(server.remove)
        self.assertEqual(server.directory.stat().st_mode & 0o077, 0)
        secret = server.directory / "secret"
        secret.write_text("for root alone")
        secret.chmod(0o644)
        server.start()
        uid = self.assert_unprivileged(server)
        # What the server sees there is what it needs.
        seen = pathlib.Path(f"/proc/{server.process.pid}/root{server.directory}")
        self.assertEqual([path.name for path in seen.iterdir()], ["data"])
        self.assertEqual(server.data.stat().st_uid, uid)
        self.stop(server)

    def test_interpreters_in_roots_directories(self):
        """A Python below a closed PYENV_ROOT is found by the server and run by the warden."""
        home = Server()
        self.addCleanup(home.remove)
        version = home.directory / "pyenv" / "versions" / "3.9.77"
        (version / "bin").mkdir(parents=True)
        program = version / "bin" / "python3.9"
        # A program that is not the system's own, so that the log tells which one was taken.
        program.write_text("#!/bin/sh\nexec /usr/bin/python3 \"$@\"\n")
        for path in (version, version / "bin", program):
            path.chmod(0o755)
        server = self.start(environment={"PYENV_ROOT": str(home.directory / "pyenv")})
        self.assert_unprivileged(server)
        server.client("lambda").create_function(
            FunctionName="old",
            Runtime="python3.9",
            Handler="app.handler",
            Role=ROLE,
            Timeout=60,
            Code={"ZipFile": zip_of({"app.py": ECHO})},
        )
        self.assertEqual(self.invoke(server, "old", 4), 4)
        events = server.client("logs").filter_log_events(logGroupName="/aws/lambda/old")["events"]
        self.assertTrue(any("3.9.77" in event["message"] for event in events), events)
        self.stop(server)

    def test_a_key_that_only_root_can_read(self):
        home = Server()
        self.addCleanup(home.remove)
        key, certificate = home.directory / "key.pem", home.directory / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
            + ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)],
            check=True,
            capture_output=True,
        )
        key.chmod(0o600)
        server = Server("--tls-cert", str(certificate), "--tls-key", str(key))
        self.addCleanup(server.remove)
        port = free_port()
        server.port = port
        command = [str(BINARY), "serve", "--ephemeral", "--listen", f"127.0.0.1:{port}"]
        process = subprocess.Popen(
            command + ["--tls-cert", str(certificate), "--tls-key", str(key)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(server.temporary)},
        )
        self.addCleanup(process.stderr.close)
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "ready" in line:
                break
        self.assertIn("https://", "".join(lines))
        self.assertNotEqual(status_of(process.pid)["Uid"][0], "0")
        process.terminate()
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(list(server.temporary.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
