#pragma once

// The few routing netlink messages that connect a network namespace to this one.

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace martlet::sandbox {

/// Makes a veth pair: `name` here, with the address `host`, and "eth0" in the process's network namespace
/// with the address `inside`, from which a default route leads to `host`. Addresses are in host order and lie
/// in one /30. Throws std::runtime_error. Needs a single thread.
void connect_namespace(pid_t process, const std::string& name, std::uint32_t host, std::uint32_t inside);

}  // namespace martlet::sandbox
