#include "sandbox/routing_netlink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "sandbox/descriptor.h"

namespace martlet::sandbox {

namespace {

constexpr int kPrefix = 30;

/// A netlink request under construction.
class Message {
 public:
  template <class Body>
  Message(std::uint16_t type, std::uint16_t flags, const Body& body) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    append(&header, sizeof header);
    append(&body, sizeof body);
  }
  void append(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
  }
  void add(std::uint16_t type, const void* data, std::size_t size) {
    const rtattr attribute{static_cast<std::uint16_t>(sizeof(rtattr) + size), type};
    bytes_.append(reinterpret_cast<const char*>(&attribute), sizeof attribute);
    append(data, size);
  }
  void add(std::uint16_t type, std::string_view text) {
    const std::string with_end(text);
    add(type, with_end.c_str(), with_end.size() + 1);
  }
  void add(std::uint16_t type, std::uint32_t number) { add(type, &number, sizeof number); }
  std::size_t open(std::uint16_t type) {
    const std::size_t at = bytes_.size();
    add(type, nullptr, 0);
    return at;
  }
  void close(std::size_t at) {
    const auto length = static_cast<std::uint16_t>(bytes_.size() - at);
    std::memcpy(bytes_.data() + at, &length, sizeof length);
  }
  const std::string& finish() {
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &length, sizeof length);
    return bytes_;
  }

 private:
  std::string bytes_;
};

Descriptor open_netlink() {
  return Descriptor(
      checked(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "cannot use netlink"));
}

void send(const Descriptor& socket, Message message, const std::string& what) {
  const std::string& bytes = message.finish();
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  checked(static_cast<int>(::sendto(socket.get(), bytes.data(), bytes.size(), 0,
                                    reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel)),
          what);
  alignas(nlmsghdr) char answer[4096];
  const ssize_t count = ::recv(socket.get(), answer, sizeof answer, 0);
  nlmsghdr header{};
  nlmsgerr error{};
  if (count < static_cast<ssize_t>(sizeof header + sizeof error)) throw std::runtime_error(what);
  std::memcpy(&error, answer + sizeof header, sizeof error);
  if (error.error == 0) return;
  errno = -error.error;
  throw_errno(what);
}

void set_up(const Descriptor& socket, unsigned index) {
  ifinfomsg body{};
  body.ifi_index = static_cast<int>(index);
  body.ifi_flags = body.ifi_change = IFF_UP;
  send(socket, Message(RTM_NEWLINK, 0, body), "cannot bring an interface up");
}

void add_address(const Descriptor& socket, unsigned index, std::uint32_t address) {
  ifaddrmsg body{};
  body.ifa_family = AF_INET;
  body.ifa_prefixlen = kPrefix;
  body.ifa_index = index;
  Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body);
  message.add(IFA_LOCAL, htonl(address));
  message.add(IFA_ADDRESS, htonl(address));
  send(socket, std::move(message), "cannot give an interface its address");
}

void add_default_route(const Descriptor& socket, std::uint32_t gateway) {
  rtmsg body{};
  body.rtm_family = AF_INET;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = RT_SCOPE_UNIVERSE;
  body.rtm_type = RTN_UNICAST;
  Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body);
  message.add(RTA_GATEWAY, htonl(gateway));
  send(socket, std::move(message), "cannot add a default route");
}

void make_pair(const Descriptor& socket, const std::string& name, pid_t process) {
  const ifinfomsg body{};
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, body);
  message.add(IFLA_IFNAME, name);
  const std::size_t info = message.open(IFLA_LINKINFO);
  message.add(IFLA_INFO_KIND, "veth");
  const std::size_t data = message.open(IFLA_INFO_DATA);
  const std::size_t peer = message.open(VETH_INFO_PEER);
  message.append(&body, sizeof body);
  message.add(IFLA_IFNAME, "eth0");
  message.add(IFLA_NET_NS_PID, static_cast<std::uint32_t>(process));
  message.close(peer);
  message.close(data);
  message.close(info);
  send(socket, std::move(message), "cannot make a veth pair");
}

/// Enters another network namespace for as long as it lives.
class Visit {
 public:
  explicit Visit(pid_t process) : home_(open("/proc/self/ns/net")) {
    const Descriptor there = open("/proc/" + std::to_string(process) + "/ns/net");
    checked(::setns(there.get(), CLONE_NEWNET), "cannot enter the sandbox's network");
  }
  ~Visit() {
    // Serving on in a sandbox's network would be wrong in every way.
    if (::setns(home_.get(), CLONE_NEWNET) != 0) std::abort();
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  static Descriptor open(const std::string& path) {
    return Descriptor(checked(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "cannot open " + path));
  }
  Descriptor home_;
};

}  // namespace

void connect_namespace(pid_t process, const std::string& name, std::uint32_t host, std::uint32_t inside) {
  const Descriptor here = open_netlink();
  make_pair(here, name, process);
  const unsigned index = ::if_nametoindex(name.c_str());
  add_address(here, index, host);
  set_up(here, index);
  const Visit visit(process);
  const Descriptor there = open_netlink();
  const unsigned inner = ::if_nametoindex("eth0");
  add_address(there, inner, inside);
  set_up(there, inner);
  add_default_route(there, host);
}

}  // namespace martlet::sandbox
