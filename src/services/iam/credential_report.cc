// The credential report: GenerateCredentialReport, GetCredentialReport.

#include <fmt/core.h>

#include <ctime>

#include "api/iam/values.h"
#include "services/iam/account.h"
#include "services/iam/credential_store.h"
#include "services/iam/errors.h"
#include "wire/context.h"

namespace martlet::iam {

namespace {

constexpr const char* kHeader =
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
    "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_"
    "date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_"
    "rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

std::string iso8601(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+00:00", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string password_columns(const std::optional<LoginProfileRecord>& login,
                             const std::optional<PasswordPolicyRecord>& policy) {
  if (!login) return "false,N/A,N/A,N/A";
  std::string next = "N/A";
  if (policy && policy->max_age_days)
    next = iso8601(login->password_changed_ms + *policy->max_age_days * kDayMs);
  return fmt::format("true,no_information,{},{}", iso8601(login->password_changed_ms), next);
}

std::string key_columns(const AccessKeyRecord& key, const std::optional<ServiceUseRecord>& use) {
  const std::string used = use ? iso8601(use->used_ms) + "," + use->region + "," + use->name : "N/A,N/A,N/A";
  return fmt::format("{},{},{}", key.active, iso8601(key.created_ms), used);
}

std::string certificate_columns(const std::vector<SigningCertificateRecord>& certificates) {
  std::string columns;
  for (std::size_t i = 0; i < kSigningCertificates.limit; ++i) {
    const bool active = i < certificates.size() && certificates[i].active;
    columns +=
        fmt::format(",{},{}", active, active ? iso8601(certificates[i].changed_ms) : std::string("N/A"));
  }
  return columns;
}

/// Reports are good for so long after they were made.
bool is_fresh(const CredentialReportRecord& report, std::int64_t now_ms) {
  return now_ms < report.generated_ms + kCredentialReportMs;
}

}  // namespace

Task<std::string> Account::report_of(store::Txn& txn, std::string account) {
  std::string report = kHeader;
  const auto policy = co_await store::get_record<PasswordPolicyRecord>(txn, keys::password_policy(account));
  for (const auto& user : co_await list<UserRecord>(txn, account, "")) {
    const auto login = co_await store::get_record<LoginProfileRecord>(txn, keys::login(account, user.name));
    const auto devices = co_await list_links(txn, kMfaOfUserLink, {account, user.name});
    report += fmt::format("\n{},{},{},{},{}", user.name, user.arn, iso8601(user.created_ms),
                          password_columns(login, policy), !devices.empty());
    std::size_t shown = 0;
    for (const std::string& id : co_await list_links(txn, kKeysOfUserLink, {account, user.name})) {
      const auto key = co_await store::get_record<AccessKeyRecord>(txn, keys::access_key(id));
      if (!key) continue;
      report += "," + key_columns(*key, co_await last_accessed_.last_use(txn, id));
      ++shown;
    }
    for (; shown < kAccessKeys.limit; ++shown) report += ",false,N/A,N/A,N/A,N/A";
    report += certificate_columns(co_await list_below<SigningCertificateRecord>(
        txn, keys::signing_certificates(account, user.name), ""));
  }
  co_return report;
}

Task<GenerateCredentialReportResponse> Account::GenerateCredentialReport(wire::Context& context) {
  bool made = false;
  auto body = [&](store::Txn& txn) -> Task<> {
    const auto key = keys::credential_report(context.account);
    const auto last = co_await store::get_record<CredentialReportRecord>(txn, key);
    made = !last || !is_fresh(*last, now_ms());
    if (!made) co_return;
    CredentialReportRecord report;
    report.generated_ms = now_ms();
    report.content = co_await report_of(txn, context.account);
    store::put_record(txn, key, report);
  };
  co_await with_.store.transact(body);
  GenerateCredentialReportResponse output;
  output.state = made ? values::ReportStateType::kStarted : values::ReportStateType::kComplete;
  if (made) output.description = "No report exists. Starting a new report generation task";
  co_return output;
}

Task<GetCredentialReportResponse> Account::GetCredentialReport(wire::Context& context) {
  auto body = [&](store::Txn& txn) -> Task<std::optional<CredentialReportRecord>> {
    return store::get_record<CredentialReportRecord>(txn, keys::credential_report(context.account));
  };
  const auto report = co_await read(body);
  if (!report)
    throw aws::Error("CredentialReportNotPresentException", "No report present, please generate one first.",
                     410);
  if (!is_fresh(*report, now_ms()))
    throw aws::Error("CredentialReportExpiredException", "The report has expired, please generate a new one.",
                     410);
  GetCredentialReportResponse output;
  output.content = report->content;
  output.report_format = std::string(values::ReportFormatType::kTextCsv);
  output.generated_time = from_epoch_ms(report->generated_ms);
  co_return output;
}

}  // namespace martlet::iam
