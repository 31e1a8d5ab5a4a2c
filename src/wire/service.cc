#include "wire/service.h"

#include <algorithm>

namespace martlet::wire {

const Operation* ServiceModel::find_operation(std::string_view operation) const {
  const auto found = std::ranges::lower_bound(operations, operation, {}, &Operation::name);
  return found != operations.end() && found->name == operation ? &*found : nullptr;
}

const Shape* ServiceModel::find_error(std::string_view code) const {
  for (const Shape* shape : errors)
    if (shape->name == code) return shape;
  for (const Shape* shape : errors)
    if (shape->error != nullptr && shape->error->code == code) return shape;
  return nullptr;
}

bool ServiceModel::speaks(Protocol protocol) const {
  return std::ranges::find(protocols, protocol) != protocols.end();
}

}  // namespace martlet::wire
