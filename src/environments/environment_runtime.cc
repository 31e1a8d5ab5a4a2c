// The side of an Environment that its runtime talks to.

#include <algorithm>

#include "base/crypto.h"
#include "environments/credentials_endpoint.h"
#include "environments/environment.h"

namespace martlet::environments {

Task<std::optional<Event>> Environment::next() {
  while (settling()) co_await progress_.wait();
  for (Slot& slot : slots_)
    if (slot.run && slot.delivered && slot.broken_off && !doomed_)
      co_await settle(slot,
                      {.kind = Outcome::Kind::kHandledError,
                       .payload = platform_error("Runtime.TruncatedResponse", slot.run->invocation.request_id,
                                                 "The runtime broke its answer off")},
                      Status::kError, "Runtime.TruncatedResponse");
  Slot* back = nullptr;
  for (Slot& slot : slots_)
    if (slot.replied && !slot.back && (back == nullptr || slot.replied_at < back->replied_at)) back = &slot;
  if (back != nullptr) back->back = true;
  if (stage_ == Stage::kEnded || open_slots() == 0) co_return std::nullopt;

  // The runtime is ready. Of more calls than there are slots the older ones give way.
  const std::uint64_t ticket = ++next_calls_;
  waiting_calls_.push_back(ticket);
  if (waiting_calls_.size() > open_slots()) {
    waiting_calls_.erase(waiting_calls_.begin());
    event_ready_.notify_all();
  }
  if (!doomed_) {
    runtime_ready_ = true;
    if (stage_ == Stage::kInit && extensions_ready())
      init_ended();
    else if (stage_ == Stage::kRestore)
      restore_ended();
    else if (back != nullptr)
      free_slots();
  }
  // A runtime that is being killed is kept waiting: an answer, or none, would only make it print an error.
  while (stage_ != Stage::kEnded && std::ranges::find(waiting_calls_, ticket) != waiting_calls_.end()) {
    const auto slot = std::ranges::find_if(slots_, [](const Slot& s) { return s.run && !s.delivered; });
    if (!doomed_ && stage_ == Stage::kServing && slot != slots_.end() && !slot->replied &&
        !extensions_busy()) {
      std::erase(waiting_calls_, ticket);
      co_return deliver(*slot);
    }
    co_await event_ready_.wait();
  }
  co_return std::nullopt;
}

Task<Verdict> Environment::respond(std::string request_id, Answer answer) {
  Slot* slot = slot_of(request_id);
  if (slot == nullptr) co_return Verdict::kUnknownRequest;
  if (slot->streaming && !answer.streamed) co_return Verdict::kWrongState;
  Run& run = *slot->run;
  if (run.invocation.sink && !answer.streamed) {
    run.stream = std::make_shared<AnswerStream>(around_.executor, around_.tasks, run.invocation.sink);
    run.stream->begin(std::move(answer.content_type));
    run.stream->put_whole(std::exchange(answer.payload, {}));
  }
  co_await settle(*slot, {.kind = Outcome::Kind::kSuccess, .payload = std::move(answer.payload)},
                  Status::kSuccess, "");
  co_return Verdict::kAccepted;
}

Task<Verdict> Environment::respond_too_large(std::string request_id, std::size_t limit) {
  Slot* slot = slot_of(request_id);
  if (slot == nullptr) co_return Verdict::kUnknownRequest;
  Outcome outcome{.kind = Outcome::Kind::kHandledError,
                  .payload = error_document("Function.ResponseSizeTooLarge",
                                            "Response payload size exceeded maximum allowed payload size (" +
                                                std::to_string(limit) + " bytes).")};
  co_await settle(*slot, std::move(outcome), Status::kFailure, "Function.ResponseSizeTooLarge");
  co_return Verdict::kAccepted;
}

std::expected<std::shared_ptr<AnswerStream>, Verdict> Environment::stream(const std::string& request_id) {
  Slot* slot = slot_of(request_id);
  if (slot == nullptr) return std::unexpected(Verdict::kUnknownRequest);
  if (slot->streaming) return std::unexpected(Verdict::kWrongState);
  Run& run = *slot->run;
  if (!run.invocation.sink) return nullptr;
  slot->streaming = true;
  run.stream = std::make_shared<AnswerStream>(around_.executor, around_.tasks, run.invocation.sink);
  return run.stream;
}

void Environment::stream_broke(const std::string& request_id) {
  if (Slot* slot = slot_of(request_id)) slot->broken_off = true;
}

Task<Verdict> Environment::fail(std::string request_id, RuntimeError error) {
  Slot* slot = slot_of(request_id);
  if (slot == nullptr) co_return Verdict::kUnknownRequest;
  Outcome outcome{.kind = Outcome::Kind::kHandledError, .payload = std::move(error.document)};
  co_await settle(*slot, std::move(outcome), Status::kFailure, std::move(error.type));
  co_return Verdict::kAccepted;
}

Task<Verdict> Environment::fail_init(RuntimeError error) {
  if (stage_ != Stage::kInit || init_failed_) co_return Verdict::kWrongState;
  const std::string type = error.type.empty() ? "Runtime.Unknown" : std::move(error.type);
  co_await init_failed({.kind = Outcome::Kind::kInitError,
                        .error_type = type,
                        .document = std::move(error.document),
                        .message = {}},
                       Status::kError);
  co_return Verdict::kAccepted;
}

Task<Verdict> Environment::restore_next() {
  if (!spec_->snap_start || stage_ != Stage::kInit || runtime_ready_ || doomed_)
    co_return Verdict::kWrongState;
  // Started for an invocation: there is nothing to hold it for.
  if (slots_.front().run) co_return Verdict::kAccepted;
  runtime_ready_ = true;
  if (extensions_ready()) init_ended();
  while (stage_ == Stage::kInit || stage_ == Stage::kHeld) co_await progress_.wait();
  co_return stage_ == Stage::kRestore ? Verdict::kAccepted : Verdict::kWrongState;
}

Task<Verdict> Environment::fail_restore(RuntimeError error) {
  if (stage_ != Stage::kRestore || init_failed_) co_return Verdict::kWrongState;
  restore_failed({.kind = Outcome::Kind::kRestoreError,
                  .error_type = error.type.empty() ? "Runtime.Unknown" : std::move(error.type),
                  .document = std::move(error.document),
                  .message = {}},
                 Status::kError);
  co_return Verdict::kAccepted;
}

Task<std::optional<std::string>> Environment::credentials(std::string token) {
  if (credentials_token_.empty() || !equal_in_constant_time(token, credentials_token_))
    co_return std::nullopt;
  const auto self = shared_from_this();
  // Kept for half their time, so that a function that asks often does not use up its role's keys.
  const Duration now = around_.clock.elapsed();
  if (credentials_.empty() || now - credentials_made_at_ >= kCredentialsAskAgainAfter / 2) {
    credentials_made_at_ = now;
    credentials_ = co_await credentials_document(spec_, tag());
  }
  co_return credentials_;
}

}  // namespace martlet::environments
