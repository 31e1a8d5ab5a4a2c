#pragma once

// Service last accessed details: GenerateServiceLastAccessedDetails (last_accessed_reports.cc),
// GetServiceLastAccessedDetails, GetServiceLastAccessedDetailsWithEntities (last_accessed_details.cc). A
// report is made and stored when it is asked for; reading it reads nothing else.

#include "services/iam/simulations.h"

namespace martlet::iam {

class LastAccessedDetails : public Simulations {
 public:
  using Simulations::Simulations;

  Task<GenerateServiceLastAccessedDetailsResponse> GenerateServiceLastAccessedDetails(
      wire::Context& context, GenerateServiceLastAccessedDetailsRequest input) override;
  Task<GetServiceLastAccessedDetailsResponse> GetServiceLastAccessedDetails(
      wire::Context& context, GetServiceLastAccessedDetailsRequest input) override;
  Task<GetServiceLastAccessedDetailsWithEntitiesResponse> GetServiceLastAccessedDetailsWithEntities(
      wire::Context& context, GetServiceLastAccessedDetailsWithEntitiesRequest input) override;

 private:
  /// What a report is about.
  struct Subject {
    /// The documents that grant access.
    std::vector<std::string> policies;
    /// Users and roles who have them.
    std::vector<Principal> entities;
  };
  /// Throws InvalidInput and NoSuchEntity.
  Task<Subject> subject_of(const wire::Context& context, std::string arn);
  static Task<Subject> policy_subject(store::Txn& txn, std::string account, std::string arn);
  Task<std::vector<AccessEntityRecord>> entities_of(store::Txn& txn, std::vector<Principal> who);
  [[nodiscard]] std::vector<GrantedServiceRecord> services_of(const Subject& subject,
                                                              bool with_actions) const;
  /// The caller's report; throws NoSuchEntity.
  Task<AccessReportRecord> require_report(const wire::Context& context, std::string job_id);
};

}  // namespace martlet::iam
