// What a program inside must not be able to see or do. Each test tries to.

#include <cstdlib>
#include <sstream>

#include "sandbox/sandbox_test.h"

namespace martlet::sandbox {
namespace {

using namespace testing;
using testing::run;

/// Defines call(name-or-number, args...) that makes a raw system call and returns 0 or the name of the error.
constexpr const char* kCalls = R"(
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    ctypes.set_errno(0)
    r = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    return 'allowed' if r >= 0 else errno.errorcode[ctypes.get_errno()]
)";

Task<std::string> output_of(Executor executor, Warden& warden, std::string script) {
  const Outcome outcome = co_await run(executor, warden, python(kCalls + script));
  co_return outcome.output + outcome.errors;
}

TEST(Isolation, OnlyTmpCanBeWritten) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    EXPECT_EQ(co_await output_of(executor, warden, R"(
os.system('find / -path /proc -prune -o -path /tmp -prune -o -type d -writable -print 2> /dev/null')
for directory in ('/', '/dev', '/etc', '/opt', '/proc', '/run', '/usr', '/usr/bin', '/usr/lib', '/var'):
    try: open(directory + '/martlet-was-here', 'w').close(); print('wrote in', directory)
    except OSError: pass
open('/tmp/x', 'w').write('works'); print(open('/tmp/x').read())
for path in ('/usr/bin/env', '/etc/passwd', '/dev/null', '/tmp'):
    try: os.chmod(path, 0o777); print('changed', path)
    except OSError as e: pass)"),
              "works\nchanged /tmp\n");
  });
}

TEST(Isolation, NothingOfTheHostIsVisible) {
  ::setenv("MARTLET_TEST_SECRET", "of the server", 1);
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const TemporaryDirectory secret;
    EXPECT_EQ(co_await output_of(executor, warden, "secret = '" + secret.path() + R"('
for path in ('/root', '/home', '/boot', '/sys', '/work', '/srv', '/mnt', secret, '/etc/shadow', '/etc/ssl/private',
             '/etc/machine-id', '/etc/hostname', '/etc/fstab', '/run/dbus', '/var/log', '/dev/shm', '/dev/pts', '/dev/kmsg',
             '/dev/mem', '/dev/sda', '/dev/vda'):
    if os.path.exists(path): print('sees', path)
print([l.split(':')[0] for l in open('/etc/passwd')])
print(sorted(p for p in os.listdir('/proc') if p.isdigit()))
print('MARTLET_TEST_SECRET' in os.environ)
for path in ('/proc/1/environ', '/proc/1/maps', '/proc/1/mem', '/proc/kcore', '/proc/kmsg', '/proc/1/root/etc',
             '/proc/sys/kernel/core_pattern.new'):
    try:
        if open(path).read(10): print('reads', path)
    except OSError: pass
print(len(open('/proc/keys').read()), os.uname().nodename))"),
              "['root', 'sandbox', 'nobody']\n['2']\nFalse\n0 localhost\n");
  });
}

TEST(Isolation, ThereAreNoPrivileges) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const Outcome outcome = co_await run(
        executor, warden, program({"/bin/grep", "-E", "^(Cap|NoNewPrivs|Seccomp:)", "/proc/self/status"}));
    EXPECT_EQ(outcome.output,
              "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
              "CapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n");
    EXPECT_EQ(co_await output_of(executor, warden, R"(
for change in (os.setuid, os.setgid):
    try: change(0); print('became root')
    except OSError as e: print(errno.errorcode[e.errno])
print(open('/proc/self/uid_map').read().split()[::2])
for path in ('/proc/self/uid_map', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger', '/proc/sys/vm/drop_caches',
             '/proc/sys/net/ipv4/ip_forward'):
    try: os.write(os.open(path, os.O_WRONLY), b'0 0 1'); print('wrote', path)
    except OSError: pass)"),
              "EINVAL\nEINVAL\n['993', '1']\n");
  });
}

TEST(Isolation, DangerousSystemCallsAreRefused) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
#ifdef __x86_64__
    EXPECT_EQ(co_await output_of(executor, warden, R"(
calls = {'mount': 165, 'umount2': 166, 'pivot_root': 155, 'chroot': 161, 'setns': 308, 'open_tree': 428,
         'move_mount': 429, 'fsopen': 430, 'mount_setattr': 442, 'ptrace': 101, 'process_vm_readv': 310,
         'process_vm_writev': 311, 'pidfd_getfd': 438, 'kcmp': 312, 'bpf': 321, 'perf_event_open': 298,
         'userfaultfd': 323, 'io_uring_setup': 425, 'keyctl': 250, 'add_key': 248, 'request_key': 249,
         'init_module': 175, 'finit_module': 313, 'delete_module': 176, 'kexec_load': 246, 'kexec_file_load': 320,
         'reboot': 169, 'swapon': 167, 'acct': 163, 'iopl': 172, 'ioperm': 173, 'sethostname': 170,
         'settimeofday': 164, 'clock_settime': 227, 'open_by_handle_at': 304, 'name_to_handle_at': 303,
         'fanotify_init': 300, 'quotactl': 179, 'syslog': 103, 'vhangup': 153, 'memfd_secret': 447}
for name, number in calls.items():
    answer = call(number, 0, 0, 0, 0, 0)
    if answer != 'EPERM': print(name, answer)
print(call(435, 0, 0), call(9999), call(135, 0xffffffff), call(135, 0x0040000)))"),
              "ENOSYS ENOSYS allowed ENOSYS\n");
#else
    (void)executor, (void)warden;
    skip("the numbers of the system calls are those of x86-64");
    co_return;
#endif
  });
}

TEST(Isolation, NoNamespacesCanBeMade) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    EXPECT_EQ(co_await output_of(executor, warden, R"(
for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80):
    print(libc.unshare(flag), end=' ')
print(libc.unshare(0x200))
if os.uname().machine == 'x86_64':
    print(call(56, 0x10000000 | 17, 0, 0, 0, 0), call(56, 0x40000000 | 0x20000000 | 17, 0, 0, 0, 0))
else: print('EPERM EPERM'))"),
              "-1 -1 -1 -1 -1 -1 -1 -1 0\nEPERM EPERM\n");
  });
}

TEST(Isolation, OnlyOrdinarySockets) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    EXPECT_EQ(co_await output_of(executor, warden, R"(
import socket
for family, kind in ((1, 1), (1, 2), (1, 5), (2, 1), (2, 2), (10, 1), (2, 3), (10, 3), (17, 3), (17, 2), (16, 3), (38, 5),
                     (40, 1), (31, 3), (2, 10)):
    try: socket.socket(family, kind).close(); print('+', end='')
    except OSError as e: print('-' if e.errno == errno.EPERM else e, end='')
print()
for address in ('10.0.0.1', '8.8.8.8', '169.254.169.254', '192.168.1.1'):
    try: socket.create_connection((address, 80), 2); print('reached', address)
    except OSError as e: print(errno.errorcode[e.errno]))"),
              "++++++---------\nENETUNREACH\nENETUNREACH\nENETUNREACH\nENETUNREACH\n");
  });
}

TEST(Isolation, ForeignArchitecturesEndTheProgram) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
#ifdef __x86_64__
    // mov $20, %eax; int $0x80; ret: getpid() by the 32-bit convention.
    const Outcome outcome = co_await run(executor, warden, python(R"(
import ctypes, mmap
m = mmap.mmap(-1, 4096, prot=7)
m.write(bytes([0xb8, 0x14, 0, 0, 0, 0xcd, 0x80, 0xc3]))
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()
print('came through'))"));
    EXPECT_EQ(outcome.output, "");
    // A kernel without the 32-bit convention ends it as well, in its own way.
    if (outcome.result.kind != Result::Kind::kSignalled)
      EXPECT_EQ(outcome.result.kind, Result::Kind::kViolation) << outcome.result.detail;
#else
    (void)executor, (void)warden;
    skip("machine code of x86-64");
    co_return;
#endif
  });
}

TEST(Isolation, SandboxesDoNotSeeEachOther) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    const auto first = co_await warden.create(shell("echo secret > /tmp/secret; echo ready; exec sleep 600"));
    LineReader lines(executor, first->take_stdout());
    EXPECT_EQ(co_await lines.next(), "ready");
    EXPECT_EQ(co_await output_of(executor, warden, R"(
import signal, socket
print(os.listdir('/tmp'))
try: os.kill(-1, signal.SIGKILL); print('somebody was there')
except ProcessLookupError: print('alone')
os.kill(1, signal.SIGKILL); os.kill(1, signal.SIGTERM)
try: os.stat('/proc/1'); print('sees the first process')
except FileNotFoundError: pass
print('still here'))"),
              "[]\nalone\nstill here\n");
    const Usage usage = co_await first->usage();
    EXPECT_GT(usage.memory_bytes, 0U);
  });
}

TEST(Isolation, EachSandboxHasAHostUserOfItsOwnWhereRootMakesIt) {
  with_warden([](Executor executor, Warden& warden) -> Task<> {
    if (!warden.capabilities().privileged) skip("needs root");
    const auto first = co_await warden.create(shell("cat /proc/self/uid_map; exec sleep 600"));
    const auto second = co_await warden.create(shell("cat /proc/self/uid_map; exec sleep 600"));
    LineReader one(executor, first->take_stdout());
    LineReader other(executor, second->take_stdout());
    const std::string id = co_await one.next();
    EXPECT_NE(id, co_await other.next());
    std::istringstream words(id);
    std::uint64_t inside = 0, outside = 0;
    words >> inside >> outside;
    EXPECT_GE(outside, 65533U);
  });
}

}  // namespace
}  // namespace martlet::sandbox
