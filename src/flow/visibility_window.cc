#include "flow/visibility_window.h"

#include <algorithm>

namespace martlet::flow {

MessageGroup* MessageWindow::group(const std::string& name) {
  if (name.empty()) return nullptr;
  auto& group = groups_[name];
  if (!group) {
    group = std::make_unique<MessageGroup>();
    group->name = name;
  }
  return group.get();
}

std::size_t MessageWindow::waiting(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? 0 : found->second->waiting.size();
}

void MessageWindow::release(MessageGroup& group) {
  if (group.in_flight == 0 && group.waiting.empty()) groups_.erase(groups_.find(group.name));
}

void MessageWindow::started(MessageGroup* group) {
  if (group == nullptr) return;
  ++group->in_flight;
  place(*group);
}

void MessageWindow::ended(MessageGroup* group) {
  if (group == nullptr) return;
  --group->in_flight;
  place(*group);
  release(*group);
}

std::optional<std::uint64_t> MessageWindow::cut(
    Entries& entries, std::size_t size, const std::function<void(std::uint64_t, MessageGroup*)>& dropped) {
  std::optional<std::uint64_t> from;
  for (auto it = entries.end(); entries.size() > size && it != entries.begin();) {
    --it;
    if (it->second.delayed_ms != 0) continue;
    from = it->first;
    MessageGroup* group = it->second.group;
    it = entries.erase(it);
    dropped(*from, group);
  }
  return from;
}

// FairWindow

void FairWindow::add(std::uint64_t sequence, WindowEntry entry) {
  if (entry.group == nullptr) {
    plain_.try_emplace(plain_.end(), sequence, entry);
    return;
  }
  if (!grouped_.try_emplace(sequence, entry).second) return;
  entry.group->waiting.insert(sequence);
  place(*entry.group);
}

void FairWindow::remove(std::uint64_t sequence) {
  if (plain_.erase(sequence) != 0) return;
  const auto found = grouped_.find(sequence);
  if (found == grouped_.end()) return;
  MessageGroup& group = *found->second.group;
  grouped_.erase(found);
  group.waiting.erase(sequence);
  place(group);
  release(group);
}

void FairWindow::place(MessageGroup& group) {
  std::optional<std::pair<std::int64_t, std::uint64_t>> place;
  if (!group.waiting.empty()) place = {static_cast<std::int64_t>(group.in_flight), *group.waiting.begin()};
  if (place == group.place) return;
  if (group.place) ranked_.erase(*group.place);
  group.place = place;
  if (place) ranked_.emplace(*place, &group);
}

std::vector<Candidate> FairWindow::take(std::size_t most, std::int64_t /*now_ms*/) {
  std::vector<Candidate> taken;
  taken.reserve(std::min(most, size()));
  while (taken.size() < most && available()) {
    const bool grouped =
        !ranked_.empty() &&
        (plain_.empty() || ranked_.begin()->first < std::pair(std::int64_t{0}, plain_.begin()->first));
    taken.push_back(grouped ? take_grouped(*ranked_.begin()->second) : take_plain());
  }
  return taken;
}

Candidate FairWindow::take_plain() {
  const Candidate next{.sequence = plain_.begin()->first, .entry = plain_.begin()->second};
  plain_.erase(plain_.begin());
  return next;
}

Candidate FairWindow::take_grouped(MessageGroup& group) {
  const auto it = grouped_.find(*group.waiting.begin());
  const Candidate next{.sequence = it->first, .entry = it->second};
  grouped_.erase(it);
  group.waiting.erase(group.waiting.begin());
  started(&group);
  return next;
}

std::optional<std::uint64_t> FairWindow::cut(std::size_t size) {
  // Both give in proportion. One may keep messages that come after what the other dropped: that does no harm.
  std::optional<std::uint64_t> from;
  const auto drop = [&](Entries& entries, std::size_t left) {
    const auto cut_from = MessageWindow::cut(entries, left, [&](std::uint64_t sequence, MessageGroup* group) {
      if (group == nullptr) return;
      group->waiting.erase(sequence);
      place(*group);
      release(*group);
    });
    if (cut_from && (!from || *cut_from < *from)) from = cut_from;
  };
  const std::size_t plain = plain_.size() * size / std::max<std::size_t>(this->size(), 1);
  drop(plain_, plain);
  drop(grouped_, size - plain);
  return from;
}

std::optional<std::uint64_t> FairWindow::first() const {
  std::optional<std::uint64_t> first;
  if (!plain_.empty()) first = plain_.begin()->first;
  if (!grouped_.empty() && (!first || grouped_.begin()->first < *first)) first = grouped_.begin()->first;
  return first;
}

// GroupWindow

void GroupWindow::add(std::uint64_t sequence, WindowEntry entry) {
  const std::size_t before = entries_.size();
  entries_.try_emplace(entries_.end(), sequence, entry);
  if (entries_.size() == before) return;
  entry.group->waiting.insert(sequence);
  place(*entry.group);
}

void GroupWindow::remove(std::uint64_t sequence) {
  const auto found = entries_.find(sequence);
  if (found == entries_.end()) return;
  MessageGroup& group = *found->second.group;
  entries_.erase(found);
  group.waiting.erase(sequence);
  place(group);
  release(group);
}

void GroupWindow::displace(MessageGroup& group) {
  if (!group.place) return;
  if (group.place->first == 0) {
    ready_.erase(group.place->second);
  } else {
    waiting_.erase(*group.place);
  }
  group.place = std::nullopt;
}

void GroupWindow::place(MessageGroup& group) {
  if (group.in_flight != 0 || group.waiting.empty()) {
    displace(group);
    return;
  }
  const std::uint64_t first = *group.waiting.begin();
  const std::int64_t due_ms = entries_.find(first)->second.due_ms;
  const std::pair place(due_ms <= now_ms_ ? 0 : due_ms, first);
  if (group.place == place) return;
  displace(group);
  group.place = place;
  if (place.first == 0) {
    ready_.emplace(first, &group);
  } else {
    waiting_.emplace(place, &group);
  }
}

void GroupWindow::advance(std::int64_t now_ms) {
  now_ms_ = now_ms;
  while (!waiting_.empty() && waiting_.begin()->first.first <= now_ms) place(*waiting_.begin()->second);
}

std::int64_t GroupWindow::next_due_ms() const {
  return waiting_.empty() ? INT64_MAX : waiting_.begin()->first.first;
}

std::vector<Candidate> GroupWindow::take(std::size_t most, std::int64_t now_ms) {
  advance(now_ms);
  std::vector<Candidate> taken;
  while (taken.size() < most && !ready_.empty()) take_from(*ready_.begin()->second, most, taken);
  return taken;
}

void GroupWindow::take_from(MessageGroup& group, std::size_t most, std::vector<Candidate>& taken) {
  while (taken.size() < most && !group.waiting.empty()) {
    const auto it = entries_.find(*group.waiting.begin());
    if (it->second.due_ms > now_ms_) break;
    taken.push_back({.sequence = it->first, .entry = it->second});
    entries_.erase(it);
    group.waiting.erase(group.waiting.begin());
    ++group.in_flight;
  }
  place(group);
}

std::optional<std::uint64_t> GroupWindow::cut(std::size_t size) {
  return MessageWindow::cut(entries_, size, [this](std::uint64_t sequence, MessageGroup* group) {
    group->waiting.erase(sequence);
    place(*group);
    release(*group);
  });
}

std::optional<std::uint64_t> GroupWindow::first() const {
  std::optional<std::uint64_t> first;
  if (!entries_.empty()) first = entries_.begin()->first;
  return first;
}

}  // namespace martlet::flow
