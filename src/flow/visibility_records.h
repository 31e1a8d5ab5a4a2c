#pragma once

// What a visibility queue stores, and under which keys below its prefix; the only place that spells them.
//
//   ("m", sequence)       a message's payload, when it was sent and how it is indexed; never written again
//   ("s", sequence)       its state: group, receive count, when it becomes visible
//   ("w", due, sequence)  standard queues, in place of ("s"): the state of a message that was sent with a
//                         delay, until it is received for the first time
//   ("a", sent, sequence) the age of a message that is not as young as those sent before it, or has a delay
//   ("n")                 sequence numbers below this may have been used
//
// Values only: free of threads and loops.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "store/record.h"
#include "store/store.h"

namespace martlet::flow {

/// The part of a message that changes as it is received.
struct MessageState {
  std::string group;
  /// When it becomes visible (again).
  std::int64_t due_ms = 0;
  /// Its time in the index of ages; 0: it is not there.
  std::int64_t aged_ms = 0;
  /// 0: never received; then the members below say nothing.
  std::uint32_t receives = 0;
  std::int64_t first_received_ms = 0;
  /// When `due_ms` was decided on, if it was received.
  std::int64_t changed_ms = 0;
  std::uint64_t lease = 0;
};

std::string encode_state(const MessageState& state);
/// Throws store::MalformedRecord.
MessageState decode_state(std::string_view value);

/// The part of a message that never changes.
struct StoredMessage {
  std::string payload;
  std::int64_t sent_ms = 0;
  /// When its delay is over; 0: it had none.
  std::int64_t delayed_ms = 0;
  /// Whether it is in the index of ages.
  bool aged = false;
};

/// The payload comes first, so that neither writing nor reading moves it.
std::string encode_message(StoredMessage message);
/// Throws store::MalformedRecord.
StoredMessage decode_message(std::string value);

class VisibilityKeys {
 public:
  explicit VisibilityKeys(const std::string& prefix);

  [[nodiscard]] std::string message(std::uint64_t sequence) const;
  [[nodiscard]] std::string state(std::uint64_t sequence) const;
  [[nodiscard]] std::string delayed(std::int64_t due_ms, std::uint64_t sequence) const;
  [[nodiscard]] std::string age(std::int64_t sent_ms, std::uint64_t sequence) const;
  [[nodiscard]] const std::string& reserved() const { return reserved_; }

  [[nodiscard]] store::Range messages() const { return store_range(messages_); }
  [[nodiscard]] store::Range states() const { return store_range(states_); }
  [[nodiscard]] store::Range delayed() const { return store_range(delayed_); }
  [[nodiscard]] store::Range ages() const { return store_range(ages_); }

  /// The sequence number at the end of a message's or state's key.
  [[nodiscard]] std::uint64_t sequence_of(std::string_view key) const;
  /// The time and the sequence number at the end of a key of the other two kinds.
  [[nodiscard]] std::pair<std::int64_t, std::uint64_t> place_of(std::string_view key) const;

 private:
  static store::Range store_range(const std::string& prefix);

  std::string messages_;
  std::string states_;
  std::string delayed_;
  std::string ages_;
  std::string reserved_;
};

}  // namespace martlet::flow
