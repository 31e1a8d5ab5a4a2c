// Pre-booted runtimes in real sandboxes; skipped, with the reason, where none can be made.

#include "environments/stock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "environments/sandboxed_fleet_test.h"

namespace martlet::environments {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

FleetOptions with_stock(std::size_t per_runtime) {
  FleetOptions options = options_for_test();
  options.stock.per_runtime = per_runtime;
  return options;
}

Task<> filled(SandboxedWorld& world, std::size_t count) {
  while (world.fleet.statistics().stock_waiting < count || world.fleet.statistics().stock_booting > 0)
    co_await world.clock->sleep_elapsed(1ms);
}

Code python(const std::string& text) {
  Code code;
  code.file("app.py", text);
  return code;
}

Task<> invoke_into(Fleet& fleet, std::shared_ptr<const Spec> spec, std::string id,
                   std::map<std::string, Outcome>& into) {
  Outcome outcome = co_await fleet.invoke(std::move(spec), event("{}", id));
  into[id] = std::move(outcome);
}

constexpr const char* kShow = R"(
import os
def handler(event, context):
    tmp = os.statvfs('/tmp')
    return [os.getcwd(), os.environ['COLOUR'], os.environ['AWS_LAMBDA_FUNCTION_NAME'], 'MARTLET_PREBOOT' in os.environ,
            600 <= tmp.f_blocks * tmp.f_frsize >> 20 < 640, sorted(os.listdir('/var/task')), os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']]
)";

TEST(SandboxedStock, AnEnvironmentFromItIsLikeAnyOther) {
  const Code code = python(kShow);
  with_sandboxed_fleet(
      [&](SandboxedWorld& world) -> Task<> {
        const auto spec = spec_for(code, "python3.11", "app.handler");
        spec->variables["COLOUR"] = "green \"leaf\"";
        spec->ephemeral_storage_mb = 600;
        EXPECT_EQ(world.fleet.statistics().stock_waiting, 0u);
        world.fleet.expect(spec);
        co_await filled(world, 2);
        const Outcome outcome = co_await world.fleet.invoke(spec, event("{}"));
        EXPECT_EQ(outcome.payload,
                  R"(["/var/task", "green \"leaf\"", "f", false, true, ["app.py"], "on-demand"])")
            << outcome.log_tail;
        EXPECT_EQ(world.fleet.statistics().stock_taken, 1u);
        EXPECT_THAT(outcome.log_tail, HasSubstr("Init Duration"));
        co_await filled(world, 2);
        EXPECT_GT(world.fleet.statistics().stock_memory_bytes, 0u);
      },
      with_stock(2));
}

TEST(SandboxedStock, VariablesThatTheInterpreterReadsNeedAStartOfTheirOwn) {
  const Code code = python(kShow);
  with_sandboxed_fleet(
      [&](SandboxedWorld& world) -> Task<> {
        const auto spec = spec_for(code, "python3.11", "app.handler");
        world.fleet.expect(spec);
        co_await filled(world, 1);
        const auto optimised = spec_for(code, "python3.11", "app.handler");
        optimised->variables["COLOUR"] = "red";
        optimised->variables["PYTHONOPTIMIZE"] = "1";
        EXPECT_TRUE((co_await world.fleet.invoke(optimised, event("{}"))).succeeded());
        EXPECT_EQ(world.fleet.statistics().stock_taken, 0u);
      },
      with_stock(1));
}

TEST(SandboxedStock, MoreAtOnceThanItHoldsStartInFull) {
  const Code code = python("def handler(event, context):\n    return 1\n");
  with_sandboxed_fleet(
      [&](SandboxedWorld& world) -> Task<> {
        std::vector<std::shared_ptr<Spec>> specs;
        TaskGroup group(world.executor);
        std::map<std::string, Outcome> outcomes;
        // More at once than there are, and before the stock is filled.
        for (int i = 0; i < 6; ++i) {
          specs.push_back(spec_for(code, "python3.11", "app.handler"));
          group.spawn("invoke", invoke_into(world.fleet, specs.back(), std::to_string(i), outcomes));
        }
        co_await group.join();
        for (const auto& [id, outcome] : outcomes) EXPECT_TRUE(outcome.succeeded()) << outcome.payload;
        EXPECT_EQ(outcomes.size(), 6u);
        co_await filled(world, 2);
      },
      with_stock(2));
}

TEST(SandboxedStock, ItIsGivenUpWhenItsRuntimeIsNotUsed) {
  const Code code = python("def handler(event, context):\n    return 1\n");
  FleetOptions options = with_stock(1);
  options.stock.keep_for = 300ms;
  with_sandboxed_fleet(
      [&](SandboxedWorld& world) -> Task<> {
        world.fleet.expect(spec_for(code, "python3.11", "app.handler"));
        while (world.fleet.statistics().stock_booting == 0) co_await world.clock->sleep_elapsed(1ms);
        while (world.fleet.statistics().stock_waiting + world.fleet.statistics().stock_booting > 0)
          co_await world.clock->sleep_elapsed(1ms);
        EXPECT_EQ(world.fleet.statistics().stock_memory_bytes, 0u);
      },
      options);
}

}  // namespace
}  // namespace martlet::environments
