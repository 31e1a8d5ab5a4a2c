#include "services/logs/function_logs.h"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "base/arn.h"
#include "base/log.h"
#include "services/logs/logs_store.h"
#include "services/logs/making.h"

namespace martlet::logs {

namespace {

/// Streams kept in mind; beyond that all are looked up again. Far more than environments run at a time.
constexpr std::size_t kMaxKnown = 4096;
/// How long what was allowed stays so without being asked again.
constexpr Duration kAskAgainAfter = std::chrono::minutes(1);

}  // namespace

Task<> FunctionLogs::write(const environments::Spec& spec, const std::string& stream,
                           std::vector<environments::LogEvent> events) {
  std::vector<NewEvent> batch;
  batch.reserve(events.size());
  for (environments::LogEvent& event : events) {
    if (!event.message.empty())
      batch.push_back({std::max<std::int64_t>(0, event.timestamp_ms), std::move(event.message)});
  }
  if (batch.empty()) co_return;
  Name name{spec.account, spec.region, spec.log_group, stream};
  std::string failure;
  try {
    co_await write_batch(spec, name, std::move(batch));
  } catch (const boost::system::system_error&) {
    throw;  // cancelled: the server is ending
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!failure.empty()) {
    log::error("log events were lost",
               {{"log_group", std::get<2>(name)}, {"log_stream", std::get<3>(name)}, {"error", failure}});
  }
}

Task<> FunctionLogs::write_batch(const environments::Spec& spec, Name name, std::vector<NewEvent> events) {
  co_await numbers_.start();
  Allowance allowance;
  const Reach reach = co_await reach_of(spec, name, allowance);
  if (reach != Reach::kEvents)
    note_refusal(name, spec.role_arn);
  else if (!refused_.empty())
    refused_.erase(name);
  if (reach == Reach::kNothing || (reach == Reach::kStream && known_.contains(name))) co_return;
  const std::int64_t now_ms = to_epoch_ms(clock_.now());
  const auto body = [&](store::Txn& txn) -> Task<> {
    const auto found = known_.find(name);
    std::optional<Known> stream;
    if (found != known_.end()) {
      stream = found->second;
    } else {
      stream = co_await open(txn, name, now_ms, reach);
    }
    if (!stream) co_return;
    if (reach == Reach::kEvents) {
      const Written written =
          co_await write_events(txn, numbers_, stream->group, stream->stream, events, now_ms, stream->hour);
      stream->hour = written.hour;
      stream->allowance = allowance;
    }
    txn.after_commit([this, name, stream = *stream] { remember(name, stream); });
  };
  co_await store_.transact(body);
}

Task<FunctionLogs::Reach> FunctionLogs::reach_of(const environments::Spec& spec, Name name,
                                                 Allowance& allowance) {
  if (!permission_.may) co_return Reach::kEvents;
  const Allowance now{permission_.version(), clock_.elapsed()};
  if (const auto found = known_.find(name); found != known_.end()) {
    allowance = found->second.allowance;
    if (allowance.version == now.version && now.at < allowance.at + kAskAgainAfter) co_return Reach::kEvents;
  }
  allowance = now;
  co_return co_await ask(spec, std::move(name));
}

Task<FunctionLogs::Reach> FunctionLogs::ask(const environments::Spec& spec, Name name) {
  const auto& [account, region, group, stream] = name;
  const std::string partition = Arn::parse(spec.function_arn).value_or(Arn{}).partition;
  const std::string streams =
      "arn:" + partition + ":logs:" + region + ":" + account + ":log-group:" + group + ":log-stream:";
  Reach there = Reach::kStream;
  if (!known_.contains(name)) there = co_await existing(name);
  if (there == Reach::kNothing && !co_await permission_.may(spec, "logs:CreateLogGroup", streams))
    co_return Reach::kNothing;
  if (there != Reach::kStream && !co_await permission_.may(spec, "logs:CreateLogStream", streams + stream))
    co_return Reach::kGroup;
  const bool may_write = co_await permission_.may(spec, "logs:PutLogEvents", streams + stream);
  co_return may_write ? Reach::kEvents : Reach::kStream;
}

Task<FunctionLogs::Reach> FunctionLogs::existing(Name name) {
  co_return co_await store_.transact([&](store::Txn& txn) -> Task<Reach> {
    const auto& [account, region, group_name, stream_name] = name;
    const auto group = co_await load_group(txn, {account, region, group_name});
    if (!group) co_return Reach::kNothing;
    const auto stream = co_await load_stream(txn, group->id, stream_name);
    co_return stream ? Reach::kStream : Reach::kGroup;
  });
}

void FunctionLogs::note_refusal(const Name& name, const std::string& role_arn) {
  if (refused_.size() >= kMaxKnown) refused_.clear();
  if (!refused_.insert(name).second) return;
  log::info("a function's log is not written: its role may not",
            {{"log_group", std::get<2>(name)}, {"log_stream", std::get<3>(name)}, {"role", role_arn}});
}

Task<std::optional<FunctionLogs::Known>> FunctionLogs::open(store::Txn& txn, Name name, std::int64_t now_ms,
                                                            Reach reach) {
  const auto& [account, region, group_name, stream_name] = name;
  const GroupName full_name{account, region, group_name};
  std::optional<GroupRecord> group = co_await load_group(txn, full_name);
  if (!group) {
    group = new_group(ids_, group_name, now_ms);
    save_group(txn, full_name, *group);
  }
  if (reach == Reach::kGroup) co_return std::nullopt;
  std::optional<StreamRecord> stream = co_await load_stream(txn, group->id, stream_name);
  if (!stream) {
    stream = new_stream(ids_, stream_name, now_ms);
    save_stream(txn, group->id, *stream);
  }
  co_return Known{group->id, std::move(*stream), std::nullopt};
}

void FunctionLogs::reset() {
  known_.clear();
  refused_.clear();
}

void FunctionLogs::remember(const Name& name, Known known) {
  if (known_.size() >= kMaxKnown && !known_.contains(name)) known_.clear();
  known_.insert_or_assign(name, std::move(known));
}

void FunctionLogs::forget_group(std::uint64_t group) {
  std::erase_if(known_, [&](const auto& entry) { return entry.second.group == group; });
}

}  // namespace martlet::logs
