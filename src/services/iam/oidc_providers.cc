// OpenID Connect providers: CreateOpenIDConnectProvider, GetOpenIDConnectProvider,
// DeleteOpenIDConnectProvider, ListOpenIDConnectProviders; their client ids, thumbprints and tags.

#include <fmt/core.h>

#include <algorithm>

#include "base/arn.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "services/iam/providers.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::string_view kType = "oidc-provider/";

/// The URL as providers are known by it: without scheme and without a slash at the end. Throws
/// ValidationError.
std::string checked_url(const std::string& url) {
  std::string rest = url.starts_with(kScheme) ? url.substr(kScheme.size()) : std::string();
  if (rest.ends_with('/')) rest.pop_back();
  if (rest.empty() || rest.starts_with('/') || rest.find_first_of(" ?#") != std::string::npos)
    throw validation_error("Invalid Open ID Connect Provider URL");
  return rest;
}

store::Key key_of(const std::string& account, const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam" || !parsed->resource.starts_with(kType))
    throw invalid_input(fmt::format("Invalid ARN: {}", arn));
  return keys::oidc_providers(account).add(parsed->resource.substr(kType.size()));
}

Task<OidcProviderRecord> require_oidc(store::Txn& txn, std::string account, std::string arn) {
  auto found = co_await store::get_record<OidcProviderRecord>(txn, key_of(account, arn));
  if (!found || found->arn != arn)
    throw no_such_entity(fmt::format("OpenIDConnect Provider not found for arn {}", arn));
  co_return std::move(*found);
}

void check_lists(const OidcProviderRecord& provider) {
  if (provider.client_ids.size() > kClientIds.limit) throw quota_exceeded(kClientIds);
  if (provider.thumbprints.size() > kThumbprints.limit) throw quota_exceeded(kThumbprints);
  for (const std::string& print : provider.thumbprints)
    if (print.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
      throw invalid_input("A thumbprint has 40 hexadecimal digits.");
}

}  // namespace

template <class Edit>
Task<> Providers::edit_oidc(std::string account, std::string arn, Edit edit) {
  auto body = [&](store::Txn& txn) -> Task<> {
    auto provider = co_await require_oidc(txn, account, arn);
    edit(provider);
    check_lists(provider);
    store::put_record(txn, key_of(account, arn), provider);
  };
  co_await change(body);
}

Task<CreateOpenIDConnectProviderResponse> Providers::CreateOpenIDConnectProvider(
    wire::Context& context, CreateOpenIDConnectProviderRequest input) {
  OidcProviderRecord provider;
  provider.url = checked_url(input.url);
  provider.arn = arn_of(context, "oidc-provider", "/", provider.url);
  provider.created_ms = now_ms();
  provider.client_ids = input.client_id_list.value_or(std::vector<std::string>{});
  provider.thumbprints = input.thumbprint_list.value_or(std::vector<std::string>{});
  provider.tags = to_records(input.tags, TagCase::kDistinct);
  check_lists(provider);
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto existing = co_await txn.get(key_of(context.account, provider.arn));
    if (existing)
      throw aws::Error("EntityAlreadyExistsException",
                       fmt::format("Provider with url {}{} already exists.", kScheme, provider.url), 409);
    const auto others = co_await txn.scan(store::range_below(keys::oidc_providers(context.account)));
    if (others.size() >= kOidcProviders.limit) throw quota_exceeded(kOidcProviders);
    store::put_record(txn, key_of(context.account, provider.arn), provider);
  };
  co_await change(body);
  CreateOpenIDConnectProviderResponse output;
  output.open_id_connect_provider_arn = provider.arn;
  output.tags = to_optional_tags(provider.tags);
  co_return output;
}

Task<GetOpenIDConnectProviderResponse> Providers::GetOpenIDConnectProvider(
    wire::Context& context, GetOpenIDConnectProviderRequest input) {
  auto body = [&](store::Txn& txn) -> Task<OidcProviderRecord> {
    return require_oidc(txn, context.account, input.open_id_connect_provider_arn);
  };
  const OidcProviderRecord provider = co_await read(body);
  GetOpenIDConnectProviderResponse output;
  output.url = provider.url;
  output.client_id_list = provider.client_ids;
  output.thumbprint_list = provider.thumbprints;
  output.create_date = from_epoch_ms(provider.created_ms);
  output.tags = to_optional_tags(provider.tags);
  co_return output;
}

// Deleting what is not there is no error, as the API reference has it.
Task<> Providers::DeleteOpenIDConnectProvider(wire::Context& context,
                                              DeleteOpenIDConnectProviderRequest input) {
  auto body = [&](store::Txn& txn) -> Task<> {
    txn.erase(key_of(context.account, input.open_id_connect_provider_arn));
    co_return;
  };
  co_await change(body);
}

Task<ListOpenIDConnectProvidersResponse> Providers::ListOpenIDConnectProviders(
    wire::Context& context, ListOpenIDConnectProvidersRequest) {
  auto body = [&](store::Txn& txn) -> Task<std::vector<OidcProviderRecord>> {
    return list_below<OidcProviderRecord>(txn, keys::oidc_providers(context.account), "");
  };
  ListOpenIDConnectProvidersResponse output;
  output.open_id_connect_provider_list.emplace();
  for (const auto& provider : co_await read(body))
    output.open_id_connect_provider_list->push_back({.arn = provider.arn});
  co_return output;
}

Task<> Providers::AddClientIDToOpenIDConnectProvider(wire::Context& context,
                                                     AddClientIDToOpenIDConnectProviderRequest input) {
  co_await edit_oidc(context.account, input.open_id_connect_provider_arn, [&](OidcProviderRecord& provider) {
    auto& ids = provider.client_ids;
    if (std::find(ids.begin(), ids.end(), input.client_id) == ids.end()) ids.push_back(input.client_id);
  });
}

Task<> Providers::RemoveClientIDFromOpenIDConnectProvider(
    wire::Context& context, RemoveClientIDFromOpenIDConnectProviderRequest input) {
  co_await edit_oidc(context.account, input.open_id_connect_provider_arn,
                     [&](OidcProviderRecord& provider) { std::erase(provider.client_ids, input.client_id); });
}

Task<> Providers::UpdateOpenIDConnectProviderThumbprint(wire::Context& context,
                                                        UpdateOpenIDConnectProviderThumbprintRequest input) {
  co_await edit_oidc(context.account, input.open_id_connect_provider_arn,
                     [&](OidcProviderRecord& provider) { provider.thumbprints = input.thumbprint_list; });
}

Task<> Providers::TagOpenIDConnectProvider(wire::Context& context, TagOpenIDConnectProviderRequest input) {
  co_await edit_oidc(context.account, input.open_id_connect_provider_arn, [&](OidcProviderRecord& provider) {
    add_tags(provider.tags, input.tags, TagCase::kDistinct);
  });
}

Task<> Providers::UntagOpenIDConnectProvider(wire::Context& context,
                                             UntagOpenIDConnectProviderRequest input) {
  co_await edit_oidc(context.account, input.open_id_connect_provider_arn, [&](OidcProviderRecord& provider) {
    remove_tags(provider.tags, input.tag_keys, TagCase::kDistinct);
  });
}

Task<ListOpenIDConnectProviderTagsResponse> Providers::ListOpenIDConnectProviderTags(
    wire::Context& context, ListOpenIDConnectProviderTagsRequest input) {
  auto body = [&](store::Txn& txn) -> Task<OidcProviderRecord> {
    return require_oidc(txn, context.account, input.open_id_connect_provider_arn);
  };
  const OidcProviderRecord provider = co_await read(body);
  co_return tags_page<ListOpenIDConnectProviderTagsResponse>(provider.tags, input);
}

}  // namespace martlet::iam
