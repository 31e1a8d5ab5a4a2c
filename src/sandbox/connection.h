#pragma once

// The server's end of the warden's socket: requests answered by id, and the ends of sandboxes as they come.
// Lives on the loop. It is shared by the handles of the warden and of its sandboxes; once lost it stays lost,
// and everybody who waits is told.

#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/signal.h"
#include "base/task_group.h"
#include "sandbox/descriptor.h"
#include "sandbox/protocol.h"

namespace martlet::sandbox {

/// How a sandbox or a program in one ended, once it has. Shared by the handle, those who wait, and the
/// connection.
struct End {
  explicit End(const Executor& executor) : ended(executor) {}
  std::optional<Result> result;
  Signal ended;
};

/// A reply with what came along.
struct Answer {
  Reply reply;
  std::vector<Descriptor> descriptors;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Executor executor, Descriptor socket);

  /// Starts reading.
  void start();
  /// Closes the socket, on which the warden kills every sandbox and ends.
  void lose(const std::string& why);

  /// Sends a request and waits for its reply. Throws std::runtime_error with the reason when the warden
  /// refuses or the connection is or gets lost. `request.id` is filled in.
  Task<Answer> call(Request request);
  /// What a kCreate or kRun request makes: its id, its coming end, and what came with the answer.
  struct Created {
    std::uint64_t id = 0;
    std::shared_ptr<End> end;
    std::vector<Descriptor> descriptors;
  };
  Task<Created> create(Policy policy);
  Task<Created> run(std::uint64_t sandbox, Program program);
  /// Nothing happens when the sandbox has ended or the connection is lost.
  void kill(std::uint64_t sandbox);
  /// Sends a signal to a program that was run(), or to the main one (0). Nothing happens as before.
  void signal(std::uint64_t sandbox, std::uint64_t receiver, int number);

 private:
  struct Pending;

  Task<Answer> exchange(Request request);
  Task<Created> make(Request request, Request undo);
  void send(const Request& request);
  static Task<> read(std::shared_ptr<Connection> self);
  static Task<> write(std::shared_ptr<Connection> self);
  void receive();
  void take(Packet& packet);

  Executor executor_;
  boost::asio::posix::stream_descriptor socket_;
  std::uint64_t last_id_ = 0;
  std::optional<std::string> lost_;
  std::map<std::uint64_t, Pending*> pending_;
  std::map<std::uint64_t, std::shared_ptr<End>> ends_;
  /// What the socket had no room for.
  std::deque<std::string> outbox_;
  TaskGroup tasks_;
};

}  // namespace martlet::sandbox
