#include "environments/roster.h"

#include <algorithm>

namespace martlet::environments {

namespace {

/// What an environment is taken to hold before anything is known: this share of its configured size, but not
/// less than an interpreter needs.
constexpr std::uint64_t kFirstShare = 8;
constexpr std::uint64_t kFirstLeast = 32ULL << 20;

std::uint64_t configured(const Spec& spec) { return static_cast<std::uint64_t>(spec.memory_mb) << 20; }

Environment* last_that_takes_events(std::vector<Environment*>& idle) {
  while (!idle.empty()) {
    Environment* environment = idle.back();
    idle.pop_back();
    if (environment->takes_events()) return environment;
  }
  return nullptr;
}

}  // namespace

void Roster::add(const std::shared_ptr<Environment>& environment, InitializationType type) {
  Entry& entry = entries_[environment.get()];
  entry.environment = environment;
  entry.type = type;
  tags_.emplace(environment->tag(), environment.get());
  pools_[environment->spec().get()].members.push_back(environment);
  count(entry, expected(*environment->spec()));
}

void Roster::release(Environment& environment) {
  if (const auto entry = entries_.find(&environment); entry != entries_.end()) entry->second.starting = false;
}

bool Roster::remove(Environment& environment) {
  const auto found = entries_.find(&environment);
  if (found == entries_.end()) return false;
  const std::shared_ptr<Environment> kept = found->second.environment;
  count(found->second, 0);
  entries_.erase(found);
  tags_.erase(environment.tag());
  const auto pool = pools_.find(environment.spec().get());
  std::erase(pool->second.idle, &environment);
  std::erase(pool->second.idle_provisioned, &environment);
  std::erase(pool->second.members, kept);
  if (pool->second.members.empty()) pools_.erase(pool);
  return true;
}

bool Roster::became_idle(Environment& environment) {
  const auto entry = entries_.find(&environment);
  if (entry == entries_.end() || entry->second.starting) return false;
  Pool& pool = pools_[environment.spec().get()];
  (provisioned(environment) ? pool.idle_provisioned : pool.idle).push_back(&environment);
  measured(environment);
  return true;
}

void Roster::measured(Environment& environment) {
  const auto entry = entries_.find(&environment);
  const std::uint64_t held = environment.memory_held();
  if (entry == entries_.end() || held == 0) return;
  Pool& pool = pools_[environment.spec().get()];
  pool.most_held = std::max(pool.most_held, held);
  if (environment.state() == Environment::State::kIdle)
    count(entry->second, std::min(held, configured(*environment.spec())));
}

std::uint64_t Roster::expected(const Spec& spec) const {
  const std::uint64_t most = configured(spec);
  const auto pool = pools_.find(&spec);
  if (pool != pools_.end() && pool->second.most_held != 0) return std::min(most, pool->second.most_held);
  return std::min(most, std::max(most / kFirstShare, kFirstLeast));
}

void Roster::count(Entry& entry, std::uint64_t bytes) {
  memory_ += bytes - entry.counted;
  entry.counted = bytes;
}

bool Roster::offers_provisioned(const Spec* spec) const {
  const auto pool = pools_.find(spec);
  return pool != pools_.end() &&
         std::ranges::any_of(pool->second.idle_provisioned,
                             [](const Environment* one) { return one->takes_events(); });
}

std::shared_ptr<Environment> Roster::take(const Spec* spec) {
  const auto found = pools_.find(spec);
  if (found == pools_.end()) return nullptr;
  Pool& pool = found->second;
  Environment* taken = last_that_takes_events(pool.idle_provisioned);
  if (taken == nullptr) taken = last_that_takes_events(pool.idle);
  if (taken == nullptr) {
    // One that has answered asks for its next event in a moment: sooner than a new one could.
    for (const auto& member : pool.members)
      if (member->state() == Environment::State::kReplied && member->takes_events()) taken = member.get();
    if (taken == nullptr) return nullptr;
  }
  Entry& entry = entries_.at(taken);
  count(entry, std::max(entry.counted, expected(*spec)));
  return entry.environment;
}

bool Roster::has_idle(const Spec* spec) const {
  const auto found = pools_.find(spec);
  if (found == pools_.end()) return false;
  const auto takes = [](const Environment* environment) { return environment->takes_events(); };
  return std::ranges::any_of(found->second.idle_provisioned, takes) ||
         std::ranges::any_of(found->second.idle, takes);
}

std::size_t Roster::of_tenants(const std::string& function_arn) const {
  return static_cast<std::size_t>(std::ranges::count_if(entries_, [&](const auto& entry) {
    const Spec& spec = *entry.first->spec();
    return !spec.tenant_id.empty() && spec.function_arn == function_arn;
  }));
}

bool Roster::fits(const Spec& spec) const {
  if (entries_.empty()) return true;
  return entries_.size() < room_.environments && memory_ + aside_ + expected(spec) <= room_.memory_bytes;
}

Environment* Roster::longest_idle() const {
  Environment* oldest = nullptr;
  for (const auto& [environment, entry] : entries_) {
    if (environment->state() != Environment::State::kIdle || environment->ending() || entry.starting ||
        entry.type == InitializationType::kProvisionedConcurrency)
      continue;
    if (oldest == nullptr || environment->idle_since() < oldest->idle_since())
      oldest = entry.environment.get();
  }
  return oldest;
}

void Roster::make_room(const Spec& spec) {
  std::uint64_t ending_memory = 0;
  std::size_t ending = 0;
  for (const auto& [environment, entry] : entries_)
    if (environment->ending()) {
      ending_memory += entry.counted;
      ++ending;
    }
  const bool enough = entries_.size() - ending < room_.environments &&
                      memory_ - ending_memory + aside_ + expected(spec) <= room_.memory_bytes;
  if (enough) return;
  if (Environment* oldest = longest_idle()) oldest->kill();
}

std::uint64_t Roster::shed(std::uint64_t bytes) {
  std::uint64_t freed = 0;
  while (freed < bytes) {
    Environment* oldest = longest_idle();
    if (oldest == nullptr) break;
    freed += entries_.at(oldest).counted;
    oldest->kill();
  }
  return freed;
}

std::uint64_t Roster::excess() const {
  if (memory_ + aside_ <= room_.memory_bytes) return 0;
  std::uint64_t staying = aside_;
  for (const auto& [environment, entry] : entries_)
    if (!environment->ending()) staying += entry.counted;
  return staying - std::min(staying, room_.memory_bytes);
}

std::shared_ptr<Environment> Roster::find(const std::string& tag) const {
  const auto found = tags_.find(tag);
  return found == tags_.end() ? nullptr : found->second->shared_from_this();
}

std::vector<std::shared_ptr<Environment>> Roster::all() const {
  std::vector<std::shared_ptr<Environment>> all;
  all.reserve(entries_.size());
  for (const auto& [environment, entry] : entries_) all.push_back(entry.environment);
  return all;
}

bool Roster::provisioned(const Environment& environment) const {
  const auto entry = entries_.find(&environment);
  return entry != entries_.end() && entry->second.type == InitializationType::kProvisionedConcurrency;
}

}  // namespace martlet::environments
