#include "services/iam/directory.h"

#include <utility>

#include "base/arn.h"
#include "services/iam/credential_store.h"
#include "services/iam/managed_policies.h"

namespace martlet::iam {

namespace {

constexpr std::size_t kMaxKept = 20'000;

Task<std::optional<IdentityPolicy>> managed(store::Txn& txn, Principal owner, std::string arn) {
  std::optional<std::string> document = co_await default_document(txn, owner.account, arn);
  if (!document) co_return std::nullopt;
  IdentityPolicy policy;
  policy.kind = IdentityPolicy::Kind::kManaged;
  policy.noun = owner.noun;
  policy.owner = owner.name;
  policy.name = policy_name(arn);
  policy.document = std::move(*document);
  policy.arn = std::move(arn);
  co_return policy;
}

/// Adds the policies that `owner` has itself.
Task<> add_policies(store::Txn& txn, Principal owner, std::vector<IdentityPolicy>& policies) {
  for (InlinePolicyRecord& record : co_await list_inline_policies(txn, owner, "")) {
    policies.push_back({.kind = IdentityPolicy::Kind::kInline,
                        .noun = owner.noun,
                        .owner = owner.name,
                        .name = std::move(record.name),
                        .arn = {},
                        .document = std::move(record.document)});
  }
  for (std::string& arn : co_await list_attached(txn, owner, "")) {
    auto policy = co_await managed(txn, owner, std::move(arn));
    if (policy) policies.push_back(std::move(*policy));
  }
}

Identity start(const Principal& who, const NamedRecord& record) {
  Identity identity;
  identity.noun = who.noun;
  identity.account = who.account;
  identity.name = record.name;
  identity.path = record.path;
  identity.id = record.id;
  identity.arn = record.arn;
  return identity;
}

Task<> add_boundary(store::Txn& txn, Principal who, std::optional<std::string> arn, Identity& identity) {
  if (arn) identity.boundary = co_await managed(txn, std::move(who), std::move(*arn));
}

Task<std::optional<Identity>> read_user(store::Txn& txn, Principal who) {
  const auto record = co_await load<UserRecord>(txn, {who.account, who.name});
  if (!record) co_return std::nullopt;
  Identity identity = start(who, *record);
  identity.tags = record->tags;
  who.name = record->name;
  co_await add_policies(txn, who, identity.policies);
  for (const std::string& group : co_await list_links(txn, kGroupsOfUserLink, {who.account, who.name})) {
    const NamedRecord of = co_await require_principal(txn, {kGroup, who.account, group});
    co_await add_policies(txn, {kGroup, who.account, of.name}, identity.policies);
  }
  co_await add_boundary(txn, who, record->permissions_boundary, identity);
  co_return identity;
}

Task<std::optional<Identity>> read_group(store::Txn& txn, Principal who) {
  const auto record = co_await load<GroupRecord>(txn, {who.account, who.name});
  if (!record) co_return std::nullopt;
  Identity identity = start(who, *record);
  who.name = record->name;
  co_await add_policies(txn, who, identity.policies);
  co_return identity;
}

Task<std::optional<Identity>> read_role(store::Txn& txn, Principal who) {
  const auto record = co_await load<RoleRecord>(txn, {who.account, who.name});
  if (!record) co_return std::nullopt;
  Identity identity = start(who, *record);
  identity.tags = record->tags;
  identity.trust_policy = record->trust_policy;
  identity.max_session_seconds = record->max_session_seconds;
  who.name = record->name;
  co_await add_policies(txn, who, identity.policies);
  co_await add_boundary(txn, who, record->permissions_boundary, identity);
  co_return identity;
}

Task<std::optional<Identity>> read(store::Txn& txn, Principal who) {
  if (who.noun == kUser) return read_user(txn, std::move(who));
  if (who.noun == kGroup) return read_group(txn, std::move(who));
  return read_role(txn, std::move(who));
}

}  // namespace

void Directory::drop_outdated() {
  if (read_in_ == generation_ && identities_.size() + keys_.size() + profiles_.size() < kMaxKept) return;
  identities_.clear();
  keys_.clear();
  profiles_.clear();
  read_in_ = generation_;
}

Task<std::shared_ptr<const AccessKeyOwner>> Directory::access_key(std::string id) {
  drop_outdated();
  if (const auto kept = keys_.find(id); kept != keys_.end()) co_return kept->second;
  const std::uint64_t generation = generation_;
  auto look_up = [&](store::Txn& txn) -> Task<std::shared_ptr<const AccessKeyOwner>> {
    const auto record = co_await store::get_record<AccessKeyRecord>(txn, keys::access_key(id));
    if (!record) co_return nullptr;
    const auto user = co_await require<UserRecord>(txn, {record->account, record->user});
    auto owner = std::make_shared<AccessKeyOwner>();
    owner->id = record->id;
    owner->secret = secrets_.open(record->sealed_secret, "access-key/" + id);
    owner->active = record->active;
    owner->account = record->account;
    owner->user = user.name;
    owner->user_id = user.id;
    owner->user_arn = user.arn;
    co_return owner;
  };
  std::shared_ptr<const AccessKeyOwner> found = co_await store_.transact(look_up);
  // Ids that nobody has are not kept: there is no end of them.
  if (found && generation == generation_ && read_in_ == generation_) keys_.emplace(std::move(id), found);
  co_return found;
}

Task<std::shared_ptr<const Identity>> Directory::find(Principal who) {
  drop_outdated();
  std::string kept_as = named_key(who.noun, {who.account, who.name});
  if (const auto kept = identities_.find(kept_as); kept != identities_.end()) co_return kept->second;
  const std::uint64_t generation = generation_;
  auto look_up = [&](store::Txn& txn) -> Task<std::optional<Identity>> { return read(txn, who); };
  std::optional<Identity> identity = co_await store_.transact(look_up);
  if (!identity) co_return nullptr;
  identity->generation = generation;
  auto found = std::make_shared<const Identity>(std::move(*identity));
  if (generation == generation_ && read_in_ == generation_) identities_.emplace(std::move(kept_as), found);
  co_return found;
}

Task<std::shared_ptr<const Identity>> Directory::user(std::string account, std::string name) {
  return find({kUser, std::move(account), std::move(name)});
}

Task<std::shared_ptr<const Identity>> Directory::group(std::string account, std::string name) {
  return find({kGroup, std::move(account), std::move(name)});
}

Task<std::shared_ptr<const Identity>> Directory::role(std::string account, std::string name) {
  return find({kRole, std::move(account), std::move(name)});
}

Task<std::shared_ptr<const Identity>> Directory::identity(std::string arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam") co_return nullptr;
  const std::string_view resource = parsed->resource;
  std::shared_ptr<const Identity> found;
  for (const std::string_view noun : {kUser, kGroup, kRole}) {
    if (resource.starts_with(std::string(noun) + "/"))
      found = co_await find({noun, parsed->account, std::string(resource.substr(resource.rfind('/') + 1))});
  }
  if (found && found->arn != arn) found = nullptr;  // of another path
  co_return found;
}

Task<std::shared_ptr<const InstanceProfileRecord>> Directory::instance_profile(std::string account,
                                                                               std::string name) {
  drop_outdated();
  std::string kept_as = named_key(InstanceProfileRecord::kNoun, {account, name});
  if (const auto kept = profiles_.find(kept_as); kept != profiles_.end()) co_return kept->second;
  const std::uint64_t generation = generation_;
  auto look_up = [&](store::Txn& txn) -> Task<std::optional<InstanceProfileRecord>> {
    return load<InstanceProfileRecord>(txn, {account, name});
  };
  std::optional<InstanceProfileRecord> record = co_await store_.transact(look_up);
  if (!record) co_return nullptr;
  auto found = std::make_shared<const InstanceProfileRecord>(std::move(*record));
  if (generation == generation_ && read_in_ == generation_) profiles_.emplace(std::move(kept_as), found);
  co_return found;
}

Task<std::optional<PolicyRecord>> Directory::policy(std::string arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam" || !parsed->resource.starts_with("policy/")) co_return std::nullopt;
  auto look_up = [&](store::Txn& txn) -> Task<std::optional<PolicyRecord>> {
    return load<PolicyRecord>(txn, {parsed->account, std::string(policy_name(arn))});
  };
  std::optional<PolicyRecord> found = co_await store_.transact(look_up);
  if (found && found->arn != arn) found.reset();  // of another path
  co_return found;
}

Task<std::optional<std::string>> Directory::policy_document(std::string account, std::string arn) {
  auto get = [&](store::Txn& txn) -> Task<std::optional<std::string>> {
    return default_document(txn, account, arn);
  };
  co_return co_await store_.transact(get);
}

Task<std::string> Directory::server_certificate_arn(std::string account, std::string name) {
  auto get = [&](store::Txn& txn) -> Task<std::optional<ServerCertificateRecord>> {
    return load<ServerCertificateRecord>(txn, {account, name});
  };
  const auto found = co_await store_.transact(get);
  co_return found ? found->arn : std::string();
}

Task<std::optional<OidcProviderRecord>> Directory::oidc_provider(std::string arn) {
  const auto parsed = Arn::parse(arn);
  constexpr std::string_view kType = "oidc-provider/";
  if (!parsed || !parsed->resource.starts_with(kType)) co_return std::nullopt;
  auto get = [&](store::Txn& txn) -> Task<std::optional<OidcProviderRecord>> {
    return store::get_record<OidcProviderRecord>(
        txn, keys::oidc_providers(parsed->account).add(parsed->resource.substr(kType.size())));
  };
  co_return co_await store_.transact(get);
}

Task<std::optional<SamlProviderRecord>> Directory::saml_provider(std::string arn) {
  const auto parsed = Arn::parse(arn);
  constexpr std::string_view kType = "saml-provider/";
  if (!parsed || !parsed->resource.starts_with(kType)) co_return std::nullopt;
  auto get = [&](store::Txn& txn) -> Task<std::optional<SamlProviderRecord>> {
    return store::get_record<SamlProviderRecord>(
        txn, keys::saml_providers(parsed->account).add(parsed->resource.substr(kType.size())));
  };
  co_return co_await store_.transact(get);
}

}  // namespace martlet::iam
