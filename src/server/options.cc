#include "server/options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <map>
#include <stdexcept>

#include "server/version.h"

namespace martlet::server {

namespace {

using gateway::AuthMode;

constexpr char kAbout[] =
    "Martlet runs AWS Lambda functions on your own machine and answers the AWS tools you have.\n\n"
    "  martlet serve                                         # start on http://127.0.0.1:4566\n"
    "  export AWS_ENDPOINT_URL=http://127.0.0.1:4566         # point the AWS CLI and SDKs at it\n"
    "  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1\n"
    "  aws lambda list-functions";

constexpr char kServeAbout[] =
    "Start the server in the foreground; Ctrl-C ends it in good order.\n\n"
    "Every option can also be set in the environment (MARTLET_LISTEN, MARTLET_DATA, ...) or in a TOML file:\n"
    "  listen = \"127.0.0.1:4566\"\n"
    "  data = \"/var/lib/martlet\"\n"
    "  auth = \"open\"";

std::string default_data_directory() {
  if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg == '/')
    return std::string(xdg) + "/martlet";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::string(home) + "/.local/share/martlet";
  return "/var/lib/martlet";
}

void add_storage_options(CLI::App& serve, ServeOptions& options) {
  auto* data = serve.add_option("--data", options.data_directory, "Directory that keeps everything")
                   ->envname("MARTLET_DATA")
                   ->capture_default_str();
  serve.add_flag("--ephemeral", options.ephemeral, "Keep everything in memory; forget it at the end")
      ->envname("MARTLET_EPHEMERAL")
      ->excludes(data);
  serve
      .add_flag("--fsync", options.durable_on_disk,
                "Acknowledge only what is on disk (survives a power cut, not just a crash of the process)")
      ->envname("MARTLET_FSYNC");
}

/// Why the text is no account; empty when it is one.
std::string account_problem(const std::string& text) {
  const bool valid = text.size() == 12 && text.find_first_not_of("0123456789") == std::string::npos;
  return valid ? "" : "an account has twelve digits";
}

void add_identity_options(CLI::App& serve, ServeOptions& options) {
  const std::map<std::string, AuthMode> modes{
      {"open", AuthMode::kOpen}, {"audit", AuthMode::kAudit}, {"enforce", AuthMode::kEnforce}};
  serve
      .add_option("--auth", options.auth,
                  "open: anybody may do anything; audit: as open, but record what would be denied; enforce: "
                  "signatures are verified, and policies decide")
      ->envname("MARTLET_AUTH")
      ->transform(CLI::CheckedTransformer(modes))
      ->default_str("open");
  serve
      .add_flag("--allow-open-network", options.allow_open_network,
                "Allow --auth open on an address that other machines reach")
      ->envname("MARTLET_ALLOW_OPEN_NETWORK");
  serve
      .add_option("--user", options.user,
                  "User (name or id) that the server becomes when started as root; default: martlet if there "
                  "is one, else one that is nobody's")
      ->envname("MARTLET_USER");
  serve.add_option("--region", options.region, "Region of requests that name none")
      ->envname("MARTLET_REGION")
      ->capture_default_str();
  serve
      .add_option("--account", options.account,
                  "Account of requests whose access key id is not itself a twelve-digit account")
      ->envname("MARTLET_ACCOUNT")
      ->check(account_problem)
      ->capture_default_str();
  serve
      .add_option("--more-accounts", options.more_accounts,
                  "Further accounts, separated by commas, whose root users get access keys (--auth enforce)")
      ->envname("MARTLET_MORE_ACCOUNTS")
      ->delimiter(',')
      ->check(account_problem);
}

void add_runtime_options(CLI::App& command, ServeOptions& options) {
  command
      .add_option("--runtime-path", options.runtime_paths,
                  "Directory with an installation of an interpreter, or with several; may be repeated")
      ->envname("MARTLET_RUNTIME_PATH")
      ->delimiter(':')
      ->check(CLI::ExistingDirectory);
  command
      .add_flag("--strict-runtimes", options.strict_runtimes,
                "Refuse to run a function with another version of its language than its runtime names")
      ->envname("MARTLET_STRICT_RUNTIMES");
}

void add_preboot_options(CLI::App& serve, ServeOptions& options) {
  serve
      .add_option("--preboot", options.prebooted,
                  "Runtimes of each kind in use that are started ahead of their function; 0 for none")
      ->envname("MARTLET_PREBOOT_COUNT")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  serve
      .add_option("--preboot-memory", options.prebooted_memory_mb, "Most memory of all of them together, MiB")
      ->envname("MARTLET_PREBOOT_MEMORY")
      ->capture_default_str();
}

void add_network_options(CLI::App& serve, ServeOptions& options) {
  using environments::DefaultEgress;
  const std::map<std::string, DefaultEgress> kinds{{"none", DefaultEgress::kNone},
                                                   {"nat", DefaultEgress::kNat}};
  serve
      .add_option(
          "--egress", options.egress,
          "What functions without VpcConfig reach outside: none, or everything but this host (nat; as "
          "root only)")
      ->envname("MARTLET_EGRESS")
      ->transform(CLI::CheckedTransformer(kinds))
      ->default_str("none");
  serve
      .add_option(
          "--security-group", options.security_groups,
          "sg-ID=CIDR[:PORTS],... what functions with this group in their VpcConfig reach; repeatable, "
          "or a table [security_groups] in the file")
      ->envname("MARTLET_SECURITY_GROUP")
      ->allow_extra_args(false);
}

void add_serve_options(CLI::App& serve, ServeOptions& options) {
  serve.add_option("--listen", options.listen, "address:port to answer on; port 0 takes a free one")
      ->envname("MARTLET_LISTEN")
      ->capture_default_str();
  add_storage_options(serve, options);
  add_identity_options(serve, options);
  add_network_options(serve, options);
  add_preboot_options(serve, options);
  auto* certificate =
      serve.add_option("--tls-cert", options.tls_certificate, "Certificate chain (PEM): answer HTTPS")
          ->envname("MARTLET_TLS_CERT")
          ->check(CLI::ExistingFile);
  auto* key = serve.add_option("--tls-key", options.tls_key, "Its private key (PEM)")
                  ->envname("MARTLET_TLS_KEY")
                  ->check(CLI::ExistingFile);
  certificate->needs(key);
  key->needs(certificate);
  serve
      .add_option("--memory-budget", options.memory_budget_mb,
                  "Most memory of all function environments together, MiB (0: three quarters of the machine)")
      ->envname("MARTLET_MEMORY_BUDGET")
      ->capture_default_str();
  add_runtime_options(serve, options);
  serve.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->envname("MARTLET_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  serve.add_flag("--log-json", options.log_json, "Write the server's log as JSON objects")
      ->envname("MARTLET_LOG_JSON");
  serve.add_option("--config", options.config_file, "TOML file with any of these options")
      ->envname("MARTLET_CONFIG")
      ->check(CLI::ExistingFile);
}

/// An entry of the table [security_groups]: sg-1 = ["10.0.0.0/8:443", ...].
std::string security_group_of(const CLI::ConfigItem& item) {
  std::string text = item.name + '=';
  for (const std::string& range : item.inputs) text += (text.ends_with('=') ? "" : ",") + range;
  return text;
}

/// Takes from the configuration file what neither a flag nor the environment has set.
void apply_config_file(CLI::App& serve, ServeOptions& options) {
  const std::string& file = options.config_file;
  if (file.empty()) return;
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_file(file)) {
    // CLI11 marks the begin and the end of a table with these.
    if (item.name == "++" || item.name == "--") continue;
    if (item.parents == std::vector<std::string>{"security_groups"}) {
      options.security_groups.push_back(security_group_of(item));
      continue;
    }
    CLI::Option* option = serve.get_option_no_throw("--" + item.name);
    if (option == nullptr || !item.parents.empty() || item.name == "config")
      throw CLI::ConfigError(file + ": there is no option '" + item.fullname() + "'");
    if (!option->empty()) continue;
    const bool is_flag = option->get_expected_max() == 0;
    if (is_flag)
      option->add_result(
          option->get_flag_value(item.name, item.inputs.empty() ? "true" : item.inputs.front()));
    else
      option->add_result(item.inputs);
    option->run_callback();
  }
}

/// CLI11 would only say that a command is missing.
void refuse_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  const auto is_named = [&](const CLI::App* command) { return command->get_name() == argv[1]; };
  if (!app.get_subcommands(is_named).empty()) return;
  throw std::runtime_error(std::string("there is no command '") + argv[1] +
                           "'; martlet --help lists those there are");
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine line;
  line.serve.data_directory = default_data_directory();
  CLI::App app(kAbout, "martlet");
  app.set_version_flag("--version", std::string("martlet ") + kVersion);
  app.require_subcommand(0, 1);
  bool isolation = false;
  app.add_flag("--isolation", isolation,
               "Tell what isolates functions, and what of that holds on this machine");
  CLI::App* serve = app.add_subcommand("serve", kServeAbout);
  add_serve_options(*serve, line.serve);
  CLI::App* services = app.add_subcommand("services", "List the AWS operations that this binary implements");
  services->add_flag("--markdown", line.services_as_markdown, "As the page docs/compatibility.md");
  CLI::App* doctor = app.add_subcommand("doctor", "Tell what this machine offers for isolating functions");
  doctor->add_flag("--isolation", isolation, "The same as martlet --isolation");
  CLI::App* runtimes = app.add_subcommand("runtimes", "List the runtimes and what runs them on this machine");
  add_runtime_options(*runtimes, line.serve);
  runtimes->add_flag("--json", line.runtimes_as_json, "As a JSON array");
  CLI::App* policy = app.add_subcommand("policy", "Work with the policies of a running server");
  policy->require_subcommand(1);
  CLI::App* suggest = policy->add_subcommand(
      "suggest",
      "Print the least policy that covers what a function was seen to do as its role: its calls with an "
      "SDK,\n"
      "its destinations, its event source mappings. Invoke the function first, on all its paths: what it "
      "did\n"
      "is remembered by a server under --auth open or audit until that ends or is reset.");
  suggest->footer(
      "The policy is printed on stdout, what there is to say of it on stderr. To give it to a role:\n"
      "  martlet policy suggest FUNCTION > policy.json\n"
      "  aws iam put-role-policy --role-name ROLE --policy-name least --policy-document file://policy.json");
  suggest->add_option("function", line.function, "Its name or ARN")->required();
  suggest->add_option("--endpoint", line.endpoint, "Where the server listens")->capture_default_str();
  try {
    refuse_unknown_command(app, argc, argv);
    app.parse(argc, argv);
    if (!isolation && app.get_subcommands().empty()) throw CLI::RequiredError::Subcommand(1);
    apply_config_file(*serve, line.serve);
  } catch (const CLI::ParseError& ended) {
    std::exit(app.exit(ended));
  }
  if (services->parsed()) line.command = Command::kServices;
  if (doctor->parsed()) line.command = Command::kDoctor;
  if (runtimes->parsed()) line.command = Command::kRuntimes;
  if (suggest->parsed()) line.command = Command::kSuggestPolicy;
  if (isolation) line.command = Command::kIsolation;
  return line;
}

Endpoint parse_endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  const auto wrong = [&] {
    return std::runtime_error("--listen takes address:port, such as 127.0.0.1:4566 or [::1]:4566, not '" +
                              text + "'");
  };
  if (colon == std::string::npos) throw wrong();
  Endpoint endpoint;
  endpoint.address = text.substr(0, colon);
  const char* begin = text.data() + colon + 1;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(begin, end, endpoint.port);
  if (parsed.ec != std::errc() || parsed.ptr != end || begin == end) throw wrong();
  if (endpoint.address.starts_with('[') && endpoint.address.ends_with(']'))
    endpoint.address = endpoint.address.substr(1, endpoint.address.size() - 2);
  if (endpoint.address == "localhost") endpoint.address = "127.0.0.1";
  if (endpoint.address.empty()) throw wrong();
  return endpoint;
}

environments::SecurityGroups security_groups(const ServeOptions& options) {
  environments::SecurityGroups groups(options.egress);
  for (const std::string& text : options.security_groups) groups.add(text);
  return groups;
}

void check(const ServeOptions& options) {
  security_groups(options);
  const Endpoint endpoint = parse_endpoint(options.listen);
  if (!is_loopback(endpoint.address) && options.auth != gateway::AuthMode::kEnforce &&
      !options.allow_open_network)
    throw std::runtime_error(
        "refusing to listen on " + endpoint.address +
        " while anybody may do anything: other machines could run code here. Use --auth enforce, "
        "listen on 127.0.0.1, or say --allow-open-network if that is what you want");
  if (!options.ephemeral && options.data_directory.empty())
    throw std::runtime_error("--data needs a directory; use --ephemeral to keep nothing");
}

}  // namespace martlet::server
