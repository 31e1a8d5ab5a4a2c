#pragma once

// AnswerChannel: the way of a streamed answer from an environment to the call that waits for it. The
// invocation runs in a task of its own and goes on when the caller leaves; the caller reads piece by piece
// and, by reading slowly, slows the function down. Shared by the two; lives on the loop.

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "base/signal.h"
#include "base/task.h"
#include "environments/environments.h"

namespace martlet::lambda {

/// One invocation that has ended.
struct Ran {
  /// The version that it went to.
  std::string version;
  environments::Outcome outcome;
  /// The trace header that the function got.
  std::string trace;
};

class AnswerChannel final : public environments::ResponseSink {
 public:
  explicit AnswerChannel(Executor executor) : changed_(std::move(executor)) {}

  // The invocation's side.
  /// Which version it is, and its trace header, before the event is with the function.
  void announce(std::string version, std::string trace);
  Task<> begin(std::string content_type) override;
  /// Waits until there is room for the piece. Throws when nobody reads any more.
  Task<> write(std::string piece) override;
  /// No more pieces: `failure` is what the invocation threw.
  void end(Ran ran, std::exception_ptr failure);

  // The caller's side.
  /// Waits for the beginning of the answer; false when the invocation ended without one.
  Task<bool> begun();
  /// The next piece; nullopt after the last.
  Task<std::optional<std::string>> next();
  /// Nobody reads any more.
  void abandon();
  [[nodiscard]] const std::string& content_type() const { return content_type_; }
  [[nodiscard]] const std::string& version() const { return ran_.version; }
  [[nodiscard]] const std::string& trace() const { return ran_.trace; }
  /// After the end. Throws what the invocation threw.
  [[nodiscard]] const environments::Outcome& outcome() const;

 private:
  Signal changed_;
  std::string content_type_;
  std::optional<std::string> piece_;
  bool begun_ = false;
  bool ended_ = false;
  bool abandoned_ = false;
  Ran ran_;
  std::exception_ptr failure_;
};

/// Abandons the channel when the caller is gone, however it goes.
class ChannelReader {
 public:
  explicit ChannelReader(std::shared_ptr<AnswerChannel> channel) : channel_(std::move(channel)) {}
  ~ChannelReader() { channel_->abandon(); }
  ChannelReader(const ChannelReader&) = delete;
  ChannelReader& operator=(const ChannelReader&) = delete;

  AnswerChannel* operator->() const { return channel_.get(); }

 private:
  std::shared_ptr<AnswerChannel> channel_;
};

}  // namespace martlet::lambda
