#pragma once

// For unit tests of coroutines: runs one task on a loop of its own until it has ended.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>

#include "base/task.h"

namespace martlet {

/// Runs `body(executor)` to its end and rethrows what it threw.
inline void run_async(const std::function<Task<>(Executor)>& body) {
  boost::asio::io_context loop(1);
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, body(loop.get_executor()),
                        [&](std::exception_ptr thrown) { failure = thrown; });
  loop.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace martlet
