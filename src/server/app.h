#pragma once

// App: the server put together. It owns every part, starts them in order and ends them in order. Lives on the
// loop.

#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/task.h"
#include "sandbox/sandbox.h"
#include "server/options.h"
#include "server/state_directory.h"

namespace martlet::server {

class App {
 public:
  /// Opens the store and makes all parts. Throws std::runtime_error with the remedy. All arguments outlive
  /// the App; the warden was forked before the process had threads.
  App(boost::asio::io_context& loop, const ServeOptions& options, const StateDirectory& state,
      sandbox::WardenProcess warden);
  ~App();

  /// Listens, and serves until SIGINT or SIGTERM; then lets requests under way finish and closes everything.
  Task<> run();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace martlet::server
