#pragma once

// Which system calls programs in a sandbox may make. Read by system_call_filter.cc, which also treats the
// calls whose answer depends on their arguments: socket, clone, unshare and personality.

namespace martlet::sandbox {

/// Calls that ordinary programs make, none of which reaches beyond the sandbox.
inline constexpr const char* kAllowedCalls[] = {
    // Files
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2",
    "open", "openat", "openat2", "creat", "close", "close_range", "lseek", "stat", "fstat", "lstat",
    "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "rename",
    "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "mkdir",
    "mkdirat", "rmdir", "mknod", "mknodat", "chdir", "fchdir", "getcwd", "chmod", "fchmod", "fchmodat",
    "chown", "fchown", "lchown", "fchownat", "umask", "truncate", "ftruncate", "fallocate", "fsync",
    "fdatasync", "sync_file_range", "sync", "syncfs", "fadvise64", "readahead", "getdents", "getdents64",
    "statfs", "fstatfs", "flock", "utime", "utimes", "utimensat", "futimesat", "sendfile", "copy_file_range",
    "splice", "tee", "vmsplice", "dup", "dup2", "dup3", "fcntl", "pipe", "pipe2", "memfd_create", "getxattr",
    "lgetxattr", "fgetxattr", "setxattr", "lsetxattr", "fsetxattr", "listxattr", "llistxattr", "flistxattr",
    "removexattr", "lremovexattr", "fremovexattr", "inotify_init", "inotify_init1", "inotify_add_watch",
    "inotify_rm_watch", "io_setup", "io_submit", "io_cancel", "io_destroy", "io_getevents", "io_pgetevents",
    // Memory
    "mmap", "munmap", "mprotect", "mremap", "msync", "mincore", "madvise", "mlock", "mlock2", "munlock",
    "mlockall", "munlockall", "brk", "membarrier", "pkey_alloc", "pkey_free", "pkey_mprotect",
    "remap_file_pages", "get_mempolicy", "set_mempolicy", "mbind", "shmget", "shmat", "shmdt", "shmctl",
    "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink",
    "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr",
    // Waiting
    "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
    "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create",
    "timerfd_settime", "timerfd_gettime", "futex", "futex_waitv", "get_robust_list", "set_robust_list",
    "nanosleep", "clock_nanosleep", "pause", "alarm", "getitimer", "setitimer", "timer_create",
    "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime", "restart_syscall",
    // Time
    "time", "gettimeofday", "clock_gettime", "clock_getres", "times",
    // Processes, threads and signals
    "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "kill", "tkill", "tgkill",
    "pidfd_open", "pidfd_send_signal", "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigqueueinfo",
    "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sigaltstack", "set_tid_address",
    "getpid", "getppid", "gettid", "getpgid", "setpgid", "getpgrp", "getsid", "setsid", "prctl", "arch_prctl",
    "seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "rseq", "getcpu",
    "set_thread_area", "get_thread_area", "sched_yield", "sched_getaffinity", "sched_setaffinity",
    "sched_getparam", "sched_setparam", "sched_getscheduler", "sched_setscheduler", "sched_getattr",
    "sched_setattr", "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval",
    "getpriority", "setpriority", "ioprio_get", "ioprio_set", "getrlimit", "setrlimit", "prlimit64",
    "getrusage",
    // Identity
    "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "setuid", "setgid",
    "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capget", "capset",
    "uname", "sysinfo", "getrandom",
    // Sockets once they exist
    "socketpair", "bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername", "sendto",
    "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown", "setsockopt", "getsockopt",
    "ioctl"};

/// Calls that are known and refused: they change the machine, look into other processes, or are large attack
/// surfaces.
inline constexpr const char* kRefusedCalls[] = {
    // Mounts and namespaces
    "mount", "umount", "umount2", "pivot_root", "chroot", "setns", "open_tree", "move_mount", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr", "name_to_handle_at", "open_by_handle_at",
    "fanotify_init", "fanotify_mark", "quotactl", "quotactl_fd", "swapon", "swapoff",
    // Other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_getfd",
    "kcmp", "migrate_pages", "move_pages",
    // Kernel interfaces that ordinary programs do without
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "keyctl", "add_key", "request_key", "memfd_secret", "modify_ldt", "lookup_dcookie", "nfsservctl", "vm86",
    "vm86old",
    // The machine
    "init_module", "finit_module", "delete_module", "create_module", "query_module", "get_kernel_syms",
    "kexec_load", "kexec_file_load", "reboot", "acct", "iopl", "ioperm", "syslog", "sethostname",
    "setdomainname", "settimeofday", "stime", "clock_settime", "clock_adjtime", "adjtimex", "vhangup",
    "uselib", "ustat", "sysfs", "_sysctl", "set_mempolicy_home_node"};

}  // namespace martlet::sandbox
