#include "authorization/rules.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include "authorization/tags.h"
#include "authorization/template.h"

namespace martlet::authorization {

namespace {

struct CompiledKey {
  std::string_view key;
  Template value;
};

struct CompiledAction {
  std::string_view action;
  /// Without a value: "*".
  std::optional<Template> resource;
  std::vector<CompiledKey> keys;
  std::optional<MemberPath> when;
};

CompiledAction compile(const wire::Shape* input, const ActionRule& rule) {
  CompiledAction action{.action = rule.action, .resource = std::nullopt, .keys = {}, .when = {}};
  if (!rule.when.empty()) action.when.emplace(*input, rule.when);
  if (rule.resource != "*") action.resource.emplace(input, rule.resource);
  for (const KeyRule& key : rule.keys) action.keys.push_back({key.key, Template(input, key.value)});
  return action;
}

/// "arn:aws:lambda:eu-west-1:123456789012:"
std::string arn_prefix(const wire::Context& context, const ServiceRules& table) {
  std::string prefix = "arn:";
  prefix.append(context.partition).append(":").append(table.arn_service).append(":");
  if (!table.global) prefix += context.region;
  return prefix.append(":").append(context.account).append(":");
}

/// Services do not look at the partition of an ARN that they are given: what is asked about must not depend
/// on how the caller writes it.
void set_partition(std::string& arn, std::string_view partition) {
  constexpr std::size_t kStart = 4;
  if (!arn.starts_with("arn:")) return;
  const std::size_t end = arn.find(':', kStart);
  if (end != std::string::npos) arn.replace(kStart, end - kStart, partition);
}

void add_tags(const TagMember& member, const void* input, policy::ContextList& keys) {
  const Tags tags = member.tags(input);
  if (tags.empty()) return;
  if (member.has_values()) set_tag_keys(keys, "aws:RequestTag", tags);
  std::vector<std::string> names;
  names.reserve(tags.size());
  for (const auto& [name, value] : tags) names.push_back(name);
  keys.set("aws:TagKeys", std::move(names));
}

}  // namespace

std::string Call::member(std::string_view name) const {
  const wire::Shape* shape = operation.input;
  if (shape == nullptr || shape->find_member(name) == nullptr) return {};
  return MemberPath(*shape, name).value(input);
}

struct Rules::Compiled {
  std::vector<CompiledAction> actions;
  std::optional<TagMember> tags;
};

Rules::Rules(const wire::ServiceModel& model, ServiceRules rules)
    : model_(&model), table_(std::move(rules)), compiled_(model.operations.size()) {
  for (const OperationRule& rule : table_.operations) {
    const wire::Operation* operation = model.find_operation(rule.operation);
    if (operation == nullptr)
      throw std::logic_error(std::string(model.name) + " has no operation " + std::string(rule.operation));
    auto compiled = std::make_unique<Compiled>();
    for (const ActionRule& action : rule.actions)
      compiled->actions.push_back(compile(operation->input, action));
    if (!rule.tags.empty()) compiled->tags.emplace(*operation->input, rule.tags);
    compiled_[model.index_of(*operation)] = std::move(compiled);
  }
}

Rules::~Rules() = default;
Rules::Rules(Rules&&) noexcept = default;
Rules& Rules::operator=(Rules&&) noexcept = default;

bool Rules::covers(const wire::Operation& operation) const {
  return compiled_[model_->index_of(operation)] != nullptr;
}

Task<std::vector<Need>> Rules::needs(Call call) const {
  const Compiled& rule = *compiled_[model_->index_of(call.operation)];
  std::vector<Need> needs;
  for (const CompiledAction& action : rule.actions) {
    if (action.when && !action.when->given(call.input)) continue;
    std::vector<std::string> resources;
    if (action.resource) {
      resources = co_await action.resource->fill(call, table_.naming, Template::Absent::kEverything);
      if (action.resource->begins_with_member()) {
        for (std::string& resource : resources) set_partition(resource, call.context.partition);
      } else {
        const std::string prefix = arn_prefix(call.context, table_);
        for (std::string& resource : resources) resource.insert(0, prefix);
      }
    } else {
      resources.emplace_back("*");
    }
    if (resources.empty()) continue;
    policy::ContextList keys;
    for (const CompiledKey& key : action.keys) {
      auto values = co_await key.value.fill(call, table_.naming, Template::Absent::kNothing);
      std::erase(values, std::string());
      if (!values.empty()) keys.set(key.key, std::move(values));
    }
    if (rule.tags) add_tags(*rule.tags, call.input, keys);
    for (std::string& resource : resources)
      needs.push_back({.action = action.action, .resource = std::move(resource), .keys = keys});
  }
  co_return needs;
}

}  // namespace martlet::authorization
