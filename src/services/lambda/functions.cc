// Functions: create, read, list, update, delete.

#include <fmt/core.h>

#include <algorithm>

#include "services/lambda/answers.h"
#include "services/lambda/code_signing_store.h"
#include "services/lambda/configuration.h"
#include "services/lambda/errors.h"
#include "services/lambda/execution_role.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

/// The zip file of a request: in the request itself, so far.
template <class Source>
std::string zip_of(Source& source, const std::string& operation) {
  if (source.s3_bucket || source.s3_key) throw feature_not_implemented(operation + " with code in S3");
  if (!source.zip_file) throw invalid_parameter("Please provide a source for function code.");
  if (source.zip_file->empty()) throw invalid_parameter("Uploaded file must be a non-empty zip");
  if (source.zip_file->size() > kMaxZipBytes)
    throw request_too_large(
        fmt::format("Zipped size must be smaller than {} bytes for direct upload", kMaxZipBytes));
  return std::move(*source.zip_file);
}

/// The image of a request for a function with package type Image.
template <class Source>
std::string image_uri_of(const Source& source, const std::string& what) {
  if (!source.image_uri || source.image_uri->empty())
    throw invalid_parameter("Please provide ImageUri when " + what + " a function with packageType Image.");
  return *source.image_uri;
}

template <class Source>
void refuse_image_uri(const Source& source, const std::string& what) {
  if (source.image_uri)
    throw invalid_parameter("Please don't provide ImageUri when " + what +
                            " a function with packageType Zip.");
}

Publish publish_of(const std::optional<bool>& asked) {
  return asked.value_or(false) ? Publish::kYes : Publish::kNo;
}

/// The answer to the creating call still says Pending, as on AWS; every later reading finds the function
/// active.
FunctionConfiguration describe_creation(const FunctionRecord& function, const FunctionName& name,
                                        std::string_view partition, const SecretBox& secrets) {
  FunctionConfiguration out = describe(function, name, partition, secrets);
  out.state = "Pending";
  out.state_reason = "The function is being created.";
  out.state_reason_code = "Creating";
  out.last_update_status.reset();
  return out;
}

/// The answer to an updating call says InProgress, as on AWS; every later reading finds the update done.
FunctionConfiguration describe_update(const FunctionRecord& function, FunctionName name,
                                      std::string_view partition, const SecretBox& secrets) {
  if (!function.is_latest()) name.qualifier = function.version;
  FunctionConfiguration out = describe(function, name, partition, secrets);
  if (!function.is_latest()) return out;
  out.last_update_status = "InProgress";
  out.last_update_status_reason = "The function is being created.";
  out.last_update_status_reason_code = "Creating";
  return out;
}

}  // namespace

Task<FunctionRecord> LambdaService::require_function(FunctionName name, std::string partition) {
  auto found = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<FunctionRecord>> {
    co_return co_await load_function(txn, name);
  });
  if (!found) throw function_not_found(name.qualified_arn(partition));
  co_return std::move(*found);
}

Task<Target> LambdaService::require_target(FunctionName name, std::string partition) {
  auto found = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<Target>> {
    Target target;
    std::string version = is_latest(name.qualifier) ? "$LATEST" : name.qualifier;
    if (!is_latest(version) && !is_version(version)) {
      target.alias = co_await load_alias(txn, name);
      if (!target.alias) co_return std::nullopt;
      version = target.alias->version;
    }
    auto function = co_await load_version(txn, name, version);
    if (!function) co_return std::nullopt;
    target.function = std::move(*function);
    co_return std::move(target);
  });
  if (!found) throw function_not_found(name.qualified_arn(partition));
  co_return std::move(*found);
}

Task<FunctionConfiguration> LambdaService::CreateFunction(wire::Context& context,
                                                          CreateFunctionRequest input) {
  const FunctionName name = resolve_unqualified(context, input.function_name, "CreateFunction");
  FunctionRecord function = configure(input, name, with_.secrets);
  co_await check_role(with_.role_is_usable, function.role);
  co_await check_dead_letter_queue(with_.role_refusal, function);
  if (input.layers) function.layers = co_await resolve_layers(context, *input.layers);
  function.last_modified_ms = to_epoch_ms(with_.clock.now());
  function.revision_id = with_.ids.uuid();
  const auto store_with = [&](const StoredCode& code) -> Task<FunctionRecord> {
    code.apply(function);
    co_return co_await with_.store.transact([&](store::Txn& txn) -> Task<FunctionRecord> {
      if (co_await load_function(txn, name)) throw function_exists(name.name);
      co_await save_function(txn, name, function, std::nullopt);
      if (!function.tags.empty()) tags_.change(txn);
      if (input.code_signing_config_arn)
        co_await attach_code_signing(txn, name, *input.code_signing_config_arn);
      if (publish_of(input.publish) == Publish::kNo) co_return function;
      co_return co_await publish(txn, name, function, std::nullopt);
    });
  };
  FunctionRecord stored;
  if (function.package_type == "Image") {
    stored = co_await with_image(image_uri_of(input.code, "creating"), function.architecture, store_with);
  } else {
    refuse_image_uri(input.code, "creating");
    std::string zip = zip_of(input.code, "CreateFunction");
    co_await check_code_storage(name, zip.size());
    stored = co_await with_code(std::move(zip), function.layers, store_with);
  }
  begin_snapshot(stored, name, context.partition);
  with_.tasks.spawn("expecting a function", expect(name, context.partition));
  mappings_.function_is_there(name);
  co_return describe_creation(stored, name, context.partition, with_.secrets);
}

Task<GetFunctionResponse> LambdaService::GetFunction(wire::Context& context, GetFunctionRequest input) {
  FunctionName name = resolve_function_name(context, input.function_name, input.qualifier, "GetFunction");
  const Target target = co_await require_target(name, context.partition);
  GetFunctionResponse out;
  out.configuration = describe(target.function, name, context.partition, with_.secrets);
  name.qualifier = target.function.version;
  auto& code = out.code.emplace();
  if (const auto& image = target.function.image) {
    code.repository_type = "ECR";
    code.image_uri = image->uri;
    code.resolved_image_uri = image->resolved_uri;
  } else {
    code.repository_type = "S3";
    code.location = code_location(context, name);
  }
  if (!target.function.source_kms_key_arn.empty())
    code.source_kms_key_arn = target.function.source_kms_key_arn;
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    const auto latest = co_await load_function(txn, name);
    if (latest && !latest->tags.empty()) out.tags = latest->tags;
    if (const auto concurrency = co_await load_concurrency(txn, name))
      out.concurrency.emplace().reserved_concurrent_executions =
          static_cast<std::int32_t>(concurrency->reserved);
  });
  // Tags are for those who may list them.
  if (out.tags && with_.caller_refusal) {
    const std::string why =
        co_await with_.caller_refusal(context, "lambda:ListTags", name.arn(context.partition));
    if (!why.empty()) {
      out.tags.reset();
      out.tags_error = TagsError{.error_code = "AccessDeniedException", .message = why};
    }
  }
  co_return out;
}

Task<FunctionConfiguration> LambdaService::GetFunctionConfiguration(wire::Context& context,
                                                                    GetFunctionConfigurationRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "GetFunctionConfiguration");
  const Target target = co_await require_target(name, context.partition);
  co_return describe(target.function, name, context.partition, with_.secrets);
}

Task<ListFunctionsResponse> LambdaService::ListFunctions(wire::Context& context, ListFunctionsRequest input) {
  const bool all_versions = input.function_version == "ALL";
  if (input.master_region && !all_versions)
    throw invalid_parameter("FunctionVersion must be set to ALL when MasterRegion is given.");
  ListFunctionsResponse out;
  auto& functions = out.functions.emplace();
  // Nothing is replicated from another region.
  if (input.master_region && *input.master_region != "ALL" && *input.master_region != context.region)
    co_return out;
  const std::size_t page =
      std::min(input.max_items ? static_cast<std::size_t>(*input.max_items) : kMaxFunctionsPerPage,
               kMaxFunctionsPerPage);
  const std::string after = decode_marker(input.marker);
  const std::size_t colon = std::min(after.find(':'), after.size());
  const std::string after_name = after.substr(0, colon);
  const std::int64_t after_number = colon < after.size() ? version_number(after.substr(colon + 1)) : 0;
  const auto found = co_await with_.store.transact([&](store::Txn& txn) -> Task<FunctionPage> {
    if (!all_versions)
      co_return co_await list_functions(txn, context.account, context.region, after_name, page);
    // One more than the page holds tells whether there is another page.
    FunctionPage versions{.functions = co_await list_all_versions(txn, context.account, context.region,
                                                                  after_name, after_number, page + 1)};
    versions.more = versions.functions.size() > page;
    if (versions.more) versions.functions.pop_back();
    co_return versions;
  });
  functions.reserve(found.functions.size());
  for (const FunctionRecord& function : found.functions) {
    const FunctionName name{context.account, context.region, function.name,
                            all_versions ? function.version : ""};
    functions.push_back(describe_in_list(function, name, context.partition, with_.secrets));
  }
  if (found.more) {
    const FunctionRecord& last = found.functions.back();
    out.next_marker = encode_marker(all_versions ? last.name + ":" + last.version : last.name);
  }
  co_return out;
}

Task<FunctionRecord> LambdaService::update(FunctionName name, std::string partition, Change change) {
  const std::string new_revision = with_.ids.uuid();
  const std::int64_t now_ms = to_epoch_ms(with_.clock.now());
  std::vector<store::BlobRef> old_packages;
  const FunctionRecord updated = co_await with_.store.transact([&](store::Txn& txn) -> Task<FunctionRecord> {
    const auto before = co_await load_function(txn, name);
    if (!before) throw function_not_found(name.arn(partition));
    if (change.revision_id && *change.revision_id != before->revision_id) throw revision_mismatch();
    FunctionRecord after = *before;
    change.apply(after);
    after.revision_id = new_revision;
    after.last_modified_ms = now_ms;
    co_await save_function(txn, name, after, before);
    old_packages = packages_of(*before);
    if (change.publish == Publish::kNo) co_return after;
    co_return co_await publish(txn, name, std::move(after), std::nullopt);
  });
  specs_.forget(name.arn(partition), "$LATEST");
  const auto packages = packages_of(updated);
  for (const store::BlobRef& package : old_packages)
    if (std::ranges::find(packages, package) == packages.end()) co_await release_code(package);
  begin_snapshot(updated, name, partition);
  co_return updated;
}

Task<FunctionConfiguration> LambdaService::UpdateFunctionCode(wire::Context& context,
                                                              UpdateFunctionCodeRequest input) {
  const FunctionName name = resolve_unqualified(context, input.function_name, "UpdateFunctionCode");
  if (input.publish_to) throw feature_not_implemented("UpdateFunctionCode with PublishTo");
  const bool dry_run = input.dry_run.value_or(false);
  const FunctionRecord current = co_await require_function(name, context.partition);
  if (input.revision_id && *input.revision_id != current.revision_id) throw revision_mismatch();
  const auto store_with = [&](const StoredCode& code) -> Task<FunctionRecord> {
    const auto apply = [&](FunctionRecord& function) {
      code.apply(function);
      function.source_kms_key_arn = input.source_kms_key_arn.value_or("");
      if (input.architectures) function.architecture = architecture_of(*input.architectures);
    };
    if (!dry_run)
      co_return co_await update(name, context.partition,
                                {input.revision_id, apply, publish_of(input.publish)});
    FunctionRecord would_be = current;
    apply(would_be);
    co_return would_be;
  };
  FunctionRecord updated;
  if (current.package_type == "Image") {
    const std::string architecture =
        input.architectures ? architecture_of(*input.architectures) : current.architecture;
    updated = co_await with_image(image_uri_of(input, "updating"), architecture, store_with);
  } else {
    refuse_image_uri(input, "updating");
    std::string zip = zip_of(input, "UpdateFunctionCode");
    co_await check_code_storage(name, zip.size());
    updated = co_await with_code(std::move(zip), current.layers, store_with);
  }
  co_return dry_run ? describe(updated, name, context.partition, with_.secrets)
                    : describe_update(updated, name, context.partition, with_.secrets);
}

Task<FunctionConfiguration> LambdaService::UpdateFunctionConfiguration(
    wire::Context& context, UpdateFunctionConfigurationRequest input) {
  const FunctionName name = resolve_unqualified(context, input.function_name, "UpdateFunctionConfiguration");
  if (input.role) co_await check_role(with_.role_is_usable, *input.role);
  if (with_.role_refusal && (input.role || input.dead_letter_config)) {
    FunctionRecord would_be = co_await require_function(name, context.partition);
    reconfigure(would_be, input, name, with_.secrets);
    co_await check_dead_letter_queue(with_.role_refusal, would_be);
  }
  std::optional<std::vector<LayerUse>> layers;
  if (input.layers) {
    const FunctionRecord current = co_await require_function(name, context.partition);
    if (current.image && !input.layers->empty())
      throw invalid_parameter("Layers are not supported for functions created with container images.");
    layers = co_await resolve_layers(context, *input.layers);
    if (!current.image)
      co_await check_size_with_layers(
          co_await with_.packages.open(current.code.sha256, with_.blobs.path_of(current.code)), *layers);
  }
  const FunctionRecord updated = co_await update(
      name, context.partition, {.revision_id = input.revision_id, .apply = [&](FunctionRecord& function) {
                                  if (layers) function.layers = *layers;
                                  reconfigure(function, input, name, with_.secrets);
                                }});
  co_return describe_update(updated, name, context.partition, with_.secrets);
}

Task<DeleteFunctionResponse> LambdaService::DeleteFunction(wire::Context& context,
                                                           DeleteFunctionRequest input) {
  const FunctionName name =
      resolve_function_name(context, input.function_name, input.qualifier, "DeleteFunction");
  DeleteFunctionResponse out;
  out.status_code = 204;
  if (!name.qualifier.empty()) {
    co_await delete_version(name, context.partition);
    co_return out;
  }
  const auto packages =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<store::BlobRef>> {
        if (!co_await load_function(txn, name)) throw function_not_found(name.arn(context.partition));
        policies_.change(txn);
        tags_.change(txn);
        co_return co_await erase_function(txn, name);
      });
  const std::string arn = name.arn(context.partition);
  provisioning_.forget(arn);
  set_reserved_concurrency(name, context.partition, std::nullopt);
  specs_.forget(arn);
  for (const store::BlobRef& package : packages) co_await release_code(package);
  co_return out;
}

}  // namespace martlet::lambda
