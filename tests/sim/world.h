#pragma once

// World: one run of the server from its start to its end or crash, as far as queues, event source mappings
// and asynchronous invocations go: the real SqsService, MappingRunner and AsyncInvocations over a
// FaultyStore. What lasts (engine, clock, ledger, chance) belongs to the Lasting that it is given. Functions
// are played by play.cc.

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "base/task_group.h"
#include "faults.h"
#include "ledger.h"
#include "random.h"
#include "services/lambda/async_invocations.h"
#include "services/lambda/mapping_runner.h"
#include "services/sqs/service.h"
#include "spy.h"
#include "targets/targets.h"

namespace martlet::sim {

inline constexpr std::uint32_t kMostReceives = 3;
inline constexpr std::chrono::seconds kVisibility{30};
inline constexpr const char* kStandard = "work";
inline constexpr const char* kFifo = "order.fifo";
inline constexpr const char* kStandardDead = "work-dead";
inline constexpr const char* kFifoDead = "order-dead.fifo";
inline constexpr const char* kAsyncDead = "events-dead";

/// What outlasts a crash.
struct Lasting {
  explicit Lasting(boost::asio::io_context& on, std::uint64_t seed);

  boost::asio::io_context& loop;
  Random random;
  std::unique_ptr<Clock> clock;
  std::shared_ptr<store::Engine> engine;
  Ledger ledger{kMostReceives};
  /// How the mappings of this seed are set.
  std::size_t batch_size;
  Duration window;
  bool reports_item_failures;
};

class World {
 public:
  World(Lasting& lasting, FaultRates rates, std::uint64_t run);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Makes the queues that are not there yet and starts everything.
  Task<> start();
  /// Ends everything at once; after a crash without any effect.
  Task<> stop();
  /// Lets batches under way come to their end before.
  Task<> stop_in_order();

  /// Sends an item by its id and notes it when it was acknowledged.
  Task<> send(std::string queue, std::string id, std::string group, int delay_seconds = 0);
  /// Sends items, at most ten, in one batch.
  Task<> send_batch(std::string queue, std::vector<std::string> ids, std::string group);
  Task<> invoke_async(std::string id);
  /// A client that receives from a queue and then forgets about it, or sets another visibility timeout
  /// before.
  Task<> receive_and_forget(std::string queue, std::optional<int> visibility_seconds);
  /// Disables a mapping and enables it again, with another batch size; batches under way go on.
  void switch_mapping(std::size_t which, std::size_t batch_size);
  /// Takes every message out of a dead-letter queue.
  Task<> bury(std::string queue);
  /// Messages in a queue, in whatever state.
  Task<std::uint64_t> messages_in(std::string queue);

  [[nodiscard]] FaultyStore& store() { return store_; }
  TaskGroup& tasks() { return tasks_; }

 private:
  Task<> make_queue(std::string name, std::string dead_letter_queue);
  lambda::MappingSettings settings(std::size_t batch_size);
  std::shared_ptr<lambda::MappingRunner> map(const std::string& queue, std::size_t batch_size);
  Observer observer();
  Task<> change_visibility(std::string queue, sqs::Message message, int seconds);
  Task<lambda::MappingAnswer> handle(lambda::MappingInvocation invocation);
  Task<lambda::AsyncAttempt> attempt(lambda::AsyncEvent event);
  Task<> store_event(lambda::AsyncEvent event);
  /// Whether anything that happens now still counts.
  [[nodiscard]] bool alive() const { return !store_.crashed(); }
  static std::string url_of(const std::string& queue) { return queue; }

  Lasting& lasting_;
  Executor executor_;
  Ids ids_;
  metrics::Registry metrics_;
  FaultyStore store_;
  targets::Targets targets_;
  sqs::SqsService sqs_;
  wire::Context context_;
  std::unique_ptr<sources::Source> spy_;
  lambda::AsyncInvocations async_;
  std::vector<std::shared_ptr<lambda::MappingRunner>> mappings_;
  /// Switched off, and with batches under way.
  std::vector<std::shared_ptr<lambda::MappingRunner>> ending_;
  /// Which item a message is.
  std::map<std::string, std::string> items_;
  TaskGroup tasks_;
};

}  // namespace martlet::sim
