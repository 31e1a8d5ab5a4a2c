#pragma once

// ReceiveRequestAttemptId of FIFO queues: a request that is made again, because its answer was lost, gets the
// same messages. Kept in memory for five minutes and until a restart, at most so many per queue; without it
// the messages come again when their visibility timeout is over. Lives on the loop.

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "flow/visibility_queue.h"

namespace martlet::sqs {

class Attempts {
 public:
  struct Attempt {
    TimePoint made;
    std::vector<flow::ReceivedMessage> messages;
  };

  /// What that attempt was given; null when it is not known any more.
  [[nodiscard]] const Attempt* find(const std::string& id, TimePoint now) const;
  void remember(std::string id, TimePoint now, std::vector<flow::ReceivedMessage> messages);
  void forget(const std::string& id) { attempts_.erase(id); }

 private:
  static constexpr std::size_t kMost = 1'000;

  std::map<std::string, Attempt> attempts_;
  /// In the order of their making; some may be forgotten.
  std::deque<std::string> order_;
};

}  // namespace martlet::sqs
