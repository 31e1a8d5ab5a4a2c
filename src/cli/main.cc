// martlet: the command line.

#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>

#include "base/log.h"
#include "environments/runtimes.h"
#include "server/app.h"
#include "server/catalogue.h"
#include "server/doctor.h"
#include "server/identity.h"
#include "server/isolation.h"
#include "server/options.h"
#include "server/policy_command.h"
#include "server/reach.h"
#include "server/runtime_listing.h"
#include "server/state_directory.h"

namespace martlet::server {
namespace {

log::Level level_of(const std::string& name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warning") return log::Level::kWarning;
  return name == "error" ? log::Level::kError : log::Level::kInfo;
}

/// Lets the user reach what the server works with, and own what it writes.
void move_into(const std::string& directory, const Identity& identity) {
  try {
    make_reachable(identity, directory, environments::RuntimeSearch::of_this_machine().directories());
  } catch (const std::exception& error) {
    if (!is_reachable(identity, directory)) throw;
    log::warning("interpreters in root's directories will not be found", {{"reason", error.what()}});
  }
  hand_over(directory, identity);
}

/// Leaves root's rights to the warden. Where there is no way to (a container that lets nobody change the user
/// or mount), the server stays root unless a user was asked for by name.
void become_unprivileged(ServeOptions& options, const std::string& directory,
                         const std::optional<Identity>& identity) {
  if (::geteuid() != 0) return;
  if (!options.tls_key.empty()) {
    options.tls_certificate = copy_readable_by_all(options.tls_certificate);
    options.tls_key = copy_readable_by_all(options.tls_key);
  }
  const std::uint16_t port = parse_endpoint(options.listen).port;
  const LowPorts low_ports = port != 0 && port < 1024 ? LowPorts::kYes : LowPorts::kNo;
  std::string why = "there is no other user id in this container";
  if (identity) try {
      move_into(directory, *identity);
      give_up_root(identity, low_ports);
      log::info("the server has given up root; only its warden keeps it",
                {{"user", std::to_string(identity->uid)}});
      return;
    } catch (const std::exception& error) {
      if (!options.user.empty()) throw;
      why = error.what();
    }
  log::warning("the server stays root, without capabilities", {{"reason", why}});
  give_up_root(std::nullopt, low_ports);
}

int serve(ServeOptions options) {
  check(options);
  log::configure(level_of(options.log_level), options.log_json ? log::Format::kJson : log::Format::kHuman);
  const StateDirectory state =
      options.ephemeral ? StateDirectory::temporary() : StateDirectory::permanent(options.data_directory);
  // Before anything starts a thread: a fork would copy only the thread that calls it.
  const std::optional<Identity> identity = choose_identity(options.user, state.path());
  const sandbox::WardenProcess warden =
      sandbox::fork_warden({.run_directory = state.path() + "/run",
                            .remove_at_end = options.ephemeral && identity ? state.path() : std::string()});
  become_unprivileged(options, state.path(), identity);
  std::signal(SIGPIPE, SIG_IGN);

  boost::asio::io_context loop(1);
  App app(loop, options, state, warden);
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, app.run(), [&](std::exception_ptr thrown) {
    failure = std::move(thrown);
    loop.stop();
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return 0;
}

int suggest(const CommandLine& line) {
  boost::asio::io_context loop(1);
  std::exception_ptr failure;
  int code = 1;
  boost::asio::co_spawn(loop, suggest_policy(loop.get_executor(), line.endpoint, line.function),
                        [&](std::exception_ptr thrown, int result) {
                          failure = std::move(thrown);
                          code = result;
                          loop.stop();
                        });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return code;
}

int run(int argc, char** argv) {
  const CommandLine line = parse_command_line(argc, argv);
  switch (line.command) {
    case Command::kServe:
      return serve(line.serve);
    case Command::kDoctor:
      return doctor();
    case Command::kIsolation:
      return isolation();
    case Command::kRuntimes: {
      const environments::RuntimeOptions options{
          .search = environments::RuntimeSearch::of_this_machine(line.serve.runtime_paths),
          .strict = line.serve.strict_runtimes};
      const std::string text =
          line.runtimes_as_json ? runtime_listing_as_json(options) : runtime_listing_as_text(options);
      std::fputs(text.c_str(), stdout);
      return 0;
    }
    case Command::kSuggestPolicy:
      return suggest(line);
    case Command::kServices: {
      const auto services = catalogue();
      const std::string text =
          line.services_as_markdown ? catalogue_as_markdown(services) : catalogue_as_text(services);
      std::fputs(text.c_str(), stdout);
      return 0;
    }
  }
  return 2;
}

}  // namespace
}  // namespace martlet::server

int main(int argc, char** argv) {
  try {
    return martlet::server::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "martlet: %s\n", error.what());
    return 1;
  }
}
