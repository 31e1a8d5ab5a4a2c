#include "ledger.h"

#include <algorithm>

namespace martlet::sim {

void Ledger::breach(std::string what) {
  trace("BREACH: " + what);
  breaches_.push_back(std::move(what));
}

void Ledger::acknowledged(const std::string& id) {
  trace(id + " acknowledged");
  items_.at(id).acknowledged = true;
}

void Ledger::succeeded(const std::string& id) {
  trace(id + " succeeded");
  ++items_.at(id).successes;
}

void Ledger::attempted(const std::string& id) {
  trace(id + " attempted");
  ++items_.at(id).attempts;
}

void Ledger::sending(const std::string& id, Item item) {
  trace(id + " sent" + (item.group.empty() ? "" : " to " + item.group) + (item.is_poison ? ", poison" : ""));
  if (!item.group.empty()) groups_[item.group].push_back(id);
  items_.emplace(id, std::move(item));
}

void Ledger::sending_again(const std::string& id) {
  trace(id + " sent again");
  Item& item = items_.at(id);
  if (!item.acknowledged) item.has_no_place = true;
}

void Ledger::letting_go(const std::string& id, std::uint32_t count, TimePoint due) {
  Item& item = items_.at(id);
  if (count != item.last_count) return;
  trace(id + " is given back");
  item.held_until = std::min(item.held_until, due);
}

void Ledger::let_go(const std::string& id, std::uint32_t count, TimePoint due) {
  Item& item = items_.at(id);
  if (count == item.last_count) item.held_until = due;
}

void Ledger::deleting(const std::string& id) {
  if (items_.at(id).successes == 0) breach(id + " is deleted before its handling has succeeded");
}

void Ledger::received(const std::string& id, std::uint32_t count, TimePoint held_until, TimePoint now) {
  const auto found = items_.find(id);
  if (found == items_.end()) return breach(id + " was received, but never sent");
  trace(id + " received, " + std::to_string(count));
  Item& item = found->second;
  if (count <= item.last_count)
    breach(id + " was received for the " + std::to_string(count) + "th time twice");
  if (count > item.last_count + 1 + crashes_) breach(id + ": its receive count leaps");
  if (count > most_receives_) breach(id + " was received more often than its queue allows");
  if (item.held_until > now) breach(id + " was received while somebody else held it");
  if (item.not_before > now) breach(id + " was received before its delay was over");
  item.last_count = count;
  item.held_until = held_until;
  ++item.reads;
}

TimePoint Ledger::handler_holds(const std::string& id, TimePoint now) {
  trace(id + " given to a handler");
  Item& item = items_.at(id);
  if (item.held_until <= now) breach(id + " is handed to a handler after its time");
  ++item.handlers;
  return item.held_until;
}

void Ledger::handler_begins(const std::string& id, const std::vector<std::string>& through_with) {
  trace(id + " begun");
  const Item& item = items_.at(id);
  if (!item.group.empty()) check_order(id, item, {through_with.begin(), through_with.end()});
}

void Ledger::check_order(const std::string& id, const Item& item, const std::set<std::string>& through_with) {
  if (item.has_no_place) return;
  bool is_later = false;
  for (const std::string& other : groups_.at(item.group)) {
    const Item& member = items_.at(other);
    if (other == id) {
      is_later = true;
    } else if (member.has_no_place) {
      continue;
    } else if (is_later) {
      if (item.successes == 0 && member.successes > 0)
        breach(id + " is handled after " + other + " of its group, which came later, has succeeded");
    } else if (member.successes == 0 && !through_with.contains(other) &&
               (member.acknowledged || member.reads > 0)) {
      must_be_dead_.emplace(other, id);
    }
  }
}

void Ledger::handler_leaves(const std::string& id) {
  trace(id + " let go");
  Item& item = items_.at(id);
  if (item.handlers > 0) --item.handlers;
}

void Ledger::dead(const std::string& id) {
  const auto found = items_.find(id);
  if (found == items_.end()) return breach(id + " is a dead letter, but was never sent");
  trace(id + " is dead");
  Item& item = found->second;
  if (++item.deaths > 1 && !item.is_async) breach(id + " is a dead letter twice");
  if (!item.is_async && item.reads + crashes_ < most_receives_)
    breach(id + " became a dead letter after " + std::to_string(item.reads) + " receivings");
}

void Ledger::crashed() {
  trace("CRASH");
  ++crashes_;
  for (auto& [id, item] : items_) item.handlers = 0;
}

bool Ledger::all_succeeded() const {
  for (const auto& [id, item] : items_) {
    if (item.handlers > 0) return false;
    if (item.acknowledged && !item.is_poison && item.successes == 0) return false;
  }
  return true;
}

void Ledger::close() {
  for (const auto& [id, item] : items_) {
    if (item.acknowledged && item.successes == 0 && item.deaths == 0)
      breach(id + " was acknowledged, and is lost");
    if (item.is_poison && item.successes > 0) breach(id + " cannot have succeeded");
  }
  for (const auto& [earlier, later] : must_be_dead_) {
    const Item& item = items_.at(earlier);
    if (item.deaths == 0 && item.acknowledged)
      breach(later + " was handled before " + earlier + " of its group, which came earlier");
  }
}

}  // namespace martlet::sim
