#include "server/isolation.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cctype>
#include <cstdio>

#include "base/strings.h"
#include "sandbox/sandbox.h"
#include "server/state_directory.h"

namespace martlet::server {

namespace {

void print(bool holds, const char* what, const char* otherwise) {
  std::printf("  %-4s %s\n", holds ? "yes" : "no", what);
  if (!holds) std::printf("       %s\n", otherwise);
}

bool has_disks() {
  return ::access("/dev/loop-control", R_OK | W_OK) == 0 &&
         std::ranges::any_of(std::array{"/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"},
                             [](const char* program) { return ::access(program, X_OK) == 0; });
}

bool has_nftables() {
  void* library = ::dlopen("libnftables.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (library != nullptr) ::dlclose(library);
  return library != nullptr;
}

void print_state(const sandbox::Capabilities& machine) {
  std::printf("On this machine functions are isolated %s.\n\n",
              machine.privileged ? "by root" : "by user namespaces, without root");
  print(true, "files, processes, network, capabilities and system calls are kept apart", "");
  print(true, "/tmp, processes and open files are limited", "");
  print(machine.privileged, "the server gives up root, and every environment has a user of its own",
        "All run as the user who starts the server. To have it: start it as root.");
  print(machine.memory_limit, "memory is limited by cgroups",
        "Each process has a loose limit of its own. To have it: start as root, or delegate a cgroup "
        "(version 2) to this user (systemd: Delegate=yes).");
  print(machine.cpu_limit, "processor time is in proportion to memory",
        "Functions take what they get. To have it: as for memory.");
  print(machine.freezer, "environments are frozen between invocations",
        "What a function leaves running goes on. To have it: as for memory.");
  print(machine.privileged && has_disks(), "/tmp is on the disk",
        "It is in memory and counts there. To have it: root, loop devices, and the package e2fsprogs.");
  print(machine.privileged && has_nftables(), "egress can be granted",
        "Functions reach nothing outside. To have it: root, and the package libnftables1.");
}

/// [words](address) becomes words; backquotes and stars go.
std::string without_marks(std::string_view line) {
  std::string text;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '`' || line.substr(at, 2) == "**") {
      at += line[at] == '`' ? 0 : 1;
      continue;
    }
    const auto middle = line[at] == '[' ? line.find("](", at) : std::string_view::npos;
    const auto end = middle == std::string_view::npos ? middle : line.find(')', middle);
    if (end == std::string_view::npos) {
      text += line[at];
      continue;
    }
    text += without_marks(line.substr(at + 1, middle - at - 1));
    at = end;
  }
  return text;
}

}  // namespace

std::string as_plain_text(std::string_view markdown) {
  std::string text;
  bool code = false;
  for (std::string_view line : split(markdown, '\n')) {
    if (line.starts_with("```")) {
      code = !code;
      continue;
    }
    const bool title = !code && line.starts_with('#');
    if (title) line.remove_prefix(std::min(line.find_first_not_of("# "), line.size()));
    std::string plain = code ? "    " + std::string(line) : without_marks(line);
    if (title) std::ranges::transform(plain, plain.begin(), [](unsigned char c) { return std::toupper(c); });
    text += plain + "\n";
  }
  return text;
}

int isolation() {
  const StateDirectory state = StateDirectory::temporary();
  const sandbox::WardenProcess process = sandbox::fork_warden({.run_directory = state.path() + "/run"});
  boost::asio::io_context loop(1);
  const auto warden = sandbox::connect_warden(loop.get_executor(), process);
  const sandbox::Capabilities& machine = warden->capabilities();
  if (machine.refusal.empty())
    print_state(machine);
  else
    std::printf("On this machine functions cannot be run: %s\n", machine.refusal.c_str());
  std::printf("\n%s", as_plain_text(isolation_page()).c_str());
  return machine.refusal.empty() ? 0 : 1;
}

}  // namespace martlet::server
