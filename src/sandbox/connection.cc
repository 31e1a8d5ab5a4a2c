#include "sandbox/connection.h"

#include <signal.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace martlet::sandbox {

/// A request that waits for its reply; registered as long as it exists.
struct Connection::Pending {
  Pending(Connection& owner, std::uint64_t number)
      : connection(owner), id(number), answered(owner.executor_) {
    connection.pending_[id] = this;
  }
  ~Pending() { connection.pending_.erase(id); }
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  Connection& connection;
  std::uint64_t id;
  std::optional<Answer> answer;
  Signal answered;
};

Connection::Connection(Executor executor, Descriptor socket)
    : executor_(executor), socket_(executor, socket.release()), tasks_(executor) {}

void Connection::start() { tasks_.spawn("reading from the warden", read(shared_from_this())); }

void Connection::lose(const std::string& why) {
  if (lost_) return;
  lost_ = why;
  boost::system::error_code ignored;
  socket_.close(ignored);
  for (auto& [id, pending] : pending_) pending->answered.notify_all();
  for (auto& [id, end] : ends_) {
    end->result = Result{.kind = Result::Kind::kKilled, .detail = why};
    end->ended.notify_all();
  }
  ends_.clear();
  outbox_.clear();
}

Task<Answer> Connection::call(Request request) {
  request.id = ++last_id_;
  return exchange(std::move(request));
}

Task<Answer> Connection::exchange(Request request) {
  const auto self = shared_from_this();
  if (lost_) throw std::runtime_error(*lost_);
  Pending pending(*this, request.id);
  send(request);
  while (!pending.answer && !lost_) co_await pending.answered.wait();
  if (!pending.answer) throw std::runtime_error(*lost_);
  if (pending.answer->reply.kind == Reply::Kind::kFailed)
    throw std::runtime_error(pending.answer->reply.text);
  co_return std::move(*pending.answer);
}

Task<Connection::Created> Connection::create(Policy policy) {
  const std::uint64_t id = ++last_id_;
  return make({.kind = Request::Kind::kCreate, .id = id, .policy = std::move(policy)},
              {.kind = Request::Kind::kKill, .sandbox = id});
}

Task<Connection::Created> Connection::run(std::uint64_t sandbox, Program program) {
  const std::uint64_t id = ++last_id_;
  return make({.kind = Request::Kind::kRun, .id = id, .sandbox = sandbox, .program = std::move(program)},
              {.kind = Request::Kind::kSignal, .sandbox = sandbox, .receiver = id, .signal = SIGKILL});
}

Task<Connection::Created> Connection::make(Request request, Request undo) {
  const auto self = shared_from_this();
  // Takes it back unless its maker gets it, whether that is refused, lost or cancelled.
  struct Claim {
    Connection& connection;
    std::uint64_t id;
    const Request& undo;
    bool kept = false;
    ~Claim() {
      if (kept) return;
      connection.ends_.erase(id);
      connection.send(undo);
    }
  } claim{*this, request.id, undo};
  auto end = std::make_shared<End>(executor_);
  ends_[claim.id] = end;
  Answer answer = co_await exchange(std::move(request));
  claim.kept = true;
  co_return Created{claim.id, std::move(end), std::move(answer.descriptors)};
}

void Connection::kill(std::uint64_t sandbox) { send({.kind = Request::Kind::kKill, .sandbox = sandbox}); }

void Connection::signal(std::uint64_t sandbox, std::uint64_t receiver, int number) {
  send({.kind = Request::Kind::kSignal, .sandbox = sandbox, .receiver = receiver, .signal = number});
}

void Connection::send(const Request& request) {
  if (lost_) return;
  std::string bytes = encode(request);
  if (!outbox_.empty()) {
    outbox_.push_back(std::move(bytes));
    return;
  }
  const Transfer transfer = send_packet(socket_.native_handle(), bytes, {}, Blocking::kDontWait);
  if (transfer == Transfer::kDone) return;
  if (transfer == Transfer::kClosed) return lose("the warden process has ended");
  outbox_.push_back(std::move(bytes));
  tasks_.spawn("writing to the warden", write(shared_from_this()));
}

Task<> Connection::write(std::shared_ptr<Connection> self) {
  while (!self->outbox_.empty()) {
    co_await self->socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                                      boost::asio::use_awaitable);
    // Kept at the front while it is sent: its presence tells send() that a writer is at work.
    while (!self->outbox_.empty()) {
      const Transfer transfer =
          send_packet(self->socket_.native_handle(), self->outbox_.front(), {}, Blocking::kDontWait);
      if (transfer == Transfer::kWouldBlock) break;
      if (transfer == Transfer::kClosed) {
        self->lose("the warden process has ended");
        co_return;
      }
      self->outbox_.pop_front();
    }
  }
}

Task<> Connection::read(std::shared_ptr<Connection> self) {
  while (!self->lost_) {
    boost::system::error_code error;
    co_await self->socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                      boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) co_return;
    self->receive();
  }
}

void Connection::receive() {
  Packet packet;
  while (!lost_) {
    const Transfer transfer = receive_packet(socket_.native_handle(), packet, Blocking::kDontWait);
    if (transfer == Transfer::kWouldBlock) return;
    if (transfer == Transfer::kClosed) return lose("the warden process has ended");
    take(packet);
  }
}

void Connection::take(Packet& packet) {
  auto reply = decode_reply(packet.bytes);
  if (!reply) return lose("the warden process sent what it never should");
  if (reply->kind == Reply::Kind::kEnded) {
    const auto ended = ends_.extract(reply->id);
    if (!ended) return;
    ended.mapped()->result = std::move(reply->result);
    ended.mapped()->ended.notify_all();
    return;
  }
  const auto waiting = pending_.find(reply->id);
  // Nobody waits any more. A sandbox that comes this way was killed when its maker went.
  if (waiting == pending_.end()) return;
  waiting->second->answer = Answer{std::move(*reply), std::move(packet.descriptors)};
  waiting->second->answered.notify_all();
}

}  // namespace martlet::sandbox
