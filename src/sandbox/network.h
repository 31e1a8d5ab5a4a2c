#pragma once

// Network gives sandboxes a way out: a veth pair into the sandbox's network namespace, an address of a block
// that no route of this host knows, masquerading, and a filter that passes what the sandbox's Egress allows
// and nothing else: never an address of this host, another sandbox, or a link-local one. All rules are in one
// nf_tables table that the kernel removes with the process that made it, however that ends. Nothing is
// touched before the first sandbox asks for it. Single-threaded; in the warden, which has to be privileged.

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/sandbox.h"

namespace martlet::sandbox {

/// One entry of Egress::allowed.
struct AllowedRange {
  std::string addresses;  ///< "10.0.0.0/8"
  std::string ports{};    ///< "443", "1024-65535", or empty for all ports and protocols
};

/// Throws std::runtime_error, saying what is wrong, unless it is "ADDRESS[/BITS][:PORT[-PORT]]" of IPv4.
AllowedRange parse_allowed(const std::string& text);

/// A file of this host that names resolvers which a sandbox could reach, for its /etc/resolv.conf; empty when
/// there is none. Resolvers on a loopback address are not reachable.
struct Resolvers {
  std::string file{};
  std::vector<std::string> addresses{};
};
Resolvers find_resolvers(const std::vector<std::string>& files);

class Nftables;

class Network {
 public:
  /// `run_directory` keeps a note of what has to be undone; one that a killed warden left is heeded.
  explicit Network(const std::string& run_directory);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Takes the rules of one sandbox back when destroyed; the interfaces go with its network namespace.
  class Link {
   public:
    Link(Network& network, unsigned number) : network_(network), number_(number) {}
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

   private:
    Network& network_;
    unsigned number_;
  };

  /// Connects the network namespace of a process. Throws std::runtime_error.
  std::unique_ptr<Link> attach(pid_t process, const Egress& egress);
  /// What to show as /etc/resolv.conf; empty when there is nothing to show.
  [[nodiscard]] const std::string& resolver_file() const { return resolvers_.file; }

 private:
  void open();
  void allow_forwarding();
  void make_table();
  [[nodiscard]] std::string interface(unsigned number) const;
  [[nodiscard]] std::string chain(unsigned number) const;

  std::string note_;  ///< exists while this warden has forwarding switched on
  std::unique_ptr<Nftables> nftables_;
  Resolvers resolvers_;
  std::string table_;
  std::uint32_t block_ = 0;  ///< first address, in host order
  unsigned part_ = 0;
  unsigned last_number_ = 0;
  bool switched_forwarding_on_ = false;
};

}  // namespace martlet::sandbox
