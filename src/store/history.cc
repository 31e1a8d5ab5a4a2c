#include "store/history.h"

#include <algorithm>
#include <utility>

namespace martlet::store {

namespace {

/// Remembered writes, at most. A transaction so old that it would need more must run again.
constexpr std::size_t kMostRemembered = 500'000;

}  // namespace

History::View::View(History& history, Version version) : history_(history), version_(version) {
  history_.in_use_.insert(version_);
}

History::View::~View() {
  history_.in_use_.erase(version_);
  history_.forget_unneeded();
}

std::optional<std::string> History::View::get(std::string_view key) const {
  return history_.engine_->get(key, snapshot_.get());
}

std::unique_ptr<Cursor> History::View::iterate(Range range, Order order) const {
  return history_.engine_->iterate(std::move(range), order, snapshot_.get());
}

std::shared_ptr<History::View> History::view() {
  std::shared_ptr<View> newest = newest_.lock();
  if (!newest) {
    newest = std::make_shared<View>(*this, version_);
    newest_ = newest;
  }
  return newest;
}

bool History::changed_since(const ReadSet& reads, Version seen) const {
  if (seen == version_ || reads.empty()) return false;
  return seen < floor_ || resolver_.newest_write(reads) > seen;
}

Version History::newest_source(const ReadSet& reads, Version seen) const {
  if (reads.empty()) return 0;
  return std::min(seen, std::max(floor_, resolver_.newest_write(reads)));
}

Version History::apply(const Batch& batch) {
  if (const auto newest = newest_.lock(); newest && !newest->snapshot_)
    newest->snapshot_ = engine_->snapshot();
  engine_->write(batch);
  ++version_;
  newest_.reset();
  if (!in_use_.empty() || version_ >= remember_from_) resolver_.add(version_, batch);
  while (resolver_.size() > kMostRemembered) {
    floor_ = resolver_.oldest();
    resolver_.forget(floor_);
  }
  return version_;
}

Version History::clear() {
  Batch everything;
  everything.erased.emplace(std::string(1, kFirstKeyByte), std::string(1, kKeyEndByte));
  cleared_ = apply(everything);
  return cleared_;
}

void History::remember_from(Version first_needed) {
  remember_from_ = first_needed;
  forget_unneeded();
}

void History::forget_unneeded() {
  Version needed = std::min(remember_from_, version_ + 1);
  if (!in_use_.empty()) needed = std::min(needed, *in_use_.begin() + 1);
  resolver_.forget(needed - 1);
}

}  // namespace martlet::store
