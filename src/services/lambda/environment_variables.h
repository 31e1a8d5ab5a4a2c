#pragma once

// A function's environment variables as they are stored: sealed, since they often hold passwords. They are
// open in answers to who may read the configuration, and inside the function's environments.

#include <map>
#include <string>

#include "base/secret_box.h"
#include "services/lambda/function_name.h"
#include "services/lambda/records.h"

namespace martlet::lambda {

using Variables = std::map<std::string, std::string>;

/// Puts the variables into the record; they open again only as those of the function of this name.
void seal_variables(FunctionRecord& function, const Variables& variables, const FunctionName& name,
                    const SecretBox& secrets);

/// Throws variables_unreadable() when they were sealed with another key file.
Variables open_variables(const FunctionRecord& function, const FunctionName& name, const SecretBox& secrets);

}  // namespace martlet::lambda
