// Functions: create, read, list, update, delete.

#include <fmt/core.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/log.h"
#include "services/lambda/attachments.h"
#include "services/lambda/configuration.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

/// Only $LATEST exists: any other version or alias is not found.
void require_latest(const FunctionName& name, std::string_view partition) {
  if (!name.qualifier.empty() && name.qualifier != "$LATEST")
    throw function_not_found(name.qualified_arn(partition));
}

/// The code of a request: a zip file in the request itself is the one way so far.
template <class Source>
std::string zip_of(Source& source, const std::string& operation) {
  if (source.s3_bucket || source.s3_key) throw feature_not_implemented(operation + " with code in S3");
  if (source.image_uri) throw feature_not_implemented(operation + " with ImageUri");
  if (!source.zip_file) throw invalid_parameter("Please provide a source for function code.");
  if (source.zip_file->empty()) throw invalid_parameter("Uploaded file must be a non-empty zip");
  if (source.zip_file->size() > kMaxZipBytes)
    throw request_too_large(
        fmt::format("Zipped size must be smaller than {} bytes for direct upload", kMaxZipBytes));
  return std::move(*source.zip_file);
}

}  // namespace

Task<FunctionRecord> LambdaService::with_code(
    std::string zip, std::function<Task<FunctionRecord>(const store::BlobRef&)> use) {
  const store::BlobRef code = co_await with_.blobs.put(std::move(zip));
  const auto kept = being_kept_.insert(code.sha256);
  std::optional<FunctionRecord> result;
  std::exception_ptr failure;
  try {
    // Holds the unpacked directory until the function that refers to it is stored.
    const auto directory = co_await with_.packages.open(code.sha256, with_.blobs.path_of(code));
    result = co_await use(code);
  } catch (...) {
    failure = std::current_exception();
  }
  being_kept_.erase(kept);
  co_await release_code(code);
  if (failure) std::rethrow_exception(failure);
  co_return std::move(*result);
}

Task<> LambdaService::release_code(store::BlobRef code) {
  const bool in_use = co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<bool> { co_return co_await is_package_in_use(txn, code.sha256); });
  if (in_use || being_kept_.contains(code.sha256)) co_return;
  with_.packages.forget(code.sha256);
  co_await with_.blobs.erase(code);
}

Task<> LambdaService::sweep() {
  const auto in_use = std::make_shared<const std::set<std::string>>(co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<std::set<std::string>> { co_return co_await packages_in_use(txn); }));
  with_.packages.sweep([&](const std::string& sha256_hex) { return in_use->contains(sha256_hex); });
  co_await with_.blobs.sweep(
      [in_use](std::string_view sha256_hex) { return in_use->contains(std::string(sha256_hex)); },
      std::chrono::hours(1));
}

Task<FunctionRecord> LambdaService::require_function(FunctionName name, std::string partition) {
  auto found = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<FunctionRecord>> {
    co_return co_await load_function(txn, name);
  });
  if (!found) throw function_not_found(name.qualified_arn(partition));
  co_return std::move(*found);
}

Task<FunctionConfiguration> LambdaService::CreateFunction(wire::Context& context,
                                                          CreateFunctionRequest input) {
  const FunctionName name = resolve_function_name(context, input.function_name);
  FunctionRecord function = configure(input, name);
  function.last_modified_ms = to_epoch_ms(with_.clock.now());
  function.revision_id = with_.ids.uuid();
  function = co_await with_code(zip_of(input.code, "CreateFunction"),
                                [&](const store::BlobRef& code) -> Task<FunctionRecord> {
                                  function.code = code;
                                  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
                                    if (co_await load_function(txn, name)) throw function_exists(name.name);
                                    co_await save_function(txn, name, function, std::nullopt);
                                  });
                                  co_return function;
                                });
  FunctionConfiguration out = describe(function, name, context.partition);
  // The answer to the creating call still says Pending, as on AWS; every later reading finds the function
  // active.
  out.state = "Pending";
  out.state_reason = "The function is being created.";
  out.state_reason_code = "Creating";
  out.last_update_status.reset();
  co_return out;
}

Task<GetFunctionResponse> LambdaService::GetFunction(wire::Context& context, GetFunctionRequest input) {
  const FunctionName name = resolve_function_name(context, input.function_name, input.qualifier);
  require_latest(name, context.partition);
  const FunctionRecord function = co_await require_function(name, context.partition);
  GetFunctionResponse out;
  out.configuration = describe(function, name, context.partition);
  auto& code = out.code.emplace();
  code.repository_type = "S3";
  code.location = code_location(context, name);
  if (!function.tags.empty()) out.tags = function.tags;
  co_return out;
}

Task<FunctionConfiguration> LambdaService::GetFunctionConfiguration(wire::Context& context,
                                                                    GetFunctionConfigurationRequest input) {
  const FunctionName name = resolve_function_name(context, input.function_name, input.qualifier);
  require_latest(name, context.partition);
  const FunctionRecord function = co_await require_function(name, context.partition);
  co_return describe(function, name, context.partition);
}

Task<ListFunctionsResponse> LambdaService::ListFunctions(wire::Context& context, ListFunctionsRequest input) {
  const std::size_t asked =
      input.max_items ? static_cast<std::size_t>(*input.max_items) : kMaxFunctionsPerPage;
  const std::size_t page = std::min(asked, kMaxFunctionsPerPage);
  std::string after;
  if (input.marker && !input.marker->empty()) {
    const auto decoded = base64_decode(*input.marker);
    if (!decoded) throw invalid_parameter("Invalid Marker");
    after = *decoded;
  }
  // One more than the page holds tells whether there is another page.
  const auto found = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<FunctionRecord>> {
    co_return co_await list_functions(txn, context.account, context.region, after, page + 1);
  });
  ListFunctionsResponse out;
  auto& functions = out.functions.emplace();
  const bool all_versions = input.function_version == "ALL";
  for (std::size_t i = 0; i < std::min(page, found.size()); ++i) {
    FunctionName name{context.account, context.region, found[i].name, all_versions ? "$LATEST" : ""};
    functions.push_back(describe(found[i], name, context.partition));
    // Lists leave out what is still changing, and AWS shows states on single functions only.
    functions.back().state.reset();
    functions.back().last_update_status.reset();
  }
  if (found.size() > page) out.next_marker = base64_encode(found[page - 1].name);
  co_return out;
}

Task<FunctionRecord> LambdaService::update(FunctionName name, std::string partition,
                                           std::optional<std::string> revision_id,
                                           std::function<void(FunctionRecord&)> change) {
  const std::string new_revision = with_.ids.uuid();
  const std::int64_t now_ms = to_epoch_ms(with_.clock.now());
  store::BlobRef old_code;
  FunctionRecord updated = co_await with_.store.transact([&](store::Txn& txn) -> Task<FunctionRecord> {
    const auto before = co_await load_function(txn, name);
    if (!before) throw function_not_found(name.arn(partition));
    if (revision_id && *revision_id != before->revision_id) throw revision_mismatch();
    FunctionRecord after = *before;
    change(after);
    after.revision_id = new_revision;
    after.last_modified_ms = now_ms;
    co_await save_function(txn, name, after, before);
    old_code = before->code;
    co_return after;
  });
  forget_spec(name, partition);
  if (old_code != updated.code) co_await release_code(old_code);
  co_return updated;
}

namespace {

/// The answer to an updating call says InProgress, as on AWS; every later reading finds the update done.
FunctionConfiguration describe_update(const FunctionRecord& function, const FunctionName& name,
                                      std::string_view partition) {
  FunctionConfiguration out = describe(function, name, partition);
  out.last_update_status = "InProgress";
  out.last_update_status_reason = "The function is being created.";
  out.last_update_status_reason_code = "Creating";
  return out;
}

}  // namespace

Task<FunctionConfiguration> LambdaService::UpdateFunctionCode(wire::Context& context,
                                                              UpdateFunctionCodeRequest input) {
  const FunctionName name = resolve_function_name(context, input.function_name);
  require_latest(name, context.partition);
  if (input.publish.value_or(false) || input.publish_to)
    throw feature_not_implemented("UpdateFunctionCode with Publish");
  const bool dry_run = input.dry_run.value_or(false);
  const FunctionRecord current = co_await require_function(name, context.partition);
  if (input.revision_id && *input.revision_id != current.revision_id) throw revision_mismatch();
  const FunctionRecord updated = co_await with_code(
      zip_of(input, "UpdateFunctionCode"), [&](const store::BlobRef& code) -> Task<FunctionRecord> {
        const auto apply = [&](FunctionRecord& function) {
          function.code = code;
          if (input.architectures) function.architecture = architecture_of(*input.architectures);
        };
        if (!dry_run) co_return co_await update(name, context.partition, input.revision_id, apply);
        FunctionRecord would_be = current;
        apply(would_be);
        co_return would_be;
      });
  co_return dry_run ? describe(updated, name, context.partition)
                    : describe_update(updated, name, context.partition);
}

Task<FunctionConfiguration> LambdaService::UpdateFunctionConfiguration(
    wire::Context& context, UpdateFunctionConfigurationRequest input) {
  const FunctionName name = resolve_function_name(context, input.function_name);
  require_latest(name, context.partition);
  const FunctionRecord updated =
      co_await update(name, context.partition, input.revision_id,
                      [&](FunctionRecord& function) { reconfigure(function, input); });
  co_return describe_update(updated, name, context.partition);
}

Task<DeleteFunctionResponse> LambdaService::DeleteFunction(wire::Context& context,
                                                           DeleteFunctionRequest input) {
  const FunctionName name = resolve_function_name(context, input.function_name, input.qualifier);
  if (name.qualifier == "$LATEST")
    throw invalid_parameter("$LATEST version cannot be deleted without deleting the function.");
  require_latest(name, context.partition);
  const store::BlobRef old_code = co_await with_.store.transact([&](store::Txn& txn) -> Task<store::BlobRef> {
    const auto function = co_await load_function(txn, name);
    if (!function) throw function_not_found(name.arn(context.partition));
    co_await erase_function(txn, name);
    co_await erase_attachments(txn, name);
    co_return function->code;
  });
  forget_spec(name, context.partition);
  co_await release_code(old_code);
  DeleteFunctionResponse out;
  out.status_code = 204;
  co_return out;
}

}  // namespace martlet::lambda
