#include "services/lambda/mapping_runners.h"

#include <map>
#include <vector>

#include "base/log.h"
#include "base/signal.h"
#include "base/task_group.h"
#include "services/lambda/mapping_filter.h"

namespace martlet::lambda {

namespace {

/// How long stop() waits for batches under way.
constexpr Duration kGrace = std::chrono::seconds(5);

using Runner = std::shared_ptr<MappingRunner>;

ScalingLimits scaling_of(const MappingRecord& mapping) {
  if (mapping.maximum_concurrency)
    return limits_of_maximum_concurrency(static_cast<std::size_t>(*mapping.maximum_concurrency));
  if (mapping.minimum_pollers)
    return limits_of_pollers(static_cast<std::size_t>(*mapping.minimum_pollers),
                             static_cast<std::size_t>(*mapping.maximum_pollers));
  return {};
}

/// The first refusal of what reading a queue takes.
Task<std::string> reading_refusal(store::Store& store, RoleRefusal refusal, FunctionName function,
                                  std::string source_arn) {
  // Asked for each time: the function may have been given another one.
  const std::string role_arn = co_await role_of(store, function);
  if (role_arn.empty()) co_return std::string();  // what is not there refuses its invocation
  for (const char* action : kReadingActions) {
    const std::string why =
        co_await refusal(role_arn, function.name, std::string("sqs:") + action, source_arn);
    if (!why.empty()) co_return why;
  }
  co_return std::string();
}

}  // namespace

struct MappingRunners::Impl : std::enable_shared_from_this<Impl> {
  /// One mapping: the runner that reads for it, and those that are about to end.
  struct Entry {
    MappingRecord mapping;
    Runner runner;
    std::vector<Runner> ending;
  };

  explicit Impl(const MappingDependencies& dependencies)
      : with(dependencies), tasks(with.executor), ended(with.executor) {}

  MappingSettings settings_of(const MappingRecord& mapping) const {
    MappingSettings settings;
    settings.batch_size = static_cast<std::size_t>(mapping.batch_size);
    settings.window = std::chrono::seconds(mapping.maximum_batching_window_seconds);
    if (!mapping.filters.empty())
      settings.wants = [filter = RecordFilter(mapping.filters, "body")](const sources::Record& record) {
        return filter.passes(record);
      };
    settings.reports_item_failures = !mapping.function_response_types.empty();
    settings.scaling = scaling_of(mapping);
    if (with.role_refusal)
      settings.refusal = [&store = with.store, refusal = with.role_refusal,
                          function = mapping.function_name(), arn = mapping.event_source_arn] {
        return reading_refusal(store, refusal, function, arn);
      };
    settings.invoke = [invoke = with.invoke, function = mapping.function_name(),
                       partition = mapping.partition](MappingInvocation invocation) {
      return invoke(function, partition, std::move(invocation));
    };
    return settings;
  }

  Runner make_runner(const MappingRecord& mapping, const std::string& role_arn) const {
    const auto arn = Arn::parse(mapping.event_source_arn);
    sources::Source* const source = arn ? with.sources.find(*arn) : nullptr;
    if (!source) {
      log::error("an event source mapping has a source that cannot be read",
                 {{"uuid", mapping.uuid}, {"source", mapping.event_source_arn}});
      return nullptr;
    }
    return std::make_shared<MappingRunner>(MappingEngine{with.executor, with.store, with.clock},
                                           MappingSource{*source, *arn, role_arn}, settings_of(mapping),
                                           MappingCounters(with.metrics, mapping.function, mapping.uuid));
  }

  void apply(const MappingRecord& mapping, const std::string& role_arn) {
    auto [found, is_new] = entries.try_emplace(mapping.uuid);
    Entry& entry = found->second;
    if (!is_new && mapping.revision <= entry.mapping.revision) return;
    entry.mapping = mapping;
    if (!mapping.enabled || mapping.is_being_deleted) {
      end_runner(entry);
      if (mapping.is_being_deleted)
        tasks.spawn("event source mapping: deletion", erase(shared_from_this(), mapping));
    } else if (entry.runner) {
      entry.runner->configure(settings_of(mapping));
    } else {
      entry.runner = make_runner(mapping, role_arn);
    }
  }

  void end_runner(Entry& entry) {
    if (!entry.runner) return;
    entry.runner->close();
    tasks.spawn("event source mapping: ending",
                wait_for_end(shared_from_this(), entry.mapping.uuid, entry.runner));
    entry.ending.push_back(std::move(entry.runner));
  }

  static Task<> wait_for_end(std::shared_ptr<Impl> self, std::string uuid, Runner runner) {
    co_await runner->finished();
    if (const auto found = self->entries.find(uuid); found != self->entries.end())
      std::erase(found->second.ending, runner);
    self->ended.notify_all();
  }

  static Task<> erase(std::shared_ptr<Impl> self, MappingRecord mapping) {
    while (self->is_ending(mapping.uuid)) co_await self->ended.wait();
    co_await self->with.store.transact([&](store::Txn& txn) -> Task<> {
      erase_mapping(txn, mapping);
      co_return;
    });
    self->entries.erase(mapping.uuid);
  }

  [[nodiscard]] bool is_ending(const std::string& uuid) const {
    const auto found = entries.find(uuid);
    return found != entries.end() && !found->second.ending.empty();
  }

  [[nodiscard]] std::vector<Runner> all_runners() const {
    std::vector<Runner> all;
    for (const auto& [uuid, entry] : entries) {
      all.insert(all.end(), entry.ending.begin(), entry.ending.end());
      if (entry.runner) all.push_back(entry.runner);
    }
    return all;
  }

  static Task<> cancel_after_grace(std::shared_ptr<Impl> self, std::vector<Runner> runners) {
    co_await self->with.clock.sleep_elapsed(kGrace);
    for (const Runner& runner : runners) runner->cancel();
  }

  static Task<> stop(std::shared_ptr<Impl> self) {
    const std::vector<Runner> runners = self->all_runners();
    for (const Runner& runner : runners) runner->close();
    TaskGroup grace(self->with.executor);
    grace.spawn("event source mappings: grace", cancel_after_grace(self, runners));
    for (const Runner& runner : runners) co_await runner->finished();
    co_await grace.stop();
    co_await self->tasks.stop();
    self->entries.clear();
  }

  MappingDependencies with;
  std::map<std::string, Entry> entries;
  TaskGroup tasks;
  /// A runner has ended.
  Signal ended;
};

MappingRunners::MappingRunners(const MappingDependencies& with) : impl_(std::make_shared<Impl>(with)) {}

MappingRunners::~MappingRunners() { reset(); }

void MappingRunners::apply(const MappingRecord& mapping, const std::string& role_arn) {
  impl_->apply(mapping, role_arn);
}

std::string MappingRunners::state_of(const MappingRecord& mapping) const {
  if (mapping.is_being_deleted) return "Deleting";
  if (mapping.enabled) return "Enabled";
  return impl_->is_ending(mapping.uuid) ? "Disabling" : "Disabled";
}

std::string MappingRunners::problem_of(const MappingRecord& mapping) const {
  const auto found = impl_->entries.find(mapping.uuid);
  return found != impl_->entries.end() && found->second.runner ? found->second.runner->problem() : "";
}

void MappingRunners::resume(const FunctionName& function) {
  for (const auto& [uuid, entry] : impl_->entries) {
    const MappingRecord& mapping = entry.mapping;
    if (entry.runner && mapping.function == function.name && mapping.account == function.account &&
        mapping.region == function.region)
      entry.runner->resume();
  }
}

void MappingRunners::reset() {
  for (const Runner& runner : impl_->all_runners()) {
    runner->abandon();
    runner->cancel();
  }
  impl_->tasks.cancel();
  impl_->entries.clear();
}

Task<> MappingRunners::stop() { return Impl::stop(impl_); }

}  // namespace martlet::lambda
