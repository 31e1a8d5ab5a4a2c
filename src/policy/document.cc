#include "policy/document.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "policy/grammar.h"

namespace martlet::policy {

namespace {

namespace json = boost::json;

/// The service of an action in lower case; "" when a wildcard may stand for several.
std::string service_of(std::string_view action) {
  const std::string_view service = action.substr(0, action.find(':'));
  if (service.size() == action.size() || service.find_first_of("*?") != std::string_view::npos) return {};
  return std::string(service);
}

Principals::Type principal_type(std::string_view name) {
  if (name == "Service") return Principals::Type::kService;
  if (name == "Federated") return Principals::Type::kFederated;
  if (name == "CanonicalUser") return Principals::Type::kCanonicalUser;
  return Principals::Type::kAws;
}

}  // namespace

/// Compiles the statements of one document.
class Policy::Reader {
 public:
  explicit Reader(Variables variables) : variables_(variables) {}

  Statement statement(const json::object& from) {
    Statement statement;
    if (const auto* sid = from.if_contains("Sid")) statement.sid = sid->as_string();
    statement.effect = grammar::effect(from);
    read_actions(from, statement);
    if (const auto resource = grammar::element(from, "Resource", "NotResource"); resource.value)
      read_resources(resource, statement.resources.emplace());
    if (const auto principal = grammar::element(from, "Principal", "NotPrincipal"); principal.value)
      read_principals(principal, statement.principals.emplace());
    if (const auto* condition = from.if_contains("Condition")) read_conditions(*condition, statement);
    return statement;
  }

 private:
  void read_actions(const json::object& from, Statement& statement) {
    const auto action = grammar::element(from, "Action", "NotAction");
    if (!action.value) grammar::refuse("Policy statement must contain actions.");
    statement.actions.negated = action.negated;
    std::vector<std::string>& names = statement.services;
    bool any = action.negated;
    grammar::for_each_text(*action.value, [&](std::string_view text) {
      const std::string lower = to_lower(text);
      statement.actions.content.emplace_back(lower, Wildcards::kText, Variables::kText, Case::kFolded);
      names.push_back(service_of(lower));
      if (names.back().empty()) any = true;
    });
    if (any) names.clear();
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
  }

  void read_resources(const grammar::Element& from, Element<std::vector<Pattern>>& resources) {
    resources.negated = from.negated;
    grammar::for_each_text(*from.value, [&](std::string_view text) {
      resources.content.emplace_back(text, Wildcards::kResource, variables_);
    });
  }

  static void read_principals(const grammar::Element& from, Element<Principals>& principals) {
    principals.negated = from.negated;
    grammar::for_each_principal(*from.value, [&](std::string_view type, std::string_view who) {
      principals.content.add(principal_type(type), who);
    });
  }

  void read_conditions(const json::value& from, Statement& statement) {
    grammar::for_each_condition(
        from, [&](std::string_view name, std::string_view key, const json::value& value) {
          const auto how = Operator::parse(name);
          if (!how) {
            statement.unknown_operator = true;
            return;
          }
          statement.conditions.emplace_back(*how, key, grammar::condition_values(value), variables_);
        });
  }

  Variables variables_;
};

PolicyPtr Policy::parse(std::string_view document) {
  const json::object from = grammar::read_policy(document);
  std::shared_ptr<Policy> policy(new Policy);
  if (const auto* id = from.if_contains("Id")) policy->id_ = id->as_string();
  const auto* version = from.if_contains("Version");
  Reader reader(version && *version == "2012-10-17" ? Variables::kExpanded : Variables::kText);
  grammar::for_each_statement(from, [&](const json::object& statement) {
    policy->statements_.push_back(reader.statement(statement));
  });
  policy->statements_.shrink_to_fit();
  policy->index_ = StatementIndex(*policy, policy->statements_);
  policy->collect_keys();
  return policy;
}

void Policy::collect_keys() {
  for (const Statement& statement : statements_) {
    if (statement.resources) {
      for (const Pattern& resource : statement.resources->content) resource.add_keys(context_keys_);
    }
    for (const Condition& condition : statement.conditions) condition.add_keys(context_keys_);
  }
  std::sort(context_keys_.begin(), context_keys_.end());
  context_keys_.erase(std::unique(context_keys_.begin(), context_keys_.end()), context_keys_.end());
  names_resource_tags_ = std::ranges::any_of(
      context_keys_, [](const std::string& key) { return key.find(":resourcetag/") != std::string::npos; });
}

struct PolicyGroup::Content {
  std::vector<PolicyPtr> policies;
  /// Of several; one has its own.
  StatementIndex index;
  bool names_resource_tags = false;
};

PolicyGroup::PolicyGroup(std::vector<PolicyPtr> policies) {
  if (policies.empty()) return;
  auto content = std::make_shared<Content>();
  if (policies.size() != 1 || !policies.front()) content->index = StatementIndex(policies);
  content->names_resource_tags = std::ranges::any_of(
      policies, [](const PolicyPtr& policy) { return policy && policy->names_resource_tags(); });
  content->policies = std::move(policies);
  content_ = std::move(content);
}

bool PolicyGroup::names_resource_tags() const { return content_ && content_->names_resource_tags; }

std::span<const PolicyPtr> PolicyGroup::policies() const {
  return content_ ? std::span<const PolicyPtr>(content_->policies) : std::span<const PolicyPtr>();
}

const StatementIndex& PolicyGroup::index() const {
  static const StatementIndex kEmpty;
  if (!content_) return kEmpty;
  const bool single = content_->policies.size() == 1 && content_->policies.front();
  return single ? content_->policies.front()->index() : content_->index;
}

}  // namespace martlet::policy
