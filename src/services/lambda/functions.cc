// Functions: create, read, list, update, delete.

#include <fmt/core.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/log.h"
#include "services/lambda/configuration.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

/// Only $LATEST exists: any other version or alias is not found.
void require_latest(const FunctionName& name, std::string_view partition) {
  if (!name.qualifier.empty() && name.qualifier != "$LATEST") throw function_not_found(name.qualified_arn(partition));
}

/// The code of a request: a zip file in the request itself is the one way so far.
template <class Source>
std::string zip_of(Source& source, const std::string& operation) {
  if (source.S3Bucket || source.S3Key) throw feature_not_implemented(operation + " with code in S3");
  if (source.ImageUri) throw feature_not_implemented(operation + " with ImageUri");
  if (!source.ZipFile) throw invalid_parameter("Please provide a source for function code.");
  if (source.ZipFile->empty()) throw invalid_parameter("Uploaded file must be a non-empty zip");
  if (source.ZipFile->size() > kMaxZipBytes)
    throw request_too_large(
        fmt::format("Zipped size must be smaller than {} bytes for direct upload", kMaxZipBytes));
  return std::move(*source.ZipFile);
}

}  // namespace

Task<FunctionRecord> LambdaService::with_code(std::string zip, std::function<Task<FunctionRecord>(const Code&)> use) {
  const auto shared = std::make_shared<const std::string>(std::move(zip));
  Code code;
  code.size = static_cast<std::int64_t>(shared->size());
  code.sha256_hex = co_await with_.pool.run([shared] { return to_hex(as_view(sha256(*shared))); });
  const auto kept = being_kept_.insert(code.sha256_hex);
  std::optional<FunctionRecord> result;
  std::exception_ptr failure;
  try {
    co_await with_.packages.open(code.sha256_hex, shared);
    co_await with_.blobs.put(shared);
    result = co_await use(code);
  } catch (...) {
    failure = std::current_exception();
  }
  being_kept_.erase(kept);
  co_await release_code(code.sha256_hex);
  if (failure) std::rethrow_exception(failure);
  co_return std::move(*result);
}

Task<> LambdaService::release_code(std::string sha256_hex) {
  const bool in_use = co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<bool> { co_return co_await is_package_in_use(txn, sha256_hex); });
  if (in_use || being_kept_.contains(sha256_hex)) co_return;
  with_.packages.forget(sha256_hex);
  co_await with_.blobs.erase(sha256_hex);
}

Task<FunctionRecord> LambdaService::require_function(FunctionName name, std::string partition) {
  auto found = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<FunctionRecord>> {
    co_return co_await load_function(txn, name);
  });
  if (!found) throw function_not_found(name.qualified_arn(partition));
  co_return std::move(*found);
}

Task<FunctionConfiguration> LambdaService::CreateFunction(wire::Context& context, CreateFunctionRequest input) {
  const FunctionName name = resolve_function_name(context, input.FunctionName);
  FunctionRecord function = configure(input, name);
  function.last_modified_ms = to_epoch_ms(with_.clock.now());
  function.revision_id = with_.ids.uuid();
  function = co_await with_code(zip_of(input.Code, "CreateFunction"), [&](const Code& code) -> Task<FunctionRecord> {
    function.code_sha256_hex = code.sha256_hex;
    function.code_size = code.size;
    co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
      if (co_await load_function(txn, name)) throw function_exists(name.name);
      save_function(txn, name, function, std::nullopt);
    });
    co_return function;
  });
  FunctionConfiguration out = describe(function, name, context.partition);
  // The answer to the creating call still says Pending, as on AWS; every later reading finds the function active.
  out.State = "Pending";
  out.StateReason = "The function is being created.";
  out.StateReasonCode = "Creating";
  out.LastUpdateStatus.reset();
  co_return out;
}

std::string LambdaService::code_location(const wire::Context& context, const FunctionRecord& function) const {
  return context.base_url + "/_martlet/lambda/code/" + function.code_sha256_hex;
}

Task<GetFunctionResponse> LambdaService::GetFunction(wire::Context& context, GetFunctionRequest input) {
  const FunctionName name = resolve_function_name(context, input.FunctionName, input.Qualifier);
  require_latest(name, context.partition);
  const FunctionRecord function = co_await require_function(name, context.partition);
  GetFunctionResponse out;
  out.Configuration = describe(function, name, context.partition);
  auto& code = out.Code.emplace();
  code.RepositoryType = "S3";
  code.Location = code_location(context, function);
  if (!function.tags.empty()) out.Tags = function.tags;
  co_return out;
}

Task<FunctionConfiguration> LambdaService::GetFunctionConfiguration(wire::Context& context,
                                                                    GetFunctionConfigurationRequest input) {
  const FunctionName name = resolve_function_name(context, input.FunctionName, input.Qualifier);
  require_latest(name, context.partition);
  const FunctionRecord function = co_await require_function(name, context.partition);
  co_return describe(function, name, context.partition);
}

Task<ListFunctionsResponse> LambdaService::ListFunctions(wire::Context& context, ListFunctionsRequest input) {
  const std::size_t asked = input.MaxItems ? static_cast<std::size_t>(*input.MaxItems) : kMaxFunctionsPerPage;
  const std::size_t page = std::min(asked, kMaxFunctionsPerPage);
  std::string after;
  if (input.Marker && !input.Marker->empty()) {
    const auto decoded = base64_decode(*input.Marker);
    if (!decoded) throw invalid_parameter("Invalid Marker");
    after = *decoded;
  }
  // One more than the page holds tells whether there is another page.
  const auto found = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<FunctionRecord>> {
    co_return co_await list_functions(txn, context.account, context.region, after, page + 1);
  });
  ListFunctionsResponse out;
  auto& functions = out.Functions.emplace();
  const bool all_versions = input.FunctionVersion == "ALL";
  for (std::size_t i = 0; i < std::min(page, found.size()); ++i) {
    FunctionName name{context.account, context.region, found[i].name, all_versions ? "$LATEST" : ""};
    functions.push_back(describe(found[i], name, context.partition));
    // Lists leave out what is still changing, and AWS shows states on single functions only.
    functions.back().State.reset();
    functions.back().LastUpdateStatus.reset();
  }
  if (found.size() > page) out.NextMarker = base64_encode(found[page - 1].name);
  co_return out;
}

Task<FunctionRecord> LambdaService::update(FunctionName name, std::string partition,
                                           std::optional<std::string> revision_id,
                                           std::function<void(FunctionRecord&)> change) {
  const std::string new_revision = with_.ids.uuid();
  const std::int64_t now_ms = to_epoch_ms(with_.clock.now());
  std::string old_code;
  FunctionRecord updated = co_await with_.store.transact([&](store::Txn& txn) -> Task<FunctionRecord> {
    const auto before = co_await load_function(txn, name);
    if (!before) throw function_not_found(name.arn(partition));
    if (revision_id && *revision_id != before->revision_id) throw revision_mismatch();
    FunctionRecord after = *before;
    change(after);
    after.revision_id = new_revision;
    after.last_modified_ms = now_ms;
    save_function(txn, name, after, before);
    old_code = before->code_sha256_hex;
    co_return after;
  });
  forget_spec(name, partition);
  if (old_code != updated.code_sha256_hex) co_await release_code(old_code);
  co_return updated;
}

namespace {

/// The answer to an updating call says InProgress, as on AWS; every later reading finds the update done.
FunctionConfiguration describe_update(const FunctionRecord& function, const FunctionName& name,
                                      std::string_view partition) {
  FunctionConfiguration out = describe(function, name, partition);
  out.LastUpdateStatus = "InProgress";
  out.LastUpdateStatusReason = "The function is being created.";
  out.LastUpdateStatusReasonCode = "Creating";
  return out;
}

}  // namespace

Task<FunctionConfiguration> LambdaService::UpdateFunctionCode(wire::Context& context, UpdateFunctionCodeRequest input) {
  const FunctionName name = resolve_function_name(context, input.FunctionName);
  require_latest(name, context.partition);
  if (input.Publish.value_or(false) || input.PublishTo) throw feature_not_implemented("UpdateFunctionCode with Publish");
  const bool dry_run = input.DryRun.value_or(false);
  const FunctionRecord current = co_await require_function(name, context.partition);
  if (input.RevisionId && *input.RevisionId != current.revision_id) throw revision_mismatch();
  const FunctionRecord updated =
      co_await with_code(zip_of(input, "UpdateFunctionCode"), [&](const Code& code) -> Task<FunctionRecord> {
        const auto apply = [&](FunctionRecord& function) {
          function.code_sha256_hex = code.sha256_hex;
          function.code_size = code.size;
          if (input.Architectures) function.architecture = architecture_of(*input.Architectures);
        };
        if (!dry_run) co_return co_await update(name, context.partition, input.RevisionId, apply);
        FunctionRecord would_be = current;
        apply(would_be);
        co_return would_be;
      });
  co_return dry_run ? describe(updated, name, context.partition) : describe_update(updated, name, context.partition);
}

Task<FunctionConfiguration> LambdaService::UpdateFunctionConfiguration(wire::Context& context,
                                                                       UpdateFunctionConfigurationRequest input) {
  const FunctionName name = resolve_function_name(context, input.FunctionName);
  require_latest(name, context.partition);
  const FunctionRecord updated =
      co_await update(name, context.partition, input.RevisionId,
                      [&](FunctionRecord& function) { reconfigure(function, input); });
  co_return describe_update(updated, name, context.partition);
}

Task<DeleteFunctionResponse> LambdaService::DeleteFunction(wire::Context& context, DeleteFunctionRequest input) {
  const FunctionName name = resolve_function_name(context, input.FunctionName, input.Qualifier);
  if (name.qualifier == "$LATEST")
    throw invalid_parameter("$LATEST version cannot be deleted without deleting the function.");
  require_latest(name, context.partition);
  const std::string old_code = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::string> {
    const auto function = co_await load_function(txn, name);
    if (!function) throw function_not_found(name.arn(context.partition));
    erase_function(txn, name, *function);
    co_return function->code_sha256_hex;
  });
  forget_spec(name, context.partition);
  co_await release_code(old_code);
  DeleteFunctionResponse out;
  out.StatusCode = 204;
  co_return out;
}

}  // namespace martlet::lambda
