#include "environments/roster.h"

#include <algorithm>

namespace martlet::environments {

namespace {

std::uint64_t memory_of(const Spec& spec) { return static_cast<std::uint64_t>(spec.memory_mb) << 20; }

}  // namespace

void Roster::add(const std::shared_ptr<Environment>& environment) {
  members_.emplace(environment->tag(), environment);
  pools_[environment->spec().get()].members.push_back(environment);
  starting_.insert(environment.get());
  reserved_memory_ += memory_of(*environment->spec());
}

void Roster::release(Environment& environment) { starting_.erase(&environment); }

bool Roster::remove(Environment& environment) {
  const auto found = members_.find(environment.tag());
  if (found == members_.end()) return false;
  const std::shared_ptr<Environment> kept = found->second;
  members_.erase(found);
  starting_.erase(&environment);
  reserved_memory_ -= memory_of(*environment.spec());
  const auto pool = pools_.find(environment.spec().get());
  std::erase(pool->second.idle, &environment);
  std::erase(pool->second.members, kept);
  if (pool->second.members.empty()) pools_.erase(pool);
  return true;
}

bool Roster::became_idle(Environment& environment) {
  if (starting_.contains(&environment)) return false;
  pools_[environment.spec().get()].idle.push_back(&environment);
  return true;
}

std::shared_ptr<Environment> Roster::take(const Spec* spec) {
  const auto pool = pools_.find(spec);
  if (pool == pools_.end()) return nullptr;
  auto& idle = pool->second.idle;
  while (!idle.empty()) {
    Environment* environment = idle.back();
    idle.pop_back();
    if (environment->takes_events()) return environment->shared_from_this();
  }
  // One that has answered asks for its next event in a moment: sooner than a new one could.
  for (const auto& member : pool->second.members)
    if (member->state() == Environment::State::kReplied && member->takes_events()) return member;
  return nullptr;
}

bool Roster::fits(const Spec& spec) const {
  if (members_.empty()) return true;
  return members_.size() < room_.environments && reserved_memory_ + memory_of(spec) <= room_.memory_bytes;
}

void Roster::make_room(const Spec& spec) {
  std::uint64_t ending_memory = 0;
  std::size_t ending = 0;
  Environment* oldest = nullptr;
  for (const auto& [tag, environment] : members_) {
    if (environment->ending()) {
      ending_memory += memory_of(*environment->spec());
      ++ending;
    } else if (environment->state() == Environment::State::kIdle && !starting_.contains(environment.get())) {
      if (oldest == nullptr || environment->idle_since() < oldest->idle_since()) oldest = environment.get();
    }
  }
  const bool enough = members_.size() - ending < room_.environments &&
                      reserved_memory_ - ending_memory + memory_of(spec) <= room_.memory_bytes;
  if (!enough && oldest != nullptr) oldest->kill();
}

std::vector<std::shared_ptr<Environment>> Roster::all() const {
  std::vector<std::shared_ptr<Environment>> all;
  for (const auto& [tag, environment] : members_) all.push_back(environment);
  return all;
}

}  // namespace martlet::environments
