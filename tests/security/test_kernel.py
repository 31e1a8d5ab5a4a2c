"""System calls that a function must not be able to make, made with arguments that would work for root."""

import os
import unittest

from hostile import Hostile


class SystemCallsTest(Hostile):
    def refused(self, source, allowed=("EPERM",), **event):
        for _, answers in self.in_both(source, **event):
            self.assertEqual({name: answer for name, answer in answers.items() if answer not in allowed}, {})

    @unittest.skipUnless(os.uname().machine == "x86_64", "the numbers of the system calls are those of x86-64")
    def test_mounts_debuggers_keys_modules_and_the_like(self):
        source = """
def text(value): return ctypes.c_char_p(value.encode())
zeros = ctypes.create_string_buffer(256)
parent = os.getppid() or 1
result = {
    'mount': call(165, text('none'), text('/tmp'), text('tmpfs'), 0, 0), 'umount': call(166, text('/tmp'), 2),
    'bind mount': call(165, text('/'), text('/tmp'), 0, 4096, 0), 'remount': call(165, 0, text('/'), 0, 32, 0),
    'chroot': call(161, text('/tmp')), 'pivot_root': call(155, text('/tmp'), text('/tmp')),
    'open_tree': call(428, -100, text('/tmp'), 1), 'fsopen': call(430, text('tmpfs'), 0), 'mount_setattr': call(442, -100, text('/'), 0, zeros, 32),
    'trace me': call(101, 0, 0, 0, 0), 'attach': call(101, 16, 1, 0, 0), 'seize': call(101, 0x4206, 1, 0, 0),
    'read memory': call(310, 1, zeros, 1, zeros, 1, 0), 'write memory': call(311, 1, zeros, 1, zeros, 1, 0), 'kcmp': call(312, 1, 1, 0, 0, 0),
    'pidfd_getfd': call(438, 0, 0, 0), 'bpf': call(321, 0, zeros, 128), 'perf': call(298, zeros, 0, -1, -1, 0),
    'kexec_load': call(246, 0, 0, zeros, 0), 'kexec_file_load': call(320, 0, 0, 0, zeros, 0),
    'init_module': call(175, zeros, 256, text('')), 'finit_module': call(313, 0, text(''), 0), 'delete_module': call(176, text('loop'), 2048),
    'add_key': call(248, text('user'), text('x'), text('y'), 1, -3), 'request_key': call(249, text('user'), text('x'), 0, 0), 'keyctl': call(250, 0, -3, 0),
    'unshare users': call(272, 0x10000000), 'unshare mounts': call(272, 0x20000), 'unshare network': call(272, 0x40000000),
    'clone users': call(56, 0x10000000 | 17, 0, 0, 0, 0), 'setns': call(308, 0, 0),
    'userfaultfd': call(323, 1), 'io_uring': call(425, 1, zeros), 'handle': call(304, -100, zeros, 0), 'name to handle': call(303, -100, text('/'), zeros, zeros, 0),
    'reboot': call(169, 0xfee1dead - (1 << 32), 672274793, 0, 0), 'swapon': call(167, text('/tmp/x'), 0), 'acct': call(163, text('/tmp/x')),
    'set the clock': call(227, 0, zeros), 'set the name': call(170, text('x'), 1), 'iopl': call(172, 3), 'quota': call(179, 0, 0, 0, 0),
    'read the kernel log': call(103, 3, zeros, 256), 'fanotify': call(300, 0, 0),
}
"""
        self.refused(source)

    @unittest.skipUnless(os.uname().machine == "x86_64", "the numbers of the system calls are those of x86-64")
    def test_clone3_cannot_be_looked_into_and_is_not_there(self):
        # Its flags are behind a pointer, where a filter cannot see them: programs fall back to clone.
        self.expect("ENOSYS", "result = call(435, ctypes.create_string_buffer(88), 88)")

    def test_raw_and_other_sockets(self):
        source = """
kinds = {'raw': (2, 3, 1), 'raw TCP': (2, 3, 6), 'raw IPv6': (10, 3, 58), 'packet': (17, 3, 768), 'packet datagram': (17, 2, 768),
         'netlink route': (16, 3, 0), 'netlink audit': (16, 3, 9), 'netlink netfilter': (16, 3, 12), 'crypto': (38, 5, 0), 'vsock': (40, 1, 0),
         'bluetooth': (31, 3, 0), 'can': (29, 3, 1), 'xdp': (44, 3, 0), 'sctp': (2, 1, 132), 'rds': (21, 5, 0), 'tipc': (30, 5, 0)}
result = {name: attempt(socket.socket, *kind) for name, kind in kinds.items()}
"""
        self.refused(source, allowed=("EPERM", "EPROTONOSUPPORT"))

    def test_set_user_id_programs_give_nothing(self):
        source = """
import shutil, stat
gained = []
def effective(command):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout
for top, _, files in os.walk('/usr'):
    for name in files:
        path = os.path.join(top, name)
        mode = os.lstat(path).st_mode
        if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID) and not os.statvfs(path).f_flag & os.ST_NOSUID:
            gained.append(path)
shutil.copy('/usr/bin/id', '/tmp/id')
os.chmod('/tmp/id', 0o6755)
if 'uid=0' in effective(['/tmp/id']): gained.append('a copy of id')
for command in (['su', '-c', 'id'], ['sudo', '-n', 'id'], ['pkexec', 'id'], ['newgrp']):
    if shutil.which(command[0]) and 'uid=0' in effective(command): gained.append(command[0])
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
result = [gained, {name: status[name].strip() for name in ('CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp')}]
"""
        none = "0" * 16
        rights = {name: none for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")}
        self.expect([[], {**rights, "NoNewPrivs": "1", "Seccomp": "2"}], source)

    def test_nobody_becomes_another_user(self):
        source = """
changes = {'uid 0': lambda: os.setuid(0), 'gid 0': lambda: os.setgid(0), 'real': lambda: os.setresuid(0, 0, 0),
           'groups': lambda: os.setgroups([0]), 'uid 1': lambda: os.setuid(1), 'map': lambda: os.write(os.open('/proc/self/uid_map', os.O_WRONLY), b'0 0 1'),
           'device': lambda: os.mknod('/tmp/device', 0o20666, os.makedev(1, 1)), 'disk': lambda: os.mknod('/tmp/disk', 0o60666, os.makedev(7, 0))}
result = {name: attempt(change) for name, change in changes.items()}
"""
        self.refused(source, allowed=("EPERM", "EINVAL", "EACCES"))

    def test_the_terminal_and_the_first_process(self):
        source = """
import fcntl, signal
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGSEGV, signal.SIGUSR1): attempt(os.kill, 1, number)
answers = [attempt(fcntl.ioctl, 0, 0x5412, b'x'), attempt(fcntl.ioctl, 0, 0x540E, 0)]
result = [os.path.exists('/proc/1'), 'allowed' in answers]
"""
        self.expect([False, False], source)
