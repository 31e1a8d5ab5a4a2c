#include "policy/principals.h"

#include <algorithm>

namespace martlet::policy {

namespace {

constexpr std::string_view kRoot = ":root";
constexpr std::size_t kAccountDigits = 12;

/// The account in arn:PARTITION:iam::ACCOUNT:root; otherwise the text as it is.
std::string_view account_of(std::string_view who) {
  if (!who.starts_with("arn:") || !who.ends_with(kRoot)) return who;
  const std::string_view before = who.substr(0, who.size() - kRoot.size());
  if (before.size() < kAccountDigits) return who;
  const std::string_view account = before.substr(before.size() - kAccountDigits);
  return before.substr(0, before.size() - kAccountDigits).ends_with(":iam::") ? account : who;
}

/// "AROA…" of "AROA…:SESSION".
std::string_view unique_id(const Principal& principal) {
  return std::string_view(principal.user_id).substr(0, principal.user_id.find(':'));
}

}  // namespace

bool has_account(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::kRoot:
    case PrincipalKind::kUser:
    case PrincipalKind::kRoleSession:
    case PrincipalKind::kFederatedUser:
      return true;
    default:
      return false;
  }
}

void Principals::add(Type type, std::string_view who) {
  if (type == Type::kAws && who == "*") return add_everybody();
  entries_.push_back({type, std::string(type == Type::kAws ? account_of(who) : who)});
}

bool Principals::lists(Type type, std::string_view who) const {
  if (who.empty()) return false;
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.type == type && (entry.who == who || (type == Type::kService && entry.who == "*"));
  });
}

bool Principals::lists_entity(const Principal& principal) const {
  // IAM keeps a role that is named in a policy by its id, and shows the id once the role is gone.
  return lists(Type::kAws, principal.entity_arn) ||
         (principal.kind == PrincipalKind::kRoleSession && lists(Type::kAws, unique_id(principal)));
}

bool Principals::lists_account(const Principal& principal) const {
  return lists(Type::kAws, principal.account);
}

Naming Principals::names(const Principal& principal) const {
  if (everybody_) return Naming::kItself;
  switch (principal.kind) {
    case PrincipalKind::kAnonymous:
      return Naming::kNot;
    case PrincipalKind::kService:
      return lists(Type::kService, principal.service) ? Naming::kItself : Naming::kNot;
    case PrincipalKind::kWebIdentity:
    case PrincipalKind::kSaml:
      return lists(Type::kFederated, principal.provider) ? Naming::kItself : Naming::kNot;
    case PrincipalKind::kRoot:
      return lists_account(principal) ? Naming::kItself : Naming::kNot;
    case PrincipalKind::kUser:
      if (lists(Type::kAws, principal.arn) || lists(Type::kAws, principal.user_id)) return Naming::kItself;
      break;
    case PrincipalKind::kRoleSession:
    case PrincipalKind::kFederatedUser:
      if (lists(Type::kAws, principal.arn)) return Naming::kItself;
      if (lists_entity(principal)) return Naming::kEntity;
      break;
  }
  return lists_account(principal) ? Naming::kAccount : Naming::kNot;
}

bool Principals::spares(const Principal& principal) const {
  if (everybody_) return true;
  if (!has_account(principal.kind)) return names(principal) == Naming::kItself;
  if (!lists_account(principal)) return false;
  switch (principal.kind) {
    case PrincipalKind::kUser:
      return names(principal) == Naming::kItself;
    case PrincipalKind::kRoleSession:
      return names(principal) == Naming::kItself && lists_entity(principal);
    case PrincipalKind::kFederatedUser: {
      // The account's root user is the account.
      const bool by_root = std::string_view(principal.entity_arn).ends_with(kRoot);
      return names(principal) == Naming::kItself && (by_root || lists_entity(principal));
    }
    default:
      return true;
  }
}

}  // namespace martlet::policy
