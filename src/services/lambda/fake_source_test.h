#pragma once

// For tests of event source mappings: a queue in memory that behaves as a source does, and a function that
// does what the test says, both on a simulated clock.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/signal.h"
#include "services/lambda/mapping_runner.h"
#include "sources/sources.h"

namespace martlet::lambda {

/// Lets everything run that can run without the time going on.
inline Task<> quiet(Executor executor) {
  for (int i = 0; i < 200; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

class FakeQueue final : public sources::Source {
 public:
  struct Message {
    std::string id;
    std::string json;
    std::string group;
    TimePoint due;
    std::uint32_t receives = 0;
    bool in_flight = false;
  };

  FakeQueue(Executor executor, Clock& on) : changed(std::move(executor)), clock(on) {}

  void send(const std::string& id, const std::string& json, const std::string& group = "") {
    messages.push_back({.id = id, .json = json, .group = group, .due = clock.now()});
    changed.notify_all();
  }
  /// "a" becomes {"messageId":"a"}.
  void send(const std::string& id) { send(id, R"({"messageId":")" + id + "\"}"); }

  Task<sources::Description> describe(store::Txn& /*txn*/, Arn /*arn*/) override {
    if (!exists) throw aws::Error("AWS.SimpleQueueService.NonExistentQueue", "The queue is not there.");
    co_return sources::Description{.event_source = "aws:sqs", .ordered = ordered, .visibility = visibility};
  }
  std::unique_ptr<sources::Reader> open(const Arn& arn, std::string role_arn) override;

  /// Ids of what is left, in order.
  [[nodiscard]] std::vector<std::string> left() const {
    std::vector<std::string> ids;
    for (const Message& message : messages) ids.push_back(message.id);
    return ids;
  }
  [[nodiscard]] std::size_t visible() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(messages, [&](const Message& message) { return message.due <= clock.now(); }));
  }
  Message* find(const std::string& id) {
    const auto found = std::ranges::find(messages, id, &Message::id);
    return found == messages.end() ? nullptr : &*found;
  }
  void remove() {
    exists = false;
    messages.clear();
    changed.notify_all();
  }

  std::vector<Message> messages;
  Duration visibility = std::chrono::seconds(30);
  std::size_t most_at_a_time = 10;
  bool ordered = false;
  bool exists = true;
  /// Reads end with an error.
  bool refuses = false;
  std::size_t opened = 0;
  Signal changed;
  Clock& clock;
};

class FakeReader final : public sources::Reader {
 public:
  explicit FakeReader(FakeQueue& queue) : queue_(queue) {}

  Task<std::vector<sources::Record>> read(sources::ReadOptions options) override {
    co_return co_await read_until(options, TimePoint::max());
  }

  Task<std::vector<sources::Record>> read_until(sources::ReadOptions options, TimePoint deadline) override {
    if (queue_.refuses) throw aws::Error("OverLimit", "Too many messages are in flight.");
    while (true) {
      if (closed_ || !queue_.exists) co_return std::vector<sources::Record>();
      auto records = take(options);
      if (!records.empty() || queue_.clock.now() >= deadline) co_return records;
      co_await queue_.changed.wait();
    }
  }

  Task<> done(store::Txn& txn, std::vector<sources::Record> records) override {
    txn.after_commit([this, records] {
      for (const auto& record : records)
        std::erase_if(queue_.messages, [&](const auto& message) { return message.id == record.handle; });
      queue_.changed.notify_all();
    });
    co_return;
  }

  Task<> give_back(store::Txn& txn, std::vector<sources::Record> records, Duration delay) override {
    txn.after_commit([this, records, delay] {
      for (const auto& record : records)
        if (FakeQueue::Message* const message = queue_.find(record.handle))
          message->due = queue_.clock.now() + delay;
      queue_.changed.notify_all();
    });
    co_return;
  }

  void close() override {
    closed_ = true;
    queue_.changed.notify_all();
  }

 private:
  std::vector<sources::Record> take(const sources::ReadOptions& options) {
    const TimePoint now = queue_.clock.now();
    std::set<std::string> busy;
    if (queue_.ordered)
      for (const auto& message : queue_.messages)
        if (message.due > now) busy.insert(message.group);
    std::vector<sources::Record> records;
    for (auto& message : queue_.messages) {
      if (records.size() >= std::min(options.most, queue_.most_at_a_time)) break;
      if (message.due > now || busy.contains(message.group)) continue;
      message.due = now + (options.visibility.count() > 0 ? options.visibility : queue_.visibility);
      records.push_back({.id = message.id,
                         .json = message.json,
                         .group = message.group,
                         .receives = ++message.receives,
                         .trace_header = "Root=" + message.id,
                         .held_until = message.due,
                         .handle = message.id});
    }
    return records;
  }

  FakeQueue& queue_;
  bool closed_ = false;
};

inline std::unique_ptr<sources::Reader> FakeQueue::open(const Arn& /*arn*/, std::string /*role_arn*/) {
  ++opened;
  return std::make_unique<FakeReader>(*this);
}

/// Answers at once, or, when it is slow, when the test says so.
class FakeFunction {
 public:
  explicit FakeFunction(Executor executor) : released_(std::move(executor)) {}

  Task<MappingAnswer> invoke(MappingInvocation invocation) {
    const std::size_t number = events.size();
    events.push_back(invocation.event);
    traces = std::move(invocation.trace_headers);
    most_running = std::max(most_running, ++running);
    while (is_slow && !finished_.contains(number)) co_await released_.wait();
    --running;
    co_return answer(events[number]);
  }

  /// The invocation of that number, the first being 0, comes to its end.
  void finish(std::size_t number) {
    finished_.insert(number);
    released_.notify_all();
  }
  void finish_all() {
    is_slow = false;
    released_.notify_all();
  }

  std::function<MappingAnswer(const std::string& event)> answer = [](const std::string&) {
    return MappingAnswer{};
  };
  bool is_slow = false;
  std::vector<std::string> events;
  std::vector<std::string> traces;
  std::size_t running = 0;
  std::size_t most_running = 0;

 private:
  Signal released_;
  std::set<std::size_t> finished_;
};

}  // namespace martlet::lambda
