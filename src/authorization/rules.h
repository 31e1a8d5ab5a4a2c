#pragma once

// Rules: which actions an operation needs, on which resources, with which condition keys. Each service has a
// table of them (services/SERVICE/authorization.cc), which follows the "Actions, resources, and condition
// keys" page of AWS's Service Authorization Reference; here tables are read once and then filled in with the
// input of each call. An operation without a rule is nobody's but the root user's.
//
// Resources and values are templates:
//   "role/{RoleName}"       a part of an ARN: "arn:PARTITION:SERVICE:REGION:ACCOUNT:" is put in front
//   "{Resource}"            begins with a member: the member is the ARN itself (in the caller's partition)
//   "*"                     the action concerns no resource in particular
//   {Code.S3Bucket}         a member of a member; of lists, one resource for each element
//   {Role?}                 where the member is absent, or completed as nothing, the action is not needed
//   {FunctionName|function} completed by the service's Naming
//   literal text            as it is
// An absent member that is neither optional nor completed stands for everything: "*".

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authorization/members.h"
#include "base/task.h"
#include "policy/evaluate.h"
#include "policy/request.h"
#include "wire/context.h"
#include "wire/service.h"

namespace martlet::authorization {

/// One call of an operation, with its input.
struct Call {
  const wire::Context& context;
  const wire::Operation& operation;
  const void* input = nullptr;

  /// The member's value as text; empty where it is absent or the operation has no such member.
  [[nodiscard]] std::string member(std::string_view name) const;
};

/// How a service calls its resources, where a template is not enough: names in several forms, paths that are
/// stored. Lives on the loop.
class Naming {
 public:
  virtual ~Naming() = default;
  /// What "{MEMBER|kind}" stands for; `value` is the member's, empty where it is absent. `kind` is one that
  /// the service's own table uses. May throw aws::Error for values that name nothing at all.
  virtual Task<std::string> complete(Call call, std::string_view kind, std::string value) = 0;
};

struct KeyRule {
  /// "lambda:FunctionArn"
  std::string_view key;
  /// A template; the key has no value where its members are absent, or are completed as nothing.
  std::string_view value;
};

struct ActionRule {
  /// "lambda:CreateFunction"
  std::string_view action;
  std::string_view resource = "*";
  std::vector<KeyRule> keys = {};
  /// The action is needed only where this member is given; empty: always.
  std::string_view when = {};
};

struct OperationRule {
  std::string_view operation;
  /// All must be allowed. None: whoever is known may call it.
  std::vector<ActionRule> actions;
  /// The member with tags to set or the keys of tags to remove (aws:RequestTag/…, aws:TagKeys).
  std::string_view tags = {};
};

struct ServiceRules {
  /// In ARNs: "lambda".
  std::string_view arn_service;
  /// A service whose resources lie in no region (IAM, STS).
  bool global = false;
  /// The error of a denial.
  std::string_view denied_code = "AccessDeniedException";
  int denied_status = 403;
  std::vector<OperationRule> operations = {};
  /// May be null when no template asks for it. Outlives the rules.
  Naming* naming = nullptr;
};

/// One action on one resource that a call needs to be allowed.
struct Need {
  std::string_view action;
  std::string resource;
  /// What rules say of it.
  policy::ContextList keys;
};

/// A service's rules, read.
class Rules {
 public:
  /// Throws std::logic_error when a rule names an operation or a member that the model does not have.
  Rules(const wire::ServiceModel& model, ServiceRules rules);
  ~Rules();
  Rules(Rules&&) noexcept;
  Rules& operator=(Rules&&) noexcept;

  [[nodiscard]] bool covers(const wire::Operation& operation) const;
  /// What a call needs; the operation must be covered. Throws what Naming throws.
  [[nodiscard]] Task<std::vector<Need>> needs(Call call) const;

  [[nodiscard]] const ServiceRules& table() const { return table_; }

 private:
  struct Compiled;
  const wire::ServiceModel* model_;
  ServiceRules table_;
  /// By the operation's index; null where there is no rule.
  std::vector<std::unique_ptr<Compiled>> compiled_;
};

}  // namespace martlet::authorization
