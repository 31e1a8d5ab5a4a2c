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
                                   const std::optional<std::string>& qualifier, std::string_view action) {
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
  if (function.region != context.region) throw function_in_other_region(function.region, context.region);
  // Where policies decide, they have decided about this function before the operation runs. Mappings are
  // asked about by themselves, not by their function: theirs has to be of the same account.
  const bool decided =
      context.admission != nullptr && action.find("EventSourceMapping") == std::string_view::npos;
  if (function.account != context.account && !decided)
    throw function_access_denied(context.caller.arn, std::string(action),
                                 function.qualified_arn(context.partition));
  return function;
}

FunctionName resolve_unqualified(const wire::Context& context, std::string_view text,
                                 std::string_view action) {
  FunctionName function = resolve_function_name(context, text, std::nullopt, action);
  if (!function.qualifier.empty()) throw unqualified_only();
  return function;
}

bool is_latest(std::string_view qualifier) { return qualifier.empty() || qualifier == "$LATEST"; }

bool is_version(std::string_view qualifier) {
  return !qualifier.empty() && qualifier.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

}  // namespace martlet::lambda
