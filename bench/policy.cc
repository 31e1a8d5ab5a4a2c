// What a decision of src/policy costs: nanoseconds for one request under many policies, as a table on
// standard output.
//
//     ninja -C build/release martlet_policy_bench && build/release/bench/martlet_policy_bench

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "policy/evaluate.h"

namespace {

using namespace martlet::policy;

constexpr int kStatements = 1000;
constexpr const char* kFunction = "arn:aws:lambda:eu-west-1:111122223333:function:orders";

std::string document(const std::string& statements) {
  return "{\"Version\": \"2012-10-17\", \"Statement\": [" + statements + "]}";
}

std::string statement(const std::string& action, const std::string& resource,
                      const std::string& condition = "") {
  return fmt::format(R"({{"Effect": "Allow", "Action": "{}", "Resource": "{}"{}}})", action, resource,
                     condition.empty() ? "" : ", \"Condition\": {" + condition + "}");
}

/// `each(number)` as statements of policies of their own, or of one policy.
std::vector<PolicyPtr> separate(const std::function<std::string(int)>& each) {
  std::vector<PolicyPtr> policies;
  for (int i = 0; i < kStatements; ++i) policies.push_back(Policy::parse(document(each(i))));
  return policies;
}

std::vector<PolicyPtr> together(const std::function<std::string(int)>& each) {
  std::string statements;
  for (int i = 0; i < kStatements; ++i) statements += (i ? "," : "") + each(i);
  return {Policy::parse(document(statements))};
}

/// Processor time of this program so far.
std::chrono::nanoseconds busy() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// The fastest of several rounds: what the code costs, not what else the machine does.
double nanoseconds(const std::function<void()>& work) {
  constexpr int kRounds = 20;
  constexpr auto kRound = std::chrono::milliseconds(5);
  double best = 1e18;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = busy();
    int times = 0;
    std::chrono::nanoseconds elapsed{0};
    for (; elapsed < kRound; elapsed = busy() - start) {
      for (int i = 0; i < 16; ++i) work();
      times += 16;
    }
    best = std::min(best, static_cast<double>(elapsed.count()) / times);
  }
  return best;
}

void measure(const char* what, const std::vector<PolicyPtr>& policies, bool expected) {
  Principal user{.kind = PrincipalKind::kUser,
                 .arn = "arn:aws:iam::111122223333:user/ann",
                 .account = "111122223333",
                 .user_id = "AIDAANN",
                 .user_name = "ann"};
  ContextList context;
  context.set("aws:SourceIp", "203.0.113.7");
  context.set("aws:SecureTransport", "true");
  context.set("aws:RequestedRegion", "eu-west-1");
  const Request request{
      .principal = &user, .action = "lambda:GetFunction", .resource = kFunction, .context = &context};
  const PolicySet set{.identity = PolicyGroup(policies)};
  if (evaluate(request, set).allowed() != expected) {
    fmt::print(stderr, "{}: not the expected decision\n", what);
    std::exit(1);
  }
  fmt::print("{:<72} {:>10.0f} ns\n", what, nanoseconds([&] { evaluate(request, set); }));
}

}  // namespace

int main() {
  const auto other_function = [](int i) {
    return statement("lambda:GetFunction",
                     fmt::format("arn:aws:lambda:eu-west-1:111122223333:function:f{}", i));
  };
  const auto other_service = [](int i) { return statement(fmt::format("service{}:*", i % 40), "*"); };
  const auto wildcards = [](int i) {
    return statement("lambda:Get*", fmt::format("arn:aws:lambda:*:111122223333:function:*-{}-*", i));
  };
  const auto variables = [](int i) {
    return statement("lambda:GetFunction",
                     fmt::format("arn:aws:lambda:eu-west-1:111122223333:function:${{aws:username}}-{}", i));
  };
  const auto conditions = [](int i) {
    return statement("lambda:GetFunction", "*",
                     fmt::format(R"("IpAddress": {{"aws:SourceIp": "10.{}.0.0/16"}})", i % 256));
  };
  const std::string allow = document(statement("lambda:GetFunction", "arn:aws:lambda:*:*:function:orders"));
  const auto allowed_last = [&](std::vector<PolicyPtr> policies) {
    policies.push_back(Policy::parse(allow));
    return policies;
  };
  measure("one statement, which allows", {Policy::parse(allow)}, true);
  measure("1,000 policies for other services, then one that allows", allowed_last(separate(other_service)),
          true);
  measure("1,000 statements in one policy for other services", allowed_last(together(other_service)), true);
  measure("1,000 policies, the action on other functions", allowed_last(separate(other_function)), true);
  measure("1,000 statements in one policy, the action on other functions", together(other_function), false);
  measure("1,000 statements with wildcards in action and resource", together(wildcards), false);
  measure("1,000 statements with a variable in the resource", together(variables), false);
  measure("1,000 statements with a condition on the address", together(conditions), false);
  const std::string large = document([&] {
    std::string all;
    for (int i = 0; i < 30; ++i) all += (i ? "," : "") + wildcards(i);
    return all;
  }());
  fmt::print("{:<72} {:>10.0f} ns\n",
             fmt::format("compiling a document of {} bytes, 30 statements", large.size()),
             nanoseconds([&] { Policy::parse(large); }));
  return 0;
}
