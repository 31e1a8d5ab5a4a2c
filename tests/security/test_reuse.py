"""What an earlier function, or an earlier environment, leaves for the next one: nothing."""

import uuid

from harness import zip_of
from hostile import BOOTED, FORMS, PREBOOTED, PROBE, Hostile

LEAVE = """
secret = event['secret']
open('/tmp/' + secret, 'w').write(secret * 1000)
os.makedirs('/tmp/a/b/c'); os.chmod('/tmp', 0o1777)
libc.shmat.restype = ctypes.c_void_p
memory = libc.shmget(0x4d42, 65536, 0o1666)
address = libc.shmat(memory, None, 0)
ctypes.memmove(address, secret.encode(), len(secret))
queue = libc.msgget(0x4d43, 0o1666)
name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); name.bind('\\0' + secret)
sys.modules['kept'] = name
os.environ['SECRET'] = secret
result = [memory >= 0, queue >= 0, os.getpid()]
"""

LOOK = """
found = [os.path.join(top, name) for top, directories, files in os.walk('/tmp') for name in directories + files]
found = [name for name in found if name != '/tmp/lost+found']
with open('/tmp/blank', 'wb') as file: os.posix_fallocate(file.fileno(), 0, 8 << 20)
blank = open('/tmp/blank', 'rb').read()
os.unlink('/tmp/blank')
result = [found, blank.count(0) == len(blank), libc.shmget(0x4d42, 65536, 0), libc.msgget(0x4d43, 0),
          [name for name in ('shm', 'msg', 'sem') if len(open('/proc/sysvipc/' + name).readlines()) > 1],
          event['secret'] in open('/proc/net/unix').read(), 'SECRET' in os.environ,
          attempt(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect, '\\0' + event['secret'])]
"""
NOTHING = [[], True, -1, -1, [], False, False, "ECONNREFUSED"]


class ReuseTest(Hostile):
    EPHEMERAL = False

    def test_another_function(self):
        for form in FORMS:
            with self.subTest(form):
                secret = uuid.uuid4().hex
                earlier = self.probe(f"earlier-{form}", form)
                shared, queued, _ = self.attack(earlier, LEAVE, secret=secret)
                self.assertTrue(shared)
                self.forget(earlier)
                for other in FORMS:
                    if other == PREBOOTED:
                        self.wait_for_stock()
                    name = self.probe(f"later-{form}-{other}", other)
                    self.assertEqual(self.attack(name, LOOK, secret=secret), NOTHING)

    def test_the_same_function_after_a_change(self):
        secret = uuid.uuid4().hex
        name = self.probe("changes", PREBOOTED)
        self.attack(name, LEAVE, secret=secret)
        # The same environment has it still, as AWS documents.
        self.assertEqual(self.attack(name, LOOK, secret=secret)[6], True)
        self.functions.update_function_code(FunctionName=name, ZipFile=zip_of({"app.py": PROBE + "\n# changed\n"}))
        self.assertEqual(self.attack(name, LOOK, secret=secret), NOTHING)

    def test_the_same_function_after_a_crash(self):
        secret = uuid.uuid4().hex
        name = self.probe("crashes", BOOTED)
        self.attack(name, LEAVE, secret=secret)
        self.assert_function_error(self.invoke(name, {"attack": "os._exit(1)"}), "Runtime.ExitError")
        self.assertEqual(self.attack(name, LOOK, secret=secret), NOTHING)

    def test_the_interpreter_that_waited_knows_no_function(self):
        source = """
maps = open('/proc/self/maps').read()
result = [line for line in open('/proc/self/mountinfo').read().splitlines() if event['other'] in line]
"""
        self.probe("marked-function", BOOTED)
        self.expect([], source, other="marked-function")
