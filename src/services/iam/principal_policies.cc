// What users, groups and roles have in common: managed policies that are attached to them, inline policies
// that are part of them, permissions boundaries.

#include <fmt/core.h>

#include "api/iam/values.h"
#include "base/arn.h"
#include "base/strings.h"
#include "services/iam/errors.h"
#include "services/iam/managed_policies.h"
#include "services/iam/operations.h"
#include "services/iam/policy_document.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

constexpr std::string_view kServicePath = "/aws-service-role/";

void check_policy_arn(const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam" || !parsed->resource.starts_with("policy/"))
    throw invalid_policy_arn(arn);
}

std::string_view attachments_quota(std::string_view noun) {
  if (noun == kUser) return "PoliciesPerUser";
  return noun == kGroup ? "PoliciesPerGroup" : "PoliciesPerRole";
}

std::size_t most_inline(std::string_view noun) {
  if (noun == kUser) return kMaxInlinePoliciesOfUser;
  return noun == kGroup ? kMaxInlinePoliciesOfGroup : kMaxInlinePoliciesOfRole;
}

}  // namespace

std::string Operations::arn_of(const wire::Context& context, std::string_view noun, const std::string& path,
                               const std::string& name) {
  return fmt::format("arn:{}:iam::{}:{}{}{}", context.partition, context.account, noun, path, name);
}

Name Operations::user_or_caller(const wire::Context& context, const std::optional<std::string>& user) {
  if (user) return {context.account, *user};
  if (context.caller.kind != wire::Caller::Kind::kUser) throw user_name_needed();
  return {context.account, context.caller.arn.substr(context.caller.arn.rfind('/') + 1)};
}

void Operations::check_modifiable(std::string_view noun, const NamedRecord& record) {
  if (noun == kRole && record.path.starts_with(kServicePath)) throw protected_role(record.name);
}

Task<> Operations::attach_policy(Principal who, std::string policy_arn) {
  check_policy_arn(policy_arn);
  auto attach_it = [&](store::Txn& txn) -> Task<> {
    check_modifiable(who.noun, co_await require_principal(txn, who));
    const bool exists = co_await policy_exists(txn, who.account, policy_arn);
    if (!exists) throw policy_not_attachable(policy_arn);
    if (belongs_to_service(policy_arn)) throw policy_of_service(policy_arn);
    const auto others = co_await list_attached(txn, who, "");
    if (std::find(others.begin(), others.end(), policy_arn) != others.end())
      co_return;  // attaching again is no error
    if (others.size() >= kMaxAttachedPolicies)
      throw quota_exceeded(attachments_quota(who.noun), kMaxAttachedPolicies);
    attach(txn, who, policy_arn);
  };
  co_await change(attach_it);
}

Task<> Operations::detach_policy(Principal who, std::string policy_arn) {
  check_policy_arn(policy_arn);
  auto detach_it = [&](store::Txn& txn) -> Task<> {
    check_modifiable(who.noun, co_await require_principal(txn, who));
    const bool is = co_await is_attached(txn, who, policy_arn);
    if (!is) throw policy_not_found(policy_arn);
    detach(txn, who, policy_arn);
  };
  co_await change(detach_it);
}

Task<std::vector<std::string>> Operations::attached(Principal who, std::string start,
                                                    std::string path_prefix) {
  auto list = [&](store::Txn& txn) -> Task<std::vector<std::string>> {
    co_await require_principal(txn, who);
    co_return co_await list_attached(txn, who, start);
  };
  std::vector<std::string> arns = co_await read(list);
  std::erase_if(arns, [&](const std::string& arn) { return !policy_path(arn).starts_with(path_prefix); });
  co_return arns;
}

std::vector<AttachedPolicy> Operations::to_attached(const std::vector<std::string>& arns) {
  std::vector<AttachedPolicy> policies;
  policies.reserve(arns.size());
  for (const std::string& arn : arns)
    policies.push_back({.policy_name = std::string(policy_name(arn)), .policy_arn = arn});
  return policies;
}

Task<> Operations::put_policy(Principal who, std::string policy, std::string document) {
  check_policy(document, PolicyKind::kIdentity);
  auto put = [&](store::Txn& txn) -> Task<> {
    check_modifiable(who.noun, co_await require_principal(txn, who));
    std::size_t size = counted_size(document);
    for (const InlinePolicyRecord& other : co_await list_inline_policies(txn, who, "")) {
      if (other.name != policy) size += counted_size(other.document);
    }
    if (size > most_inline(who.noun))
      throw inline_policies_too_large(who.noun, who.name, most_inline(who.noun));
    save_inline_policy(txn, who, {.name = policy, .document = document});
  };
  co_await change(put);
}

Task<Operations::Inline> Operations::get_policy(Principal who, std::string policy) {
  auto get = [&](store::Txn& txn) -> Task<Inline> {
    NamedRecord owner = co_await require_principal(txn, who);
    const auto found = co_await load_inline_policy(txn, who, policy);
    if (!found) throw inline_policy_not_found(who.noun, policy);
    co_return Inline{
        .owner = std::move(owner.name), .policy = found->name, .document = percent_encode(found->document)};
  };
  co_return co_await read(get);
}

Task<> Operations::delete_policy(Principal who, std::string policy) {
  auto erase = [&](store::Txn& txn) -> Task<> {
    check_modifiable(who.noun, co_await require_principal(txn, who));
    const auto found = co_await load_inline_policy(txn, who, policy);
    if (!found) throw inline_policy_not_found(who.noun, policy);
    erase_inline_policy(txn, who, policy);
  };
  co_await change(erase);
}

Task<std::vector<std::string>> Operations::policy_names(Principal who, std::string start) {
  auto list = [&](store::Txn& txn) -> Task<std::vector<std::string>> {
    co_await require_principal(txn, who);
    std::vector<std::string> names;
    for (InlinePolicyRecord& policy : co_await list_inline_policies(txn, who, start))
      names.push_back(std::move(policy.name));
    co_return names;
  };
  co_return co_await read(list);
}

Task<> Operations::check_boundary(store::Txn& txn, std::string account, std::optional<std::string> arn) {
  if (!arn) co_return;
  const bool exists = co_await policy_exists(txn, std::move(account), *arn);
  if (!exists) throw permissions_boundary_not_found(*arn);
}

std::optional<AttachedPermissionsBoundary> Operations::shown_boundary(const std::optional<std::string>& arn) {
  if (!arn) return std::nullopt;
  return AttachedPermissionsBoundary{
      .permissions_boundary_type =
          std::string(values::PermissionsBoundaryAttachmentType::kPermissionsBoundaryPolicy),
      .permissions_boundary_arn = arn};
}

Task<> Operations::require_no_policies(store::Txn& txn, Principal who) {
  const auto attached = co_await list_attached(txn, who, "");
  if (!attached.empty()) throw must_first("detach all policies");
  const auto policies = co_await list_inline_policies(txn, who, "");
  if (!policies.empty()) throw must_first("delete policies");
}

}  // namespace martlet::iam
