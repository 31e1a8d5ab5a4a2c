#pragma once

// A batch of records on its way to a function, and the event document that the function gets. Plain values.

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"
#include "sources/sources.h"

namespace martlet::lambda {

/// A record as a mapping holds it.
struct HeldRecord {
  sources::Record record;
  /// When it was read.
  TimePoint read_at;
  /// When, by the source's own settings, others get it again if it is not done by then.
  TimePoint due;
};

class Batch {
 public:
  explicit Batch(std::size_t most_records = 1) : most_(most_records) {}

  /// Takes the record; false, and the record untouched, when there is no more room for it. A record that is
  /// too large for any event goes alone.
  bool add(HeldRecord& held);

  [[nodiscard]] bool empty() const { return records_.empty(); }
  [[nodiscard]] bool full() const { return records_.size() >= most_; }
  /// How many records it still takes, by their number.
  [[nodiscard]] std::size_t missing() const { return most_ - records_.size(); }
  [[nodiscard]] std::size_t size() const { return records_.size(); }
  /// When its first record was read. Not for an empty batch.
  [[nodiscard]] TimePoint began() const { return records_.front().read_at; }
  /// When the first of its records goes back to the source. Not for an empty batch.
  [[nodiscard]] TimePoint due() const;

  /// {"Records": [...]}
  [[nodiscard]] std::string event() const;
  /// Of its records, each once, empty ones left out.
  [[nodiscard]] std::vector<std::string> trace_headers() const;

  [[nodiscard]] const std::vector<HeldRecord>& records() const { return records_; }
  std::vector<HeldRecord> take() { return std::move(records_); }

 private:
  std::size_t most_;
  std::size_t bytes_ = 0;
  std::vector<HeldRecord> records_;
};

/// Without what only the function needs of them: it may be large.
std::vector<sources::Record> only_handles(std::vector<HeldRecord> held);

}  // namespace martlet::lambda
