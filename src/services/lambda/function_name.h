#pragma once

// Lambda accepts a function by name, by partial ARN (account:function:name) and by full ARN, each optionally
// with a qualifier (a version or an alias).

#include <optional>
#include <string>
#include <string_view>

#include "wire/context.h"

namespace martlet::lambda {

struct FunctionName {
  std::string account;
  std::string region;
  /// 1 to 64 of [a-zA-Z0-9-_].
  std::string name;
  /// As given; empty means $LATEST.
  std::string qualifier;

  /// Without qualifier.
  [[nodiscard]] std::string arn(std::string_view partition) const;
  /// With the qualifier, where there is one.
  [[nodiscard]] std::string qualified_arn(std::string_view partition) const;
};

/// Resolves `text` in the caller's account and region. `qualifier` is the request's separate Qualifier
/// member; one that contradicts the name's is refused (InvalidParameterValueException), as are names longer
/// than 64 characters. Other regions are not found (ResourceNotFoundException), other accounts refused
/// (AccessDeniedException); `action` is the operation that the refusal names.
FunctionName resolve_function_name(const wire::Context& context, std::string_view text,
                                   const std::optional<std::string>& qualifier = std::nullopt,
                                   std::string_view action = {});

/// As above for operations that concern a function as a whole: refuses a qualifier.
FunctionName resolve_unqualified(const wire::Context& context, std::string_view text,
                                 std::string_view action);

/// What a qualifier may be.
bool is_latest(std::string_view qualifier);   ///< empty or "$LATEST"
bool is_version(std::string_view qualifier);  ///< a number

/// "aws", "aws-cn" or "aws-us-gov".
std::string partition_of(std::string_view region);

}  // namespace martlet::lambda
