#include "services/lambda/function_name.h"

#include <vector>

#include "base/strings.h"
#include "services/lambda/errors.h"

namespace martlet::lambda {

namespace {

constexpr std::size_t kMaxNameLength = 64;

/// The parts before "function:" of an ARN or partial ARN.
void take_owner(FunctionName& function, const std::vector<std::string_view>& owner) {
  // arn:aws:lambda:REGION:ACCOUNT or ACCOUNT
  if (owner.size() == 5) {
    function.region = owner[3];
    function.account = owner[4];
  } else if (owner.size() == 1) {
    function.account = owner[0];
  }
}

}  // namespace

std::string FunctionName::arn(std::string_view partition) const {
  return "arn:" + std::string(partition) + ":lambda:" + region + ":" + account + ":function:" + name;
}

std::string FunctionName::qualified_arn(std::string_view partition) const {
  return qualifier.empty() ? arn(partition) : arn(partition) + ":" + qualifier;
}

FunctionName resolve_function_name(const wire::Context& context, std::string_view text,
                                   const std::optional<std::string>& qualifier) {
  FunctionName function{.account = context.account, .region = context.region, .name = {}, .qualifier = {}};
  // The model's pattern has let only these forms through:
  // [[arn:aws:lambda:region:]account:function:]name[:qualifier]
  std::vector<std::string_view> parts = split(text, ':');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] != "function" || i + 1 == parts.size()) continue;
    take_owner(function, {parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(i)});
    parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    break;
  }
  if (parts.size() > 2) throw invalid_parameter("Invalid function name: " + std::string(text));
  function.name = parts[0];
  if (parts.size() == 2) function.qualifier = parts[1];
  if (function.name.size() > kMaxNameLength)
    throw constraint_violation(function.name, "functionName",
                               "Member must have length less than or equal to 64");
  if (qualifier) {
    if (!function.qualifier.empty() && function.qualifier != *qualifier)
      throw invalid_parameter(
          "The derived qualifier from the function name does not match the specified qualifier.");
    function.qualifier = *qualifier;
  }
  if (function.account != context.account || function.region != context.region)
    throw function_not_found(function.qualified_arn(context.partition));
  return function;
}

}  // namespace martlet::lambda
