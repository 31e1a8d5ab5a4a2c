// Signing certificates of users: UploadSigningCertificate, ListSigningCertificates, UpdateSigningCertificate,
// DeleteSigningCertificate.

#include "api/iam/values.h"
#include "services/iam/certificate.h"
#include "services/iam/certificates.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

constexpr std::size_t kIdCharacters = 32;

std::string shown_status(bool active) {
  return std::string(active ? values::StatusType::kActive : values::StatusType::kInactive);
}

SigningCertificate shown(const UserRecord& user, const SigningCertificateRecord& record) {
  return {.user_name = user.name,
          .certificate_id = record.id,
          .certificate_body = record.body,
          .status = shown_status(record.active),
          .upload_date = from_epoch_ms(record.uploaded_ms)};
}

/// Throws MalformedCertificate, which AWS answers for expired ones, too.
std::string fingerprint_of(const std::string& pem, TimePoint now) {
  const auto certificate = Certificate::parse(pem);
  if (!certificate)
    throw malformed_certificate(
        "Unable to parse certificate. Please ensure the certificate is in PEM format.");
  if (certificate->not_after() < now) throw malformed_certificate("The certificate has expired.");
  return certificate->fingerprint();
}

Task<SigningCertificateRecord> require_certificate(store::Txn& txn, Name user, std::string id) {
  co_await require_principal(txn, {kUser, user.account, user.name});
  auto found = co_await store::get_record<SigningCertificateRecord>(
      txn, keys::signing_certificates(user.account, user.name).add(id));
  if (!found) throw signing_certificate_not_found(id);
  co_return std::move(*found);
}

/// Throws DuplicateCertificate, LimitExceeded.
Task<> check_new(store::Txn& txn, Name user, std::string fingerprint) {
  const auto all = keys::signing_certificates(user.account);
  for (const auto& other : co_await list_below<SigningCertificateRecord>(txn, all, ""))
    if (other.fingerprint == fingerprint)
      throw aws::Error("DuplicateCertificateException",
                       "The certificate already belongs to a user of this account.", 409);
  const auto own = co_await txn.scan(store::range_below(keys::signing_certificates(user.account, user.name)));
  if (own.size() >= kSigningCertificates.limit) throw quota_exceeded(kSigningCertificates);
}

}  // namespace

Task<UploadSigningCertificateResponse> Certificates::UploadSigningCertificate(
    wire::Context& context, UploadSigningCertificateRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  SigningCertificateRecord record;
  record.fingerprint = fingerprint_of(input.certificate_body, with_.clock.now());
  record.id = with_.ids.base32(kIdCharacters);
  record.body = std::move(input.certificate_body);
  record.uploaded_ms = record.changed_ms = now_ms();
  auto body = [&](store::Txn& txn) -> Task<SigningCertificate> {
    const auto user = co_await require<UserRecord>(txn, name);
    co_await check_new(txn, name, record.fingerprint);
    store::put_record(txn, keys::signing_certificates(name.account, name.name).add(record.id), record);
    co_return shown(user, record);
  };
  UploadSigningCertificateResponse output;
  output.certificate = co_await change(body);
  co_return output;
}

Task<ListSigningCertificatesResponse> Certificates::ListSigningCertificates(
    wire::Context& context, ListSigningCertificatesRequest input) {
  ListSigningCertificatesResponse output;
  output.is_truncated = false;
  // The root user has none.
  if (!input.user_name && context.caller.kind == wire::Caller::Kind::kRoot) co_return output;
  const Name name = user_or_caller(context, input.user_name);
  auto body = [&, start = page_start(input.marker)](store::Txn& txn) -> Task<> {
    const auto user = co_await require<UserRecord>(txn, name);
    output.certificates.clear();
    const auto own = keys::signing_certificates(name.account, name.name);
    for (const auto& record : co_await list_below<SigningCertificateRecord>(txn, own, start))
      output.certificates.push_back(shown(user, record));
  };
  co_await read(body);
  cut_page(output.certificates, input.max_items, output,
           [](const SigningCertificate& certificate) { return certificate.certificate_id; });
  co_return output;
}

Task<> Certificates::UpdateSigningCertificate(wire::Context& context, UpdateSigningCertificateRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  if (input.status == values::StatusType::kExpired)
    throw invalid_input("A signing certificate cannot be set to Expired.");
  auto body = [&](store::Txn& txn) -> Task<> {
    auto record = co_await require_certificate(txn, name, input.certificate_id);
    record.active = input.status == values::StatusType::kActive;
    record.changed_ms = now_ms();
    store::put_record(txn, keys::signing_certificates(name.account, name.name).add(record.id), record);
  };
  co_await change(body);
}

Task<> Certificates::DeleteSigningCertificate(wire::Context& context, DeleteSigningCertificateRequest input) {
  const Name name = user_or_caller(context, input.user_name);
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto record = co_await require_certificate(txn, name, input.certificate_id);
    txn.erase(keys::signing_certificates(name.account, name.name).add(record.id));
  };
  co_await change(body);
}

}  // namespace martlet::iam
