#pragma once

// Exchange: one request and its answer, as the handler sees them. It decides how the answer is framed and
// whether the connection goes on afterwards. Lives on the loop, for as long as the handler runs.

#include <optional>
#include <string>

#include "net/connection.h"
#include "net/http.h"

namespace martlet::net {

class Exchange final : public Request, public ResponseWriter {
 public:
  Exchange(Connection& connection, ParsedRequest request);

  const RequestHead& head() const override { return request_.head; }
  std::string remote_address() const override;
  bool is_tls() const override;
  const std::string& listener() const override;
  bool client_has_gone() const override;
  Task<std::string> read_some(std::size_t max) override;
  Task<std::string> read_all(std::size_t limit) override;
  const Headers& trailers() const override;

  Task<> send(Response response) override;
  Task<> send_with_next(Response response) override;
  Task<> start(int status, Headers headers) override;
  Task<> write(std::string_view piece) override;
  Task<> finish(Headers trailers) override;
  bool started() const override { return phase_ != Phase::kNew; }

  [[nodiscard]] bool finished() const { return phase_ == Phase::kFinished; }
  /// Whether the head of the answer promised another request on this connection.
  [[nodiscard]] bool keeps_connection() const { return keep_alive_; }
  /// Whether the body may still be coming although nobody asked for it.
  [[nodiscard]] bool body_unread() const;
  /// Reads and drops what is left of the body. False when that is too much.
  Task<bool> discard_body();

 private:
  enum class Phase { kNew, kStreaming, kFinished };
  enum class AnswerFraming { kNoBody, kLength, kChunked, kUntilClose };

  bool bodiless(int status) const;
  bool wants_keep_alive(const Headers& headers) const;
  /// Status line and all fields but those of the body's framing.
  std::string common_head(int status, const Headers& headers);
  /// The head of an answer that is sent as a whole, to its empty line.
  std::string whole_head(const Response& response);
  Task<> send_continue();
  Task<> put(Pieces pieces);

  Connection& connection_;
  ParsedRequest request_;
  Phase phase_ = Phase::kNew;
  AnswerFraming framing_ = AnswerFraming::kNoBody;
  bool keep_alive_ = false;
  /// The client waits for "100 Continue" before it sends the body.
  bool continue_owed_;
  /// For AnswerFraming::kLength.
  std::uint64_t left_ = 0;
  /// The head of a streamed answer until it goes out with the first piece.
  std::string pending_head_;
};

}  // namespace martlet::net
