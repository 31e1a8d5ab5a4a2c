#pragma once

// The messages of a visibility queue that memory knows and that nobody has, in the order in which they are to
// be given out. What is taken out counts as in flight with its group until ended() is called for it.
//
// Two orders: FairWindow for standard queues, GroupWindow for FIFO queues. Owned by the queue; lives on the
// loop.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace martlet::flow {

/// What shares a MessageGroupId. Exists while one of its messages is in the window or in flight.
struct MessageGroup {
  std::string name;
  std::size_t in_flight = 0;
  /// Its messages in the window.
  std::set<std::uint64_t> waiting;
  /// Where the window's order has it; each window uses it in its own way.
  std::optional<std::pair<std::int64_t, std::uint64_t>> place;
};

/// What memory knows of a message in the window.
struct WindowEntry {
  /// nullptr: without a group.
  MessageGroup* group = nullptr;
  /// Nobody gets it before.
  std::int64_t due_ms = 0;
  /// It is stored among those sent with a delay, under this time; 0: it is not.
  std::int64_t delayed_ms = 0;
  /// How often it was received.
  std::uint32_t receives = 0;
};

struct Candidate {
  std::uint64_t sequence = 0;
  WindowEntry entry;
};

class MessageWindow {
 public:
  MessageWindow() = default;
  virtual ~MessageWindow() = default;
  MessageWindow(const MessageWindow&) = delete;
  MessageWindow& operator=(const MessageWindow&) = delete;

  /// The group of that name; nullptr for "". It lasts if a message of it is added or started next.
  MessageGroup* group(const std::string& name);

  /// How many messages of the group are here.
  [[nodiscard]] std::size_t waiting(const std::string& group) const;

  /// Adds a message, unless it is there already.
  virtual void add(std::uint64_t sequence, WindowEntry entry) = 0;
  virtual void remove(std::uint64_t sequence) = 0;
  /// Takes up to `most` out, next first, that can be given out at `now_ms`.
  virtual std::vector<Candidate> take(std::size_t most, std::int64_t now_ms) = 0;
  /// Whether take() would find something.
  [[nodiscard]] virtual bool available() const = 0;
  /// Lets time pass.
  virtual void advance(std::int64_t now_ms) = 0;
  /// When advance() would make something available; INT64_MAX: never.
  [[nodiscard]] virtual std::int64_t next_due_ms() const = 0;

  /// Drops messages from the end, those sent with a delay excepted, until `size` are left; returns the
  /// sequence number from which on messages may be missing.
  virtual std::optional<std::uint64_t> cut(std::size_t size) = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// The lowest sequence number here.
  [[nodiscard]] virtual std::optional<std::uint64_t> first() const = 0;

  /// A message of `group` is in flight, though it was not taken here.
  void started(MessageGroup* group);
  /// It no longer is.
  void ended(MessageGroup* group);

 protected:
  using Entries = std::map<std::uint64_t, WindowEntry>;

  /// Brings `group` to its place in the order after a change.
  virtual void place(MessageGroup& group) = 0;
  void release(MessageGroup& group);
  static std::optional<std::uint64_t> cut(Entries& entries, std::size_t size,
                                          const std::function<void(std::uint64_t, MessageGroup*)>& dropped);

  std::unordered_map<std::string, std::unique_ptr<MessageGroup>> groups_;
};

/// Standard queues: lowest sequence number first; where there are groups, that of the group with the least in
/// flight. Messages without a group are each a group of their own.
class FairWindow : public MessageWindow {
 public:
  void add(std::uint64_t sequence, WindowEntry entry) override;
  void remove(std::uint64_t sequence) override;
  std::vector<Candidate> take(std::size_t most, std::int64_t now_ms) override;
  [[nodiscard]] bool available() const override { return !plain_.empty() || !grouped_.empty(); }
  void advance(std::int64_t /*now_ms*/) override {}
  [[nodiscard]] std::int64_t next_due_ms() const override { return INT64_MAX; }
  std::optional<std::uint64_t> cut(std::size_t size) override;
  [[nodiscard]] std::size_t size() const override { return plain_.size() + grouped_.size(); }
  [[nodiscard]] std::optional<std::uint64_t> first() const override;

 private:
  void place(MessageGroup& group) override;
  Candidate take_plain();
  Candidate take_grouped(MessageGroup& group);

  Entries plain_;
  Entries grouped_;
  /// Groups with messages here, by what they have in flight, then by their first message.
  std::map<std::pair<std::int64_t, std::uint64_t>, MessageGroup*> ranked_;
};

/// FIFO queues: group by group, each in the order of sending and only while none of it is in flight.
class GroupWindow : public MessageWindow {
 public:
  void add(std::uint64_t sequence, WindowEntry entry) override;
  void remove(std::uint64_t sequence) override;
  std::vector<Candidate> take(std::size_t most, std::int64_t now_ms) override;
  [[nodiscard]] bool available() const override { return !ready_.empty(); }
  void advance(std::int64_t now_ms) override;
  [[nodiscard]] std::int64_t next_due_ms() const override;
  std::optional<std::uint64_t> cut(std::size_t size) override;
  [[nodiscard]] std::size_t size() const override { return entries_.size(); }
  [[nodiscard]] std::optional<std::uint64_t> first() const override;

 private:
  void place(MessageGroup& group) override;
  void displace(MessageGroup& group);
  void take_from(MessageGroup& group, std::size_t most, std::vector<Candidate>& taken);

  std::int64_t now_ms_ = INT64_MIN;
  Entries entries_;
  /// Groups whose first message can be given out, by that message; their `place` has time 0.
  std::map<std::uint64_t, MessageGroup*> ready_;
  /// Groups whose first message must wait, by its time.
  std::map<std::pair<std::int64_t, std::uint64_t>, MessageGroup*> waiting_;
};

}  // namespace martlet::flow
