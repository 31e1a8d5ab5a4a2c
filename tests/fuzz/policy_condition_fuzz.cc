// Condition operators over arbitrary values of policy and request. The first byte chooses the operator; lines
// are policy values up to an empty line, then the request's values. A negated operator is the opposite of the
// plain one, set operators agree with asking for each value, and wildcards agree with a simple way to match
// them.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "policy/condition.h"

namespace {

using namespace martlet::policy;
using Values = std::vector<std::string>;

constexpr std::array<const char*, 17> kOperators{"StringEquals",
                                                 "StringEqualsIgnoreCase",
                                                 "StringLike",
                                                 "NumericEquals",
                                                 "NumericLessThan",
                                                 "NumericGreaterThanEquals",
                                                 "DateEquals",
                                                 "DateLessThan",
                                                 "Bool",
                                                 "BinaryEquals",
                                                 "IpAddress",
                                                 "ArnLike",
                                                 "Null",
                                                 "DateGreaterThanEquals",
                                                 "DateLessThanEquals",
                                                 "NumericLessThanEquals",
                                                 "NumericGreaterThan"};

/// nullptr where there is none.
const char* negation(std::string_view name) {
  if (name == "StringEquals") return "StringNotEquals";
  if (name == "StringEqualsIgnoreCase") return "StringNotEqualsIgnoreCase";
  if (name == "StringLike") return "StringNotLike";
  if (name == "NumericEquals") return "NumericNotEquals";
  if (name == "DateEquals") return "DateNotEquals";
  if (name == "IpAddress") return "NotIpAddress";
  if (name == "ArnLike") return "ArnNotLike";
  return nullptr;
}

bool holds(const std::string& name, const Values& policy, const Values& request) {
  const auto how = Operator::parse(name);
  if (!how) std::abort();
  const Condition condition(*how, "t:key", policy, Variables::kExpanded);
  ContextList context;
  context.set("t:key", request);
  context.set("t:one", "o*e");
  const Principal user{.kind = PrincipalKind::kUser, .user_name = "ann"};
  const Request asked{.principal = &user, .context = &context};
  KeyReader reader(asked);
  return condition.holds(reader);
}

/// For patterns and subjects of ASCII: which prefixes of the subject the pattern, read so far, matches.
bool simply_matches(std::string_view pattern, std::string_view subject) {
  std::vector<bool> reached(subject.size() + 1);
  reached[0] = true;
  for (const char c : pattern) {
    std::vector<bool> next(subject.size() + 1);
    if (c == '*') {
      bool any = false;
      for (std::size_t i = 0; i <= subject.size(); ++i) next[i] = any = any || reached[i];
    } else {
      for (std::size_t i = 0; i < subject.size(); ++i)
        next[i + 1] = reached[i] && (c == '?' || c == subject[i]);
    }
    reached = next;
  }
  return reached[subject.size()];
}

void check_wildcards(const std::string& pattern, const std::string& subject) {
  const auto is_simple = [](std::string_view text) {
    for (const char c : text) {
      if (static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
  };
  if (!is_simple(pattern) || !is_simple(subject)) return;
  const Principal user;
  const Request asked{.principal = &user};
  KeyReader reader(asked);
  const Pattern text(pattern, Wildcards::kText, Variables::kText);
  const bool simple = simply_matches(pattern, subject);
  if (text.matches(subject, reader) != simple) std::abort();
  // Holding wildcards to their part can only match less.
  for (const Wildcards narrower : {Wildcards::kArn, Wildcards::kResource}) {
    if (Pattern(pattern, narrower, Variables::kText).matches(subject, reader) && !simple) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string name = kOperators[data[0] % kOperators.size()];
  Values policy;
  Values request;
  Values* filling = &policy;
  std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty() && filling == &policy) {
      filling = &request;
    } else {
      filling->emplace_back(line);
    }
  }
  const bool plain = holds(name, policy, request);
  if (const char* negated = negation(name); negated && holds(negated, policy, request) == plain) std::abort();
  bool all = true;
  bool any = false;
  bool is_null = true;
  for (const std::string& value : request) {
    const bool one = holds(name, policy, {value});
    all = all && one;
    any = any || one;
    is_null = is_null && value.empty();
    if (name != "Null" && holds(name + "IfExists", policy, {value}) != one) std::abort();
  }
  if (name != "Null") {
    if (plain != any) std::abort();
    if (holds("ForAllValues:" + name, policy, request) != (is_null || all)) std::abort();
    if (holds("ForAnyValue:" + name, policy, request) != (!is_null && any)) std::abort();
  }
  if (!policy.empty() && !request.empty()) check_wildcards(policy.front(), request.front());
  return 0;
}
