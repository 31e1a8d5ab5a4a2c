// Versions of managed policies: CreatePolicyVersion, GetPolicyVersion, DeletePolicyVersion,
// ListPolicyVersions, SetDefaultPolicyVersion.

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "services/iam/errors.h"
#include "services/iam/policies.h"
#include "services/iam/policy_document.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

Task<PolicyVersionRecord> require_version(store::Txn& txn, Name policy, std::string arn, std::string id) {
  auto version = co_await load_version(txn, policy, version_number(id));
  if (!version) throw policy_version_not_found(arn, id);
  co_return std::move(*version);
}

}  // namespace

PolicyVersion Policies::only_version(const AwsPolicy& policy) {
  return {.document = percent_encode(policy.document),
          .version_id = std::string(policy.version),
          .is_default_version = true,
          .create_date = from_epoch_ms(policy.updated_ms)};
}

std::uint32_t version_number(const std::string& id) {
  std::uint32_t number = 0;
  if (!id.starts_with('v')) return 0;
  const char* end = id.data() + id.size();
  const auto parsed = std::from_chars(id.data() + 1, end, number);
  return parsed.ec == std::errc() && parsed.ptr == end ? number : 0;
}

PolicyVersion Policies::shown_version(const PolicyRecord& policy, const PolicyVersionRecord& version) {
  return {.document = percent_encode(version.document),
          .version_id = fmt::format("v{}", version.number),
          .is_default_version = version.number == policy.default_version,
          .create_date = from_epoch_ms(version.created_ms)};
}

Task<CreatePolicyVersionResponse> Policies::CreatePolicyVersion(wire::Context& context,
                                                                CreatePolicyVersionRequest input) {
  check_policy(input.policy_document, PolicyKind::kIdentity);
  if (counted_size(input.policy_document) > kManagedPolicySize.limit)
    throw quota_exceeded(kManagedPolicySize);
  auto body = [&](store::Txn& txn) -> Task<PolicyVersion> {
    auto policy = co_await require_own(txn, context.account, input.policy_arn);
    const Name name{context.account, policy.name};
    const auto versions = co_await list_versions(txn, name);
    if (versions.size() >= kMaxPolicyVersions) throw too_many_policy_versions();
    const PolicyVersionRecord version{
        .number = policy.next_version++, .document = input.policy_document, .created_ms = now_ms()};
    save_version(txn, name, version);
    if (input.set_as_default.value_or(false)) policy.default_version = version.number;
    policy.updated_ms = version.created_ms;
    save(txn, name.account, policy);
    PolicyVersion shown = shown_version(policy, version);
    shown.document.reset();  // the caller has just sent it
    co_return shown;
  };
  CreatePolicyVersionResponse output;
  output.policy_version = co_await change(body);
  co_return output;
}

Task<GetPolicyVersionResponse> Policies::GetPolicyVersion(wire::Context& context,
                                                          GetPolicyVersionRequest input) {
  GetPolicyVersionResponse output;
  if (const AwsPolicy* policy = find_aws_policy(input.policy_arn); policy != nullptr) {
    if (input.version_id != policy->version)
      throw policy_version_not_found(input.policy_arn, input.version_id);
    output.policy_version = only_version(*policy);
    co_return output;
  }
  auto body = [&](store::Txn& txn) -> Task<PolicyVersion> {
    const auto policy = co_await require_own(txn, context.account, input.policy_arn);
    co_return shown_version(policy, co_await require_version(txn, {context.account, policy.name},
                                                             input.policy_arn, input.version_id));
  };
  output.policy_version = co_await read(body);
  co_return output;
}

Task<> Policies::DeletePolicyVersion(wire::Context& context, DeletePolicyVersionRequest input) {
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto policy = co_await require_own(txn, context.account, input.policy_arn);
    const Name name{context.account, policy.name};
    const auto version = co_await require_version(txn, name, input.policy_arn, input.version_id);
    if (version.number == policy.default_version)
      throw delete_conflict("Cannot delete the default version of a policy.");
    erase_version(txn, name, version.number);
  };
  co_await change(body);
}

Task<ListPolicyVersionsResponse> Policies::ListPolicyVersions(wire::Context& context,
                                                              ListPolicyVersionsRequest input) {
  const std::string start = page_start(input.marker);
  std::vector<PolicyVersion> versions;
  auto body = [&](store::Txn& txn) -> Task<> {
    versions.clear();
    const auto policy = co_await require_own(txn, context.account, input.policy_arn);
    for (const auto& version : co_await list_versions(txn, {context.account, policy.name}))
      versions.push_back(shown_version(policy, version));
  };
  if (const AwsPolicy* policy = find_aws_policy(input.policy_arn); policy != nullptr)
    versions.push_back(only_version(*policy));
  else
    co_await read(body);
  std::reverse(versions.begin(), versions.end());  // the newest first
  if (!start.empty())
    std::erase_if(versions, [&](const PolicyVersion& version) {
      return version_number(*version.version_id) >= version_number(start);
    });
  for (PolicyVersion& version : versions) version.document.reset();  // GetPolicyVersion has it
  ListPolicyVersionsResponse output;
  cut_page(versions, input.max_items, output,
           [](const PolicyVersion& version) { return *version.version_id; });
  output.versions = std::move(versions);
  co_return output;
}

Task<> Policies::SetDefaultPolicyVersion(wire::Context& context, SetDefaultPolicyVersionRequest input) {
  auto body = [&](store::Txn& txn) -> Task<> {
    auto policy = co_await require_own(txn, context.account, input.policy_arn);
    const Name name{context.account, policy.name};
    const auto version = co_await require_version(txn, name, input.policy_arn, input.version_id);
    policy.default_version = version.number;
    policy.updated_ms = now_ms();
    save(txn, name.account, policy);
  };
  co_await change(body);
}

}  // namespace martlet::iam
