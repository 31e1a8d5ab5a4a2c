#include "sandbox/system_call_filter.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>

#include "sandbox/descriptor.h"
#include "sandbox/system_call_lists.h"

namespace martlet::sandbox {

namespace {

/// Conditions on the argument with this index.
scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp exceeds(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_GT, value, 0}; }
scmp_arg_cmp masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

using Context = std::unique_ptr<void, decltype(&::seccomp_release)>;

void require(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string("cannot build the system call filter: ") + what);
}

/// Names that this library or architecture does not have are left out: they answer ENOSYS.
void add(const Context& context, std::uint32_t action, const char* name,
         std::initializer_list<scmp_arg_cmp> conditions = {}) {
  const int number = ::seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR) return;
  // Calls that exist on other architectures only have negative numbers; there is nothing to do for them.
  if (number < 0) return;
  require(::seccomp_rule_add_array(context.get(), action, number, static_cast<unsigned>(conditions.size()),
                                   conditions.begin()),
          name);
}

constexpr std::uint64_t kNewNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr std::uint64_t kNewTime =
    0x80;  // CLONE_NEWTIME; part of the exit signal's byte in clone(), a flag in unshare()

/// Ordinary sockets only: no raw or packet sockets, no netlink, no exotic families.
void add_sockets(const Context& context) {
  constexpr std::uint64_t kTypeMask = 0xf;
  for (const int family : {AF_UNIX, AF_INET, AF_INET6})
    for (const int type : {SOCK_STREAM, SOCK_DGRAM})
      add(context, SCMP_ACT_ALLOW, "socket",
          {equals(0, static_cast<scmp_datum_t>(family)),
           masked(1, kTypeMask, static_cast<scmp_datum_t>(type))});
  add(context, SCMP_ACT_ALLOW, "socket", {equals(0, AF_UNIX), masked(1, kTypeMask, SOCK_SEQPACKET)});
}

/// Whatever the conditions of a call do not cover. libseccomp cannot say "otherwise EPERM", so the opposite
/// is spelt out.
void refuse_other_sockets(const Context& context) {
  constexpr std::uint64_t kTypeMask = 0xf;
  const auto refuse = SCMP_ACT_ERRNO(EPERM);
  for (const int family : {AF_UNIX, AF_INET, AF_INET6})
    for (scmp_datum_t type = 0; type <= kTypeMask; ++type) {
      if (type == SOCK_STREAM || type == SOCK_DGRAM || (family == AF_UNIX && type == SOCK_SEQPACKET))
        continue;
      add(context, refuse, "socket",
          {equals(0, static_cast<scmp_datum_t>(family)), masked(1, kTypeMask, type)});
    }
  static_assert(AF_UNIX == 1 && AF_INET == 2 && AF_INET6 == 10);
  for (const scmp_datum_t family : std::initializer_list<scmp_datum_t>{0, 3, 4, 5, 6, 7, 8, 9})
    add(context, refuse, "socket", {equals(0, family)});
  add(context, refuse, "socket", {exceeds(0, AF_INET6)});
}

/// New processes and threads, but no new namespaces. clone3 has its flags in memory, where a filter cannot
/// look: ENOSYS makes the C library use clone.
void add_processes(const Context& context) {
  add(context, SCMP_ACT_ALLOW, "clone", {masked(0, kNewNamespaces, 0)});
  add(context, SCMP_ACT_ALLOW, "unshare", {masked(0, kNewNamespaces | kNewTime, 0)});
  for (std::uint64_t flag = 1; flag <= kNewNamespaces; flag <<= 1) {
    const bool is_namespace = (kNewNamespaces & flag) != 0;
    if (is_namespace) add(context, SCMP_ACT_ERRNO(EPERM), "clone", {masked(0, flag, flag)});
    if (is_namespace || flag == kNewTime)
      add(context, SCMP_ACT_ERRNO(EPERM), "unshare", {masked(0, flag, flag)});
  }
}

void add_conditional(const Context& context) {
  add_sockets(context);
  refuse_other_sockets(context);
  add_processes(context);
  // Reading the personality, and setting the ordinary one. Others switch protections off.
  for (const scmp_datum_t persona : {scmp_datum_t{0}, scmp_datum_t{0xffffffff}})
    add(context, SCMP_ACT_ALLOW, "personality", {equals(0, persona)});
}

std::vector<sock_filter> compiled(const Context& context) {
  const Descriptor memory(checked(::memfd_create("filter", MFD_CLOEXEC), "cannot make a memory file"));
  require(::seccomp_export_bpf(context.get(), memory.get()), "export");
  const off_t size = ::lseek(memory.get(), 0, SEEK_END);
  std::vector<sock_filter> program(static_cast<std::size_t>(size) / sizeof(sock_filter));
  if (::pread(memory.get(), program.data(), static_cast<std::size_t>(size), 0) != size)
    throw_errno("cannot read the system call filter");
  return program;
}

}  // namespace

SystemCallFilter::SystemCallFilter() {
  const Context context(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), &::seccomp_release);
  if (!context) throw std::runtime_error("cannot build the system call filter");
  require(::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "architecture");
  require(::seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimisation");
  for (const char* name : kAllowedCalls) add(context, SCMP_ACT_ALLOW, name);
  for (const char* name : kRefusedCalls) add(context, SCMP_ACT_ERRNO(EPERM), name);
  add_conditional(context);
  program_ = compiled(context);
}

void SystemCallFilter::apply() const {
  const sock_fprog program{static_cast<unsigned short>(program_.size()),
                           const_cast<sock_filter*>(program_.data())};
  checked(static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)),
          "cannot apply the system call filter");
}

}  // namespace martlet::sandbox
