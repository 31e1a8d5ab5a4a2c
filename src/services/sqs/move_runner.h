#pragma once

// MoveRunner: does message move tasks, one coroutine for each that is under way. A batch is received from the
// source and then, in one transaction, put into its destinations, erased from the source and counted; a
// crash between the two brings it back when its visibility timeout is over. What is to be done is in the
// store, so tasks go on after a restart. Owned by the service; lives on the loop.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/task_group.h"
#include "services/sqs/directory.h"
#include "services/sqs/records.h"

namespace martlet::sqs {

class MoveRunner {
 public:
  /// `directory` outlives this.
  explicit MoveRunner(Directory& directory);

  /// Takes up the tasks that were under way.
  Task<> restore();
  /// Takes up a task that was saved.
  void start(const QueueName& source, std::uint64_t number);
  Task<> stop();
  /// Ends all tasks (after the store was cleared).
  void reset();

 private:
  struct Step;
  using Messages = std::vector<flow::ReceivedMessage>;
  /// Where each message goes, in the order of the messages.
  using Destinations = std::vector<QueuePointer>;

  Task<> run(QueueName source, std::uint64_t number, TimePoint patient_until);
  Task<> run_to_its_end(QueueName source, std::uint64_t number, TimePoint patient_until);
  Task<Step> step(QueueName source, std::uint64_t number);
  Task<Step> move(QueuePointer source, std::uint64_t number, Messages messages, Destinations destinations);
  /// Empty with `failure` set when one of them does not exist.
  Task<Destinations> destinations_of(MoveTaskRecord task, const Messages& messages, std::string& failure);
  Task<> give_back(QueuePointer source, Messages messages);
  Task<> finish(QueueName source, std::uint64_t number, TaskStatus status, std::string failure);

  Directory& directory_;
  TaskGroup tasks_;
  bool stopping_ = false;
  /// How often tasks were told to end: those of before do not go on.
  std::uint64_t resets_ = 0;
};

}  // namespace martlet::sqs
