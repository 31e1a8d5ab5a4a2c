#pragma once

// What all operations of IAM stand on: the store, the clock, and what the kinds of principals have in common.
// The service is a chain of classes, one for each group of operations, that begins here and ends in
// service.h. Lives on the loop.

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "api/iam/api.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/secret_box.h"
#include "services/iam/directory.h"
#include "services/iam/iam_store.h"
#include "services/iam/last_accessed.h"
#include "services/iam/limits.h"
#include "services/iam/paging.h"
#include "services/iam/records.h"
#include "services/iam/tags.h"
#include "store/store.h"

namespace martlet::iam {

struct Dependencies {
  Executor executor;
  store::Store& store;
  Clock& clock;
  Ids& ids;
  /// Seals what must not be readable in the store.
  const SecretBox& secrets;
};

class Operations : public Api {
 public:
  explicit Operations(Dependencies with)
      : with_(std::move(with)),
        directory_(with_.store, with_.secrets),
        last_accessed_(with_.executor, with_.store, with_.clock) {}

 protected:
  /// A transaction that only reads.
  template <class F>
  auto read(F body) -> std::invoke_result_t<F&, store::Txn&> {
    return with_.store.transact(std::move(body));
  }

  /// A transaction after which directory_ has another generation.
  template <class F>
  auto change(F body) -> std::invoke_result_t<F&, store::Txn&> {
    auto counted = [&](store::Txn& txn) -> std::invoke_result_t<F&, store::Txn&> {
      txn.after_commit([this] { directory_.changed(); });
      return body(txn);
    };
    co_return co_await with_.store.transact(counted);
  }

  /// IAM's dates have whole seconds.
  [[nodiscard]] std::int64_t now_ms() const {
    return to_epoch_ms(std::chrono::floor<std::chrono::seconds>(with_.clock.now()));
  }

  /// A record of a new thing: with an id and the ARN that belongs to its path and name.
  template <class Record>
  Record new_record(const wire::Context& context, std::string name, const std::optional<std::string>& path) {
    Record record;
    record.name = std::move(name);
    record.path = path.value_or("/");
    record.id = std::string(Record::kIdPrefix) + with_.ids.base32(17);
    record.arn = arn_of(context, Record::kNoun, record.path, record.name);
    record.created_ms = now_ms();
    return record;
  }
  static std::string arn_of(const wire::Context& context, std::string_view noun, const std::string& path,
                            const std::string& name);

  /// Creates `record` unless the name is taken or the account has as many as it may.
  template <class Record>
  Task<> create(store::Txn& txn, std::string account, Record record, Quota quota) {
    const auto existing = co_await load<Record>(txn, {account, record.name});
    if (existing) throw already_exists(Record::kNoun, record.name);
    const std::size_t have = co_await count(txn, Record::kNoun, account);
    if (have >= quota.limit) throw quota_exceeded(quota);
    save(txn, account, record);
  }

  /// One page of the records of a kind, by PathPrefix, Marker and MaxItems of the request; sets the paging
  /// members of `output`.
  template <class Record, class Input, class Output>
  Task<std::vector<Record>> list_page(std::string account, Input input, Output& output) {
    auto all = [&, start = page_start(input.marker)](store::Txn& txn) -> Task<std::vector<Record>> {
      return list<Record>(txn, account, start);
    };
    std::vector<Record> records = co_await read(all);
    const std::string prefix = input.path_prefix.value_or("/");
    std::erase_if(records, [&](const Record& record) { return !record.path.starts_with(prefix); });
    cut_page(records, input.max_items, output, [](const Record& record) { return record.name; });
    co_return records;
  }

  /// One page of a resource's tags.
  template <class Output, class Input>
  static Output tags_page(const std::vector<TagRecord>& tags, const Input& input) {
    Output output;
    output.tags = sorted_tags(tags, page_start(input.marker));
    cut_page(output.tags, input.max_items, output, [](const Tag& tag) { return tag.key; });
    return output;
  }

  /// Loads a record, lets `edit(record)` change it, and saves it.
  template <class Record, class Edit>
  Task<> edit(Name name, Edit edit) {
    auto body = [&](store::Txn& txn) -> Task<> {
      auto record = co_await require<Record>(txn, name);
      edit(record);
      save(txn, name.account, record);
    };
    co_await change(body);
  }

  /// Takes a record away under `path` and `name`, and says in ARN and links what it is called now. Throws
  /// EntityAlreadyExists when the new name is somebody else's.
  template <class Record>
  static Task<Record> renamed(store::Txn& txn, const wire::Context& context, Name name,
                              std::optional<std::string> new_path, std::optional<std::string> new_name) {
    Record record = co_await require<Record>(txn, name);
    const std::string target = new_name.value_or(record.name);
    if (to_lower(target) != to_lower(name.name)) {
      const auto taken = co_await load<Record>(txn, {name.account, target});
      if (taken) throw already_exists(Record::kNoun, target);
      erase<Record>(txn, name);
      co_await rename_principal(txn, {Record::kNoun, name.account, name.name}, target);
    }
    record.name = target;
    record.path = new_path.value_or(record.path);
    record.arn = arn_of(context, Record::kNoun, record.path, record.name);
    save(txn, name.account, record);
    co_return record;
  }

  // ---- Policies of users, groups and roles (principal_policies.cc) ----

  Task<> attach_policy(Principal who, std::string policy_arn);
  Task<> detach_policy(Principal who, std::string policy_arn);
  /// ARNs after the page's start, by path prefix.
  Task<std::vector<std::string>> attached(Principal who, std::string start, std::string path_prefix);
  Task<> put_policy(Principal who, std::string policy, std::string document);
  Task<> delete_policy(Principal who, std::string policy);
  struct Inline {
    std::string owner;
    std::string policy;
    /// In percent-encoding, as IAM shows documents.
    std::string document;
  };
  Task<Inline> get_policy(Principal who, std::string policy);
  Task<std::vector<std::string>> policy_names(Principal who, std::string start);

  template <class Output, class Input>
  Task<Output> list_attached_page(Principal who, Input input) {
    Output output;
    std::vector<std::string> arns =
        co_await attached(std::move(who), page_start(input.marker), input.path_prefix.value_or("/"));
    cut_page(arns, input.max_items, output, [](const std::string& arn) { return arn; });
    output.attached_policies = to_attached(arns);
    co_return output;
  }
  template <class Output, class Input>
  Task<Output> list_policies_page(Principal who, Input input) {
    Output output;
    output.policy_names = co_await policy_names(std::move(who), page_start(input.marker));
    cut_page(output.policy_names, input.max_items, output, [](const std::string& name) { return name; });
    co_return output;
  }
  static std::vector<AttachedPolicy> to_attached(const std::vector<std::string>& arns);

  /// Gives `record` another boundary, or none.
  template <class Record>
  Task<> set_boundary(Name name, std::optional<std::string> arn) {
    auto body = [&](store::Txn& txn) -> Task<> {
      auto record = co_await require<Record>(txn, name);
      check_modifiable(Record::kNoun, record);
      co_await check_boundary(txn, name.account, arn);
      change_boundary(txn, {Record::kNoun, name.account, name.name}, record.permissions_boundary, arn);
      record.permissions_boundary = arn;
      save(txn, name.account, record);
    };
    co_await change(body);
  }
  /// Throws NoSuchEntity when nobody can have this boundary.
  static Task<> check_boundary(store::Txn& txn, std::string account, std::optional<std::string> arn);
  static std::optional<AttachedPermissionsBoundary> shown_boundary(const std::optional<std::string>& arn);

  /// Throws DeleteConflict while it has policies.
  static Task<> require_no_policies(store::Txn& txn, Principal who);
  /// Throws UnmodifiableEntity for roles that belong to a service.
  static void check_modifiable(std::string_view noun, const NamedRecord& record);

  /// The user that the request names, or the user who calls. Throws ValidationError when it is neither.
  static Name user_or_caller(const wire::Context& context, const std::optional<std::string>& user);

  Dependencies with_;
  Directory directory_;
  LastAccessed last_accessed_;
};

}  // namespace martlet::iam
