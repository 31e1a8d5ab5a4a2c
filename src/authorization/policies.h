#pragma once

// Where the policies come from that decisions are made by, and the tags that they ask for. IAM implements
// IdentityPolicies, each service whose resources have policies or tags ResourcePolicies or ResourceTags. The
// authorizer compiles what it is given and keeps it for as long as the version stays, so that asking again
// reads nothing. On the loop.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authorization/tags.h"
#include "base/task.h"

namespace martlet::authorization {

/// A policy of a user or role.
struct IdentityPolicy {
  std::string document;
  /// What denials call it: the ARN of a managed policy, "user/alice/NAME" of an inline one.
  std::string name = {};
};

/// What decides what a user or role may do.
struct Identity {
  /// The unique id ("AROA…"): sessions of a role that was deleted are not those of its successor.
  std::string id;
  /// All its policies, those of a user's groups too.
  std::vector<IdentityPolicy> policies;
  std::optional<IdentityPolicy> boundary;
  Tags tags;
};

class IdentityPolicies {
 public:
  virtual ~IdentityPolicies() = default;
  /// Changes whenever the answer to find() may.
  [[nodiscard]] virtual std::uint64_t version() const = 0;
  /// Of the user or role with this ARN; nullopt when there is none.
  virtual Task<std::optional<Identity>> find(std::string arn) = 0;
};

class ResourcePolicies {
 public:
  virtual ~ResourcePolicies() = default;
  /// Changes whenever the answer to find() may.
  [[nodiscard]] virtual std::uint64_t version() const = 0;
  /// The policy document of the resource with this ARN; nullopt when it has none, or does not exist.
  virtual Task<std::optional<std::string>> find(std::string arn) = 0;
};

/// The tags of a resource: the values of aws:ResourceTag/KEY.
struct TaggedResource {
  Tags tags = {};
  /// What the service itself calls aws:ResourceTag on resources of this type ("iam:ResourceTag"); mostly
  /// nothing.
  std::string_view own_key = {};
};

class ResourceTags {
 public:
  virtual ~ResourceTags() = default;
  /// Changes whenever the answer to find() may, and rarely else: not by what is done with resources.
  [[nodiscard]] virtual std::uint64_t version() const = 0;
  /// Of the resource with this ARN; none when it has none, cannot have any, or does not exist. Callers may
  /// write what they like in an ARN.
  virtual Task<TaggedResource> find(std::string arn) = 0;
};

}  // namespace martlet::authorization
