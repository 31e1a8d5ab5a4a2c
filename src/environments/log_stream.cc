#include "environments/log_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/signal.h"
#include "environments/alarm.h"
#include "environments/application_level.h"
#include "environments/log_lines.h"

namespace martlet::environments {

namespace {

using boost::asio::posix::stream_descriptor;

constexpr std::size_t kTailBytes = 4096;
/// What waits for the sink before reading stops.
constexpr std::size_t kMaxPendingBytes = 1 << 20;
/// What is written without waiting for the end of the interval.
constexpr std::size_t kFlushBytes = 64 << 10;
constexpr Duration kFlushInterval = std::chrono::milliseconds(100);
/// A stream asked to flush again this soon waits until the time is over: invocations that follow one another
/// closely share a transaction.
constexpr Duration kFlushPause = std::chrono::milliseconds(3);
/// Most that drain() takes: more than a pipe holds, so that a function that never stops printing cannot keep
/// us there.
constexpr std::size_t kMaxDrainBytes = 2 << 20;

struct Pipe {
  Pipe(const Executor& executor, int fd, LineSource from) : descriptor(executor, fd), source(from) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  stream_descriptor descriptor;
  LineSource source;
  LogLines lines;
  bool ended = false;
};

}  // namespace

struct LogStream::Impl : std::enable_shared_from_this<Impl> {
  Impl(Executor with, Clock& clock_, LogSink& sink_, TaskGroup& tasks_, std::shared_ptr<const Spec> spec_,
       std::string name_)
      : executor(std::move(with)),
        clock(clock_),
        sink(sink_),
        tasks(tasks_),
        spec(std::move(spec_)),
        name(std::move(name_)),
        is_json(spec->logging.format == Logging::Format::kJson),
        application_level(application_level_of(spec->logging.application_level)),
        system_level(system_level_of(spec->logging.system_level)),
        changed(executor),
        interval(executor, clock, [this] { return look(); }) {}

  void add(const PlatformEvent& event) {
    const TimePoint now = clock.now();
    if (telemetry) telemetry->note(event, now);
    std::string line;
    if (!is_json) {
      line = text_of(event, now);
    } else if (level_of(event) >= system_level) {
      line = json_of(event, now, Dialect::kLog);
      if (!line.empty()) line += '\n';
    }
    if (!line.empty()) add(std::move(line), now);
  }

  void add_line(LineSource source, std::string message) {
    const TimePoint now = clock.now();
    if (telemetry) telemetry->note_line(source, message, now);
    if (is_json && source == LineSource::kFunction && !reaches_log(message, application_level)) return;
    add(std::move(message), now);
  }

  void add(std::string message, TimePoint now) {
    tail += message;
    if (tail.size() > 4 * kTailBytes) tail.erase(0, tail.size() - kTailBytes);
    pending_bytes += message.size();
    pending.push_back({.timestamp_ms = to_epoch_ms(now), .message = std::move(message)});
    if (pending_bytes >= kFlushBytes) {
      flush();
    } else if (pending.size() == 1) {
      interval.at_latest(clock.elapsed() + kFlushInterval);
    }
  }

  /// Reads what `pipe` has now, at most `limit` bytes. Marks it when it has ended.
  void pull(Pipe& pipe, std::size_t limit) {
    static std::array<char, 64 << 10> buffer;  // the loop is one thread
    const auto take = [this, &pipe](std::string message) { add_line(pipe.source, std::move(message)); };
    while (!pipe.ended && limit > 0) {
      const std::size_t wanted = std::min(buffer.size(), limit);
      const ssize_t count = ::read(pipe.descriptor.native_handle(), buffer.data(), wanted);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        pipe.lines.finish(take);
        pipe.ended = true;
        return;
      }
      pipe.lines.feed({buffer.data(), static_cast<std::size_t>(count)}, take);
      if (static_cast<std::size_t>(count) < wanted) return;  // it is empty now
      limit -= static_cast<std::size_t>(count);
    }
  }

  void listen(int fd, LineSource source, std::string task) {
    auto pipe = pipes.emplace_back(std::make_shared<Pipe>(executor, fd, source));
    tasks.spawn(std::move(task), read(shared_from_this(), std::move(pipe)));
  }

  static Task<> read(std::shared_ptr<Impl> self, std::shared_ptr<Pipe> pipe) {
    while (!pipe->ended) {
      if (self->pending_bytes >= kMaxPendingBytes) {
        co_await self->changed.wait();
        continue;
      }
      boost::system::error_code failure;
      co_await pipe->descriptor.async_wait(stream_descriptor::wait_read,
                                           boost::asio::redirect_error(boost::asio::use_awaitable, failure));
      if (failure) {
        pipe->ended = true;
        break;
      }
      self->pull(*pipe, kFlushBytes);
    }
    pipe->descriptor.close();
    std::erase(self->pipes, pipe);
    self->changed.notify_all();
  }

  Task<std::optional<Duration>> look() {
    flush();
    co_return std::nullopt;
  }

  void flush_soon() {
    const Duration next = flushed_at + kFlushPause;
    if (clock.elapsed() >= next) return flush();
    if (!pending.empty()) interval.at_latest(next);
  }

  void flush() {
    if (writing || pending.empty()) return;
    writing = true;
    flushed_at = clock.elapsed();
    tasks.spawn("log write", write(shared_from_this()));
  }

  static Task<> write(std::shared_ptr<Impl> self) {
    while (!self->pending.empty()) {
      std::vector<LogEvent> events = std::exchange(self->pending, {});
      const std::size_t bytes = self->pending_bytes;
      try {
        co_await self->sink.write(*self->spec, self->name, std::move(events));
      } catch (const std::exception& error) {
        log::error("log events could not be written",
                   {{"log_group", self->spec->log_group}, {"error", error.what()}});
      }
      // Counted until it is written: what is being written takes memory too.
      self->pending_bytes -= bytes;
      self->changed.notify_all();
    }
    self->writing = false;
    self->changed.notify_all();
  }

  Executor executor;
  Clock& clock;
  LogSink& sink;
  TaskGroup& tasks;
  std::shared_ptr<const Spec> spec;
  std::string name;
  const bool is_json;
  const ApplicationLevel application_level;
  const SystemLevel system_level;
  std::shared_ptr<Telemetry> telemetry;
  Signal changed;
  Alarm interval;
  Duration flushed_at = Duration::min() / 2;
  std::vector<std::shared_ptr<Pipe>> pipes;
  std::vector<LogEvent> pending;
  std::size_t pending_bytes = 0;
  std::string tail;
  bool writing = false;
};

LogStream::LogStream(Executor executor, Clock& clock, LogSink& sink, TaskGroup& tasks,
                     std::shared_ptr<const Spec> spec, std::string name)
    : impl_(std::make_shared<Impl>(std::move(executor), clock, sink, tasks, std::move(spec),
                                   std::move(name))) {}

LogStream::~LogStream() = default;

const std::string& LogStream::name() const { return impl_->name; }

void LogStream::attach(int stdout_fd, int stderr_fd) {
  for (const int fd : {stdout_fd, stderr_fd}) impl_->listen(fd, LineSource::kFunction, "log pipe");
}

void LogStream::attach_extension(const std::string& name, int stdout_fd, int stderr_fd) {
  for (const int fd : {stdout_fd, stderr_fd})
    impl_->listen(fd, LineSource::kExtension, "log pipe of " + name);
}

void LogStream::set_telemetry(std::shared_ptr<Telemetry> telemetry) {
  impl_->telemetry = std::move(telemetry);
}

void LogStream::drain() {
  std::array<Pipe*, 4> pipes{};
  std::array<pollfd, 4> ready{};
  std::size_t count = 0;
  for (const auto& pipe : impl_->pipes) {
    // What an extension prints belongs to no invocation, and may be in the middle of a line.
    if (pipe->source != LineSource::kFunction || count == ready.size()) continue;
    pipes[count] = pipe.get();
    ready[count++] = {.fd = pipe->descriptor.native_handle(), .events = POLLIN, .revents = 0};
  }
  if (::poll(ready.data(), count, 0) > 0)
    for (std::size_t i = 0; i < count; ++i)
      if (ready[i].revents != 0) impl_->pull(*pipes[i], kMaxDrainBytes);
  const auto take = [this](std::string message) {
    impl_->add_line(LineSource::kFunction, std::move(message));
  };
  for (std::size_t i = 0; i < count; ++i) pipes[i]->lines.finish(take);
}

void LogStream::add(const PlatformEvent& event) { impl_->add(event); }

void LogStream::begin_tail() { impl_->tail.clear(); }

std::string LogStream::tail() const {
  return impl_->tail.size() <= kTailBytes ? impl_->tail : impl_->tail.substr(impl_->tail.size() - kTailBytes);
}

void LogStream::flush() { impl_->flush_soon(); }

Task<> LogStream::finished() {
  auto impl = impl_;
  impl->flush();
  while (!impl->pipes.empty() || !impl->pending.empty() || impl->writing) {
    co_await impl->changed.wait();
    impl->flush();
  }
}

}  // namespace martlet::environments
