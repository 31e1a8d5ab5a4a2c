#include "patterns/value_index.h"

#include <algorithm>
#include <string_view>

#include "patterns/folding.h"

namespace martlet::patterns {
namespace {

using Kind = Alternative::Kind;

std::string_view network_key(const Address& address) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as characters.
  return {reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()};
}

void visit_all(const std::vector<DecisionNode*>& targets, const std::function<void(DecisionNode*)>& each) {
  for (DecisionNode* target : targets) {
    each(target);
  }
}

template <typename Item>
void remove_one(std::vector<Item>& items, const Item& item) {
  const auto found = std::ranges::find(items, item);
  if (found != items.end()) {
    *found = std::move(items.back());
    items.pop_back();
  }
}

template <typename Item, typename Change>
void change_list(std::vector<Item>& items, Item item, Change what) {
  if (what == Change::kAdd) {
    items.push_back(item);
  } else {
    remove_one(items, item);
  }
}

template <typename Map, typename Item, typename Change>
void change_entry(Map& map, std::string_view key, Item item, Change what) {
  if (what == Change::kAdd) {
    map[std::string(key)].push_back(item);
    return;
  }
  const auto found = map.find(key);
  if (found != map.end()) {
    remove_one(found->second, item);
    if (found->second.empty()) {
      map.erase(found);
    }
  }
}

template <typename Index, typename Item, typename Change>
void change_affix(Index& index, std::string_view affix, Item item, Change what) {
  if (what == Change::kAdd) {
    index.at(affix).push_back(item);
    return;
  }
  if (auto* items = index.find(affix)) {
    remove_one(*items, item);
    if (items->empty()) {
      index.erase(affix);
    }
  }
}

}  // namespace

void ValueIndex::add(const Condition& condition, DecisionNode* target) {
  change(condition, target, Change::kAdd);
  ++conditions_;
}

void ValueIndex::remove(const Condition& condition, DecisionNode* target) {
  change(condition, target, Change::kRemove);
  --conditions_;
}

void ValueIndex::change(const Condition& condition, DecisionNode* target, Change what) {
  for (const Alternative& alternative : condition.alternatives()) {
    change(alternative, target, what);
  }
}

void ValueIndex::change(const Alternative& alternative, DecisionNode* target, Change what) {
  switch (alternative.kind) {
    case Kind::kString:
      return change_entry(strings_, alternative.text, target, what);
    case Kind::kNumber:
      return change_entry(numbers_, alternative.text, target, what);
    case Kind::kEqualsIgnoreCase:
      return change_entry(folded_, alternative.text, target, what);
    case Kind::kPrefix:
      return change_affix(prefixes_, alternative.text, target, what);
    case Kind::kPrefixIgnoreCase:
      return change_affix(folded_prefixes_, alternative.text, target, what);
    case Kind::kSuffix:
      return change_affix(suffixes_, alternative.text, target, what);
    case Kind::kSuffixIgnoreCase:
      return change_affix(folded_suffixes_, alternative.text, target, what);
    case Kind::kTrue:
      return change_list(true_, target, what);
    case Kind::kFalse:
      return change_list(false_, target, what);
    case Kind::kNull:
      return change_list(null_, target, what);
    case Kind::kExists:
      return change_list(exists_, target, what);
    case Kind::kAnythingBut:
      return change_list(anything_but_, {&alternative, target}, what);
    case Kind::kRange:
      return what == Change::kAdd ? ranges_.add(alternative.range, target)
                                  : ranges_.remove(alternative.range, target);
    case Kind::kWildcard:
      return change_wildcard(alternative, target, what);
    case Kind::kCidr:
      return change_cidr(alternative, target, what);
    case Kind::kAbsent:
      return;
  }
}

void ValueIndex::change_wildcard(const Alternative& alternative, DecisionNode* target, Change what) {
  const Asked::value_type item{&alternative, target};
  const std::string& prefix = alternative.wildcard.prefix();
  const std::string& suffix = alternative.wildcard.suffix();
  if (prefix.size() >= suffix.size()) {
    change_affix(wildcards_by_prefix_, prefix, item, what);
  } else {
    change_affix(wildcards_by_suffix_, suffix, item, what);
  }
}

void ValueIndex::change_cidr(const Alternative& alternative, DecisionNode* target, Change what) {
  const Address& network = alternative.cidr.network;
  const std::pair length{network.family, alternative.cidr.bits};
  TextMap<Targets>& networks = networks_[length];
  change_entry(networks, network_key(network), target, what);
  if (networks.empty()) {
    networks_.erase(length);
  }
}

void ValueIndex::visit(const JsonNode& value, const Each& each) {
  visit_all(exists_, each);
  for (const auto& [alternative, target] : anything_but_) {
    if (alternative->accepts(value)) {
      each(target);
    }
  }
  switch (value.kind) {
    case JsonNode::Kind::kString:
      return visit_text(value.text, each);
    case JsonNode::Kind::kTrue:
      return visit_all(true_, each);
    case JsonNode::Kind::kFalse:
      return visit_all(false_, each);
    case JsonNode::Kind::kNull:
      return visit_all(null_, each);
    case JsonNode::Kind::kNumber: {
      if (const auto found = numbers_.find(value.text); found != numbers_.end()) {
        visit_all(found->second, each);
      }
      const auto number = millionths(value.number);
      return number && !ranges_.empty() ? ranges_.visit(*number, each) : void();
    }
    default:
      return;
  }
}

void ValueIndex::visit_text(std::string_view text, const Each& each) const {
  if (const auto found = strings_.find(text); found != strings_.end()) {
    visit_all(found->second, each);
  }
  const auto all = [&](const Targets& targets) { visit_all(targets, each); };
  prefixes_.visit(text, all);
  suffixes_.visit(text, all);
  const auto ask = [&](const Asked& asked) {
    for (const auto& [alternative, target] : asked) {
      if (alternative->wildcard.matches(text)) {
        each(target);
      }
    }
  };
  wildcards_by_prefix_.visit(text, ask);
  wildcards_by_suffix_.visit(text, ask);
  visit_folded(text, each);
  visit_addresses(text, each);
}

void ValueIndex::visit_folded(std::string_view text, const Each& each) const {
  if (folded_.empty() && folded_prefixes_.empty() && folded_suffixes_.empty()) {
    return;
  }
  const std::string folded = fold_case(text);
  if (const auto found = folded_.find(folded); found != folded_.end()) {
    visit_all(found->second, each);
  }
  const auto all = [&](const Targets& targets) { visit_all(targets, each); };
  folded_prefixes_.visit(folded, all);
  folded_suffixes_.visit(folded, all);
}

void ValueIndex::visit_addresses(std::string_view text, const Each& each) const {
  if (networks_.empty()) {
    return;
  }
  const auto address = parse_address(text);
  if (!address) {
    return;
  }
  for (const auto& [length, networks] : networks_) {
    if (length.first != address->family) {
      continue;
    }
    const Address network = masked(*address, length.second);
    if (const auto found = networks.find(network_key(network)); found != networks.end()) {
      visit_all(found->second, each);
    }
  }
}

}  // namespace martlet::patterns
