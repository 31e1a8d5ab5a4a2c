#include "services/lambda/environment_variables.h"

#include "services/lambda/errors.h"
#include "store/record.h"

namespace martlet::lambda {

namespace {

struct VariablesRecord {
  static constexpr std::uint32_t kVersion = 1;
  Variables variables;
  void fields(auto& field) { field(1, variables); }
};

std::string place_of(const FunctionName& name) {
  return "function-environment/" + name.account + "/" + name.region + "/" + name.name;
}

}  // namespace

void seal_variables(FunctionRecord& function, const Variables& variables, const FunctionName& name,
                    const SecretBox& secrets) {
  function.open_variables.clear();
  function.sealed_variables.clear();
  if (variables.empty()) return;
  function.sealed_variables =
      secrets.seal(store::encode(VariablesRecord{.variables = variables}), place_of(name));
}

Variables open_variables(const FunctionRecord& function, const FunctionName& name, const SecretBox& secrets) {
  if (function.sealed_variables.empty()) return function.open_variables;
  try {
    const std::string opened = secrets.open(function.sealed_variables, place_of(name));
    return store::decode<VariablesRecord>(opened).variables;
  } catch (const SecretUnreadable&) {
    throw variables_unreadable();
  }
}

}  // namespace martlet::lambda
