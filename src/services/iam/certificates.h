#pragma once

// X.509 certificates: of servers, which belong to the account (server_certificates.cc), and of users, who
// sign with them (signing_certificates.cc). Both are stored data: no service here uses them.

#include "services/iam/mfa_devices.h"

namespace martlet::iam {

class Certificates : public MfaDevices {
 public:
  using MfaDevices::MfaDevices;

  Task<UploadServerCertificateResponse> UploadServerCertificate(
      wire::Context& context, UploadServerCertificateRequest input) override;
  Task<GetServerCertificateResponse> GetServerCertificate(wire::Context& context,
                                                          GetServerCertificateRequest input) override;
  Task<ListServerCertificatesResponse> ListServerCertificates(wire::Context& context,
                                                              ListServerCertificatesRequest input) override;
  Task<> UpdateServerCertificate(wire::Context& context, UpdateServerCertificateRequest input) override;
  Task<> DeleteServerCertificate(wire::Context& context, DeleteServerCertificateRequest input) override;
  Task<> TagServerCertificate(wire::Context& context, TagServerCertificateRequest input) override;
  Task<> UntagServerCertificate(wire::Context& context, UntagServerCertificateRequest input) override;
  Task<ListServerCertificateTagsResponse> ListServerCertificateTags(
      wire::Context& context, ListServerCertificateTagsRequest input) override;

  Task<UploadSigningCertificateResponse> UploadSigningCertificate(
      wire::Context& context, UploadSigningCertificateRequest input) override;
  Task<ListSigningCertificatesResponse> ListSigningCertificates(
      wire::Context& context, ListSigningCertificatesRequest input) override;
  Task<> UpdateSigningCertificate(wire::Context& context, UpdateSigningCertificateRequest input) override;
  Task<> DeleteSigningCertificate(wire::Context& context, DeleteSigningCertificateRequest input) override;
};

}  // namespace martlet::iam
