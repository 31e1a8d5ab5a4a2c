#pragma once

// A function's configuration: which values are acceptable, what they default to, and how they look in an
// answer.

#include "api/lambda/types.h"
#include "services/lambda/function_name.h"
#include "services/lambda/records.h"

namespace martlet::lambda {

/// The record of a function that CreateFunction asks for, without its code. Throws what AWS answers for
/// values that are not acceptable, and feature_not_implemented() for settings whose effect Martlet does not
/// have.
FunctionRecord configure(const CreateFunctionRequest& input, const FunctionName& name);

/// Changes what an UpdateFunctionConfiguration request names. Throws as configure() does.
void reconfigure(FunctionRecord& function, const UpdateFunctionConfigurationRequest& input);

/// Refuses an architecture list with other than one element.
std::string architecture_of(const std::vector<std::string>& architectures);

/// The function as the API shows it.
FunctionConfiguration describe(const FunctionRecord& function, const FunctionName& name,
                               std::string_view partition);

}  // namespace martlet::lambda
