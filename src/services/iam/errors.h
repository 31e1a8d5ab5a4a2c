#pragma once

// Every error that the IAM service answers with, in the words its users meet on AWS. `noun` is what a record
// is called in keys (records.h): "user", "instance-profile". HTTP statuses come from the model.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"
#include "services/iam/limits.h"

namespace martlet::iam {

aws::Error already_exists(std::string_view noun, const std::string& name);
aws::Error not_found(std::string_view noun, const std::string& name);
/// NoSuchEntity in words of the caller's.
aws::Error no_such_entity(std::string message);

/// For attaching: no managed policy of this ARN can be attached.
aws::Error policy_not_attachable(const std::string& arn);
/// The policy is one that only roles of services have.
aws::Error policy_of_service(const std::string& arn);
/// No managed policy of this ARN is there, or it is not attached.
aws::Error policy_not_found(const std::string& arn);
aws::Error policy_version_not_found(const std::string& arn, const std::string& version);
aws::Error permissions_boundary_not_found(const std::string& arn);
aws::Error inline_policy_not_found(std::string_view noun, const std::string& name);
aws::Error access_key_not_found(const std::string& id);
aws::Error login_profile_not_found(const std::string& user);

/// DeleteConflict: "Cannot delete entity, must `what` first."
aws::Error must_first(std::string_view what);
aws::Error delete_conflict(std::string message);
/// The policy is attached, or somebody's permissions boundary.
aws::Error policy_in_use();

aws::Error malformed_policy(const std::string& why);
/// A trust policy names somebody who does not exist.
aws::Error invalid_principal(const std::string& arn);
aws::Error quota_exceeded(std::string_view quota, std::size_t limit);
inline aws::Error quota_exceeded(const Quota& quota) { return quota_exceeded(quota.name, quota.limit); }
aws::Error inline_policies_too_large(std::string_view noun, const std::string& name, std::size_t limit);
aws::Error too_many_policy_versions();

aws::Error invalid_input(std::string message);
aws::Error validation_error(std::string message);
aws::Error duplicate_tag_keys();
aws::Error invalid_policy_arn(const std::string& arn);
aws::Error invalid_marker();
/// UserName may be left out only by users.
aws::Error user_name_needed();
/// Only AWS may change what belongs to a service.
aws::Error protected_role(const std::string& name);
/// The policy is AWS's, or of another account.
aws::Error policy_of_others();
aws::Error password_refused(std::string why);

aws::Error device_not_found(const std::string& serial_number);
/// The device is nobody's, or somebody else's.
aws::Error device_of_others();
aws::Error device_in_use();
aws::Error wrong_device_codes();

aws::Error malformed_certificate(std::string why);
aws::Error signing_certificate_not_found(const std::string& id);
aws::Error service_credential_not_found(const std::string& id);

}  // namespace martlet::iam
