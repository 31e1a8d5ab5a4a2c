#include "environments/memory_pressure.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>

namespace martlet::environments {

namespace {

/// Some task stalled for 200 ms within 2 s; without privileges the window has to be a multiple of 2 s.
constexpr std::string_view kTrigger = "some 200000 2000000";
constexpr std::uint64_t kShareKeptFree = 16;
constexpr Duration kLookInterval = std::chrono::milliseconds(100);

/// "MemTotal:       24683944 kB"
std::uint64_t field(const std::string& meminfo, const std::string& name) {
  const auto at = meminfo.find(name + ":");
  if (at == std::string::npos) return 0;
  return std::strtoull(meminfo.c_str() + at + name.size() + 1, nullptr, 10) << 10;
}

}  // namespace

std::uint64_t shortage_by(const std::string& meminfo) {
  const std::uint64_t wanted = field(meminfo, "MemTotal") / kShareKeptFree;
  const std::uint64_t available = field(meminfo, "MemAvailable");
  return available == 0 || available >= wanted ? 0 : wanted - available;
}

MemoryPressure::MemoryPressure(Executor executor, Clock& clock, std::string proc,
                               std::function<void()> stalled)
    : executor_(executor),
      clock_(clock),
      proc_(std::move(proc)),
      stalled_(std::move(stalled)),
      tasks_(std::move(executor)) {}

void MemoryPressure::watch() {
  const int trigger = ::open((proc_ + "/pressure/memory").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (trigger < 0) return;
  if (::write(trigger, kTrigger.data(), kTrigger.size() + 1) < 0) {
    ::close(trigger);
    return;
  }
  tasks_.spawn("memory pressure", wait_for_stalls(trigger));
}

Task<> MemoryPressure::wait_for_stalls(int trigger) {
  boost::asio::posix::stream_descriptor descriptor(executor_, trigger);
  for (;;) {
    // The event comes as exceptional data (POLLPRI).
    co_await descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_error,
                                   boost::asio::use_awaitable);
    looked_at_.reset();
    stalled_();
  }
}

Task<> MemoryPressure::stop() { co_await tasks_.stop(); }

std::uint64_t MemoryPressure::shortage() {
  const Duration now = clock_.elapsed();
  if (looked_at_ && now - *looked_at_ < kLookInterval) return 0;
  looked_at_ = now;
  std::ostringstream text;
  text << std::ifstream(proc_ + "/meminfo").rdbuf();
  return shortage_by(text.str());
}

}  // namespace martlet::environments
