// Code signing configurations, and which function has which. They are kept and shown; packages carry no
// signatures that could be checked against them.

#include "services/lambda/answers.h"
#include "services/lambda/attachments.h"
#include "services/lambda/code_signing_store.h"
#include "services/lambda/errors.h"
#include "services/lambda/limits.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/service.h"
#include "services/lambda/tags.h"
#include "services/lambda/targets.h"

namespace martlet::lambda {

namespace {

constexpr std::size_t kIdLength = 17;

std::string make_id(Ids& ids) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string id = "csc-";
  for (const char byte : ids.bytes(kIdLength))
    id += kAlphabet[static_cast<unsigned char>(byte) % kAlphabet.size()];
  return id;
}

aws::Error config_not_found(const std::string& arn) {
  return not_found("The Lambda code signing configuration " + arn + " can not be found.");
}

CodeSigningConfig describe(const CodeSigningRecord& record, const wire::Context& context) {
  CodeSigningConfig out;
  out.code_signing_config_id = record.id;
  out.code_signing_config_arn =
      CodeSigningId{context.account, context.region, record.id}.arn(context.partition);
  out.description = record.description;
  out.allowed_publishers.signing_profile_version_arns = record.signing_profile_version_arns;
  out.code_signing_policies.untrusted_artifact_on_deployment = record.untrusted_artifact_on_deployment;
  out.last_modified = utc_text(record.last_modified_ms);
  return out;
}

/// Those of other accounts and regions do not exist for the caller.
Task<CodeSigningRecord> require_config(store::Txn& txn, std::string arn, std::string account,
                                       std::string region) {
  const CodeSigningId id = code_signing_id(arn);
  if (id.account != account || id.region != region) throw config_not_found(arn);
  auto record = co_await load_code_signing(txn, id);
  if (!record) throw config_not_found(arn);
  co_return std::move(*record);
}

std::size_t page_size(const std::optional<std::int32_t>& max_items) {
  return max_items ? static_cast<std::size_t>(*max_items) : kMaxItemsPerPage;
}

}  // namespace

Task<> attach_code_signing(store::Txn& txn, FunctionName function, std::string arn) {
  const CodeSigningId id = code_signing_id(arn);
  const bool own = id.account == function.account && id.region == function.region;
  if (!own || !co_await load_code_signing(txn, id))
    throw aws::Error("CodeSigningConfigNotFoundException",
                     "The code signing configuration cannot be found. Check that the provided configuration "
                     "is not deleted: " +
                         arn + ".",
                     404)
        .with("Type", "User");
  const FunctionSettings before = co_await load_settings(txn, function);
  FunctionSettings after = before;
  after.code_signing_config_id = id.id;
  save_settings(txn, function, after, before);
}

Task<CreateCodeSigningConfigResponse> LambdaService::CreateCodeSigningConfig(
    wire::Context& context, CreateCodeSigningConfigRequest input) {
  CodeSigningRecord record;
  record.id = make_id(with_.ids);
  record.description = input.description.value_or("");
  record.signing_profile_version_arns = input.allowed_publishers.signing_profile_version_arns;
  record.untrusted_artifact_on_deployment = "Warn";
  if (input.code_signing_policies)
    record.untrusted_artifact_on_deployment =
        input.code_signing_policies->untrusted_artifact_on_deployment.value_or("Warn");
  record.last_modified_ms = to_epoch_ms(with_.clock.now());
  if (input.tags) add_tags(record.tags, *input.tags);
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    save_code_signing(txn, {context.account, context.region, record.id}, record);
    co_return;
  });
  CreateCodeSigningConfigResponse out;
  out.code_signing_config = describe(record, context);
  co_return out;
}

Task<GetCodeSigningConfigResponse> LambdaService::GetCodeSigningConfig(wire::Context& context,
                                                                       GetCodeSigningConfigRequest input) {
  const auto record = co_await with_.store.transact([&](store::Txn& txn) -> Task<CodeSigningRecord> {
    co_return co_await require_config(txn, input.code_signing_config_arn, context.account, context.region);
  });
  GetCodeSigningConfigResponse out;
  out.code_signing_config = describe(record, context);
  co_return out;
}

Task<UpdateCodeSigningConfigResponse> LambdaService::UpdateCodeSigningConfig(
    wire::Context& context, UpdateCodeSigningConfigRequest input) {
  const std::int64_t now_ms = to_epoch_ms(with_.clock.now());
  const auto record = co_await with_.store.transact([&](store::Txn& txn) -> Task<CodeSigningRecord> {
    CodeSigningRecord changed =
        co_await require_config(txn, input.code_signing_config_arn, context.account, context.region);
    if (input.description) changed.description = *input.description;
    if (input.allowed_publishers)
      changed.signing_profile_version_arns = input.allowed_publishers->signing_profile_version_arns;
    if (input.code_signing_policies && input.code_signing_policies->untrusted_artifact_on_deployment)
      changed.untrusted_artifact_on_deployment =
          *input.code_signing_policies->untrusted_artifact_on_deployment;
    changed.last_modified_ms = now_ms;
    save_code_signing(txn, code_signing_id(input.code_signing_config_arn), changed);
    co_return changed;
  });
  UpdateCodeSigningConfigResponse out;
  out.code_signing_config = describe(record, context);
  co_return out;
}

Task<DeleteCodeSigningConfigResponse> LambdaService::DeleteCodeSigningConfig(
    wire::Context& context, DeleteCodeSigningConfigRequest input) {
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    const auto record =
        co_await require_config(txn, input.code_signing_config_arn, context.account, context.region);
    const auto users =
        co_await list_code_signing_users(txn, context.account, context.region, record.id, "", 1);
    if (!users.empty())
      throw conflict("The Lambda code signing configuration " + input.code_signing_config_arn +
                     " is used by at least one function.");
    erase_code_signing(txn, code_signing_id(input.code_signing_config_arn));
  });
  co_return DeleteCodeSigningConfigResponse{};
}

Task<ListCodeSigningConfigsResponse> LambdaService::ListCodeSigningConfigs(
    wire::Context& context, ListCodeSigningConfigsRequest input) {
  const std::string after = decode_marker(input.marker);
  const std::size_t page = page_size(input.max_items);
  const auto found =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<CodeSigningRecord>> {
        co_return co_await list_code_signing(txn, context.account, context.region, after, page + 1);
      });
  ListCodeSigningConfigsResponse out;
  auto& configs = out.code_signing_configs.emplace();
  for (std::size_t i = 0; i < std::min(page, found.size()); ++i)
    configs.push_back(describe(found[i], context));
  if (found.size() > page) out.next_marker = encode_marker(found[page - 1].id);
  co_return out;
}

Task<ListFunctionsByCodeSigningConfigResponse> LambdaService::ListFunctionsByCodeSigningConfig(
    wire::Context& context, ListFunctionsByCodeSigningConfigRequest input) {
  const std::string after = decode_marker(input.marker);
  const std::size_t page = page_size(input.max_items);
  const auto found = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<std::string>> {
    const auto record =
        co_await require_config(txn, input.code_signing_config_arn, context.account, context.region);
    co_return co_await list_code_signing_users(txn, context.account, context.region, record.id, after,
                                               page + 1);
  });
  ListFunctionsByCodeSigningConfigResponse out;
  auto& arns = out.function_arns.emplace();
  for (std::size_t i = 0; i < std::min(page, found.size()); ++i)
    arns.push_back(FunctionName{context.account, context.region, found[i], ""}.arn(context.partition));
  if (found.size() > page) out.next_marker = encode_marker(found[page - 1]);
  co_return out;
}

Task<PutFunctionCodeSigningConfigResponse> LambdaService::PutFunctionCodeSigningConfig(
    wire::Context& context, PutFunctionCodeSigningConfigRequest input) {
  const FunctionName name = resolve_unqualified(context, input.function_name, "PutFunctionCodeSigningConfig");
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    co_await revision_of(txn, name, context.partition);
    co_await attach_code_signing(txn, name, input.code_signing_config_arn);
  });
  PutFunctionCodeSigningConfigResponse out;
  out.code_signing_config_arn = input.code_signing_config_arn;
  out.function_name = name.name;
  co_return out;
}

Task<GetFunctionCodeSigningConfigResponse> LambdaService::GetFunctionCodeSigningConfig(
    wire::Context& context, GetFunctionCodeSigningConfigRequest input) {
  const FunctionName name = resolve_unqualified(context, input.function_name, "GetFunctionCodeSigningConfig");
  const auto settings = co_await with_.store.transact([&](store::Txn& txn) -> Task<FunctionSettings> {
    co_await revision_of(txn, name, context.partition);
    co_return co_await load_settings(txn, name);
  });
  // Where there is none, AWS answers with success and nothing in it.
  GetFunctionCodeSigningConfigResponse out;
  if (settings.code_signing_config_id.empty()) co_return out;
  out.code_signing_config_arn =
      CodeSigningId{name.account, name.region, settings.code_signing_config_id}.arn(context.partition);
  out.function_name = name.name;
  co_return out;
}

Task<> LambdaService::DeleteFunctionCodeSigningConfig(wire::Context& context,
                                                      DeleteFunctionCodeSigningConfigRequest input) {
  const FunctionName name =
      resolve_unqualified(context, input.function_name, "DeleteFunctionCodeSigningConfig");
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    co_await revision_of(txn, name, context.partition);
    const FunctionSettings before = co_await load_settings(txn, name);
    FunctionSettings after = before;
    after.code_signing_config_id.clear();
    save_settings(txn, name, after, before);
  });
}

}  // namespace martlet::lambda
