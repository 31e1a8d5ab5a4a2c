#pragma once

// Checks inputs against the constraints of the model (required, length, range, pattern, enumeration) and
// words what it finds as AWS does.

#include <set>
#include <string>
#include <vector>

#include "wire/service.h"
#include "wire/tables.h"

namespace martlet::wire {

/// What is wrong with the struct at `value`, in the order of the model: "Value 'a b' at 'functionName' failed
/// to satisfy constraint: Member must satisfy regular expression pattern: \S+". `missing` names the required
/// members that did not come (Decoding::missing). Values of sensitive shapes are not shown.
std::vector<std::string> find_violations(const Shape& structure, const void* value,
                                         const std::set<std::string>& missing);

/// Throws the service's validation error ("2 validation errors detected: ...; ...") if there is anything to
/// report.
void validate(const ServiceModel& service, const Shape& structure, const void* value,
              const std::set<std::string>& missing);

}  // namespace martlet::wire
