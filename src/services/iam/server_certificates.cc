// Server certificates: UploadServerCertificate, GetServerCertificate, ListServerCertificates,
// UpdateServerCertificate, DeleteServerCertificate, TagServerCertificate, UntagServerCertificate,
// ListServerCertificateTags.

#include <fmt/core.h>

#include "services/iam/certificate.h"
#include "services/iam/certificates.h"
#include "services/iam/errors.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

/// The first certificate of the chain must have signed `certificate`, the second the first, and so on.
void check_chain(const Certificate& certificate, const std::string& pem) {
  const auto chain = Certificate::parse_chain(pem);
  if (!chain)
    throw malformed_certificate(
        "Unable to parse certificate chain. Please ensure the certificates are in PEM format.");
  const Certificate* signed_one = &certificate;
  for (const Certificate& issuer : *chain) {
    if (!signed_one->is_signed_by(issuer))
      throw malformed_certificate(fmt::format(
          "Unable to validate certificate chain. The certificate chain must start with the immediate "
          "signing certificate, followed by any intermediaries in order. The index within the chain of the "
          "invalid certificate is: {}",
          &issuer - chain->data()));
    signed_one = &issuer;
  }
}

/// Throws MalformedCertificate, KeyPairMismatch.
Certificate checked(const UploadServerCertificateRequest& input, TimePoint now) {
  auto certificate = Certificate::parse(input.certificate_body);
  if (!certificate)
    throw malformed_certificate(
        "Unable to parse certificate. Please ensure the certificate is in PEM format.");
  const auto key = PrivateKey::parse(input.private_key);
  if (!key)
    throw malformed_certificate(
        "Unable to parse private key. Please ensure that it is in PEM format and not encrypted.");
  if (!certificate->matches(*key))
    throw aws::Error("KeyPairMismatchException",
                     "The private key does not match the public key of the certificate.", 400);
  if (now < certificate->not_before()) throw malformed_certificate("The certificate is not valid yet.");
  if (certificate->not_after() < now) throw malformed_certificate("The certificate has expired.");
  if (input.certificate_chain) check_chain(*certificate, *input.certificate_chain);
  return std::move(*certificate);
}

ServerCertificateMetadata metadata(const ServerCertificateRecord& record) {
  return {.path = record.path,
          .server_certificate_name = record.name,
          .server_certificate_id = record.id,
          .arn = record.arn,
          .upload_date = from_epoch_ms(record.created_ms),
          .expiration = from_epoch_ms(record.expires_ms)};
}

}  // namespace

Task<UploadServerCertificateResponse> Certificates::UploadServerCertificate(
    wire::Context& context, UploadServerCertificateRequest input) {
  const Certificate certificate = checked(input, with_.clock.now());
  auto record = new_record<ServerCertificateRecord>(context, input.server_certificate_name, input.path);
  record.body = std::move(input.certificate_body);
  record.chain = std::move(input.certificate_chain);
  record.sealed_key = with_.secrets.seal(input.private_key, "server-certificate/" + record.id);
  record.expires_ms = to_epoch_ms(certificate.not_after());
  record.tags = to_records(input.tags, TagCase::kDistinct);
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await create(txn, context.account, record, kServerCertificates);
  };
  co_await change(body);
  UploadServerCertificateResponse output;
  output.server_certificate_metadata = metadata(record);
  output.tags = to_optional_tags(record.tags);
  co_return output;
}

Task<GetServerCertificateResponse> Certificates::GetServerCertificate(wire::Context& context,
                                                                      GetServerCertificateRequest input) {
  auto body = [&](store::Txn& txn) -> Task<ServerCertificateRecord> {
    return require<ServerCertificateRecord>(txn, {context.account, input.server_certificate_name});
  };
  const ServerCertificateRecord record = co_await read(body);
  GetServerCertificateResponse output;
  output.server_certificate.server_certificate_metadata = metadata(record);
  output.server_certificate.certificate_body = record.body;
  output.server_certificate.certificate_chain = record.chain;
  output.server_certificate.tags = to_optional_tags(record.tags);
  co_return output;
}

Task<ListServerCertificatesResponse> Certificates::ListServerCertificates(
    wire::Context& context, ListServerCertificatesRequest input) {
  ListServerCertificatesResponse output;
  for (const auto& record : co_await list_page<ServerCertificateRecord>(context.account, input, output))
    output.server_certificate_metadata_list.push_back(metadata(record));
  co_return output;
}

Task<> Certificates::UpdateServerCertificate(wire::Context& context, UpdateServerCertificateRequest input) {
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await renamed<ServerCertificateRecord>(txn, context, {context.account, input.server_certificate_name},
                                              input.new_path, input.new_server_certificate_name);
  };
  co_await change(body);
}

Task<> Certificates::DeleteServerCertificate(wire::Context& context, DeleteServerCertificateRequest input) {
  const Name name{context.account, input.server_certificate_name};
  auto body = [&](store::Txn& txn) -> Task<> {
    co_await require<ServerCertificateRecord>(txn, name);
    erase<ServerCertificateRecord>(txn, name);
  };
  co_await change(body);
}

Task<> Certificates::TagServerCertificate(wire::Context& context, TagServerCertificateRequest input) {
  return edit<ServerCertificateRecord>(
      {context.account, input.server_certificate_name},
      [tags = std::move(input.tags)](auto& record) { add_tags(record.tags, tags, TagCase::kDistinct); });
}

Task<> Certificates::UntagServerCertificate(wire::Context& context, UntagServerCertificateRequest input) {
  return edit<ServerCertificateRecord>({context.account, input.server_certificate_name},
                                       [keys = std::move(input.tag_keys)](auto& record) {
                                         remove_tags(record.tags, keys, TagCase::kDistinct);
                                       });
}

Task<ListServerCertificateTagsResponse> Certificates::ListServerCertificateTags(
    wire::Context& context, ListServerCertificateTagsRequest input) {
  auto body = [&](store::Txn& txn) -> Task<ServerCertificateRecord> {
    return require<ServerCertificateRecord>(txn, {context.account, input.server_certificate_name});
  };
  const ServerCertificateRecord record = co_await read(body);
  co_return tags_page<ListServerCertificateTagsResponse>(record.tags, input);
}

}  // namespace martlet::iam
