#pragma once

// Compiled policies, and tags as condition keys, kept by the version of where they come from. Bounded: what
// is full starts anew. Owned by the authorizer; lives on the loop.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "authorization/policies.h"
#include "policy/document.h"
#include "policy/request.h"

namespace martlet::authorization {

/// Compiles documents, the same one once. What is no policy denies everything: an unreadable policy must not
/// let through what it may have denied.
class Compiler {
 public:
  policy::PolicyPtr compile(const std::string& document);
  /// As compile(), of several that apply together. Empty when there are none.
  policy::PolicyGroup compile_all(const std::vector<std::string>& documents);
  /// What a policy was compiled from; null when that is not known any more. Looks through all.
  [[nodiscard]] const std::string* document_of(const policy::Policy* compiled) const;

 private:
  std::unordered_map<std::string, policy::PolicyPtr> compiled_;
  std::map<std::vector<policy::PolicyPtr>, policy::PolicyGroup> groups_;
};

/// An identity's policies, compiled.
struct CompiledIdentity {
  /// Empty when there is no such identity.
  std::string id;
  policy::PolicyGroup policies;
  policy::PolicyPtr boundary;
  /// What denials call them, in the order of `policies`.
  std::vector<std::string> policy_names;
  std::string boundary_name;
  Tags tags;
};
using CompiledIdentityPtr = std::shared_ptr<const CompiledIdentity>;

class IdentityCache {
 public:
  IdentityCache(IdentityPolicies& source, Compiler& compiler) : source_(source), compiler_(compiler) {}
  /// Of a user or role; one that does not exist has no policies.
  Task<CompiledIdentityPtr> find(std::string arn);

 private:
  IdentityPolicies& source_;
  Compiler& compiler_;
  std::uint64_t version_ = 0;
  std::unordered_map<std::string, CompiledIdentityPtr> identities_;
};

class ResourceCache {
 public:
  ResourceCache(ResourcePolicies& source, Compiler& compiler) : source_(source), compiler_(compiler) {}
  /// Null when the resource has no policy.
  Task<policy::PolicyPtr> find(std::string arn);

 private:
  ResourcePolicies& source_;
  Compiler& compiler_;
  std::uint64_t version_ = 0;
  std::unordered_map<std::string, policy::PolicyPtr> policies_;
};

/// The condition keys aws:ResourceTag/… of a resource.
using TagKeysPtr = std::shared_ptr<const policy::ContextList>;

class TagCache {
 public:
  explicit TagCache(ResourceTags& source) : source_(source) {}
  /// Null when the resource has no tags.
  Task<TagKeysPtr> find(std::string arn);

 private:
  ResourceTags& source_;
  std::uint64_t version_ = 0;
  std::unordered_map<std::string, TagKeysPtr> keys_;
};

}  // namespace martlet::authorization
