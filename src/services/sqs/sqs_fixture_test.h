#pragma once

// For the tests of this folder: the service over a store in memory and a simulated clock.

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/async_test.h"
#include "base/error.h"
#include "base/metrics.h"
#include "services/sqs/service.h"
#include "wire/context.h"

namespace martlet::sqs {

/// 2024-05-01T00:00:00Z
inline constexpr std::int64_t kNow = 1'714'521'600'000;

struct Fixture {
  explicit Fixture(Executor on)
      : executor(std::move(on)),
        store(store::make_memory_store(executor)),
        clock(make_simulated_clock(executor, from_epoch_ms(kNow))),
        ids(7),
        service({.executor = executor, .store = *store, .clock = *clock, .ids = ids, .metrics = metrics}) {
    context.region = "eu-west-1";
    context.account = "123456789012";
    context.base_url = "http://localhost:4566";
  }

  Task<std::string> make(std::string name, std::map<std::string, std::string> attributes = {}) {
    CreateQueueRequest create;
    if (name.ends_with(".fifo")) attributes["FifoQueue"] = "true";
    create.queue_name = std::move(name);
    create.attributes = std::move(attributes);
    co_return *(co_await service.CreateQueue(context, std::move(create))).queue_url;
  }

  Task<SendMessageResult> send(std::string queue, std::string body, std::string group = "") {
    SendMessageRequest send;
    send.queue_url = std::move(queue);
    send.message_deduplication_id = group.empty() ? std::nullopt : std::optional(body);
    send.message_body = std::move(body);
    if (!group.empty()) send.message_group_id = std::move(group);
    co_return co_await service.SendMessage(context, std::move(send));
  }

  Task<std::vector<Message>> receive(std::string queue) {
    ReceiveMessageRequest receive;
    receive.queue_url = std::move(queue);
    receive.max_number_of_messages = 10;
    receive.attribute_names = {"All"};
    receive.message_attribute_names = {"All"};
    co_return (co_await service.ReceiveMessage(context, std::move(receive)))
        .messages.value_or(std::vector<Message>());
  }

  [[nodiscard]] Arn arn(const std::string& name) const { return *Arn::parse(context.arn("sqs", name)); }

  Executor executor;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Clock> clock;
  Ids ids;
  metrics::Registry metrics;
  SqsService service;
  wire::Context context;
};

/// Lets everything else on the loop have its turns.
inline Task<> settle(Executor executor) {
  for (int i = 0; i < 20; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

/// Runs `body(fixture)` to its end.
template <class Body>
void with_service(Body body) {
  run_async([&](Executor executor) -> Task<> {
    Fixture fixture(executor);
    co_await body(fixture);
    co_await fixture.service.stop();
    co_await settle(executor);  // what was cancelled ends before its clock does
  });
}

/// The code of the error that `task` ends with; "" when it ends well.
template <class T>
Task<std::string> error_of(Task<T> task) {
  std::string code;
  try {
    co_await std::move(task);
  } catch (const aws::Error& error) {
    code = error.code();
  }
  co_return code;
}

}  // namespace martlet::sqs
