// Text messages: what an account sets for them, numbers that want none, and the sandbox. All of it is stored
// data: messages go to the local outbox.

#include <algorithm>
#include <array>
#include <utility>

#include "services/sns/calls.h"
#include "services/sns/errors.h"
#include "services/sns/limits.h"
#include "services/sns/service.h"
#include "services/sns/sns_store.h"

namespace martlet::sns {

namespace {

constexpr std::array<std::string_view, 6> kSmsAttributes{
    "MonthlySpendLimit", "DeliveryStatusIAMRole", "DeliveryStatusSuccessSamplingRate",
    "DefaultSenderID",   "DefaultSMSType",        "UsageReportS3Bucket"};

void check_sms_attribute(const std::string& name, const std::string& value) {
  if (std::ranges::find(kSmsAttributes, name) == kSmsAttributes.end())
    throw invalid_parameter(name + " is not a valid attribute");
  if (name == "DefaultSMSType" && value != "Promotional" && value != "Transactional")
    throw invalid_parameter("DefaultSMSType is invalid");
}

std::string require_number(std::string number) {
  if (!is_phone_number(number)) throw invalid_parameter("PhoneNumber Reason: input incorrectly formatted");
  return number;
}

aws::Error number_not_found() { return {"ResourceNotFound", "The phone number is not in the sandbox.", 404}; }

/// Changes what the caller's account has stored.
template <class Change>
Task<> change_sms(store::Store& store, std::string account, std::string region, Change change) {
  co_await store.transact([&](store::Txn& txn) -> Task<> {
    SmsRecord sms = co_await load_sms(txn, account, region);
    change(sms);
    save_sms(txn, account, region, sms);
  });
}

Task<SmsRecord> read_sms(store::Store& store, std::string account, std::string region) {
  co_return co_await store.transact(
      [&](store::Txn& txn) -> Task<SmsRecord> { co_return co_await load_sms(txn, account, region); });
}

}  // namespace

Task<SetSMSAttributesResponse> SnsService::SetSMSAttributes(wire::Context& context,
                                                            SetSMSAttributesInput input) {
  for (const auto& [name, value] : input.attributes) check_sms_attribute(name, value);
  co_await change_sms(with_.store, context.account, context.region, [&](SmsRecord& sms) {
    for (const auto& [name, value] : input.attributes) sms.attributes[name] = value;
  });
  co_return SetSMSAttributesResponse{};
}

Task<GetSMSAttributesResponse> SnsService::GetSMSAttributes(wire::Context& context,
                                                            GetSMSAttributesInput input) {
  SmsRecord sms = co_await read_sms(with_.store, context.account, context.region);
  const std::vector<std::string> asked = std::move(input.attributes).value_or(std::vector<std::string>{});
  GetSMSAttributesResponse out;
  auto& attributes = out.attributes.emplace();
  for (auto& [name, value] : sms.attributes)
    if (asked.empty() || std::ranges::find(asked, name) != asked.end()) attributes.emplace(name, value);
  co_return out;
}

Task<CheckIfPhoneNumberIsOptedOutResponse> SnsService::CheckIfPhoneNumberIsOptedOut(
    wire::Context& context, CheckIfPhoneNumberIsOptedOutInput input) {
  const std::string number = require_number(std::move(input.phone_number));
  const SmsRecord sms = co_await read_sms(with_.store, context.account, context.region);
  CheckIfPhoneNumberIsOptedOutResponse out;
  out.is_opted_out = std::ranges::find(sms.opted_out, number) != sms.opted_out.end();
  co_return out;
}

Task<ListPhoneNumbersOptedOutResponse> SnsService::ListPhoneNumbersOptedOut(wire::Context& context,
                                                                            ListPhoneNumbersOptedOutInput) {
  ListPhoneNumbersOptedOutResponse out;
  out.phone_numbers = (co_await read_sms(with_.store, context.account, context.region)).opted_out;
  co_return out;
}

Task<OptInPhoneNumberResponse> SnsService::OptInPhoneNumber(wire::Context& context,
                                                            OptInPhoneNumberInput input) {
  const std::string number = require_number(std::move(input.phone_number));
  co_await change_sms(with_.store, context.account, context.region,
                      [&](SmsRecord& sms) { std::erase(sms.opted_out, number); });
  co_return OptInPhoneNumberResponse{};
}

Task<GetSMSSandboxAccountStatusResult> SnsService::GetSMSSandboxAccountStatus(
    wire::Context&, GetSMSSandboxAccountStatusInput) {
  // Nothing here leaves the machine, so every number may be written to.
  GetSMSSandboxAccountStatusResult out;
  out.is_in_sandbox = false;
  co_return out;
}

Task<CreateSMSSandboxPhoneNumberResult> SnsService::CreateSMSSandboxPhoneNumber(
    wire::Context& context, CreateSMSSandboxPhoneNumberInput input) {
  const std::string number = require_number(std::move(input.phone_number));
  co_await change_sms(with_.store, context.account, context.region,
                      [&](SmsRecord& sms) { sms.sandbox.emplace(number, "Pending"); });
  co_return CreateSMSSandboxPhoneNumberResult{};
}

Task<VerifySMSSandboxPhoneNumberResult> SnsService::VerifySMSSandboxPhoneNumber(
    wire::Context& context, VerifySMSSandboxPhoneNumberInput input) {
  const std::string number = require_number(std::move(input.phone_number));
  co_await change_sms(with_.store, context.account, context.region, [&](SmsRecord& sms) {
    const auto found = sms.sandbox.find(number);
    if (found == sms.sandbox.end()) throw number_not_found();
    found->second = "Verified";
  });
  co_return VerifySMSSandboxPhoneNumberResult{};
}

Task<DeleteSMSSandboxPhoneNumberResult> SnsService::DeleteSMSSandboxPhoneNumber(
    wire::Context& context, DeleteSMSSandboxPhoneNumberInput input) {
  const std::string number = require_number(std::move(input.phone_number));
  co_await change_sms(with_.store, context.account, context.region, [&](SmsRecord& sms) {
    if (sms.sandbox.erase(number) == 0) throw number_not_found();
  });
  co_return DeleteSMSSandboxPhoneNumberResult{};
}

Task<ListSMSSandboxPhoneNumbersResult> SnsService::ListSMSSandboxPhoneNumbers(
    wire::Context& context, ListSMSSandboxPhoneNumbersInput input) {
  const SmsRecord sms = co_await read_sms(with_.store, context.account, context.region);
  const auto most =
      static_cast<std::size_t>(input.max_results.value_or(static_cast<std::int32_t>(kPageSize)));
  ListSMSSandboxPhoneNumbersResult out;
  for (auto at = sms.sandbox.upper_bound(read_token(input.next_token)); at != sms.sandbox.end(); ++at) {
    if (out.phone_numbers.size() == most) {
      out.next_token = write_token(*out.phone_numbers.back().phone_number);
      break;
    }
    SMSSandboxPhoneNumber& number = out.phone_numbers.emplace_back();
    number.phone_number = at->first;
    number.status = at->second;
  }
  co_return out;
}

Task<ListOriginationNumbersResult> SnsService::ListOriginationNumbers(wire::Context&,
                                                                      ListOriginationNumbersRequest) {
  ListOriginationNumbersResult out;
  out.phone_numbers.emplace();
  co_return out;
}

}  // namespace martlet::sns
