#pragma once

// FunctionLogs: what functions print becomes log events. Each batch is one transaction that makes the group
// and the stream when they are absent; once a stream is known, a batch reads nothing. Owned by LogsService;
// lives on the loop.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "environments/environments.h"
#include "services/logs/records.h"
#include "services/logs/writing.h"
#include "store/store.h"

namespace martlet::logs {

class FunctionLogs final : public environments::LogSink {
 public:
  FunctionLogs(store::Store& store, Clock& clock, Ids& ids, SequenceNumbers& numbers)
      : store_(store), clock_(clock), ids_(ids), numbers_(numbers) {}

  /// A failure is logged; the events are lost then.
  Task<> write(const environments::Spec& spec, const std::string& stream,
               std::vector<environments::LogEvent> events) override;

  /// After a group or a stream of it was deleted: the next write makes them anew.
  void forget_group(std::uint64_t group);
  /// After the store was cleared.
  void reset() { known_.clear(); }

 private:
  /// Account, region, group, stream.
  using Name = std::tuple<std::string, std::string, std::string, std::string>;
  struct Known {
    std::uint64_t group = 0;
    StreamRecord stream;
    std::optional<LastHour> hour;
  };

  Task<> write_batch(Name name, std::vector<NewEvent> events);
  Task<Known> open(store::Txn& txn, Name name, std::int64_t now_ms);
  void remember(const Name& name, Known known);

  store::Store& store_;
  Clock& clock_;
  Ids& ids_;
  SequenceNumbers& numbers_;
  std::map<Name, Known> known_;
};

}  // namespace martlet::logs
