#pragma once

// Which services and actions policies grant, in some circumstances: whatever they deny, and whatever
// conditions they set, as IAM sees it where it tells what somebody can access. Immutable; from any thread.

#include <string>
#include <string_view>
#include <vector>

#include "policy/document.h"

namespace martlet::iam {

/// Whether some statement allows an action of this service ("sqs").
bool grants(const policy::Policy& policy, const std::string& service);
/// Whether some statement allows this action ("sqs:createqueue", in lower case).
bool grants_action(const policy::Policy& policy, const std::string& action);

/// The services that one of the policies grants, in alphabetical order: those that they name, and of those
/// that wildcards stand for the ones that are known here.
std::vector<std::string> granted_services(const std::vector<policy::PolicyPtr>& policies);

/// What AWS calls the service of a namespace: "Amazon SQS" for "sqs"; the namespace where that is not known.
std::string service_name(const std::string& service);

}  // namespace martlet::iam
