// martlet: the command line.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "base/log.h"
#include "server/app.h"
#include "server/catalogue.h"
#include "server/doctor.h"
#include "server/options.h"
#include "server/runtime_listing.h"
#include "server/state_directory.h"

namespace martlet::server {
namespace {

log::Level level_of(const std::string& name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warning") return log::Level::kWarning;
  return name == "error" ? log::Level::kError : log::Level::kInfo;
}

int serve(const ServeOptions& options) {
  check(options);
  log::configure(level_of(options.log_level), options.log_json ? log::Format::kJson : log::Format::kHuman);
  const StateDirectory state =
      options.ephemeral ? StateDirectory::temporary() : StateDirectory::permanent(options.data_directory);
  // Before anything starts a thread: a fork would copy only the thread that calls it.
  const sandbox::WardenProcess warden = sandbox::fork_warden({.run_directory = state.path() + "/run"});
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

int run(int argc, char** argv) {
  const CommandLine line = parse_command_line(argc, argv);
  switch (line.command) {
    case Command::kServe:
      return serve(line.serve);
    case Command::kDoctor:
      return doctor();
    case Command::kRuntimes: {
      const environments::RuntimeOptions options{
          .search = environments::RuntimeSearch::of_this_machine(line.serve.runtime_paths),
          .strict = line.serve.strict_runtimes};
      const std::string text =
          line.runtimes_as_json ? runtime_listing_as_json(options) : runtime_listing_as_text(options);
      std::fputs(text.c_str(), stdout);
      return 0;
    }
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
