#pragma once

// What the Lambda service is made with, and the values that its parts hand to one another.

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/secret_box.h"
#include "base/task_group.h"
#include "environments/fleet.h"
#include "services/lambda/async_invocations.h"
#include "services/lambda/code_package.h"
#include "services/lambda/function_name.h"
#include "services/lambda/images.h"
#include "services/lambda/mapping_runners.h"
#include "services/lambda/records.h"
#include "sources/sources.h"
#include "store/blobs.h"
#include "store/store.h"

namespace martlet::lambda {

/// Credentials for one environment (its tag) of a function that acts as `role_arn`, as environment variables.
using CredentialsFor = std::function<Task<std::map<std::string, std::string>>(
    FunctionName function, std::string role_arn, std::string environment, Duration lifetime)>;

/// What a function with these security groups may reach outside, or why that cannot be said.
using EgressFor = std::function<std::expected<sandbox::Egress, std::string>(
    const std::vector<std::string>& security_group_ids)>;

/// Whether the role with this ARN exists and lets Lambda assume it.
using RoleIsUsable = std::function<Task<bool>(std::string role_arn)>;

struct Dependencies {
  store::Store& store;
  store::Blobs& blobs;
  CodePackages& packages;
  Images& images;
  environments::Fleet& fleet;
  Clock& clock;
  Ids& ids;
  /// For what goes on after the answer to a call.
  TaskGroup& tasks;
  Executor executor;
  metrics::Registry& metrics;
  /// Seals what is secret in the store.
  const SecretBox& secrets;
  /// Where destinations and dead-letter queues are found.
  const targets::Targets& targets;
  /// What event source mappings read.
  const sources::Sources& sources;
  CredentialsFor credentials_for;
  EgressFor egress_for;
  /// Empty: any role will do.
  RoleIsUsable role_is_usable;
  /// Empty: roles are not asked.
  RoleRefusal role_refusal;
  /// Signs the addresses in Code.Location.
  std::string location_key;
};

/// What a function's name and qualifier stand for.
struct Target {
  /// $LATEST or a published version; of an alias, the version that it names.
  FunctionRecord function;
  /// Set when the qualifier is an alias.
  std::optional<AliasRecord> alias;
};

/// The code that a call has brought: a zip file, or an image.
struct StoredCode {
  store::BlobRef zip;
  std::optional<ImageUse> image;

  void apply(FunctionRecord& function) const {
    function.code = zip;
    function.image = image;
  }
};

/// Whether a version is to be published from what a call stores.
enum class Publish { kNo, kYes };

}  // namespace martlet::lambda
