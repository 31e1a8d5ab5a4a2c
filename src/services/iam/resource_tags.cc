// Tags of IAM's resources as condition keys see them. Which types have aws:ResourceTag, and which
// iam:ResourceTag besides, is in "Resource types defined by AWS Identity and Access Management".

#include <utility>

#include "base/arn.h"
#include "services/iam/authorization.h"

namespace martlet::iam {

namespace {

/// "role" of "role/path/name".
std::string_view type_of(const Arn& arn) {
  const std::string_view resource = arn.resource;
  return resource.substr(0, resource.find('/'));
}

}  // namespace

Task<std::vector<TagRecord>> TagSource::tags_of(std::string_view type, std::string arn) {
  std::vector<TagRecord> tags;
  if (type == kUser || type == kRole) {
    if (const auto found = co_await directory_.identity(arn)) tags = found->tags;
  } else if (type == PolicyRecord::kNoun) {
    if (auto found = co_await directory_.policy(arn)) tags = std::move(found->tags);
  } else if (type == InstanceProfileRecord::kNoun) {
    const std::string account = Arn::parse(arn).value_or(Arn{}).account;
    const auto found = co_await directory_.instance_profile(account, arn.substr(arn.rfind('/') + 1));
    if (found && found->arn == arn) tags = found->tags;
  } else if (type == "oidc-provider") {
    if (auto found = co_await directory_.oidc_provider(arn)) tags = std::move(found->tags);
  } else if (type == "saml-provider") {
    if (auto found = co_await directory_.saml_provider(arn)) tags = std::move(found->tags);
  }
  co_return tags;
}

Task<authorization::TaggedResource> TagSource::find(std::string text) {
  authorization::TaggedResource found;
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "iam") co_return found;
  const std::string_view type = type_of(*arn);
  if (type == kUser || type == kRole) found.own_key = "iam:ResourceTag";
  for (TagRecord& tag : co_await tags_of(type, text))
    found.tags.emplace_back(std::move(tag.key), std::move(tag.value));
  co_return found;
}

}  // namespace martlet::iam
