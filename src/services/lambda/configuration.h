#pragma once

// A function's configuration: which values are acceptable, what they default to, and how they look in an
// answer.

#include <string>
#include <string_view>
#include <vector>

#include "api/lambda/types.h"
#include "base/secret_box.h"
#include "services/lambda/function_name.h"
#include "services/lambda/records.h"

namespace martlet::lambda {

/// The record of a function that CreateFunction asks for, without its code and layers. Throws what AWS
/// answers for values that are not acceptable, and feature_not_implemented() for kinds of functions that
/// Martlet does not have.
FunctionRecord configure(const CreateFunctionRequest& input, const FunctionName& name,
                         const SecretBox& secrets);

/// Changes what an UpdateFunctionConfiguration request names, layers excepted. Throws as configure() does.
void reconfigure(FunctionRecord& function, const UpdateFunctionConfigurationRequest& input,
                 const FunctionName& name, const SecretBox& secrets);

/// Refuses an architecture list with other than one element.
std::string architecture_of(const std::vector<std::string>& architectures);

/// The version as the API shows it; `name`, qualifier included, makes its ARN, `secrets` opens its variables.
FunctionConfiguration describe(const FunctionRecord& function, const FunctionName& name,
                               std::string_view partition, const SecretBox& secrets);

/// As lists show it: without the members that tell a state.
FunctionConfiguration describe_in_list(const FunctionRecord& function, const FunctionName& name,
                                       std::string_view partition, const SecretBox& secrets);

/// The runtime version that every function of that runtime has: Martlet runs one of each.
std::string runtime_version_arn(const std::string& runtime, const std::string& region,
                                std::string_view partition);

}  // namespace martlet::lambda
