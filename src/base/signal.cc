#include "base/signal.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace martlet {

// A timer that never expires holds the waiters; cancelling it is the notification.
struct Signal::Impl {
  explicit Impl(Executor executor)
      : timer(std::move(executor), boost::asio::steady_timer::time_point::max()) {}
  boost::asio::steady_timer timer;
};

Signal::Signal(Executor executor) : impl_(std::make_shared<Impl>(std::move(executor))) {}

Signal::~Signal() = default;

Task<> Signal::wait() {
  auto impl = impl_;
  boost::system::error_code woken;
  co_await impl->timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
  const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != boost::asio::cancellation_type::none)
    throw boost::system::system_error(boost::asio::error::operation_aborted);
}

void Signal::notify_all() { impl_->timer.cancel(); }

void Signal::notify_one() { impl_->timer.cancel_one(); }

}  // namespace martlet
