#pragma once

// Errors about what stands beside functions or belongs to them: layers, resource policies, function URLs,
// tags, code signing configurations, images. (Errors of functions themselves: errors.h.)

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace martlet::lambda {

/// 404: no such layer version, function URL, ...: AWS does not say what.
aws::Error resource_not_found();
/// 404: neither the function nor its alias.
aws::Error function_does_not_exist();
/// 404 for policies of layer versions.
aws::Error layer_version_not_found(const std::string& arn);
/// 400: a layer version number below 1.
aws::Error layer_version_below_one();
/// 403: the layer belongs to another account that does not let this one have it.
aws::Error layer_access_denied(const std::string& caller, const std::string& arn);
/// 400: a function refers to a layer version that is not there.
aws::Error referenced_layer_not_found(const std::string& arn);
aws::Error too_many_layers();
aws::Error layer_twice(const std::string& first, const std::string& second);
aws::Error layer_in_other_region(const std::string& region);
/// 400: code and layers together, unpacked.
aws::Error code_with_layers_too_large(std::uint64_t bytes);
/// 400: what a layer or function was to be made from is missing.
aws::Error no_layer_content();

/// 404: nobody ever added a permission.
aws::Error no_policy();
/// 404: no statement of that id.
aws::Error statement_not_found(const std::string& sid);
/// 409: that id is taken.
aws::Error statement_exists(const std::string& sid);
aws::Error invalid_principal();
/// 400 PolicyLengthExceededException.
aws::Error policy_too_long(std::size_t bytes);
/// 412: the RevisionId is not the policy's; `operation` is the one that tells it.
aws::Error policy_revision_mismatch(const std::string& operation);

/// 400: Code.ImageUri leads to no image, to one that we may not have, to what cannot be reached or read, or
/// to what is no container image for functions.
aws::Error source_image_not_found(const std::string& uri);
aws::Error source_image_denied();
aws::Error source_image_not_valid(const std::string& uri);
aws::Error source_image_not_supported(const std::string& uri);

/// 409: the source has a mapping to that function already.
aws::Error mapping_exists(const std::string& event_source_arn, const std::string& function,
                          const std::string& uuid);
/// 400 ResourceInUseException: the mapping is being deleted.
aws::Error mapping_in_use(const std::string& what_for);

/// 404 or 409 or 400 with Type "User", for messages that one place only needs.
aws::Error not_found(std::string message);
aws::Error conflict(std::string message);

}  // namespace martlet::lambda
