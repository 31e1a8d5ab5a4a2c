#pragma once

// What belongs to an account as a whole: aliases, the password policy, summaries and reports. Operations are
// in account.cc, password_policy.cc, authorization_details.cc and credential_report.cc.

#include "services/iam/policies.h"

namespace martlet::iam {

class Account : public Policies {
 public:
  using Policies::Policies;

  Task<> CreateAccountAlias(wire::Context& context, CreateAccountAliasRequest input) override;
  Task<> DeleteAccountAlias(wire::Context& context, DeleteAccountAliasRequest input) override;
  Task<ListAccountAliasesResponse> ListAccountAliases(wire::Context& context,
                                                      ListAccountAliasesRequest input) override;
  Task<GetAccountSummaryResponse> GetAccountSummary(wire::Context& context) override;

  Task<> UpdateAccountPasswordPolicy(wire::Context& context,
                                     UpdateAccountPasswordPolicyRequest input) override;
  Task<GetAccountPasswordPolicyResponse> GetAccountPasswordPolicy(wire::Context& context) override;
  Task<> DeleteAccountPasswordPolicy(wire::Context& context) override;

  Task<GetAccountAuthorizationDetailsResponse> GetAccountAuthorizationDetails(
      wire::Context& context, GetAccountAuthorizationDetailsRequest input) override;

  Task<GenerateCredentialReportResponse> GenerateCredentialReport(wire::Context& context) override;
  Task<GetCredentialReportResponse> GetCredentialReport(wire::Context& context) override;

 private:
  Task<UserDetail> detail(store::Txn& txn, std::string account, UserRecord record);
  Task<GroupDetail> detail(store::Txn& txn, std::string account, GroupRecord record);
  Task<RoleDetail> detail(store::Txn& txn, std::string account, RoleRecord record);
  Task<std::string> report_of(store::Txn& txn, std::string account);
};

}  // namespace martlet::iam
