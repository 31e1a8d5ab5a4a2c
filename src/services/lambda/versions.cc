// Versions: publish, list, delete; and the snapshots of those with SnapStart.

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "services/lambda/answers.h"
#include "services/lambda/attachments.h"
#include "services/lambda/configuration.h"
#include "services/lambda/environment_variables.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

Task<FunctionRecord> LambdaService::publish(store::Txn& txn, FunctionName name, FunctionRecord latest,
                                            std::optional<std::string> description) {
  const std::int64_t last = co_await load_last_version(txn, name);
  const std::string digest = content_digest(latest);
  if (last > 0) {
    const auto previous = co_await load_version(txn, name, std::to_string(last));
    if (previous && previous->published_digest == digest &&
        open_variables(*previous, name, with_.secrets) == open_variables(latest, name, with_.secrets))
      co_return *previous;
  }
  FunctionRecord version = std::move(latest);
  version.version = std::to_string(last + 1);
  version.published_digest = digest;
  version.tags.clear();
  if (description) version.description = *description;
  version.last_modified_ms = to_epoch_ms(with_.clock.now());
  version.revision_id = with_.ids.uuid();
  if (version.snap_start_apply_on == "PublishedVersions") version.snapshot = Snapshot::kPending;
  co_await save_function(txn, name, version, std::nullopt);
  save_last_version(txn, name, last + 1);
  co_return version;
}

Task<FunctionConfiguration> LambdaService::PublishVersion(wire::Context& context,
                                                          PublishVersionRequest input) {
  FunctionName name = resolve_unqualified(context, input.function_name, "PublishVersion");
  if (input.publish_to) throw feature_not_implemented("PublishVersion with PublishTo");
  const FunctionRecord current = co_await require_function(name, context.partition);
  co_await check_code_storage(name, current.code.size);
  const FunctionRecord version = co_await with_.store.transact([&](store::Txn& txn) -> Task<FunctionRecord> {
    const auto latest = co_await load_function(txn, name);
    if (!latest) throw function_not_found(name.arn(context.partition));
    if (input.revision_id && *input.revision_id != latest->revision_id) throw revision_mismatch();
    const std::string code_sha256 = base64_of_hex(latest->code.sha256);
    if (input.code_sha256 && !input.code_sha256->empty() && *input.code_sha256 != code_sha256)
      throw invalid_parameter(fmt::format(
          "CodeSHA256 ({}) is different from current CodeSHA256 in $LATEST ({}). Please try again "
          "with the CodeSHA256 in $LATEST.",
          *input.code_sha256, code_sha256));
    co_return co_await publish(txn, name, *latest, input.description);
  });
  begin_snapshot(version, name, context.partition);
  name.qualifier = version.version;
  co_return describe(version, name, context.partition, with_.secrets);
}

Task<ListVersionsByFunctionResponse> LambdaService::ListVersionsByFunction(
    wire::Context& context, ListVersionsByFunctionRequest input) {
  FunctionName name = resolve_unqualified(context, input.function_name, "ListVersionsByFunction");
  const std::size_t page =
      std::min(input.max_items ? static_cast<std::size_t>(*input.max_items) : kMaxFunctionsPerPage,
               kMaxFunctionsPerPage);
  const std::string after = decode_marker(input.marker);
  const auto found = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<FunctionRecord>> {
    auto latest = co_await load_function(txn, name);
    if (!latest) throw function_not_found(name.arn(context.partition));
    std::vector<FunctionRecord> versions;
    if (after.empty()) versions.push_back(std::move(*latest));
    for (FunctionRecord& version :
         co_await list_versions(txn, name, version_number(after), page + 1 - versions.size()))
      versions.push_back(std::move(version));
    co_return versions;
  });
  ListVersionsByFunctionResponse out;
  auto& versions = out.versions.emplace();
  for (std::size_t i = 0; i < std::min(page, found.size()); ++i) {
    name.qualifier = found[i].version;
    versions.push_back(describe_in_list(found[i], name, context.partition, with_.secrets));
  }
  if (found.size() > page) out.next_marker = encode_marker(found[page - 1].version);
  co_return out;
}

Task<> LambdaService::delete_version(FunctionName name, std::string partition) {
  if (name.qualifier == "$LATEST")
    throw invalid_parameter("$LATEST version cannot be deleted without deleting the function.");
  if (!is_version(name.qualifier)) throw invalid_parameter("Deletion of aliases is not currently supported.");
  const auto erased =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<FunctionRecord>> {
        if (!co_await load_function(txn, name)) throw function_not_found(name.arn(partition));
        std::vector<std::string> aliases;
        for (const AliasRecord& alias : co_await list_aliases(txn, name, ""))
          if (alias.version == name.qualifier || alias.second_version == name.qualifier)
            aliases.push_back(alias.name);
        if (!aliases.empty())
          throw conflict(
              fmt::format("Unable to delete version because the following aliases reference it: [{}]",
                          fmt::join(aliases, ", ")));
        auto version = co_await load_version(txn, name, name.qualifier);
        if (!version) co_return std::nullopt;
        co_await erase_version(txn, name, *version);
        erase_settings_of_qualifier(txn, name);
        co_await erase_attachments(txn, name);
        policies_.change(txn);
        co_return version;
      });
  if (!erased) co_return;
  begin_provisioning(name, partition);
  specs_.forget(name.arn(partition), name.qualifier);
  for (const store::BlobRef& package : packages_of(*erased)) co_await release_code(package);
}

void LambdaService::begin_snapshot(const FunctionRecord& version, FunctionName name, std::string partition) {
  if (version.snapshot != Snapshot::kPending) return;
  name.qualifier = version.version;
  with_.tasks.spawn("snapshot of " + name.qualified_arn(partition), make_snapshot(name, partition));
}

Task<> LambdaService::make_snapshot(FunctionName name, std::string partition) {
  std::optional<std::string> failure;
  try {
    const auto spec = co_await spec_of(name, name.qualifier, partition);
    failure = co_await with_.fleet.prepare_snapshot(spec);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    const auto before = co_await load_version(txn, name, name.qualifier);
    if (!before || before->snapshot != Snapshot::kPending) co_return;
    FunctionRecord after = *before;
    after.snapshot = failure ? Snapshot::kFailed : Snapshot::kReady;
    after.snapshot_failure = failure.value_or("");
    co_await save_function(txn, name, after, before);
  });
}

}  // namespace martlet::lambda
