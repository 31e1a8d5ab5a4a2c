#pragma once

// Identity providers from outside: OpenID Connect (oidc_providers.cc) and SAML (saml_providers.cc).

#include "services/iam/account.h"

namespace martlet::iam {

class Providers : public Account {
 public:
  using Account::Account;

  Task<CreateOpenIDConnectProviderResponse> CreateOpenIDConnectProvider(
      wire::Context& context, CreateOpenIDConnectProviderRequest input) override;
  Task<GetOpenIDConnectProviderResponse> GetOpenIDConnectProvider(
      wire::Context& context, GetOpenIDConnectProviderRequest input) override;
  Task<> DeleteOpenIDConnectProvider(wire::Context& context,
                                     DeleteOpenIDConnectProviderRequest input) override;
  Task<ListOpenIDConnectProvidersResponse> ListOpenIDConnectProviders(
      wire::Context& context, ListOpenIDConnectProvidersRequest input) override;
  Task<> AddClientIDToOpenIDConnectProvider(wire::Context& context,
                                            AddClientIDToOpenIDConnectProviderRequest input) override;
  Task<> RemoveClientIDFromOpenIDConnectProvider(
      wire::Context& context, RemoveClientIDFromOpenIDConnectProviderRequest input) override;
  Task<> UpdateOpenIDConnectProviderThumbprint(wire::Context& context,
                                               UpdateOpenIDConnectProviderThumbprintRequest input) override;
  Task<> TagOpenIDConnectProvider(wire::Context& context, TagOpenIDConnectProviderRequest input) override;
  Task<> UntagOpenIDConnectProvider(wire::Context& context, UntagOpenIDConnectProviderRequest input) override;
  Task<ListOpenIDConnectProviderTagsResponse> ListOpenIDConnectProviderTags(
      wire::Context& context, ListOpenIDConnectProviderTagsRequest input) override;

  Task<CreateSAMLProviderResponse> CreateSAMLProvider(wire::Context& context,
                                                      CreateSAMLProviderRequest input) override;
  Task<GetSAMLProviderResponse> GetSAMLProvider(wire::Context& context,
                                                GetSAMLProviderRequest input) override;
  Task<UpdateSAMLProviderResponse> UpdateSAMLProvider(wire::Context& context,
                                                      UpdateSAMLProviderRequest input) override;
  Task<> DeleteSAMLProvider(wire::Context& context, DeleteSAMLProviderRequest input) override;
  Task<ListSAMLProvidersResponse> ListSAMLProviders(wire::Context& context,
                                                    ListSAMLProvidersRequest input) override;
  Task<> TagSAMLProvider(wire::Context& context, TagSAMLProviderRequest input) override;
  Task<> UntagSAMLProvider(wire::Context& context, UntagSAMLProviderRequest input) override;
  Task<ListSAMLProviderTagsResponse> ListSAMLProviderTags(wire::Context& context,
                                                          ListSAMLProviderTagsRequest input) override;

 private:
  /// Loads the provider of this ARN, lets `edit(record)` change it, and saves it. Throws NoSuchEntity.
  template <class Edit>
  Task<> edit_oidc(std::string account, std::string arn, Edit edit);
  template <class Edit>
  Task<> edit_saml(std::string account, std::string arn, Edit edit);
};

}  // namespace martlet::iam
