"""Hostile functions: a server with functions that run whatever their event says, each in two kinds of environments.

An attack is Python source that leaves what it found in `result`. It has `call(number, ...)`, which makes a raw system
call and names the error ("allowed" when there is none), and `attempt(action, ...)`, which does the same for anything
that raises OSError. `event` is what the test passes along.

The two kinds come about differently: one boots for its function (a variable that the interpreter reads at its start
forbids anything else), one has been booted before it was known for whom.
"""

import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))

from harness import PYTHON_RUNTIME, ROLE, ApiTest, zip_of

BOOTED, PREBOOTED = "booted", "prebooted"
FORMS = (BOOTED, PREBOOTED)

PROBE = """
import ctypes, errno, json, os, socket, struct, subprocess, sys, time

descriptors = {number: os.readlink(f'/proc/self/fd/{number}') for number in os.listdir('/proc/self/fd')
               if os.path.lexists(f'/proc/self/fd/{number}')}
libc = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments):
    ctypes.set_errno(0)
    answer = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    return 'allowed' if answer >= 0 else errno.errorcode[ctypes.get_errno()]

def attempt(action, *arguments, **named):
    try:
        action(*arguments, **named)
        return 'allowed'
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))

def handler(event, context):
    scope = {**globals(), 'event': event, 'context': context, 'result': None}
    exec(event['attack'], scope)
    return scope['result']
"""


def is_root():
    return os.geteuid() == 0


class Hostile(ApiTest):
    """PROBE_SETTINGS go to both functions. The server is on the disk, where /tmp has its full size."""

    PROBE_SETTINGS = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The first function of a runtime has others of it booted.
        cls.names = {"first": cls.make_probe("first", PREBOOTED)}
        cls.functions.invoke(FunctionName="first", Payload=b'{"attack": ""}')
        for form in FORMS:
            cls.names[form] = cls.make_probe(form, form, **cls.PROBE_SETTINGS)

    @classmethod
    def tearDownClass(cls):
        cls.server.note_processes()
        for name in cls.names.values():
            cls.functions.delete_function(FunctionName=name)
        super().tearDownClass()

    @classmethod
    def make_probe(cls, name, form, files=(), **settings):
        settings = {"Timeout": 60, "MemorySize": 1024, **settings}
        variables = {"PYTHONWARNINGS": "ignore"} if form == BOOTED else {}
        cls.functions.create_function(
            FunctionName=name,
            Runtime=PYTHON_RUNTIME,
            Handler="app.handler",
            Role=ROLE,
            Code={"ZipFile": zip_of({"app.py": PROBE, **dict(files)})},
            Environment={"Variables": variables},
            **settings,
        )
        return name

    def probe(self, name, form, **settings):
        """One more of these functions, for this test alone."""
        self.make_probe(name, form, **settings)
        self.addCleanup(self.forget, name)
        return name

    def metric(self, name):
        text = self.server.http("GET", "/metrics").body.decode()
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])

    def wait_for_stock(self):
        """Until a pre-booted runtime waits for a function."""
        deadline = time.monotonic() + 20
        while self.metric('martlet_preboot_runtimes{state="waiting"}') < 1:
            self.assertLess(time.monotonic(), deadline, "no runtime was pre-booted")
            time.sleep(0.05)

    def attack(self, name, source, /, **event):
        """What the attack found; it must not make the function fail."""
        answer = self.invoke(name, {"attack": source, **event})
        self.assertNotIn("FunctionError", answer, answer["Payload"])
        return answer["Payload"]

    def in_both(self, source, /, **event):
        """[(form, what the attack found)] for both kinds."""
        found = []
        for form in FORMS:
            if form == PREBOOTED:
                self.wait_for_stock()
            found.append((form, self.attack(self.names[form], source, **event)))
        return found

    def expect(self, found, source, /, **event):
        """The attack finds just that in both kinds of environments."""
        for form, answer in self.in_both(source, **event):
            self.assertEqual(answer, found, form)
