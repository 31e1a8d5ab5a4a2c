#pragma once

// Task<T> is the coroutine type of everything that waits.
//
// All server state lives on one thread, the loop: a single-threaded boost::asio::io_context. A Task runs
// there from one co_await to the next without interruption, so plain data needs no locks. Work that blocks
// (unpacking an archive, an fsync) goes to a BlockingPool and comes back.
//
// A Task does nothing until it is awaited or handed to a TaskGroup. Cancelling it makes the operation it is
// waiting in throw boost::system::system_error(operation_aborted).

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace martlet {

template <class T = void>
using Task = boost::asio::awaitable<T>;

using Executor = boost::asio::any_io_executor;

}  // namespace martlet
