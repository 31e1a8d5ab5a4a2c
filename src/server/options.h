#pragma once

// The command line: what each command takes, with its defaults, environment variables and configuration file.
// Later sources lose: a flag beats MARTLET_* in the environment, which beats the file given by --config.

#include <cstdint>
#include <string>
#include <vector>

#include "environments/fleet.h"
#include "environments/security_groups.h"
#include "gateway/auth.h"

namespace martlet::server {

struct ServeOptions {
  /// "address:port"
  std::string listen = "127.0.0.1:4566";
  /// Where everything is kept; unused when `ephemeral`.
  std::string data_directory;
  bool ephemeral = false;
  gateway::AuthMode auth = gateway::AuthMode::kOpen;
  /// Whether --listen may name a non-loopback address while anybody may do anything.
  bool allow_open_network = false;
  std::string region = "us-east-1";
  std::string account = "000000000000";
  /// Accounts besides that one whose root users are given access keys (--auth enforce).
  std::vector<std::string> more_accounts;
  /// PEM files; both or none.
  std::string tls_certificate;
  std::string tls_key;
  /// Name or id of the user that the server becomes when it is started as root; empty for the default.
  std::string user;
  /// fsync before an acknowledgement.
  bool durable_on_disk = false;
  /// Most memory of all function environments together, MiB; 0 takes three quarters of the machine's.
  std::uint64_t memory_budget_mb = 0;
  /// Installations of interpreters, or directories of such; the machine's own are looked through after them.
  std::vector<std::string> runtime_paths;
  /// Refuse to run a function with another version of its language than its runtime names.
  bool strict_runtimes = false;
  /// Runtimes of each kind that wait, started, for a function; 0: none.
  std::size_t prebooted = environments::StockOptions{}.per_runtime;
  /// What all of them together may hold, MiB.
  std::uint64_t prebooted_memory_mb = environments::StockOptions{}.memory_bytes >> 20;
  /// What functions without a VpcConfig may reach outside.
  environments::DefaultEgress egress = environments::DefaultEgress::kNone;
  /// Each "sg-ID=CIDR[:PORTS],...".
  std::vector<std::string> security_groups;
  std::string log_level = "info";
  bool log_json = false;
  /// TOML file that the options above were also read from; empty for none.
  std::string config_file;
};

enum class Command { kServe, kServices, kDoctor, kIsolation, kRuntimes, kSuggestPolicy };

struct CommandLine {
  Command command = Command::kServe;
  ServeOptions serve;
  /// `martlet services`: as the Markdown page docs/compatibility.md rather than as text.
  bool services_as_markdown = false;
  /// `martlet runtimes`: as JSON rather than as a table.
  bool runtimes_as_json = false;
  /// `martlet policy suggest`: whose policy, and the server that has seen it.
  std::string function;
  std::string endpoint = "http://127.0.0.1:4566";
};

/// Parses the command line. On --help, --version or a mistake it prints what is to be said and ends the
/// process.
CommandLine parse_command_line(int argc, char** argv);

/// Splits "address:port" ("[::1]:4566" for IPv6); throws std::runtime_error with the remedy.
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
};
Endpoint parse_endpoint(const std::string& text);

/// The security groups that functions may name. Throws std::runtime_error with what is wrong with one.
environments::SecurityGroups security_groups(const ServeOptions& options);

/// Refuses combinations that would be unsafe or make no sense; throws std::runtime_error with the remedy.
void check(const ServeOptions& options);

}  // namespace martlet::server
