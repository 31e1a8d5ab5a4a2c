#pragma once

// How requests name functions, layers and what belongs to them, for the table of what operations need
// (authorization.h); some of its condition keys are about what is stored. Lives on the loop.

#include <optional>
#include <string>
#include <string_view>

#include "authorization/rules.h"
#include "services/lambda/function_name.h"
#include "services/lambda/resource_policy.h"
#include "store/store.h"

namespace martlet::lambda {

class Names final : public authorization::Naming {
 public:
  /// `store` outlives it.
  explicit Names(store::Store& store) : store_(store) {}
  Task<std::string> complete(authorization::Call call, std::string_view kind, std::string value) override;

 private:
  Task<std::string> function_of_mapping(const wire::Context& context, std::string uuid);
  Task<std::string> url_auth_type(FunctionName function);
  Task<std::optional<PolicyStatement>> statement(FunctionName function, std::string id);

  store::Store& store_;
};

}  // namespace martlet::lambda
