#pragma once

// FunctionLogs: what functions print becomes log events. Each batch is one transaction that makes the group
// and the stream when they are absent; once a stream is known, a batch reads nothing. Where functions are
// asked about, a batch goes as far as the execution role allows: one that may not write its log runs all the
// same and has none. Owned by LogsService; lives on the loop.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
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

/// Who decides whether functions may write their logs. Asked for what is absent when a stream is first
/// written, and for its events again when the version is another, or a minute has passed: a condition may be
/// about time.
struct LogPermission {
  /// Changes with the policies of roles; never 0.
  std::function<std::uint64_t()> version;
  /// Whether a function may do `action` ("logs:PutLogEvents") as its role; `resource` is the ARN of its
  /// stream, of a stream without a name for what concerns the group. The spec outlives the call. Empty: every
  /// function may write its log.
  std::function<Task<bool>(const environments::Spec& spec, std::string action, std::string resource)> may;
};

class FunctionLogs final : public environments::LogSink {
 public:
  FunctionLogs(store::Store& store, Clock& clock, Ids& ids, SequenceNumbers& numbers)
      : store_(store), clock_(clock), ids_(ids), numbers_(numbers) {}

  void set_permission(LogPermission permission) { permission_ = std::move(permission); }

  /// A failure is logged; the events are lost then.
  Task<> write(const environments::Spec& spec, const std::string& stream,
               std::vector<environments::LogEvent> events) override;

  /// After a group or a stream of it was deleted: the next write makes them anew.
  void forget_group(std::uint64_t group);
  /// After the store was cleared.
  void reset();

 private:
  /// Account, region, group, stream.
  using Name = std::tuple<std::string, std::string, std::string, std::string>;
  /// That events were allowed: by which version, and when in elapsed time.
  struct Allowance {
    std::uint64_t version = 0;
    Duration at{};
  };
  struct Known {
    std::uint64_t group = 0;
    StreamRecord stream;
    std::optional<LastHour> hour;
    Allowance allowance = {};
  };

  /// How far a batch may go.
  enum class Reach {
    kNothing,
    kGroup,   ///< the group is made, and no stream
    kStream,  ///< both are made, and nothing is written
    kEvents,
  };

  Task<> write_batch(const environments::Spec& spec, Name name, std::vector<NewEvent> events);
  /// Asks, unless events of the stream were allowed and still are. `allowance` is what they are allowed by.
  Task<Reach> reach_of(const environments::Spec& spec, Name name, Allowance& allowance);
  /// What the permission says.
  Task<Reach> ask(const environments::Spec& spec, Name name);
  /// What there is already of group and stream: nothing, the group, the stream.
  Task<Reach> existing(Name name);
  /// Says once that a stream is not written.
  void note_refusal(const Name& name, const std::string& role_arn);
  /// Makes what is absent; nullopt when there is to be no stream.
  Task<std::optional<Known>> open(store::Txn& txn, Name name, std::int64_t now_ms, Reach reach);
  void remember(const Name& name, Known known);

  store::Store& store_;
  Clock& clock_;
  Ids& ids_;
  SequenceNumbers& numbers_;
  LogPermission permission_;
  std::map<Name, Known> known_;
  /// Streams that were not allowed to be written.
  std::set<Name> refused_;
};

}  // namespace martlet::logs
