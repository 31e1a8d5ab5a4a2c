#pragma once

// For the tests of this folder: the service over a store in memory and a simulated clock.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/async_test.h"
#include "base/error.h"
#include "services/logs/service.h"
#include "wire/context.h"

namespace martlet::logs {

/// 2024-05-01T00:00:00Z
inline constexpr std::int64_t kNow = 1'714'521'600'000;
inline constexpr std::int64_t kMinuteMs = 60'000;

struct Fixture {
  explicit Fixture(Executor executor)
      : store(store::make_memory_store(executor)),
        clock(make_simulated_clock(executor, from_epoch_ms(kNow))),
        ids(7),
        service(*store, *clock, ids) {
    context.region = "eu-west-1";
    context.account = "123456789012";
  }

  Task<> make(std::string group, std::vector<std::string> streams = {}) {
    CreateLogGroupRequest create;
    create.log_group_name = group;
    co_await service.CreateLogGroup(context, create);
    for (std::string& stream : streams) co_await service.CreateLogStream(context, {group, std::move(stream)});
  }

  /// Times are relative to kNow.
  Task<PutLogEventsResponse> put(std::string group, std::string stream,
                                 std::vector<std::pair<std::int64_t, std::string>> events) {
    PutLogEventsRequest input;
    input.log_group_name = std::move(group);
    input.log_stream_name = std::move(stream);
    for (auto& [offset, message] : events) input.log_events.push_back({kNow + offset, std::move(message)});
    co_return co_await service.PutLogEvents(context, std::move(input));
  }

  Task<FilterLogEventsResponse> filter(std::string group, std::string pattern = "") {
    FilterLogEventsRequest input;
    input.log_group_name = std::move(group);
    input.filter_pattern = std::move(pattern);
    co_return co_await service.FilterLogEvents(context, std::move(input));
  }

  std::unique_ptr<store::Store> store;
  std::unique_ptr<Clock> clock;
  Ids ids;
  LogsService service;
  wire::Context context;
};

/// Runs `body(fixture)` to its end.
template <class Body>
void with_service(Body body) {
  run_async([&](Executor executor) -> Task<> {
    Fixture fixture(executor);
    co_await body(fixture);
  });
}

/// The error that `task` ends with; nullopt when it ends well.
template <class T>
Task<std::optional<aws::Error>> error_of(Task<T> task) {
  std::optional<aws::Error> found;
  try {
    co_await std::move(task);
  } catch (const aws::Error& error) {
    found = error;
  }
  co_return found;
}

template <class Response>
std::vector<std::string> messages(const Response& response) {
  std::vector<std::string> texts;
  for (const auto& event : *response.events) texts.push_back(*event.message);
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace martlet::logs
