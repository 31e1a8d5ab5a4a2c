// Tags: TagResource, UntagResource, ListTags.

#include "services/lambda/tags.h"

#include <functional>

#include "base/arn.h"
#include "base/strings.h"
#include "services/lambda/code_signing_store.h"
#include "services/lambda/errors.h"
#include "services/lambda/event_source_mappings_store.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

/// Loads the tags of what `resource` names, lets `change` edit them and saves them; answers with the result.
Task<Tags> with_tags(store::Txn& txn, std::string account, std::string region, std::string resource,
                     const std::function<void(Tags&)>& change) {
  const Arn arn = Arn::parse(resource).value_or(Arn{});
  const auto parts = split(arn.resource, ':');
  const bool own = arn.account == account && arn.region == region;
  if (parts[0] == "function") {
    if (parts.size() > 2)
      throw invalid_parameter(
          "Tags on function aliases and versions are not supported. Please specify a function ARN.");
    const FunctionName name{account, region, std::string(parts[1]), ""};
    std::optional<FunctionRecord> before;
    if (own) before = co_await load_function(txn, name);
    if (!before) throw function_not_found(resource);
    FunctionRecord after = *before;
    change(after.tags);
    if (after.tags != before->tags) co_await save_function(txn, name, after, before);
    co_return after.tags;
  }
  if (parts[0] == "code-signing-config") {
    const CodeSigningId id = code_signing_id(resource);
    std::optional<CodeSigningRecord> record;
    if (own) record = co_await load_code_signing(txn, id);
    if (!record) throw not_found("The Lambda code signing configuration " + resource + " can not be found.");
    const Tags before = record->tags;
    change(record->tags);
    if (record->tags != before) save_code_signing(txn, id, *record);
    co_return record->tags;
  }
  if (parts[0] == "event-source-mapping") {
    const std::string uuid(parts.size() > 1 ? parts[1] : std::string_view());
    std::optional<MappingRecord> before;
    if (own) before = co_await load_mapping(txn, {account, region, uuid});
    if (!before) throw resource_not_found();
    MappingRecord after = *before;
    change(after.tags);
    if (after.tags != before->tags) save_mapping(txn, after, before);
    co_return after.tags;
  }
  throw feature_not_implemented("tags of resources such as " + std::string(parts[0]));
}

}  // namespace

void add_tags(Tags& tags, const Tags& more) {
  for (const auto& [key, value] : more) {
    if (to_lower(key).starts_with("aws:"))
      throw invalid_parameter("Tag keys that begin with aws: are reserved: " + key);
    tags[key] = value;
  }
  if (tags.size() > kMaxTags) throw invalid_parameter("Number of tags exceeds resource tag limit.");
}

Task<Tags> load_tags(store::Txn& txn, Arn arn) {
  const auto parts = split(arn.resource, ':');
  if (parts.size() < 2) co_return Tags();
  const std::string name(parts[1]);
  if (parts[0] == "function") {
    const auto function = co_await load_function(txn, {arn.account, arn.region, name, ""});
    co_return function ? function->tags : Tags();
  }
  if (parts[0] == "code-signing-config") {
    const auto config = co_await load_code_signing(txn, {arn.account, arn.region, name});
    co_return config ? config->tags : Tags();
  }
  if (parts[0] == "event-source-mapping") {
    const auto mapping = co_await load_mapping(txn, {arn.account, arn.region, name});
    co_return mapping ? mapping->tags : Tags();
  }
  co_return Tags();
}

Task<> LambdaService::TagResource(wire::Context& context, TagResourceRequest input) {
  if (input.tags.empty()) throw invalid_parameter("An error occurred and the request cannot be processed.");
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    co_await with_tags(txn, context.account, context.region, input.resource,
                       [&](Tags& tags) { add_tags(tags, input.tags); });
    tags_.change(txn);
  });
}

Task<> LambdaService::UntagResource(wire::Context& context, UntagResourceRequest input) {
  co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
    co_await with_tags(txn, context.account, context.region, input.resource, [&](Tags& tags) {
      for (const std::string& key : input.tag_keys) tags.erase(key);
    });
    tags_.change(txn);
  });
}

Task<ListTagsResponse> LambdaService::ListTags(wire::Context& context, ListTagsRequest input) {
  ListTagsResponse out;
  out.tags = co_await with_.store.transact([&](store::Txn& txn) -> Task<Tags> {
    co_return co_await with_tags(txn, context.account, context.region, input.resource, [](Tags&) {});
  });
  co_return out;
}

}  // namespace martlet::lambda
