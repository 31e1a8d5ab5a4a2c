#pragma once

// Transaction: one attempt of one transact() body over a History: a view to read from, a batch of own writes
// laid over it, and the record of what was read. Lives on the loop, no longer than its store.

#include <functional>
#include <memory>
#include <vector>

#include "store/history.h"
#include "store/store.h"

namespace martlet::store {

class Transaction : public Txn {
 public:
  /// `history` is shared so that a transaction abandoned at the very end has something to return its view to.
  explicit Transaction(std::shared_ptr<History> history)
      : history_(std::move(history)), began_(history_->version()) {}

  Task<std::optional<std::string>> get(std::string key) override;
  Task<std::vector<KeyValue>> scan(Range range, ScanOptions options) override;
  void put(std::string key, std::string value) override;
  void erase(std::string key) override;
  void erase_range(Range range) override;
  void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }

  [[nodiscard]] const Batch& batch() const { return batch_; }
  [[nodiscard]] std::vector<std::function<void()>> take_actions() { return std::move(actions_); }

  /// Whether the batch may not be committed now, because the transaction would have read or done something
  /// else.
  [[nodiscard]] bool conflicts() const;
  /// The newest version on which what was read depends.
  [[nodiscard]] Version newest_source() const;
  /// Gives up the view; nothing may be read afterwards.
  void release() { view_.reset(); }

 private:
  History::View& view();
  [[nodiscard]] bool erased_here(std::string_view key) const;
  std::vector<KeyValue> merge(const Range& range, const ScanOptions& options);

  std::shared_ptr<History> history_;
  Version began_;
  std::shared_ptr<History::View> view_;
  Batch batch_;
  ReadSet reads_;
  std::vector<std::function<void()>> actions_;
};

}  // namespace martlet::store
