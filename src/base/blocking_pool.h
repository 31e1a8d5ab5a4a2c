#pragma once

// A small pool of threads for calls that block: unpacking archives, hashing large bodies, fsync. The result
// comes back to the loop. Waiting work is bounded by those who ask: each awaits its own call.

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "base/task.h"

namespace martlet {

class BlockingPool {
 public:
  /// Threads start with the first call, so that an idle server has none.
  explicit BlockingPool(std::size_t threads);
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Runs `work` on the pool and resumes the caller on its own executor; an exception of `work` is rethrown
  /// there. `work` must not touch loop state, and what it captures must outlive the call: it is not
  /// interrupted by cancellation.
  template <class F>
  Task<std::invoke_result_t<F&>> run(F work) {
    using R = std::invoke_result_t<F&>;
    if constexpr (std::is_void_v<R>) {
      co_await run_erased(std::move(work));
    } else {
      std::optional<R> result;
      std::function<void()> call = [&] { result.emplace(work()); };
      co_await run_erased(std::move(call));
      co_return std::move(*result);
    }
  }

 private:
  Task<> run_erased(std::function<void()> work);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace martlet
