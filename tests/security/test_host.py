"""What is not the function's own: the host's processes and files, other functions, and other environments."""

import os
import pathlib
import socket
import uuid

from harness import alive, descendants
from hostile import BOOTED, FORMS, PREBOOTED, Hostile

# Every file that is seen from the root, but for what the system root shows on purpose.
WALK = """
found = []
for top, directories, files in os.walk('/'):
    if top == '/':
        directories[:] = [name for name in directories if name not in ('proc', 'usr', 'lib', 'lib64', 'bin', 'sbin')]
    found += [os.path.join(top, name) for name in directories + files if event['marker'] in name]
"""


class ProcessesTest(Hostile):
    def test_prebooted_environments_are_attacked_too(self):
        self.attack(self.names[BOOTED], "result = 1")
        before = self.metric("martlet_preboot_taken_total")
        self.wait_for_stock()
        self.attack(self.probe("taken", PREBOOTED), "result = 1")
        self.assertGreater(self.metric("martlet_preboot_taken_total"), before)

    def test_no_processes_but_its_own_are_seen(self):
        source = """
seen = [int(name) for name in os.listdir('/proc') if name.isdigit()]
result = [pid for pid in seen if os.getpid() != pid]
"""
        self.expect([], source)

    def test_nobody_outside_is_signalled(self):
        processes = descendants(self.server.process.pid)
        source = """
import signal
answers = {attempt(os.kill, pid, number) for pid in event['pids'] for number in (0, signal.SIGKILL, signal.SIGSTOP)}
answers |= {attempt(os.kill, -1, signal.SIGKILL)}
for pid in range(1, 400):
    if pid != os.getpid(): attempt(os.kill, pid, signal.SIGKILL)
answers.add(attempt(os.killpg, event['pids'][0], signal.SIGKILL))
result = sorted(answers)
"""
        # Process ids that no environment has inside, in any case.
        pids = sorted(pid for pid, _ in processes if pid > 400)
        for _, answer in self.in_both(source, pids=pids):
            self.assertEqual(answer, ["ESRCH"])
        self.assertEqual(alive([(pid, start) for pid, start in processes if pid == self.server.process.pid]), {self.server.process.pid})
        self.assert_healthy()

    def test_priorities_and_limits_of_others_stay(self):
        source = """
import resource
pid = event['pid']
result = sorted({attempt(os.setpriority, os.PRIO_PROCESS, pid, 19), attempt(os.sched_setaffinity, pid, {0}),
                 attempt(resource.prlimit, pid, resource.RLIMIT_CPU, (1, 1)), call(434, pid, 0)})
"""
        self.expect(["ESRCH"], source, pid=self.server.process.pid)

    def test_another_environment_is_out_of_reach(self):
        marker = uuid.uuid4().hex
        self.probe("victim", BOOTED, files={f"{marker}.py": "secret = 1\n"})
        hold = """
keep = socket.socket(socket.AF_UNIX); keep.bind('\\0' + event['marker']); keep.listen()
door = socket.create_server(('127.0.0.1', 7777)); sys.modules['kept'] = (keep, door)
open('/tmp/' + event['marker'], 'w').write('secret')
memory = libc.shmget(0x4d41, 4096, 0o1666)
sys.modules['holding'] = libc.shmat(memory, 0, 0)
os.set_blocking(0, False)
result = memory >= 0
"""
        self.assertTrue(self.attack("victim", hold, marker=marker))
        source = WALK + """
result = [found, attempt(socket.socket(socket.AF_UNIX).connect, '\\0' + event['marker']),
          attempt(socket.create_connection, ('127.0.0.1', 7777), 2), libc.shmget(0x4d41, 4096, 0),
          event['marker'] in open('/proc/net/unix').read(), len(open('/proc/sysvipc/shm').readlines())]
"""
        self.expect([[], "ECONNREFUSED", "ECONNREFUSED", -1, False, 1], source, marker=marker)


class FilesTest(Hostile):
    EPHEMERAL = False

    def test_the_data_directory_and_other_functions_code(self):
        marker = uuid.uuid4().hex
        self.probe("other", PREBOOTED, files={f"{marker}.py": "secret = 1\n"})
        self.assertEqual(self.attack("other", "result = os.path.exists('/var/task/' + event['m'] + '.py')", m=marker), True)
        source = WALK + """
paths = [event['data'], event['data'] + '/store', event['data'] + '/code', event['data'] + '/blobs', event['data'] + '/run']
paths += ['/proc/1/root' + path for path in paths] + ['/var/task/../../..' + path for path in paths]
result = [found, [path for path in paths if os.path.lexists(path)]]
"""
        self.expect([[], []], source, marker=marker, data=str(self.server.data))

    def test_secrets_of_the_host(self):
        paths = "/root /home /etc/shadow /etc/gshadow /etc/hostname /etc/machine-id /etc/fstab /etc/sudoers /etc/ssh"
        paths += " /etc/ssl/private /boot /sys /srv /mnt /media /var/lib /var/log /var/spool /run/docker.sock /run/dbus"
        paths += " /dev/mem /dev/kmsg /dev/kvm /dev/fuse /dev/net/tun /dev/loop0 /dev/loop-control /dev/sda /dev/vda /dev/shm"
        paths += " /proc/kcore /proc/kmsg /proc/1/environ /proc/1/root /proc/1/cwd /proc/sysrq-trigger"
        source = """
def readable(path):
    try:
        return bool(os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(64))
    except OSError:
        return False
result = [path for path in event['paths'] if readable(path)]
"""
        self.expect([], source, paths=paths.split())

    def test_what_files_of_etc_say_is_nothing_of_the_host(self):
        accounts = [line.split(":")[0] for line in pathlib.Path("/etc/passwd").read_text().splitlines()]
        source = """
text = open('/etc/passwd').read() + open('/etc/group').read() + open('/etc/hosts').read()
result = [os.uname().nodename, [name for name in event['accounts'] if '\\n' + name + ':' in text]]
"""
        foreign = [name for name in accounts if name not in ("root", "nobody", "sandbox")]
        self.expect(["localhost", []], source, accounts=foreign)

    def test_the_servers_environment(self):
        source = "result = [name for name in os.environ if name in event['names']]"
        own = {"PATH", "LANG", "TZ", "PWD", "SHLVL", "_", "LC_CTYPE", "AWS_REGION", "AWS_DEFAULT_REGION"}
        names = [name for name in os.environ if name not in own and not name.startswith(("AWS_", "PYTHON"))]
        self.expect([], source, names=names)

    def test_only_tmp_is_written(self):
        source = """
written, changed = [], []
for top, directories, files in os.walk('/'):
    if top == '/': directories[:] = [name for name in directories if name not in ('proc', 'tmp')]
    if os.access(top, os.W_OK): written.append(top)
    written += [path for path in (os.path.join(top, name) for name in files)
                if os.access(path, os.W_OK) and not os.path.islink(path) and not path.startswith('/dev/')]
for path in ('/', '/var/task', '/var/task/app.py', '/var/runtime', '/opt', '/etc/passwd', '/usr/bin/env', '/dev/null'):
    for action in (lambda: os.chmod(path, 0o777), lambda: os.chown(path, os.getuid(), -1), lambda: os.utime(path),
                   lambda: os.rename(path, path + '.old'), lambda: os.truncate(path, 0), lambda: os.unlink(path),
                   lambda: os.symlink('/tmp', path + '.link'), lambda: os.link(path, '/tmp/link'),
                   lambda: os.setxattr(path, 'user.x', b'1'), lambda: open(path + '.new', 'w')):
        if attempt(action) == 'allowed': changed.append(path)
open('/tmp/works', 'w').write('x')
result = [written, [path for path in changed if path != '/dev/null']]
"""
        self.expect([[], []], source)

    def test_settings_of_the_kernel(self):
        source = """
written = []
for top, directories, files in os.walk('/proc/sys'):
    written += [path for path in (os.path.join(top, name) for name in files) if attempt(os.open, path, os.O_WRONLY) == 'allowed']
result = [written, attempt(os.open, '/proc/sysrq-trigger', os.O_WRONLY) == 'allowed',
          attempt(lambda: os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-1000'))]
"""
        for _, (written, sysrq, score) in self.in_both(source):
            self.assertEqual([written, sysrq], [[], False])
            self.assertIn(score, ("EACCES", "EPERM"))

    def test_descriptors(self):
        source = """
tcp = open('/proc/self/net/tcp').read()
others = {target for number, target in descriptors.items() if int(number) > 2}
result = [target for target in others if not (target.startswith('socket:[') and ' ' + target[8:-1] + ' ' in tcp)]
"""
        for form in FORMS:
            with self.subTest(form):
                name = self.probe(f"descriptors-{form}", form)
                if form == PREBOOTED:
                    self.wait_for_stock()
                self.assertEqual(self.attack(name, source), [])

    def test_descriptors_of_a_provided_runtime(self):
        bootstrap = """#!/usr/bin/python3 -I
import json, os, urllib.request
numbers = [number for number in sorted(map(int, os.listdir('/proc/self/fd'))) if os.path.exists(f'/proc/self/fd/{number}')]
api = 'http://' + os.environ['AWS_LAMBDA_RUNTIME_API'] + '/2018-06-01/runtime/invocation/'
while True:
    event = urllib.request.urlopen(api + 'next')
    event.read()
    urllib.request.urlopen(api + event.headers['Lambda-Runtime-Aws-Request-Id'] + '/response', json.dumps(numbers).encode()).read()
"""
        self.deploy("bare", {"bootstrap": bootstrap}, runtime="provided.al2023", handler="x")
        self.assertEqual(self.invoke("bare")["Payload"], [0, 1, 2])

    def test_nothing_of_the_host_answers_on_abstract_sockets(self):
        name = "martlet-test-" + uuid.uuid4().hex
        with socket.socket(socket.AF_UNIX) as door:
            door.bind("\0" + name)
            door.listen()
            source = "result = attempt(socket.socket(socket.AF_UNIX).connect, '\\0' + event['name'])"
            self.expect("ECONNREFUSED", source, name=name)
