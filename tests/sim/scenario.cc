#include "scenario.h"

#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <exception>
#include <optional>

#include "world.h"

namespace martlet::sim {

namespace {

constexpr int kSteps = 150;
constexpr int kGroups = 3;
/// A client sends again within this time, which is less than deduplication lasts.
constexpr std::chrono::seconds kRepeatsWithin{240};
/// Rounds of the quiet time; each lets the clock pass a visibility timeout.
constexpr int kMostRounds = 400;

class Scenario {
 public:
  Scenario(std::uint64_t seed, bool trace) : seed_(seed), lasting_(loop_, seed) {
    if (trace) {
      lasting_.ledger.set_trace([this](const std::string& what) {
        std::printf("%9.3f  %s\n", std::chrono::duration<double>(lasting_.clock->elapsed()).count(),
                    what.c_str());
      });
    }
    rates_ = {.conflict = 0.02, .refused = 0.002, .crash_before = 0.002, .crash_after = 0.002};
    if (lasting_.random.chance(0.2)) rates_ = {};  // some seeds: only handlers and the clock misbehave
  }

  Result run() {
    boot();
    for (int step = 0; step < kSteps; ++step) {
      one_step();
      settle();
      if (world_->store().crashed()) reboot();
    }
    come_to_an_end();
    Result result{
        .breaches = lasting_.ledger.breaches(), .items = lasting_.ledger.size(), .crashes = crashes_};
    shut_down();
    return result;
  }

 private:
  /// Lets everything on the loop happen that needs no time.
  void settle() {
    loop_.restart();
    while (loop_.poll() > 0) {
    }
  }

  /// Runs a task to its end, letting time pass where it waits. False when the server crashed under it.
  bool complete(Task<> task) {
    std::optional<std::exception_ptr> ended;
    boost::asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr thrown) { ended = thrown; });
    for (int round = 0; round < 10'000; ++round) {
      settle();
      if (ended) break;
      lasting_.clock->advance(std::chrono::seconds(1));
    }
    if (!ended) std::terminate();  // a wait without end: the simulation itself is broken
    if (*ended && !world_->store().crashed()) std::rethrow_exception(*ended);
    return !*ended;
  }

  void boot() {
    while (true) {
      world_ = std::make_unique<World>(lasting_, rates_, seed_ * 1000 + static_cast<std::uint64_t>(runs_++));
      try {
        if (complete(world_->start())) return;
      } catch (const std::runtime_error&) {
        // the disk refused a write while it started
      }
      shut_down();
      lasting_.ledger.crashed();
      ++crashes_;
    }
  }

  void shut_down() {
    world_->store().crash();
    complete(world_->stop());
    world_.reset();
    settle();
  }

  void reboot() {
    world_->store().crash();
    lasting_.ledger.crashed();
    ++crashes_;
    shut_down();
    boot();
  }

  std::string next_id() { return "i" + std::to_string(++items_); }

  void restart() {
    if (complete(world_->stop_in_order())) {
      world_.reset();
      settle();
      boot();
    } else {
      reboot();
    }
  }

  void send_standard() {
    const std::string id = next_id();
    const int delay = lasting_.random.chance(0.1) ? 1 + static_cast<int>(lasting_.random.below(20)) : 0;
    lasting_.ledger.sending(id, {.is_poison = lasting_.random.chance(0.05),
                                 .not_before = lasting_.clock->now() + std::chrono::seconds(delay)});
    world_->tasks().spawn("send", world_->send(kStandard, id, "", delay));
  }

  std::string sending_ordered(const std::string& group) {
    const std::string id = next_id();
    lasting_.ledger.sending(id, {.group = group, .is_poison = lasting_.random.chance(0.05)});
    sent_.push_back({.id = id, .group = group, .at = lasting_.clock->now()});
    return id;
  }

  std::string any_group() { return "g" + std::to_string(lasting_.random.below(kGroups)); }

  void send_ordered() {
    const std::string group = any_group();
    world_->tasks().spawn("send", world_->send(kFifo, sending_ordered(group), group));
  }

  void send_batch() {
    const bool ordered = lasting_.random.chance(0.5);
    const std::string group = ordered ? any_group() : "";
    std::vector<std::string> ids;
    for (std::uint64_t left = 2 + lasting_.random.below(4); left > 0; --left) {
      ids.push_back(ordered ? sending_ordered(group) : next_id());
      if (!ordered) lasting_.ledger.sending(ids.back(), {.is_poison = lasting_.random.chance(0.05)});
    }
    world_->tasks().spawn("send", world_->send_batch(ordered ? kFifo : kStandard, ids, group));
  }

  /// A client that does not know whether it got through, or does not remember.
  void send_again() {
    const TimePoint now = lasting_.clock->now();
    std::erase_if(sent_, [&](const Sent& one) { return now - one.at > kRepeatsWithin; });
    if (sent_.empty()) return;
    const Sent& again = sent_[lasting_.random.below(sent_.size())];
    lasting_.ledger.sending_again(again.id);
    world_->tasks().spawn("send", world_->send(kFifo, again.id, again.group));
  }

  void receive() {
    std::optional<int> visibility;
    if (lasting_.random.chance(0.5)) visibility = static_cast<int>(lasting_.random.below(90));
    const char* queue = lasting_.random.chance(0.6) ? kStandard : kFifo;
    world_->tasks().spawn("client", world_->receive_and_forget(queue, visibility));
  }

  void send_event() {
    const std::string id = next_id();
    lasting_.ledger.sending(id, {.is_poison = lasting_.random.chance(0.05), .is_async = true});
    world_->tasks().spawn("event", world_->invoke_async(id));
  }

  void one_step() {
    const std::uint64_t dice = lasting_.random.below(100);
    if (dice < 20) {
      send_standard();
    } else if (dice < 38) {
      send_ordered();
    } else if (dice < 41) {
      send_batch();
    } else if (dice < 46) {
      send_again();
    } else if (dice < 54) {
      send_event();
    } else if (dice < 60) {
      receive();
    } else if (dice < 62) {
      world_->switch_mapping(lasting_.random.below(2), 1 + lasting_.random.below(10));
    } else if (dice < 63) {
      restart();
    } else if (dice < 66 && rates_.crash_before > 0) {
      world_->store().crash();
    } else if (dice < 70) {
      lasting_.clock->advance(std::chrono::seconds(lasting_.random.below(600)));
    } else {
      lasting_.clock->advance(std::chrono::milliseconds(lasting_.random.below(4000)));
    }
  }

  bool is_empty() {
    std::uint64_t count = 0;
    const auto add = [](World& world, std::uint64_t& sum) -> Task<> {
      for (const char* queue : {kStandard, kFifo}) sum += co_await world.messages_in(queue);
    };
    complete(add(*world_, count));
    return count == 0;
  }

  /// Nothing goes wrong any more but in handlers; everything must find its end.
  void come_to_an_end() {
    rates_ = {};
    world_->store().set_rates({});
    if (world_->store().crashed()) reboot();
    int round = 0;
    while (round < kMostRounds && !(is_empty() && events_done())) {
      lasting_.clock->advance(kVisibility + std::chrono::seconds(1));
      settle();
      ++round;
    }
    for (const char* queue : {kStandardDead, kFifoDead, kAsyncDead}) complete(world_->bury(queue));
    lasting_.ledger.close();
  }

  /// Asynchronous events are through after three attempts, a minute and two minutes apart, and some
  /// throttles: poisoned ones need so many rounds more.
  bool events_done() {
    constexpr int kRounds = 20;
    return lasting_.ledger.all_succeeded() && ++quiet_rounds_ > kRounds;
  }

  struct Sent {
    std::string id;
    std::string group;
    TimePoint at;
  };

  std::uint64_t seed_;
  boost::asio::io_context loop_{1};
  Lasting lasting_;
  FaultRates rates_;
  std::unique_ptr<World> world_;
  int runs_ = 0;
  int items_ = 0;
  int crashes_ = 0;
  int quiet_rounds_ = 0;
  /// To the FIFO queue, not long ago.
  std::vector<Sent> sent_;
};

}  // namespace

Result run(std::uint64_t seed, bool trace) { return Scenario(seed, trace).run(); }

}  // namespace martlet::sim
