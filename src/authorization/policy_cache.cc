#include "authorization/policy_cache.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"

namespace martlet::authorization {

namespace {

constexpr std::size_t kMaxDocuments = 4096;
constexpr std::size_t kMaxGroups = 1024;
constexpr std::size_t kMaxIdentities = 1024;
constexpr std::size_t kMaxResources = 16'384;
/// Bytes of an ARN whose answer is kept: callers write what they like, and longer ones name nothing.
constexpr std::size_t kMaxArn = 2048;

constexpr std::string_view kDenyAll =
    R"({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]})";

/// Forgets everything in `cache` when what it was read from has changed, or it is full.
template <class Cache>
void refresh(Cache& cache, std::uint64_t& version, std::uint64_t now, std::size_t most) {
  if (version != now || cache.size() >= most) cache.clear();
  version = now;
}

}  // namespace

policy::PolicyPtr Compiler::compile(const std::string& document) {
  if (const auto known = compiled_.find(document); known != compiled_.end()) return known->second;
  if (compiled_.size() >= kMaxDocuments) compiled_.clear();
  policy::PolicyPtr compiled;
  try {
    compiled = policy::Policy::parse(document);
  } catch (const policy::InvalidPolicy& invalid) {
    log::error("a stored policy cannot be read: it denies everything", {{"error", invalid.what()}});
    compiled = policy::Policy::parse(kDenyAll);
  }
  compiled_[document] = compiled;
  return compiled;
}

const std::string* Compiler::document_of(const policy::Policy* compiled) const {
  for (const auto& [document, policy] : compiled_)
    if (policy.get() == compiled) return &document;
  return nullptr;
}

policy::PolicyGroup Compiler::compile_all(const std::vector<std::string>& documents) {
  if (documents.empty()) return {};
  std::vector<policy::PolicyPtr> policies;
  policies.reserve(documents.size());
  for (const std::string& document : documents) policies.push_back(compile(document));
  if (const auto known = groups_.find(policies); known != groups_.end()) return known->second;
  if (groups_.size() >= kMaxGroups) groups_.clear();
  policy::PolicyGroup group(policies);
  groups_.emplace(std::move(policies), group);
  return group;
}

Task<CompiledIdentityPtr> IdentityCache::find(std::string arn) {
  const std::uint64_t version = source_.version();
  refresh(identities_, version_, version, kMaxIdentities);
  if (const auto known = identities_.find(arn); known != identities_.end()) co_return known->second;
  std::optional<Identity> identity = co_await source_.find(arn);
  auto compiled = std::make_shared<CompiledIdentity>();
  if (identity) {
    std::vector<policy::PolicyPtr> policies;
    for (IdentityPolicy& each : identity->policies) {
      policies.push_back(compiler_.compile(each.document));
      compiled->policy_names.push_back(std::move(each.name));
    }
    if (!policies.empty()) compiled->policies = policy::PolicyGroup(std::move(policies));
    if (identity->boundary) {
      compiled->boundary = compiler_.compile(identity->boundary->document);
      compiled->boundary_name = std::move(identity->boundary->name);
    }
    compiled->tags = std::move(identity->tags);
    compiled->id = std::move(identity->id);
  }
  // What was read while it changed is for this decision only.
  if (version_ == version && source_.version() == version) identities_[arn] = compiled;
  co_return compiled;
}

Task<policy::PolicyPtr> ResourceCache::find(std::string arn) {
  const std::uint64_t version = source_.version();
  refresh(policies_, version_, version, kMaxResources);
  if (const auto known = policies_.find(arn); known != policies_.end()) co_return known->second;
  const std::optional<std::string> document = co_await source_.find(arn);
  policy::PolicyPtr compiled = document ? compiler_.compile(*document) : nullptr;
  if (version_ == version && source_.version() == version && arn.size() <= kMaxArn) policies_[arn] = compiled;
  co_return compiled;
}

Task<TagKeysPtr> TagCache::find(std::string arn) {
  const std::uint64_t version = source_.version();
  refresh(keys_, version_, version, kMaxResources);
  if (const auto known = keys_.find(arn); known != keys_.end()) co_return known->second;
  const TaggedResource resource = co_await source_.find(arn);
  std::shared_ptr<policy::ContextList> keys;
  if (!resource.tags.empty()) {
    keys = std::make_shared<policy::ContextList>();
    set_tag_keys(*keys, "aws:ResourceTag", resource.tags);
    if (!resource.own_key.empty()) set_tag_keys(*keys, resource.own_key, resource.tags);
  }
  if (version_ == version && source_.version() == version && arn.size() <= kMaxArn) keys_[arn] = keys;
  co_return keys;
}

}  // namespace martlet::authorization
