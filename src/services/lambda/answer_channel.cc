#include "services/lambda/answer_channel.h"

#include <stdexcept>

namespace martlet::lambda {

void AnswerChannel::announce(std::string version, std::string trace) {
  ran_.version = std::move(version);
  ran_.trace = std::move(trace);
}

Task<> AnswerChannel::begin(std::string content_type) {
  content_type_ = std::move(content_type);
  begun_ = true;
  changed_.notify_all();
  co_return;
}

Task<> AnswerChannel::write(std::string piece) {
  while (piece_ && !abandoned_) co_await changed_.wait();
  if (abandoned_) throw std::runtime_error("the caller has left");
  piece_ = std::move(piece);
  changed_.notify_all();
}

void AnswerChannel::end(Ran ran, std::exception_ptr failure) {
  if (!failure) ran_ = std::move(ran);
  failure_ = std::move(failure);
  ended_ = true;
  changed_.notify_all();
}

Task<bool> AnswerChannel::begun() {
  while (!begun_ && !ended_) co_await changed_.wait();
  co_return begun_;
}

Task<std::optional<std::string>> AnswerChannel::next() {
  while (!piece_ && !ended_) co_await changed_.wait();
  auto piece = std::exchange(piece_, std::nullopt);
  changed_.notify_all();
  co_return piece;
}

void AnswerChannel::abandon() {
  abandoned_ = true;
  piece_.reset();
  changed_.notify_all();
}

const environments::Outcome& AnswerChannel::outcome() const {
  if (failure_) std::rethrow_exception(failure_);
  return ran_.outcome;
}

}  // namespace martlet::lambda
