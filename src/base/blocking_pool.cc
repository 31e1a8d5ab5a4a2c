#include "base/blocking_pool.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace martlet {

struct BlockingPool::Impl {
  explicit Impl(std::size_t count) : threads(count) {}
  std::size_t threads;
  std::unique_ptr<boost::asio::thread_pool> pool;
};

BlockingPool::BlockingPool(std::size_t threads) : impl_(std::make_unique<Impl>(threads)) {}

BlockingPool::~BlockingPool() {
  if (impl_->pool) impl_->pool->join();
}

Task<> BlockingPool::run_erased(std::function<void()> work) {
  if (!impl_->pool) impl_->pool = std::make_unique<boost::asio::thread_pool>(impl_->threads);
  auto initiate = [this](auto handler, std::function<void()> call) {
    boost::asio::post(*impl_->pool, [call = std::move(call), handler = std::move(handler)]() mutable {
      std::exception_ptr failure;
      try {
        call();
      } catch (...) {
        failure = std::current_exception();
      }
      auto executor = boost::asio::get_associated_executor(handler);
      boost::asio::post(executor,
                        [handler = std::move(handler), failure]() mutable { std::move(handler)(failure); });
    });
  };
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr)>(
      initiate, boost::asio::use_awaitable, std::move(work));
}

}  // namespace martlet
