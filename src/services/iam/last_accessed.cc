#include "services/iam/last_accessed.h"

#include <algorithm>
#include <utility>

#include "services/iam/credential_store.h"
#include "services/iam/iam_store.h"

namespace martlet::iam {

namespace {

/// Uses are written at most once in so long.
constexpr Duration kBetweenWrites = std::chrono::minutes(5);
/// Users, roles and keys in memory.
constexpr std::size_t kMaxNoted = 5000;
/// Where there are more of them, room is made for others once they are written.
constexpr std::size_t kMaxKept = kMaxNoted / 2;
constexpr std::size_t kRecordsOfTransaction = 200;

/// That of this name, added if need be.
template <class Use>
Use& use_of(std::vector<Use>& uses, std::string_view name) {
  for (Use& use : uses)
    if (use.name == name) return use;
  Use& added = uses.emplace_back();
  added.name = name;
  return added;
}

template <class Use>
void set(Use& use, std::int64_t used_ms, std::string_view region) {
  if (used_ms < use.used_ms) return;
  use.used_ms = used_ms;
  use.region = region;
}

void merge(std::vector<ServiceUseRecord>& into, const std::vector<ServiceUseRecord>& from) {
  for (const ServiceUseRecord& service : from) {
    ServiceUseRecord& use = use_of(into, service.name);
    set(use, service.used_ms, service.region);
    for (const ActionUseRecord& action : service.actions)
      set(use_of(use.actions, action.name), action.used_ms, action.region);
  }
}

/// What is written of `id`, and what is not.
Task<UsesRecord> merged(store::Txn& txn, std::string id, const std::vector<ServiceUseRecord>& noted) {
  auto record = co_await store::get_record<UsesRecord>(txn, keys::uses(id));
  if (!record) record = UsesRecord{.id = std::move(id), .services = {}};
  merge(record->services, noted);
  co_return std::move(*record);
}

void convert(store::Txn& txn, const std::string& id, const store::KeyValue& earlier) {
  auto use = store::decode<LastUseRecord>(earlier.value);
  UsesRecord uses{.id = id, .services = {}};
  uses.services.push_back({.name = std::move(use.service),
                           .used_ms = use.used_ms,
                           .region = std::move(use.region),
                           .actions = {}});
  store::put_record(txn, keys::uses(id), uses);
  txn.erase(earlier.key);
}

}  // namespace

LastAccessed::LastAccessed(Executor executor, store::Store& store, Clock& clock)
    : store_(store), clock_(clock), used_(std::move(executor)) {}

LastAccessed::Noted* LastAccessed::find_or_add(std::string_view id) {
  if (const auto found = noted_.find(id); found != noted_.end()) return &found->second;
  if (noted_.size() >= kMaxNoted) return nullptr;
  return &noted_.emplace(id, Noted{}).first->second;
}

void LastAccessed::note(std::string_view id, std::string_view service, std::string_view action,
                        std::string_view region) {
  Noted* noted = find_or_add(id);
  if (noted == nullptr) return;
  const std::int64_t now_ms = to_epoch_ms(clock_.now());
  ServiceUseRecord& use = use_of(noted->services, service);
  set(use, now_ms, region);
  if (!action.empty()) set(use_of(use.actions, action), now_ms, region);
  if (!std::exchange(noted->is_written, false)) return;
  if (++unwritten_ == 1) used_.notify_all();
}

Task<UsesRecord> LastAccessed::uses(store::Txn& txn, std::string id) {
  const auto noted = noted_.find(id);
  std::vector<ServiceUseRecord> services;
  if (noted != noted_.end()) services = noted->second.services;
  co_return co_await merged(txn, std::move(id), services);
}

Task<std::optional<ServiceUseRecord>> LastAccessed::last_use(store::Txn& txn, std::string id) {
  UsesRecord record = co_await uses(txn, std::move(id));
  const auto last = std::max_element(
      record.services.begin(), record.services.end(),
      [](const ServiceUseRecord& a, const ServiceUseRecord& b) { return a.used_ms < b.used_ms; });
  if (last == record.services.end()) co_return std::nullopt;
  last->actions.clear();
  co_return std::move(*last);
}

void LastAccessed::forget(store::Txn& txn, const std::string& id) {
  txn.erase(keys::uses(id));
  txn.after_commit([this, id] {
    const auto noted = noted_.find(id);
    if (noted == noted_.end()) return;
    if (!noted->second.is_written) --unwritten_;
    noted_.erase(noted);
  });
}

std::vector<UsesRecord> LastAccessed::take_unwritten() {
  std::vector<UsesRecord> taken;
  for (auto& [id, noted] : noted_) {
    if (taken.size() == kRecordsOfTransaction) break;
    if (!std::exchange(noted.is_written, true)) taken.push_back({.id = id, .services = noted.services});
  }
  unwritten_ -= taken.size();
  return taken;
}

Task<> LastAccessed::keep() {
  for (;;) {
    while (unwritten_ == 0) co_await used_.wait();
    co_await flush();
    co_await clock_.sleep_for(kBetweenWrites);
  }
}

Task<> LastAccessed::flush() {
  while (unwritten_ > 0) {
    const std::vector<UsesRecord> taken = take_unwritten();
    auto write = [&](store::Txn& txn) -> Task<> {
      for (const UsesRecord& uses : taken)
        store::put_record(txn, keys::uses(uses.id), co_await merged(txn, uses.id, uses.services));
    };
    co_await store_.transact(write);
  }
  if (noted_.size() > kMaxKept)
    std::erase_if(noted_, [](const auto& pair) { return pair.second.is_written; });
}

void LastAccessed::reset() {
  noted_.clear();
  unwritten_ = 0;
}

Task<> convert_last_uses(store::Txn& txn) {
  for (const store::KeyValue& pair : co_await txn.scan(store::prefix_range("iam", "access-key-use"))) {
    const auto [iam, what, id] = store::unpack<std::string, std::string, std::string>(pair.key);
    convert(txn, id, pair);
  }
  for (const store::KeyValue& pair : co_await txn.scan(store::prefix_range("iam", "role-use"))) {
    const auto [iam, what, account, name] =
        store::unpack<std::string, std::string, std::string, std::string>(pair.key);
    const auto role = co_await load<RoleRecord>(txn, {account, name});
    if (role)
      convert(txn, role->id, pair);
    else
      txn.erase(pair.key);
  }
}

}  // namespace martlet::iam
