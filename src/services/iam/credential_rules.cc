// What the operations on devices for multi-factor authentication, certificates and service-specific
// credentials need to be allowed.

#include "services/iam/rule_tables.h"

namespace martlet::iam {

namespace {

void add_devices(std::vector<OperationRule>& rules) {
  constexpr const char* kNew = "{VirtualMFADeviceName|new-mfa}";
  constexpr const char* kDevice = "{SerialNumber}";
  rules.push_back({"CreateVirtualMFADevice",
                   {{"iam:CreateVirtualMFADevice", kNew}, {"iam:TagMFADevice", kNew, {}, "Tags"}},
                   "Tags"});
  add(rules, kDevice, {{"iam:DeleteVirtualMFADevice"}, {"iam:ListMFADeviceTags"}});
  add(rules, kTheUser,
      {{"iam:DeactivateMFADevice"},
       {"iam:EnableMFADevice"},
       {"iam:GetMFADevice"},
       {"iam:ListMFADevices"},
       {"iam:ResyncMFADevice"}});
  add(rules, "*", {{"iam:ListVirtualMFADevices"}});
  add_tagging(rules, kDevice, {"iam:TagMFADevice"}, {"iam:UntagMFADevice"});
}

void add_certificates(std::vector<OperationRule>& rules) {
  constexpr const char* kNew = "{ServerCertificateName|new-server-certificate}";
  constexpr const char* kCertificate = "{ServerCertificateName|server-certificate}";
  constexpr const char* kRenamed = "{ServerCertificateName|renamed-server-certificate}";
  rules.push_back({"UploadServerCertificate",
                   {{"iam:UploadServerCertificate", kNew}, {"iam:TagServerCertificate", kNew, {}, "Tags"}},
                   "Tags"});
  rules.push_back({"UpdateServerCertificate",
                   {{"iam:UpdateServerCertificate", kCertificate},
                    {"iam:UpdateServerCertificate", kRenamed, {}, "NewServerCertificateName"},
                    {"iam:UpdateServerCertificate", kRenamed, {}, "NewPath"}}});
  add(rules, kCertificate,
      {{"iam:DeleteServerCertificate"}, {"iam:GetServerCertificate"}, {"iam:ListServerCertificateTags"}});
  add(rules, "*", {{"iam:ListServerCertificates"}});
  add_tagging(rules, kCertificate, {"iam:TagServerCertificate"}, {"iam:UntagServerCertificate"});
  add(rules, kTheUser,
      {{"iam:DeleteSigningCertificate"},
       {"iam:ListSigningCertificates"},
       {"iam:UpdateSigningCertificate"},
       {"iam:UploadSigningCertificate"}});
}

void add_service_credentials(std::vector<OperationRule>& rules) {
  add(rules, kTheUser, {{"iam:CreateServiceSpecificCredential"}},
      {{"iam:ServiceSpecificCredentialServiceName", "{ServiceName}"},
       {"iam:ServiceSpecificCredentialAgeDays", "{CredentialAgeDays}"}});
  add(rules, kTheUser,
      {{"iam:DeleteServiceSpecificCredential"},
       {"iam:ListServiceSpecificCredentials"},
       {"iam:ResetServiceSpecificCredential"},
       {"iam:UpdateServiceSpecificCredential"}});
}

}  // namespace

void add_credential_rules(std::vector<OperationRule>& rules) {
  add_devices(rules);
  add_certificates(rules);
  add_service_credentials(rules);
}

}  // namespace martlet::iam
