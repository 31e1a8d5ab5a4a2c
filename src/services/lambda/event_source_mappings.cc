#include "services/lambda/event_source_mappings.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/lambda/answers.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/mapping_configuration.h"
#include "services/lambda/resource_errors.h"
#include "services/lambda/settings_store.h"
#include "services/lambda/tags.h"
#include "services/lambda/targets.h"
#include "store/record.h"

namespace martlet::lambda {

namespace {

/// Mappings that are read at a time when most are left out.
constexpr std::size_t kScanned = 100;

/// What Lambda reads on AWS, and cannot be read here yet.
bool is_source_on_aws(const std::string& service) {
  static constexpr const char* kServices[] = {"sqs", "kinesis", "dynamodb", "kafka", "mq", "rds"};
  return std::ranges::any_of(kServices, [&](const char* one) { return service == one; });
}

aws::Error unrecognized_source() { return invalid_parameter("Unrecognized event source."); }

/// Only queues are known by their ARN so far; others are refused by name.
Arn source_arn(const wire::Context& context, const CreateEventSourceMappingRequest& input) {
  if (input.self_managed_event_source)
    throw feature_not_implemented("event source mappings of self-managed Apache Kafka");
  const auto arn = Arn::parse(input.event_source_arn.value_or(""));
  if (!arn || !is_source_on_aws(arn->service)) throw unrecognized_source();
  if (arn->region != context.region)
    throw invalid_parameter("The event source and the function must be in the same region.");
  return *arn;
}

MappingId mapping_id(const wire::Context& context, const std::string& uuid) {
  return {context.account, context.region, uuid};
}

/// The version that the name leads to: of an alias, the one that it names.
Task<FunctionRecord> load_target(store::Txn& txn, FunctionName name, std::string partition) {
  co_await revision_of(txn, name, partition);  // refuses what is not there
  auto function = co_await find_version(txn, name);
  if (!function) throw function_not_found(name.qualified_arn(partition));
  co_return std::move(*function);
}

Task<sources::Description> describe_source(store::Txn& txn, sources::Source* source, Arn arn) {
  try {
    co_return co_await source->describe(txn, arn);
  } catch (const aws::Error& error) {
    // SQS has two names for it; this is the older one.
    const bool is_missing = error.code() == "QueueDoesNotExist";
    throw invalid_parameter(
        fmt::format("Error occurred while ReceiveMessage. SQS Error Code: {}. SQS Error Message: {}",
                    is_missing ? "AWS.SimpleQueueService.NonExistentQueue" : error.code(), error.message()));
  }
}

Task<> refuse_twin(store::Txn& txn, MappingRecord mapping) {
  const auto twin = co_await find_mapping(txn, mapping.function_name(), mapping.event_source_arn);
  if (twin && *twin != mapping.uuid) throw mapping_exists(mapping.event_source_arn, mapping.function, *twin);
}

/// Whether nothing but that it works was changed.
bool is_same_setting(const MappingRecord& before, MappingRecord after) {
  after.enabled = before.enabled;
  after.last_modified_ms = before.last_modified_ms;
  after.revision = before.revision;
  return store::encode(before) == store::encode(after);
}

}  // namespace

sources::Source& EventSourceMappings::source_of(const MappingRecord& mapping) const {
  const auto arn = Arn::parse(mapping.event_source_arn);
  sources::Source* const source = arn ? with_.sources.find(*arn) : nullptr;
  if (!source) throw feature_not_implemented("event source mappings of " + (arn ? arn->service : "others"));
  return *source;
}

Task<std::string> EventSourceMappings::check(store::Txn& txn, MappingRecord mapping) {
  const FunctionRecord function = co_await load_target(txn, mapping.function_name(), mapping.partition);
  if (function.isolates_tenants())
    throw invalid_parameter(
        "Event source mappings are not supported for functions with tenant isolation enabled.");
  const sources::Description source =
      co_await describe_source(txn, &source_of(mapping), *Arn::parse(mapping.event_source_arn));
  check_mapping(mapping, source, function.timeout_seconds);
  co_await check_role(function.role, mapping);
  co_await refuse_twin(txn, mapping);
  co_return function.role;
}

Task<> EventSourceMappings::check_role(std::string role_arn, MappingRecord mapping) {
  if (!with_.role_refusal) co_return;
  for (const char* action : kReadingActions) {
    const std::string why = co_await with_.role_refusal(
        role_arn, mapping.function, std::string("sqs:") + action, mapping.event_source_arn);
    if (!why.empty())
      throw invalid_parameter(
          fmt::format("The function execution role does not have permissions to call {} on SQS", action));
  }
}

EventSourceMappingConfiguration EventSourceMappings::describe(const MappingRecord& mapping) const {
  EventSourceMappingConfiguration out = describe_mapping(mapping);
  out.state = runners_.state_of(mapping);
  const std::string problem = runners_.problem_of(mapping);
  if (!problem.empty()) out.last_processing_result = problem;
  return out;
}

Task<EventSourceMappingConfiguration> EventSourceMappings::create(const wire::Context& context,
                                                                  CreateEventSourceMappingRequest input) {
  const Arn arn = source_arn(context, input);
  const FunctionName name =
      resolve_function_name(context, input.function_name, std::nullopt, "CreateEventSourceMapping");
  Stored stored;
  MappingRecord& mapping = stored.mapping;
  mapping.uuid = with_.ids.uuid();
  mapping.partition = context.partition;
  mapping.account = context.account;
  mapping.region = context.region;
  mapping.event_source_arn = arn.str();
  mapping.function = name.name;
  mapping.qualifier = name.qualifier;
  mapping.last_modified_ms = to_epoch_ms(with_.clock.now());
  source_of(mapping);
  apply_request(mapping, input);
  if (input.tags) add_tags(mapping.tags, *input.tags);
  stored.role_arn = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::string> {
    std::string role = co_await check(txn, mapping);
    save_mapping(txn, mapping, std::nullopt);
    co_return role;
  });
  runners_.apply(mapping, stored.role_arn);
  EventSourceMappingConfiguration out = describe_mapping(mapping);
  out.state = "Creating";
  co_return out;
}

Task<EventSourceMappingConfiguration> EventSourceMappings::get(const wire::Context& context,
                                                               std::string uuid) {
  const auto mapping =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<MappingRecord>> {
        co_return co_await load_mapping(txn, mapping_id(context, uuid));
      });
  if (!mapping) throw resource_not_found();
  co_return describe(*mapping);
}

Task<ListEventSourceMappingsResponse> EventSourceMappings::list(const wire::Context& context,
                                                                ListEventSourceMappingsRequest input) {
  std::optional<FunctionName> name;
  if (input.function_name)
    name = resolve_function_name(context, *input.function_name, std::nullopt, "ListEventSourceMappings");
  const auto asked = static_cast<std::size_t>(input.max_items.value_or(kMaxMappingsPerPage));
  const std::size_t page = std::min(asked, kMaxMappingsPerPage);
  const auto is_asked_for = [&](const MappingRecord& mapping) {
    return (!input.event_source_arn || mapping.event_source_arn == *input.event_source_arn) &&
           (!name || (mapping.function == name->name && mapping.qualifier == name->qualifier));
  };
  const std::string first = decode_marker(input.marker);
  const auto found = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<MappingRecord>> {
    std::vector<MappingRecord> matching;
    std::string after = first;
    while (matching.size() <= page) {
      const auto some = co_await list_mappings(txn, context.account, context.region, after, kScanned);
      std::ranges::copy_if(some, std::back_inserter(matching), is_asked_for);
      if (some.size() < kScanned) break;
      after = some.back().uuid;
    }
    co_return matching;
  });
  ListEventSourceMappingsResponse out;
  auto& mappings = out.event_source_mappings.emplace();
  for (std::size_t i = 0; i < std::min(page, found.size()); ++i) mappings.push_back(describe(found[i]));
  if (found.size() > page) out.next_marker = encode_marker(found[page - 1].uuid);
  co_return out;
}

Task<EventSourceMappingConfiguration> EventSourceMappings::update(const wire::Context& context,
                                                                  UpdateEventSourceMappingRequest input) {
  std::optional<FunctionName> name;
  if (input.function_name)
    name = resolve_function_name(context, *input.function_name, std::nullopt, "UpdateEventSourceMapping");
  bool was_enabled = false;
  const Stored stored = co_await with_.store.transact([&](store::Txn& txn) -> Task<Stored> {
    const auto before = co_await load_mapping(txn, mapping_id(context, input.uuid));
    if (!before) throw resource_not_found();
    if (before->is_being_deleted) throw mapping_in_use("update");
    was_enabled = before->enabled;
    Stored after{.mapping = *before, .role_arn = {}};
    if (name) {
      after.mapping.function = name->name;
      after.mapping.qualifier = name->qualifier;
    }
    apply_request(after.mapping, input);
    after.mapping.last_modified_ms = to_epoch_ms(with_.clock.now());
    ++after.mapping.revision;
    // One whose queue or function is gone can be switched off.
    if (after.mapping.enabled || !is_same_setting(*before, after.mapping))
      after.role_arn = co_await check(txn, after.mapping);
    save_mapping(txn, after.mapping, before);
    co_return after;
  });
  runners_.apply(stored.mapping, stored.role_arn);
  EventSourceMappingConfiguration out = describe_mapping(stored.mapping);
  if (was_enabled == stored.mapping.enabled)
    out.state = "Updating";
  else
    out.state = was_enabled ? "Disabling" : "Enabling";
  co_return out;
}

Task<EventSourceMappingConfiguration> EventSourceMappings::remove(const wire::Context& context,
                                                                  std::string uuid) {
  const MappingRecord deleted = co_await with_.store.transact([&](store::Txn& txn) -> Task<MappingRecord> {
    const auto before = co_await load_mapping(txn, mapping_id(context, uuid));
    if (!before) throw resource_not_found();
    if (before->is_being_deleted) throw mapping_in_use("delete");
    MappingRecord after = *before;
    after.is_being_deleted = true;
    ++after.revision;
    save_mapping(txn, after, before);
    co_return after;
  });
  runners_.apply(deleted, "");
  EventSourceMappingConfiguration out = describe_mapping(deleted);
  out.state = "Deleting";
  co_return out;
}

Task<> EventSourceMappings::restore() {
  const auto stored = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::vector<Stored>> {
    std::vector<Stored> all;
    for (MappingRecord& mapping : co_await list_all_mappings(txn)) {
      const auto function = co_await find_version(txn, mapping.function_name());
      all.push_back({.mapping = std::move(mapping), .role_arn = function ? function->role : ""});
    }
    co_return all;
  });
  for (const auto& [mapping, role_arn] : stored) runners_.apply(mapping, role_arn);
}

}  // namespace martlet::lambda
