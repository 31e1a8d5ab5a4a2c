// SAML providers (whose metadata STS reads when they are used): CreateSAMLProvider, GetSAMLProvider,
// UpdateSAMLProvider, DeleteSAMLProvider, ListSAMLProviders and their tags.

#include <fmt/core.h>

#include "base/arn.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "services/iam/providers.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

constexpr std::string_view kType = "saml-provider/";

store::Key key_of(const std::string& account, const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam" || !parsed->resource.starts_with(kType))
    throw invalid_input(fmt::format("Invalid ARN: {}", arn));
  return keys::saml_providers(account).add(parsed->resource.substr(kType.size()));
}

Task<SamlProviderRecord> require_saml(store::Txn& txn, std::string account, std::string arn) {
  auto found = co_await store::get_record<SamlProviderRecord>(txn, key_of(account, arn));
  if (!found || found->arn != arn) throw no_such_entity(fmt::format("Manifest not found for arn {}", arn));
  co_return std::move(*found);
}

/// Metadata must look like an identity provider's; nothing else of it is used here.
void check_metadata(const std::string& document) {
  if (!document.contains("EntityDescriptor") || !document.contains("IDPSSODescriptor"))
    throw invalid_input("Could not parse metadata");
}

// Assertions that are encrypted need private keys, which are not kept.
template <class Input>
void refuse_encryption(const Input& input) {
  if (input.assertion_encryption_mode || input.add_private_key)
    throw aws::not_implemented("iam", "Encryption of SAML assertions");
}

}  // namespace

template <class Edit>
Task<> Providers::edit_saml(std::string account, std::string arn, Edit edit) {
  auto body = [&](store::Txn& txn) -> Task<> {
    auto provider = co_await require_saml(txn, account, arn);
    edit(provider);
    store::put_record(txn, key_of(account, arn), provider);
  };
  co_await change(body);
}

Task<CreateSAMLProviderResponse> Providers::CreateSAMLProvider(wire::Context& context,
                                                               CreateSAMLProviderRequest input) {
  check_metadata(input.saml_metadata_document);
  refuse_encryption(input);
  SamlProviderRecord provider;
  provider.name = input.name;
  provider.arn = arn_of(context, "saml-provider", "/", input.name);
  provider.uuid = with_.ids.uuid();
  provider.created_ms = now_ms();
  provider.metadata = input.saml_metadata_document;
  provider.tags = to_records(input.tags, TagCase::kDistinct);
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto existing = co_await txn.get(key_of(context.account, provider.arn));
    if (existing)
      throw aws::Error("EntityAlreadyExistsException",
                       fmt::format("SAMLProvider with name {} already exists.", provider.name), 409);
    const auto others = co_await txn.scan(store::range_below(keys::saml_providers(context.account)));
    if (others.size() >= kSamlProviders.limit) throw quota_exceeded(kSamlProviders);
    store::put_record(txn, key_of(context.account, provider.arn), provider);
  };
  co_await change(body);
  CreateSAMLProviderResponse output;
  output.saml_provider_arn = provider.arn;
  output.tags = to_optional_tags(provider.tags);
  co_return output;
}

Task<GetSAMLProviderResponse> Providers::GetSAMLProvider(wire::Context& context,
                                                         GetSAMLProviderRequest input) {
  auto body = [&](store::Txn& txn) -> Task<SamlProviderRecord> {
    return require_saml(txn, context.account, input.saml_provider_arn);
  };
  const SamlProviderRecord provider = co_await read(body);
  GetSAMLProviderResponse output;
  output.saml_provider_uuid = provider.uuid;
  output.saml_metadata_document = provider.metadata;
  output.create_date = from_epoch_ms(provider.created_ms);
  output.tags = to_optional_tags(provider.tags);
  co_return output;
}

Task<UpdateSAMLProviderResponse> Providers::UpdateSAMLProvider(wire::Context& context,
                                                               UpdateSAMLProviderRequest input) {
  refuse_encryption(input);
  if (input.saml_metadata_document) check_metadata(*input.saml_metadata_document);
  co_await edit_saml(context.account, input.saml_provider_arn, [&](SamlProviderRecord& provider) {
    if (input.saml_metadata_document) provider.metadata = *input.saml_metadata_document;
  });
  UpdateSAMLProviderResponse output;
  output.saml_provider_arn = input.saml_provider_arn;
  co_return output;
}

Task<> Providers::DeleteSAMLProvider(wire::Context& context, DeleteSAMLProviderRequest input) {
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await require_saml(txn, context.account, input.saml_provider_arn);
    txn.erase(key_of(context.account, input.saml_provider_arn));
  };
  co_await change(body);
}

Task<ListSAMLProvidersResponse> Providers::ListSAMLProviders(wire::Context& context,
                                                             ListSAMLProvidersRequest) {
  auto body = [&](store::Txn& txn) -> Task<std::vector<SamlProviderRecord>> {
    return list_below<SamlProviderRecord>(txn, keys::saml_providers(context.account), "");
  };
  ListSAMLProvidersResponse output;
  output.saml_provider_list.emplace();
  for (const auto& provider : co_await read(body))
    output.saml_provider_list->push_back(
        {.arn = provider.arn, .valid_until = {}, .create_date = from_epoch_ms(provider.created_ms)});
  co_return output;
}

Task<> Providers::TagSAMLProvider(wire::Context& context, TagSAMLProviderRequest input) {
  co_await edit_saml(context.account, input.saml_provider_arn, [&](SamlProviderRecord& provider) {
    add_tags(provider.tags, input.tags, TagCase::kDistinct);
  });
}

Task<> Providers::UntagSAMLProvider(wire::Context& context, UntagSAMLProviderRequest input) {
  co_await edit_saml(context.account, input.saml_provider_arn, [&](SamlProviderRecord& provider) {
    remove_tags(provider.tags, input.tag_keys, TagCase::kDistinct);
  });
}

Task<ListSAMLProviderTagsResponse> Providers::ListSAMLProviderTags(wire::Context& context,
                                                                   ListSAMLProviderTagsRequest input) {
  auto body = [&](store::Txn& txn) -> Task<SamlProviderRecord> {
    return require_saml(txn, context.account, input.saml_provider_arn);
  };
  const SamlProviderRecord provider = co_await read(body);
  co_return tags_page<ListSAMLProviderTagsResponse>(provider.tags, input);
}

}  // namespace martlet::iam
