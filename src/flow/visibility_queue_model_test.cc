// Visibility queues against a simple model: thousands of random steps, crashes among them. A failing seed is
// named and replays exactly.

#include <map>
#include <random>
#include <set>

#include "flow/visibility_world_test.h"

namespace martlet::flow {
namespace {

constexpr Duration kRetention = seconds(120);

/// What a queue must do, in the plainest form.
struct Modelled {
  std::string payload;
  std::string group;
  std::int64_t sent_ms = 0;
  std::int64_t due_ms = 0;
  std::uint32_t receives = 0;
  std::optional<Receipt> receipt;
};

class Model {
 public:
  Model(World& world, unsigned seed) : world_(world), random_(seed) {}

  Task<> run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      co_await one();
      co_await check();
    }
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  [[nodiscard]] std::int64_t now() const { return to_epoch_ms(world_.clock->now()); }
  [[nodiscard]] bool in_flight(const Modelled& message) const {
    return message.receives != 0 && message.due_ms > now();
  }

  Task<> one() {
    const int what = pick(100);
    if (what < 30) co_return co_await send();
    if (what < 60) co_return co_await receive();
    if (what < 75) co_return co_await erase();
    if (what < 83) co_return co_await change();
    if (what < 95) co_return co_await advance();
    if (what < 99) co_return co_await world_.reopen();
    co_await world_.queue->purge();
    messages_.clear();
  }

  Task<> send() {
    const int count = pick(20) == 0 ? 60 : 1 + pick(5);
    const bool fails = pick(10) == 0;
    std::vector<std::pair<std::uint64_t, Modelled>> sent;
    try {
      co_await world_.store->transact([&](store::Txn& txn) -> Task<> {
        for (int i = 0; i < count; ++i) sent.push_back(send_one(txn));
        if (fails) throw std::runtime_error("no");
        co_return;
      });
      messages_.insert(sent.begin(), sent.end());
      last_ = sent.back().first;
    } catch (const std::runtime_error&) {
      EXPECT_TRUE(fails);
    }
  }
  std::pair<std::uint64_t, Modelled> send_one(store::Txn& txn) {
    Modelled message;
    message.payload = std::to_string(sent_++);
    const bool grouped = world_.settings.fifo || pick(2) == 0;
    if (grouped) message.group = std::string(1, static_cast<char>('a' + pick(4)));
    message.sent_ms = now() - (pick(5) == 0 ? pick(60'000) : 0);
    message.due_ms = now() + (pick(4) == 0 ? pick(20'000) : 0);
    const auto sequence = world_.queue->send(txn, {.payload = message.payload,
                                                   .group = message.group,
                                                   .sent = from_epoch_ms(message.sent_ms),
                                                   .due = from_epoch_ms(message.due_ms)});
    EXPECT_GT(sequence, last_);
    return {sequence, message};
  }

  Task<> receive() {
    ReceiveOptions options{.most = static_cast<std::size_t>(1 + pick(10)),
                           .visibility = std::chrono::milliseconds(pick(5) == 0 ? 0 : pick(40'000)),
                           .wait_until = world_.clock->now()};
    std::set<std::uint64_t> exceeded;
    if (pick(3) == 0) {
      options.most_receives = 3;
      options.exceeded = [&](store::Txn&, ReceivedMessage message) -> Task<> {
        exceeded.insert(message.sequence);
        co_return;
      };
    }
    const auto locked = locked_groups();
    const bool any = available(options.most_receives);
    const auto received = co_await world_.queue->receive(options);
    for (const std::uint64_t sequence : exceeded) {
      EXPECT_GE(messages_.at(sequence).receives, 3);
      messages_.erase(sequence);
    }
    EXPECT_EQ(!received.empty(), any);
    if (world_.settings.fifo) check_order(received, locked);
    for (const auto& message : received) take(message);
  }
  void take(const ReceivedMessage& message) {
    ASSERT_TRUE(messages_.contains(message.sequence));
    Modelled& modelled = messages_.at(message.sequence);
    EXPECT_EQ(message.payload, modelled.payload);
    EXPECT_EQ(message.group, modelled.group);
    EXPECT_LE(modelled.due_ms, now());
    EXPECT_GT(modelled.sent_ms + 120'000, now());
    EXPECT_EQ(message.receives, ++modelled.receives);
    if (modelled.receipt) old_.push_back(*modelled.receipt);
    modelled.receipt = message.receipt;
    modelled.due_ms = message.receipt.due_ms;
  }

  std::set<std::string> locked_groups() {
    std::set<std::string> locked;
    for (const auto& [sequence, message] : messages_) {
      if (in_flight(message) && message.sent_ms + 120'000 > now()) locked.insert(message.group);
    }
    return locked;
  }
  /// Whether something can be received, whatever is handed on in its place first.
  bool available(std::uint32_t most_receives) {
    std::set<std::string> closed = world_.settings.fifo ? locked_groups() : std::set<std::string>();
    for (const auto& [sequence, message] : messages_) {
      if (closed.contains(message.group) && world_.settings.fifo) continue;
      if (message.due_ms > now()) {
        closed.insert(message.group);
      } else if (most_receives == 0 || message.receives < most_receives) {
        return true;
      }
    }
    return false;
  }
  /// FIFO: the messages of each group are its first ones, and the group was not locked.
  void check_order(const std::vector<ReceivedMessage>& received, const std::set<std::string>& locked) {
    std::map<std::string, std::vector<std::uint64_t>> by_group;
    for (const auto& message : received) by_group[message.group].push_back(message.sequence);
    for (const auto& [group, sequences] : by_group) {
      EXPECT_FALSE(locked.contains(group));
      std::vector<std::uint64_t> first;
      for (const auto& [sequence, message] : messages_) {
        if (message.group == group && first.size() < sequences.size()) first.push_back(sequence);
      }
      EXPECT_EQ(sequences, first);
    }
  }

  /// A receipt of some message, of its newest receiving or of an older one.
  std::optional<Receipt> some_receipt() {
    if (!old_.empty() && pick(4) == 0)
      return old_[static_cast<std::size_t>(pick(static_cast<int>(old_.size())))];
    std::vector<Receipt> receipts;
    for (const auto& [sequence, message] : messages_) {
      if (message.receipt) receipts.push_back(*message.receipt);
    }
    if (receipts.empty()) return std::nullopt;
    return receipts[static_cast<std::size_t>(pick(static_cast<int>(receipts.size())))];
  }
  Settled expected(const Receipt& receipt, bool while_in_flight) {
    const auto found = messages_.find(receipt.sequence);
    if (found == messages_.end()) return Settled::kGone;
    if (!found->second.receipt || found->second.receipt->lease != receipt.lease) return Settled::kExpired;
    return while_in_flight && !in_flight(found->second) ? Settled::kExpired : Settled::kDone;
  }

  Task<> erase() {
    const auto receipt = some_receipt();
    if (!receipt) co_return;
    const Settled outcome = expected(*receipt, world_.settings.fifo);
    EXPECT_EQ(co_await world_.erase(*receipt), outcome);
    if (outcome == Settled::kDone) messages_.erase(receipt->sequence);
  }
  Task<> change() {
    const auto receipt = some_receipt();
    if (!receipt) co_return;
    const Settled outcome = expected(*receipt, true);
    const int timeout_ms = pick(3) == 0 ? 0 : pick(60'000);
    EXPECT_EQ(co_await world_.change(*receipt, std::chrono::milliseconds(timeout_ms)), outcome);
    if (outcome == Settled::kDone) messages_.at(receipt->sequence).due_ms = now() + timeout_ms;
  }
  Task<> advance() {
    co_await world_.advance(std::chrono::milliseconds(pick(4) == 0 ? 30'000 : pick(5'000)));
    co_await forget_expired();
  }
  Task<> forget_expired() {
    (void)co_await world_.queue->oldest();
    std::erase_if(messages_, [&](const auto& entry) { return entry.second.sent_ms + 120'000 <= now(); });
  }

  Task<> check() {
    std::size_t visible = 0;
    std::size_t flying = 0;
    std::optional<std::int64_t> oldest_ms;
    for (const auto& [sequence, message] : messages_) {
      visible += message.due_ms <= now() ? 1 : 0;
      flying += in_flight(message) ? 1 : 0;
      if (!oldest_ms || message.sent_ms < *oldest_ms) oldest_ms = message.sent_ms;
    }
    const QueueCounts counts = co_await world_.queue->counts();
    EXPECT_EQ(counts.visible, visible);
    EXPECT_EQ(counts.in_flight, flying);
    EXPECT_EQ(counts.delayed, messages_.size() - visible - flying);
    const auto oldest = co_await world_.queue->oldest();
    EXPECT_EQ(oldest.has_value(), oldest_ms.has_value());
    if (oldest && oldest_ms) EXPECT_EQ(to_epoch_ms(*oldest), *oldest_ms);
  }

  World& world_;
  std::mt19937 random_;
  std::map<std::uint64_t, Modelled> messages_;
  /// Receipts of receivings that were not the last of their message.
  std::vector<Receipt> old_;
  int sent_ = 0;
  std::uint64_t last_ = 0;
};

void run_model(bool fifo, std::size_t window, unsigned first_seed) {
  for (unsigned seed = first_seed; seed < first_seed + 6 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    in_world({.fifo = fifo, .retention = kRetention, .window = window}, [seed](World& world) -> Task<> {
      Model model(world, seed);
      co_await model.run(300);
    });
  }
}

TEST(VisibilityQueueModelTest, AStandardQueueWithASmallWindow) { run_model(false, 4, 100); }
TEST(VisibilityQueueModelTest, AStandardQueueWithAMiddlingWindow) { run_model(false, 40, 200); }
TEST(VisibilityQueueModelTest, AStandardQueueInMemory) { run_model(false, 4096, 300); }
TEST(VisibilityQueueModelTest, AFifoQueueWithASmallWindow) { run_model(true, 4, 400); }
TEST(VisibilityQueueModelTest, AFifoQueueWithAMiddlingWindow) { run_model(true, 40, 500); }
TEST(VisibilityQueueModelTest, AFifoQueueInMemory) { run_model(true, 4096, 600); }

}  // namespace
}  // namespace martlet::flow
