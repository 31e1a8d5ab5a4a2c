#include "services/sqs/attempts.h"

#include <utility>

#include "services/sqs/limits.h"

namespace martlet::sqs {

const Attempts::Attempt* Attempts::find(const std::string& id, TimePoint now) const {
  const auto found = attempts_.find(id);
  return found == attempts_.end() || found->second.made + kAttemptWindow <= now ? nullptr : &found->second;
}

void Attempts::remember(std::string id, TimePoint now, std::vector<flow::ReceivedMessage> messages) {
  while (!order_.empty()) {
    const auto oldest = attempts_.find(order_.front());
    if (oldest != attempts_.end() && oldest->second.made + kAttemptWindow > now && order_.size() < kMost)
      break;
    if (oldest != attempts_.end()) attempts_.erase(oldest);
    order_.pop_front();
  }
  order_.push_back(id);
  attempts_.insert_or_assign(std::move(id), Attempt{.made = now, .messages = std::move(messages)});
}

}  // namespace martlet::sqs
