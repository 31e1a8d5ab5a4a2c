#pragma once

// Finds, among statements, those that may be about a resource: by how the resources begin that they name, and
// by what else these must hold. So the cost of a decision follows the statements that come close, not all
// that there are. Built once, then only read.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace martlet::policy {

/// The pairs of neighbouring bytes in texts, as a set that may seem to hold more than it does.
class PairSketch {
 public:
  void add(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
      const std::uint32_t bit = bit_of(text[i - 1], text[i]);
      words_[bit / 64] |= std::uint64_t{1} << bit % 64;
    }
  }
  /// Whether all pairs of `needed` are, or seem to be, in it.
  [[nodiscard]] bool holds(const PairSketch& needed) const {
    std::uint64_t missing = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) missing |= needed.words_[i] & ~words_[i];
    return missing == 0;
  }

 private:
  static std::uint32_t bit_of(char first, char second) {
    const std::uint32_t pair = static_cast<unsigned char>(first) << 8 | static_cast<unsigned char>(second);
    return pair * 0x9e3779b1U >> 24;
  }

  std::array<std::uint64_t, 4> words_{};
};

/// An FNV-1a hash that can go on where it stopped.
class PrefixHash {
 public:
  void add(std::string_view text) {
    for (const char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  [[nodiscard]] std::uint64_t prefix() const { return value_; }
  /// As prefix(), of a text of which nothing follows.
  [[nodiscard]] std::uint64_t whole() const { return ~value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

/// What belongs to resources, found by them. `Entry` is cheap to copy.
template <class Entry>
class ResourceTable {
 public:
  /// What belongs to resources that begin with `prefix`, or (`whole`) to that resource alone.
  void add(std::string_view prefix, bool whole, Entry entry) {
    PrefixHash hash;
    hash.add(prefix);
    pending_.emplace_back(whole ? hash.whole() : hash.prefix(), std::move(entry));
    if (!whole) lengths_.push_back(prefix.size());
  }
  /// After the last add().
  void finish();

  /// Calls `visit` with the entries whose prefix `resource` has, and now and then with others, until it
  /// returns false. Returns whether it never did.
  template <class Visit>
  bool visit(std::string_view resource, Visit& visit) const;

 private:
  /// A table with fewer is not worth a look-up.
  static constexpr std::size_t kFew = 16;
  using Group = std::pair<std::uint32_t, std::uint32_t>;

  template <class Visit>
  bool visit_group(std::uint64_t key, Visit& visit) const {
    const auto group = groups_.find(key);
    if (group == groups_.end()) return true;
    for (std::uint32_t i = group->second.first; i < group->second.second; ++i)
      if (!visit(entries_[i])) return false;
    return true;
  }

  std::vector<std::pair<std::uint64_t, Entry>> pending_;
  std::vector<Entry> entries_;
  /// Lengths of the prefixes, each once, in their order.
  std::vector<std::size_t> lengths_;
  /// From a hash to a part of entries_; empty when there are few.
  std::unordered_map<std::uint64_t, Group> groups_;
};

template <class Entry>
void ResourceTable<Entry>::finish() {
  const bool grouped = pending_.size() > kFew;
  if (grouped)
    std::sort(pending_.begin(), pending_.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
  entries_.reserve(pending_.size());
  for (auto& [key, entry] : pending_) {
    const auto at = static_cast<std::uint32_t>(entries_.size());
    if (grouped) groups_.try_emplace(key, at, at).first->second.second = at + 1;
    entries_.push_back(std::move(entry));
  }
  pending_ = {};
  std::sort(lengths_.begin(), lengths_.end());
  lengths_.erase(std::unique(lengths_.begin(), lengths_.end()), lengths_.end());
}

template <class Entry>
template <class Visit>
bool ResourceTable<Entry>::visit(std::string_view resource, Visit& visit) const {
  if (groups_.empty()) return std::all_of(entries_.begin(), entries_.end(), visit);
  PrefixHash hash;
  std::size_t hashed = 0;
  for (const std::size_t length : lengths_) {
    if (length > resource.size()) break;
    hash.add(resource.substr(hashed, length - hashed));
    hashed = length;
    if (!visit_group(hash.prefix(), visit)) return false;
  }
  hash.add(resource.substr(hashed));
  return visit_group(hash.whole(), visit);
}

}  // namespace martlet::policy
