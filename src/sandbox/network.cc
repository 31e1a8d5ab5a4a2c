#include "sandbox/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/log.h"
#include "base/strings.h"
#include "sandbox/descriptor.h"
#include "sandbox/kernel.h"
#include "sandbox/nftables.h"
#include "sandbox/routing_netlink.h"

namespace martlet::sandbox {

namespace {

// The block for carriers' own use (RFC 6598), in parts of 2^15 addresses: one part for each warden, four
// addresses of it for each sandbox.
constexpr std::uint32_t kBlock = 0x6440'0000;
constexpr unsigned kParts = 128;
constexpr unsigned kPartBits = 15;
constexpr unsigned kNumbers = (1U << kPartBits) / 4;
// At once, so that a program need not wait to learn it.
const std::string kRefuse = " reject with icmpx admin-prohibited\n";
constexpr const char* kForwarding = "/proc/sys/net/ipv4/ip_forward";

bool is_number(const std::string& text, unsigned most) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size() && value <= most;
}

bool is_address(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1;
}

std::string as_text(std::uint32_t address) {
  const in_addr value{htonl(address)};
  char text[INET_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET, &value, text, sizeof text);
  return text;
}

/// Whether a route of this host leads to some address of a part of the block.
bool is_taken(std::uint32_t first) {
  const std::uint32_t mask = ~((1U << kPartBits) - 1);
  std::ifstream routes("/proc/net/route");
  std::string line;
  std::getline(routes, line);
  while (std::getline(routes, line)) {
    std::istringstream fields(line);
    std::string name, text;
    std::uint32_t destination = 0, route_mask = 0;
    fields >> name >> std::hex >> destination >> text >> text;
    for (int i = 0; i < 3; ++i) fields >> text;
    fields >> std::hex >> route_mask;
    const std::uint32_t common = ntohl(route_mask) & mask;
    if (common != 0 && (ntohl(destination) & common) == (first & common)) return true;
  }
  return false;
}

void switch_forwarding_off(const std::string& note) {
  try_write_file(kForwarding, "0");
  ::unlink(note.c_str());
}

}  // namespace

AllowedRange parse_allowed(const std::string& text) {
  const auto wrong = [&] {
    return std::runtime_error("'" + text + "' is no range of addresses: write 10.0.0.0/8 or 10.0.0.0/8:443 " +
                              "or 10.0.0.0/8:1024-65535; only IPv4 is supported");
  };
  AllowedRange range;
  const auto colon = text.find(':');
  range.addresses = text.substr(0, colon);
  const auto slash = range.addresses.find('/');
  if (!is_address(range.addresses.substr(0, slash))) throw wrong();
  if (slash != std::string::npos && !is_number(range.addresses.substr(slash + 1), 32)) throw wrong();
  // nf_tables wants it so.
  if (range.addresses == "0.0.0.0") throw wrong();
  if (colon == std::string::npos) return range;
  range.ports = text.substr(colon + 1);
  const auto dash = range.ports.find('-');
  if (!is_number(range.ports.substr(0, dash), 65535)) throw wrong();
  if (dash != std::string::npos && !is_number(range.ports.substr(dash + 1), 65535)) throw wrong();
  return range;
}

Resolvers find_resolvers(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    Resolvers found{file};
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string keyword, address;
      if (words >> keyword >> address && keyword == "nameserver" && is_address(address) &&
          !address.starts_with("127."))
        found.addresses.push_back(address);
    }
    if (!found.addresses.empty()) return found;
  }
  return {};
}

Network::Network(const std::string& run_directory)
    : note_(run_directory + "/forwarding-" + std::to_string(::getpid())) {
  namespace fs = std::filesystem;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(run_directory, failed)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("forwarding-")) continue;
    const int pid = std::atoi(name.c_str() + std::string_view("forwarding-").size());
    if (pid > 0 && process_start_time(pid) == 0) switch_forwarding_off(entry.path());
  }
}

Network::~Network() {
  // Before the rule goes that keeps this host from being a router.
  if (switched_forwarding_on_) switch_forwarding_off(note_);
}

Network::Link::~Link() {
  const std::string& table = network_.table_;
  const std::string chain = network_.chain(number_);
  try {
    network_.nftables_->run("delete element inet " + table + " sandboxes { \"" + network_.interface(number_) +
                            "\" }\nflush chain inet " + table + ' ' + chain + "\ndelete chain inet " + table +
                            ' ' + chain + '\n');
  } catch (const std::exception& error) {
    log::warning("a sandbox's network rules stay", {{"error", error.what()}});
  }
}

std::string Network::interface(unsigned number) const {
  return "mt" + std::to_string(part_) + "_" + std::to_string(number);
}

std::string Network::chain(unsigned number) const { return "sandbox_" + std::to_string(number); }

void Network::open() {
  if (nftables_) return;
  auto nftables = std::make_unique<Nftables>();
  const auto first = static_cast<unsigned>(::getpid()) % kParts;
  for (unsigned i = 0; i < kParts; ++i) {
    part_ = (first + i) % kParts;
    block_ = kBlock + (part_ << kPartBits);
    if (!is_taken(block_)) break;
    if (i + 1 == kParts) throw std::runtime_error("100.64.0.0/10 is in use on this host: no address is left");
  }
  resolvers_ = find_resolvers({"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"});
  table_ = "martlet_" + std::to_string(::getpid());
  nftables_ = std::move(nftables);
  try {
    allow_forwarding();
    make_table();
  } catch (...) {
    nftables_.reset();
    throw;
  }
}

void Network::allow_forwarding() {
  if (read_file(kForwarding).starts_with('1')) return;
  const Descriptor note(checked(::open(note_.c_str(), O_CREAT | O_CLOEXEC, 0600), "cannot note " + note_));
  write_file(kForwarding, "1");
  switched_forwarding_on_ = true;
  log::warning(
      "switched net.ipv4.ip_forward on for functions with egress; nothing else is forwarded while "
      "this server runs");
}

void Network::make_table() {
  const std::string ours = "\"mt" + std::to_string(part_) + "_*\"";
  std::string text = "table inet " + table_ + " {\n flags owner\n";
  text += " map sandboxes { type ifname : verdict; }\n";
  text += " chain from_sandbox {\n  ct state established,related accept\n";
  for (const auto& resolver : resolvers_.addresses)
    text += "  ip daddr " + resolver + " meta l4proto { tcp, udp } th dport 53 accept\n";
  text += "  ip daddr { 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3, " + as_text(block_) + "/17 }" +
          kRefuse + "";
  text += "  fib daddr type local" + kRefuse + "  iifname vmap @sandboxes\n  drop\n }\n";
  text += " chain input {\n  type filter hook input priority -10\n  iifname " + ours + "" + kRefuse + " }\n";
  text +=
      " chain forward {\n  type filter hook forward priority -10\n  iifname " + ours + " goto from_sandbox\n";
  text += "  oifname " + ours + " ct state established,related accept\n  oifname " + ours + " drop\n";
  if (switched_forwarding_on_) text += "  iifname != \"mt*\" oifname != \"mt*\" drop\n";
  text += " }\n chain postrouting {\n  type nat hook postrouting priority 100\n  ip saddr " +
          as_text(block_) + "/17 oifname != " + ours + " masquerade\n }\n}\n";
  nftables_->run(text);
}

std::unique_ptr<Network::Link> Network::attach(pid_t process, const Egress& egress) {
  std::vector<AllowedRange> ranges;
  for (const std::string& each : egress.allowed) ranges.push_back(parse_allowed(each));
  open();
  // Not the number of a sandbox that has just ended: its interfaces may still be there.
  const unsigned number = last_number_ = (last_number_ + 1) % kNumbers;
  const std::string in_chain = "inet " + table_ + ' ' + chain(number);
  std::string text = "add chain " + in_chain + '\n';
  for (const AllowedRange& range : ranges) {
    text += "add rule " + in_chain + " ip daddr " + range.addresses;
    if (!range.ports.empty()) text += " meta l4proto { tcp, udp } th dport " + range.ports;
    text += " accept\n";
  }
  text += "add rule " + in_chain + kRefuse + "add element inet " + table_ + " sandboxes { \"" +
          interface(number) + "\" : goto " + chain(number) + " }\n";
  nftables_->run(text);
  auto link = std::make_unique<Link>(*this, number);
  const std::uint32_t host = block_ + number * 4 + 1;
  connect_namespace(process, interface(number), host, host + 1);
  return link;
}

}  // namespace martlet::sandbox
