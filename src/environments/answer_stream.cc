#include "environments/answer_stream.h"

namespace martlet::environments {

AnswerStream::AnswerStream(Executor executor, TaskGroup& tasks, std::shared_ptr<ResponseSink> sink)
    : tasks_(tasks), sink_(std::move(sink)), changed_(std::move(executor)) {}

void AnswerStream::begin(std::string content_type) {
  if (begun_ || closed_) return;
  begun_ = true;
  content_type_ = std::move(content_type);
  wake();
}

Task<> AnswerStream::put(std::string piece) {
  const auto self = shared_from_this();
  while (!closed_ && !waiting_.empty()) co_await changed_.wait();
  if (closed_) co_return;
  waiting_ = std::move(piece);
  wake();
}

void AnswerStream::put_whole(std::string answer) {
  if (closed_) return;
  waiting_ += answer;
  wake();
}

void AnswerStream::close() {
  closed_ = true;
  changed_.notify_all();
}

Task<> AnswerStream::drained() {
  const auto self = shared_from_this();
  while (writing_) co_await changed_.wait();
}

void AnswerStream::wake() {
  if (writing_) return;
  writing_ = true;
  tasks_.spawn("answer stream", write(shared_from_this()));
}

Task<> AnswerStream::write(std::shared_ptr<AnswerStream> self) {
  try {
    if (!std::exchange(self->announced_, true)) co_await self->sink_->begin(std::move(self->content_type_));
    while (!self->waiting_.empty()) {
      std::string piece = std::exchange(self->waiting_, {});
      self->changed_.notify_all();
      co_await self->sink_->write(std::move(piece));
    }
  } catch (const std::exception&) {
    // The caller has left; the function does not notice.
    self->closed_ = true;
    self->waiting_.clear();
  }
  self->writing_ = false;
  self->changed_.notify_all();
}

}  // namespace martlet::environments
