#include "server/doctor.h"

#include <boost/asio/io_context.hpp>
#include <cstdio>

#include "sandbox/sandbox.h"
#include "server/state_directory.h"

namespace martlet::server {

namespace {

const char* name_of(sandbox::Capabilities::Cgroup version) {
  switch (version) {
    case sandbox::Capabilities::Cgroup::kV1:
      return "version 1";
    case sandbox::Capabilities::Cgroup::kV2:
      return "version 2";
    case sandbox::Capabilities::Cgroup::kNone:
      break;
  }
  return "none that this user may use";
}

const char* yes_or_no(bool value) { return value ? "yes" : "no"; }

}  // namespace

int doctor() {
  const StateDirectory state = StateDirectory::temporary();
  const sandbox::WardenProcess process = sandbox::fork_warden({.run_directory = state.path() + "/run"});
  boost::asio::io_context loop(1);
  const auto warden = sandbox::connect_warden(loop.get_executor(), process);
  const sandbox::Capabilities& machine = warden->capabilities();
  std::printf("root:              %s\n", yes_or_no(machine.privileged));
  std::printf("user namespaces:   %s\n", yes_or_no(machine.user_namespaces));
  std::printf("cgroups:           %s\n", name_of(machine.cgroup));
  std::printf("memory limits:     %s\n", yes_or_no(machine.memory_limit));
  std::printf("CPU limits:        %s\n", yes_or_no(machine.cpu_limit));
  std::printf("freezing when idle: %s\n", yes_or_no(machine.freezer));
  if (machine.refusal.empty()) {
    std::printf("Functions can be run on this machine.\n");
    return 0;
  }
  std::printf("Functions cannot be run on this machine: %s\n", machine.refusal.c_str());
  return 1;
}

}  // namespace martlet::server
