#include "server/role_directory.h"

#include <utility>

namespace martlet::server {

Task<std::optional<sts::Role>> RoleDirectory::role(std::string arn) {
  const auto found = co_await directory_.identity(std::move(arn));
  if (!found || found->noun != iam::kRole) co_return std::nullopt;
  co_return sts::Role{.arn = found->arn,
                      .id = found->id,
                      .account = found->account,
                      .name = found->name,
                      .max_session_seconds = found->max_session_seconds,
                      .trust_policy = found->trust_policy};
}

Task<std::optional<sts::Provider>> RoleDirectory::provider(std::string arn) {
  auto found = co_await directory_.oidc_provider(std::move(arn));
  if (!found) co_return std::nullopt;
  co_return sts::Provider{
      .arn = std::move(found->arn), .url = std::move(found->url), .client_ids = std::move(found->client_ids)};
}

Task<std::optional<std::string>> RoleDirectory::saml_metadata(std::string provider_arn) {
  auto found = co_await directory_.saml_provider(provider_arn);
  if (!found || found->arn != provider_arn) co_return std::nullopt;
  co_return std::move(found->metadata);
}

Task<bool> RoleDirectory::policy_exists(std::string account, std::string arn) {
  const auto document = co_await directory_.policy_document(std::move(account), std::move(arn));
  co_return document.has_value();
}

Task<std::string> RoleDirectory::account_of_key(std::string access_key_id) {
  if (std::string account = credentials_.account_of(access_key_id); !account.empty()) co_return account;
  const auto key = co_await directory_.access_key(std::move(access_key_id));
  co_return key ? key->account : std::string();
}

Task<sts::SecondFactor> RoleDirectory::confirm(const wire::Caller& caller, std::string serial_number,
                                               std::string code) {
  if (caller.kind != wire::Caller::Kind::kUser) co_return sts::SecondFactor::kNoDevice;
  const std::string user = caller.arn.substr(caller.arn.rfind('/') + 1);
  switch (co_await codes_.use({caller.account, user}, std::move(serial_number), std::move(code))) {
    case iam::CodeCheck::kRight:
      co_return sts::SecondFactor::kConfirmed;
    case iam::CodeCheck::kWrong:
      co_return sts::SecondFactor::kWrongCode;
    case iam::CodeCheck::kNoDevice:
      break;
  }
  co_return sts::SecondFactor::kNoDevice;
}

}  // namespace martlet::server
