#include "store/resolver.h"

#include <algorithm>
#include <utility>

namespace martlet::store {

void Resolver::add(Version version, const Batch& batch) {
  Commit commit{.version = version, .keys = {}, .erased = {}};
  commit.keys.reserve(batch.points.size());
  for (const auto& [key, value] : batch.points) {
    newest_.insert_or_assign(key, version);
    commit.keys.push_back(key);
  }
  for (const auto& [begin, end] : batch.erased) commit.erased.push_back({begin, end});
  if (!commit.erased.empty()) ++with_erased_;
  size_ += commit.keys.size() + commit.erased.size();
  commits_.push_back(std::move(commit));
}

Version Resolver::newest_write(const ReadSet& reads) const {
  Version newest = 0;
  if (commits_.empty()) return newest;
  for (const std::string& key : reads.keys) newest = std::max(newest, newest_write(key));
  for (const Range& range : reads.ranges) newest = std::max(newest, newest_write(range));
  return newest;
}

Version Resolver::newest_write(const std::string& key) const {
  Version newest = 0;
  if (const auto found = newest_.find(key); found != newest_.end()) newest = found->second;
  if (with_erased_ == 0) return newest;
  for (const Commit& commit : commits_) {
    for (const Range& erased : commit.erased) {
      if (erased.begin <= key && key < erased.end) newest = std::max(newest, commit.version);
    }
  }
  return newest;
}

Version Resolver::newest_write(const Range& range) const {
  Version newest = 0;
  for (auto it = newest_.lower_bound(range.begin); it != newest_.end() && it->first < range.end; ++it)
    newest = std::max(newest, it->second);
  if (with_erased_ == 0) return newest;
  for (const Commit& commit : commits_) {
    for (const Range& erased : commit.erased) {
      if (erased.begin < range.end && range.begin < erased.end) newest = std::max(newest, commit.version);
    }
  }
  return newest;
}

void Resolver::forget(Version version) {
  for (; !commits_.empty() && commits_.front().version <= version; commits_.pop_front()) {
    const Commit& oldest = commits_.front();
    for (const std::string& key : oldest.keys) {
      if (const auto found = newest_.find(key); found != newest_.end() && found->second == oldest.version)
        newest_.erase(found);
    }
    if (!oldest.erased.empty()) --with_erased_;
    size_ -= oldest.keys.size() + oldest.erased.size();
  }
}

}  // namespace martlet::store
