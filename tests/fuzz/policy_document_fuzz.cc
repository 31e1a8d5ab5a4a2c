// Whatever a policy document holds, it compiles or is refused as no policy; what a check lets pass compiles;
// and decisions by what has compiled keep their laws: a trace changes nothing, a Deny of everything denies,
// and no document by itself lets in somebody whom it does not allow.

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "policy/check.h"
#include "policy/evaluate.h"
#include "policy/positions.h"

namespace {

using namespace martlet::policy;

const std::vector<Principal>& principals() {
  static const std::vector<Principal> kAll{
      {.kind = PrincipalKind::kAnonymous},
      {.kind = PrincipalKind::kRoot, .arn = "arn:aws:iam::111122223333:root", .account = "111122223333"},
      {.kind = PrincipalKind::kUser,
       .arn = "arn:aws:iam::111122223333:user/ann",
       .account = "111122223333",
       .user_id = "AIDAANN",
       .user_name = "ann"},
      {.kind = PrincipalKind::kRoleSession,
       .arn = "arn:aws:sts::444455556666:assumed-role/worker/run",
       .account = "444455556666",
       .user_id = "AROAWORKER:run",
       .entity_arn = "arn:aws:iam::444455556666:role/worker"},
      {.kind = PrincipalKind::kService, .service = "sns.amazonaws.com"},
  };
  return kAll;
}

const ContextList& context() {
  static const ContextList kContext = [] {
    ContextList list;
    list.set("aws:SourceIp", "203.0.113.7");
    list.set("aws:SourceArn", "arn:aws:sns:eu-west-1:111122223333:news");
    list.set("aws:TagKeys", std::vector<std::string>{"a", "", "b"});
    list.set("s3:prefix", "home/ann");
    return list;
  }();
  return kContext;
}

bool same(const Decision& a, const Decision& b) { return a.outcome == b.outcome && a.type == b.type; }

void decide(const PolicyPtr& policy) {
  static const PolicyPtr kDenyAll =
      Policy::parse(R"({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}})");
  for (const Principal& principal : principals()) {
    for (const std::string_view action : {"sqs:SendMessage", "s3:GetObject", "sts:AssumeRole"}) {
      for (const std::string_view resource :
           {"arn:aws:sqs:eu-west-1:111122223333:jobs", "arn:aws:s3:::b/ann", "*"}) {
        const Request request{
            .principal = &principal, .action = action, .resource = resource, .context = &context()};
        for (const PolicySet& set :
             {PolicySet{.identity = PolicyGroup({policy})}, PolicySet{.resource = policy},
              PolicySet{.identity = PolicyGroup({policy}),
                        .boundary = policy,
                        .session = PolicyGroup({policy}),
                        .resource = policy,
                        .resource_rule = ResourceRule::kRequired}}) {
          Trace trace;
          const Decision decision = evaluate(request, set);
          if (!same(decision, evaluate(request, set, &trace))) std::abort();
          if (decision.outcome == Outcome::kExplicitDeny && trace.matched.empty()) std::abort();
          if (!decision.allowed() && denial_message(request, decision).empty()) std::abort();
          PolicySet denied = set;
          denied.identity = PolicyGroup({policy, kDenyAll});
          if (evaluate(request, denied).outcome != Outcome::kExplicitDeny) std::abort();
        }
        const PolicySet nothing{.session = PolicyGroup({policy})};
        if (principal.kind != PrincipalKind::kRoot && evaluate(request, nothing).allowed()) std::abort();
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  PolicyPtr policy;
  try {
    policy = Policy::parse(document);
  } catch (const InvalidPolicy&) {
  }
  for (const Kind kind : {Kind::kIdentity, Kind::kTrust, Kind::kResource}) {
    try {
      check(document, kind);
      if (!policy) std::abort();
    } catch (const InvalidPolicy&) {
    }
  }
  if (policy) {
    // A key may be spelled with escapes, which positions do not follow.
    if (document.find('\\') == std::string_view::npos &&
        statement_positions(document).size() != policy->statements().size())
      std::abort();
    decide(policy);
  }
  return 0;
}
