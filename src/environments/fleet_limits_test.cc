// Provisioned concurrency, limits of concurrency and snapshots of whole environments, over child processes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "environments/fleet_test_support_test.h"
#include "environments/process_fleet_test.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kFunctionArn = "arn:aws:lambda:us-east-1:000000000000:function:f";

Code python(const std::string& text) {
  Code code;
  code.file("app.py", text);
  return code;
}

Task<> invoke_into(Fleet& fleet, std::shared_ptr<const Spec> spec, std::string payload,
                   std::vector<Outcome>& into) {
  Outcome outcome = co_await fleet.invoke(std::move(spec), event(payload));
  into.push_back(std::move(outcome));
}

/// Waits until that many environments of `spec` are ready.
Task<> available(ProcessWorld& world, std::shared_ptr<const Spec> spec, std::uint32_t count) {
  while (world.fleet.provisioned(spec).available != count) co_await world.clock->sleep_elapsed(1ms);
}

constexpr const char* kTypeOf = R"(
import os, time
def handler(event, context):
    time.sleep(event)
    return [os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'], os.getpid()]
)";

TEST(Provisioned, EnvironmentsAreThereBeforeTheFirstInvocationAndUsedFirst) {
  const Code code = python(kTypeOf);
  with_process_fleet([&](ProcessWorld& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    world.fleet.provision(spec, 2);
    EXPECT_EQ(world.fleet.provisioned(spec).requested, 2u);
    EXPECT_EQ(world.fleet.provisioned(spec).allocated, 0u);
    co_await available(world, spec, 2);
    EXPECT_EQ(world.fleet.provisioned(spec).allocated, 2u);
    EXPECT_EQ(world.fleet.statistics().claimed_concurrency, 2u);

    std::vector<Outcome> outcomes;
    TaskGroup group(world.executor);
    for (int i = 0; i < 3; ++i) group.spawn("invoke", invoke_into(world.fleet, spec, "0.4", outcomes));
    while (world.fleet.statistics().provisioned_executions < 2) co_await world.clock->sleep_elapsed(1ms);
    EXPECT_EQ(world.fleet.provisioned(spec).available, 0u);
    EXPECT_EQ(world.fleet.statistics().unreserved_executions, 1u);
    co_await group.join();
    int provisioned = 0;
    for (const Outcome& outcome : outcomes)
      if (outcome.payload.starts_with("[\"provisioned-concurrency\"")) {
        ++provisioned;
        EXPECT_THAT(outcome.log_tail, Not(HasSubstr("Init Duration")));
      }
    // One spilled over: it had an environment started, though it takes one that becomes free before that is.
    EXPECT_GE(provisioned, 2);
    EXPECT_EQ(world.fleet.statistics().cold_starts, 3u);
  });
}

TEST(Provisioned, OneThatEndsIsReplaced) {
  const Code code = python("import os\ndef handler(event, context):\n    os._exit(1)\n");
  with_process_fleet([&](ProcessWorld& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    world.fleet.provision(spec, 1);
    co_await available(world, spec, 1);
    EXPECT_EQ((co_await world.fleet.invoke(spec, event("{}"))).kind, Outcome::Kind::kCrash);
    co_await available(world, spec, 1);
    EXPECT_EQ(world.fleet.statistics().cold_starts, 2u);
  });
}

TEST(Provisioned, FewerAreEndedAndNoneFreesTheConcurrency) {
  const Code code = python(kTypeOf);
  FleetOptions options = options_for_test();
  options.retire_after = 1ms;
  options.freeze_after = 1ms;
  with_process_fleet(
      [&](ProcessWorld& world) -> Task<> {
        const auto spec = spec_for(code, "python3.11", "app.handler");
        world.fleet.provision(spec, 2);
        co_await available(world, spec, 2);
        world.fleet.provision(spec, 1);
        EXPECT_EQ(world.fleet.provisioned(spec).allocated, 1u);
        while (world.warden.alive > 1) co_await world.clock->sleep_elapsed(1ms);
        // Age does not end it.
        while (world.fleet.statistics().frozen == 0) co_await world.clock->sleep_elapsed(1ms);
        world.fleet.provision(spec, 0);
        EXPECT_EQ(world.fleet.provisioned(spec).requested, 0u);
        EXPECT_EQ(world.fleet.statistics().claimed_concurrency, 0u);
        while (world.warden.alive > 0) co_await world.clock->sleep_elapsed(1ms);
      },
      options);
}

TEST(Provisioned, InitialisationThatFailsIsTheReason) {
  const Code code = python("raise ValueError('no')\n");
  with_process_fleet([&](ProcessWorld& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    world.fleet.provision(spec, 2);
    while (world.fleet.provisioned(spec).failure.empty()) co_await world.clock->sleep_elapsed(1ms);
    EXPECT_THAT(world.fleet.provisioned(spec).failure, HasSubstr("ValueError"));
    EXPECT_EQ(world.fleet.provisioned(spec).allocated, 0u);
  });
}

TEST(Limits, ReservedConcurrencyThrottlesAtOnceAndSaysWhy) {
  const Code code = python(kTypeOf);
  with_process_fleet([&](ProcessWorld& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    world.fleet.set_reserved_concurrency(kFunctionArn, 1);
    std::vector<Outcome> outcomes;
    TaskGroup group(world.executor);
    group.spawn("invoke", invoke_into(world.fleet, spec, "0.3", outcomes));
    while (world.fleet.executions(kFunctionArn) == 0) co_await world.clock->sleep_elapsed(1ms);
    const Outcome refused = co_await world.fleet.invoke(spec, event("0"));
    EXPECT_EQ(refused.kind, Outcome::Kind::kThrottled);
    EXPECT_EQ(refused.throttle_reason, ThrottleReason::kReservedFunctionConcurrentInvocationLimitExceeded);
    EXPECT_TRUE(outcomes.empty());
    co_await group.join();
    EXPECT_EQ(world.fleet.executions(kFunctionArn), 0u);
    EXPECT_TRUE((co_await world.fleet.invoke(spec, event("0"))).succeeded());
  });
}

TEST(Limits, TheAccountsConcurrencyAndTheScalingRate) {
  const Code code = python(kTypeOf);
  FleetOptions options = options_for_test();
  options.concurrency = {.account = 2, .scaling = 1, .scaling_period = 1h};
  with_process_fleet(
      [&](ProcessWorld& world) -> Task<> {
        const auto spec = spec_for(code, "python3.11", "app.handler");
        std::vector<Outcome> outcomes;
        TaskGroup group(world.executor);
        group.spawn("invoke", invoke_into(world.fleet, spec, "0.3", outcomes));
        while (world.fleet.statistics().busy == 0) co_await world.clock->sleep_elapsed(1ms);
        const Outcome too_fast = co_await world.fleet.invoke(spec, event("0"));
        EXPECT_EQ(too_fast.throttle_reason, ThrottleReason::kFunctionInvocationRateLimitExceeded);
        EXPECT_EQ(too_fast.kind, Outcome::Kind::kThrottled);
        world.fleet.set_reserved_concurrency("arn:aws:lambda:us-east-1:000000000000:function:other", 1);
        const Outcome too_many = co_await world.fleet.invoke(spec, event("0"));
        EXPECT_EQ(too_many.throttle_reason, ThrottleReason::kConcurrentInvocationLimitExceeded);
        EXPECT_EQ(too_many.kind, Outcome::Kind::kThrottled);
        co_await group.join();
      },
      options);
}

TEST(Tenants, ShareNoEnvironmentAndHaveALimit) {
  const Code code =
      python("import os\ndef handler(event, context):\n    return [os.getpid(), context.tenant_id]\n");
  with_process_fleet([&](ProcessWorld& world) -> Task<> {
    const auto of = [&](const std::string& tenant) {
      auto spec = spec_for(code, "python3.11", "app.handler");
      spec->per_tenant = true;
      spec->tenant_id = tenant;
      spec->logging.format = Logging::Format::kJson;
      return spec;
    };
    const auto event_of = [](const std::string& tenant) {
      Invocation invocation = event("0");
      invocation.tenant_id = tenant;
      return invocation;
    };
    const auto blue = of("blue");
    const auto red = of("red");
    world.fleet.set_reserved_concurrency(kFunctionArn, 1);  // two environments of tenants
    const Outcome first = co_await world.fleet.invoke(blue, event_of("blue"));
    EXPECT_THAT(first.payload, HasSubstr("\"blue\""));
    EXPECT_THAT(first.log_tail, HasSubstr(R"("tenantId":"blue")"));
    const Outcome other = co_await world.fleet.invoke(red, event_of("red"));
    EXPECT_THAT(other.payload, HasSubstr("\"red\""));
    EXPECT_EQ((co_await world.fleet.invoke(blue, event_of("blue"))).payload, first.payload);
    EXPECT_EQ((co_await world.fleet.invoke(red, event_of("red"))).payload, other.payload);

    const Outcome third = co_await world.fleet.invoke(of("green"), event_of("green"));
    EXPECT_EQ(third.kind, Outcome::Kind::kThrottled);
    EXPECT_EQ(third.throttle_reason, ThrottleReason::kFunctionInvocationRateLimitExceeded);
    world.fleet.retire(red);
    while (world.fleet.statistics().idle + world.fleet.statistics().frozen > 1)
      co_await world.clock->sleep_elapsed(1ms);
    EXPECT_TRUE((co_await world.fleet.invoke(of("green"), event_of("green"))).succeeded());
  });
}

TEST(Tenants, AnEventOfAnotherTenantIsNotTaken) {
  const Code code = python("def handler(event, context):\n    return 1\n");
  with_process_fleet([&](ProcessWorld& world) -> Task<> {
    const auto spec = spec_for(code, "python3.11", "app.handler");
    spec->tenant_id = "blue";
    bool refused = false;
    try {
      co_await world.fleet.invoke(spec, event("0"));
    } catch (const std::logic_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    EXPECT_EQ(world.fleet.statistics().cold_starts, 0u);
  });
}

TEST(Room, IdleEnvironmentsCountWhatTheyHold) {
  const Code code = python("def handler(event, context):\n    return 1\n");
  FleetOptions options = options_for_test();
  options.memory_budget_bytes = 150ULL << 20;
  with_process_fleet(
      [&](ProcessWorld& world) -> Task<> {
        // 20 MiB each once measured, whatever they may have; 128 while nothing is known.
        std::vector<std::shared_ptr<Spec>> specs;
        for (int i = 0; i < 3; ++i) {
          specs.push_back(spec_for(code, "python3.11", "app.handler"));
          specs.back()->memory_mb = 1024;
          EXPECT_TRUE((co_await world.fleet.invoke(specs.back(), event("{}"))).succeeded());
          // Two fit beside each other; for the third the one idle longest has to go.
          EXPECT_LE(world.fleet.statistics().memory_bytes, options.memory_budget_bytes);
        }
        while (world.warden.alive > 2) co_await world.clock->sleep_elapsed(1ms);
        EXPECT_TRUE((co_await world.fleet.invoke(specs[1], event("{}"))).succeeded());
        EXPECT_EQ(world.fleet.statistics().cold_starts, 3u);
        while (world.fleet.statistics().memory_bytes != 40ULL << 20) co_await world.clock->sleep_elapsed(1ms);
      },
      options);
}

constexpr const char* kSnapshot = R"(
import os, random, time
made = time.monotonic_ns()
def handler(event, context):
    return [os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'], made]
)";

TEST(Snapshots, EnvironmentsComeFromTheKeptProcess) {
  const Code code = python(kSnapshot);
  with_process_fleet([&](ProcessWorld& world) -> Task<> {
    const auto spec = spec_for(code, "python3.12", "app.handler");
    spec->snap_start = true;
    spec->version = "1";
    EXPECT_EQ(co_await world.fleet.prepare_snapshot(spec), std::nullopt);
    EXPECT_EQ(world.fleet.statistics().held, 1u);
    EXPECT_EQ(world.fleet.statistics().cold_starts, 1u);
    const Outcome first = co_await world.fleet.invoke(spec, event("{}"));
    EXPECT_THAT(first.payload, StartsWith("[\"snap-start\"")) << first.log_tail;
    EXPECT_TRUE(first.restore_duration);
    EXPECT_FALSE(first.init_duration);
    const Outcome second = co_await world.fleet.invoke(spec, event("{}"));
    EXPECT_EQ(second.payload, first.payload);
    EXPECT_FALSE(second.restore_duration);
    // The next one is kept.
    while (world.fleet.statistics().held == 0) co_await world.clock->sleep_elapsed(1ms);
    EXPECT_EQ(world.fleet.statistics().cold_starts, 2u);
  });
}

TEST(Snapshots, WithoutAKeptOneTheInvocationInitialisesAndRestores) {
  const Code code = python(kSnapshot);
  with_process_fleet([&](ProcessWorld& world) -> Task<> {
    const auto spec = spec_for(code, "python3.12", "app.handler");
    spec->snap_start = true;
    const Outcome outcome = co_await world.fleet.invoke(spec, event("{}"));
    EXPECT_THAT(outcome.payload, StartsWith("[\"snap-start\"")) << outcome.log_tail;
    EXPECT_TRUE(outcome.restore_duration);
    while (world.fleet.statistics().held == 0) co_await world.clock->sleep_elapsed(1ms);
  });
}

TEST(Snapshots, InitialisationThatFailsIsToldAndForgottenVersionsKeepNothing) {
  const Code broken = python("raise ValueError('no')\n");
  const Code code = python(kSnapshot);
  with_process_fleet([&](ProcessWorld& world) -> Task<> {
    const auto spec = spec_for(broken, "python3.12", "app.handler");
    spec->snap_start = true;
    const auto failure = co_await world.fleet.prepare_snapshot(spec);
    EXPECT_TRUE(failure);
    EXPECT_THAT(failure.value_or(""), HasSubstr("ValueError"));
    const Outcome outcome = co_await world.fleet.invoke(spec, event("{}"));
    EXPECT_EQ(outcome.kind, Outcome::Kind::kInitError);
    EXPECT_THAT(outcome.payload, HasSubstr("ValueError"));

    const auto good = spec_for(code, "python3.12", "app.handler");
    good->snap_start = true;
    EXPECT_EQ(co_await world.fleet.prepare_snapshot(good), std::nullopt);
    world.fleet.retire(good);
    while (world.fleet.statistics().held > 0) co_await world.clock->sleep_elapsed(1ms);
  });
}

}  // namespace
}  // namespace martlet::environments
