#include "policy/evaluate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/strings.h"
#include "policy/keys.h"

namespace martlet::policy {

namespace {

/// What the policies of one type say.
struct Verdict {
  bool denied = false;
  /// Of resource-based policies: how closely the closest Allow names the principal. Of others: kItself when
  /// there is an Allow.
  Naming allowed = Naming::kNot;
};

class Verdicts {
 public:
  Verdict& operator[](PolicyType type) { return verdicts_[static_cast<std::size_t>(type)]; }
  const Verdict& operator[](PolicyType type) const { return verdicts_[static_cast<std::size_t>(type)]; }
  [[nodiscard]] bool allow(PolicyType type) const { return (*this)[type].allowed != Naming::kNot; }

 private:
  std::array<Verdict, 4> verdicts_;
};

class Evaluation {
 public:
  Evaluation(const Request& request, const PolicySet& policies, Trace* trace)
      : request_(request),
        policies_(policies),
        trace_(trace),
        reader_(request, trace ? &trace->missing_keys : nullptr, trace ? &trace->asked_keys : nullptr),
        action_(to_lower(request.action)),
        look_up_(action_, request.resource) {}

  Decision decide();

 private:
  /// nullptr: there is no policy of this type.
  [[nodiscard]] const StatementIndex* index_of(PolicyType type) const;
  /// What follows from the verdicts when nothing denies.
  [[nodiscard]] Decision grant(const Verdicts& verdicts) const;
  [[nodiscard]] bool is_root() const;
  [[nodiscard]] bool crosses_accounts() const;

  void look_at(PolicyType type, const StatementIndex& index, Verdict& verdict);
  /// kNot: the statement does not apply.
  Naming applies(PolicyType type, const Statement& statement);
  [[nodiscard]] Naming names_principal(const Statement& statement) const;
  bool covers(const std::vector<Pattern>& patterns, std::string_view subject);

  const Request& request_;
  const PolicySet& policies_;
  Trace* trace_;
  KeyReader reader_;
  std::string action_;
  LookUp look_up_;
};

bool Evaluation::covers(const std::vector<Pattern>& patterns, std::string_view subject) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const Pattern& pattern) { return pattern.matches(subject, reader_); });
}

Naming Evaluation::names_principal(const Statement& statement) const {
  if (!statement.principals) return Naming::kNot;
  const Principal& principal = *request_.principal;
  if (!statement.principals->negated) return statement.principals->content.names(principal);
  // NotPrincipal goes with Deny only. It denies whoever has a permissions boundary, listed or not.
  if (statement.effect == Effect::kAllow) return Naming::kNot;
  const bool spared = !policies_.boundary && statement.principals->content.spares(principal);
  return spared ? Naming::kNot : Naming::kItself;
}

Naming Evaluation::applies(PolicyType type, const Statement& statement) {
  if (covers(statement.actions.content, action_) == statement.actions.negated) return Naming::kNot;
  const bool of_resource = type == PolicyType::kResource;
  if (!statement.resources) {
    if (!of_resource) return Naming::kNot;
  } else if (covers(statement.resources->content, request_.resource) == statement.resources->negated) {
    return Naming::kNot;
  }
  const Naming naming = of_resource ? names_principal(statement) : Naming::kItself;
  if (naming == Naming::kNot) return naming;
  if (statement.unknown_operator && statement.effect == Effect::kAllow) return Naming::kNot;
  bool holds = true;
  for (const Condition& condition : statement.conditions) {
    holds = condition.holds(reader_) && holds;
    if (!holds && !trace_) break;  // a trace collects the keys that further conditions miss
  }
  return holds ? naming : Naming::kNot;
}

void Evaluation::look_at(PolicyType type, const StatementIndex& index, Verdict& verdict) {
  const auto look = [&](const Candidate& candidate) {
    const bool denies = candidate.effect == Effect::kDeny;
    // One Allow of a kind is as good as two; of a resource's, a closer one is better.
    if (!trace_ && !denies && verdict.allowed == Naming::kItself) return true;
    const Naming naming = applies(type, *candidate.statement);
    if (naming == Naming::kNot) return true;
    if (trace_) trace_->matched.push_back({type, candidate.policy, candidate.number, candidate.effect});
    if (denies) {
      verdict.denied = true;
    } else {
      verdict.allowed = std::max(verdict.allowed, naming);
    }
    return !denies || trace_ != nullptr;
  };
  if (trace_) {
    std::ranges::for_each(index.all(), look);
  } else {
    index.visit(look_up_, look);
  }
}

/// The root user, also in a session of GetFederationToken, may do everything in its account.
bool Evaluation::is_root() const {
  const Principal& principal = *request_.principal;
  return principal.kind == PrincipalKind::kRoot ||
         (principal.kind == PrincipalKind::kFederatedUser && principal.entity_arn.ends_with(":root"));
}

bool Evaluation::crosses_accounts() const {
  return resource_account(request_) != request_.principal->account;
}

Decision Evaluation::decide() {
  constexpr std::array kTypes{PolicyType::kIdentity, PolicyType::kBoundary, PolicyType::kSession,
                              PolicyType::kResource};
  Verdicts verdicts;
  std::optional<Decision> denial;
  for (const PolicyType type : kTypes) {
    const StatementIndex* index = index_of(type);
    if (!index) continue;
    look_at(type, *index, verdicts[type]);
    if (!verdicts[type].denied) continue;
    if (!denial) denial = Decision{Outcome::kExplicitDeny, type};
    if (!trace_) break;
  }
  return denial ? *denial : grant(verdicts);
}

const StatementIndex* Evaluation::index_of(PolicyType type) const {
  const auto of_one = [](const PolicyPtr& policy) { return policy ? &policy->index() : nullptr; };
  switch (type) {
    case PolicyType::kIdentity:
      return &policies_.identity.index();
    case PolicyType::kBoundary:
      return of_one(policies_.boundary);
    case PolicyType::kSession:
      return &policies_.session.index();
    case PolicyType::kResource:
      return of_one(policies_.resource);
  }
  return nullptr;
}

Decision Evaluation::grant(const Verdicts& verdicts) const {
  constexpr auto missing = [](PolicyType type) { return Decision{Outcome::kImplicitDeny, type}; };
  constexpr Decision kByResource{Outcome::kAllowed, PolicyType::kResource};
  constexpr Decision kByIdentity{Outcome::kAllowed, PolicyType::kIdentity};

  const Naming resource = verdicts[PolicyType::kResource].allowed;
  if (!has_account(request_.principal->kind)) {
    // Services, and who is known to an identity provider only, have no policies of their own.
    return resource == Naming::kNot ? missing(PolicyType::kResource) : kByResource;
  }

  const bool by_identity = is_root() || verdicts.allow(PolicyType::kIdentity);
  const bool crosses = crosses_accounts();
  const bool needs_resource = crosses || policies_.resource_rule != ResourceRule::kEither;
  // Whoever a resource of its own account names itself is limited by nothing that merely leaves it out.
  if (!crosses && resource == Naming::kItself) return kByResource;

  const bool by_resource = !crosses && resource == Naming::kEntity;
  if (needs_resource && resource == Naming::kNot) {
    // Across accounts, what is missing on the principal's side is told first.
    return missing(crosses && !by_identity ? PolicyType::kIdentity : PolicyType::kResource);
  }
  if (!by_identity && !by_resource) return missing(PolicyType::kIdentity);
  if (policies_.boundary && !verdicts.allow(PolicyType::kBoundary)) return missing(PolicyType::kBoundary);
  if (!policies_.session.empty() && !verdicts.allow(PolicyType::kSession))
    return missing(PolicyType::kSession);
  return by_identity ? kByIdentity : kByResource;
}

std::string_view article(PolicyType type, ResourceRule rule) {
  if (type == PolicyType::kIdentity) return "an ";
  return type == PolicyType::kResource && rule == ResourceRule::kRoleTrust ? "the " : "a ";
}

std::string_view shown(const Principal& principal) {
  if (!principal.arn.empty()) return principal.arn;
  if (!principal.service.empty()) return principal.service;
  return principal.provider.empty() ? std::string_view("anonymous") : principal.provider;
}

}  // namespace

std::string_view named(PolicyType type, ResourceRule rule) {
  switch (type) {
    case PolicyType::kIdentity:
      return "identity-based policy";
    case PolicyType::kBoundary:
      return "permissions boundary";
    case PolicyType::kSession:
      return "session policy";
    case PolicyType::kResource:
      return rule == ResourceRule::kRoleTrust ? "role trust policy" : "resource-based policy";
  }
  return "policy";
}

bool PolicySet::names_resource_tags() const {
  const auto names = [](const PolicyPtr& policy) { return policy && policy->names_resource_tags(); };
  return identity.names_resource_tags() || session.names_resource_tags() || names(boundary) ||
         names(resource);
}

Decision evaluate(const Request& request, const PolicySet& policies, Trace* trace) {
  return Evaluation(request, policies, trace).decide();
}

std::string denial_message(const Request& request, const Decision& decision, ResourceRule rule) {
  std::string message = "User: ";
  message += shown(*request.principal);
  message += " is not authorized to perform: ";
  message += request.action;
  if (!request.resource.empty()) {
    message += " on resource: ";
    message += request.resource;
  }
  if (decision.outcome == Outcome::kExplicitDeny) {
    message += " with an explicit deny in ";
    message += article(decision.type, rule);
    message += named(decision.type, rule);
  } else {
    message += " because no ";
    message += named(decision.type, rule);
    message += " allows the ";
    message += request.action;
    message += " action";
  }
  return message;
}

}  // namespace martlet::policy
