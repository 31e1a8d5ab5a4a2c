#pragma once

// AnswerStream carries one streamed answer from a runtime to the caller's ResponseSink. One piece may wait
// while another is being written: a slow reader slows the function down. Writing is a task of its own, so
// that the end of the environment never cuts a piece in two, and a caller that leaves ends nothing but the
// stream. Shared by the invocation, the Runtime API and that task; lives on the loop.

#include <cstddef>
#include <memory>
#include <string>

#include "base/signal.h"
#include "base/task.h"
#include "base/task_group.h"
#include "environments/environments.h"

namespace martlet::environments {

class AnswerStream : public std::enable_shared_from_this<AnswerStream> {
 public:
  /// Its task runs in `tasks`.
  AnswerStream(Executor executor, TaskGroup& tasks, std::shared_ptr<ResponseSink> sink);

  /// The first byte may come; once.
  void begin(std::string content_type);
  [[nodiscard]] bool begun() const { return begun_; }

  /// Takes the next piece; waits while one is waiting already. Drops it when the caller has left, and after
  /// close().
  Task<> put(std::string piece);
  /// Takes a whole answer, after begin().
  void put_whole(std::string answer);
  /// Takes no more pieces; those taken are written.
  void close();
  /// Waits until the sink is left alone for good: everything taken is written, or the caller has left.
  Task<> drained();

 private:
  static Task<> write(std::shared_ptr<AnswerStream> self);
  void wake();

  TaskGroup& tasks_;
  std::shared_ptr<ResponseSink> sink_;
  Signal changed_;
  std::string content_type_;
  std::string waiting_;
  bool begun_ = false;
  bool announced_ = false;
  bool writing_ = false;
  bool closed_ = false;
};

}  // namespace martlet::environments
