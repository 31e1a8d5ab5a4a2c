#pragma once

// What a Host field says in AWS's naming: "sqs.us-east-1.amazonaws.com", "BUCKET.s3.eu-west-1.amazonaws.com",
// "ID.execute-api.us-east-1.amazonaws.com", "ID.lambda-url.us-east-1.on.aws", and the same below localhost.

#include <string>
#include <string_view>

namespace martlet::gateway {

struct HostName {
  /// The endpoint prefix with what precedes it: "sqs", "mybucket.s3", "streams.dynamodb"; empty for a host
  /// that is neither AWS's nor below localhost, and for plain localhost and addresses.
  std::string service_part;
  /// Empty when the name has none.
  std::string region;
};

/// `host` without port, in any case.
HostName parse_host_name(std::string_view host);

/// Whether `text` has the form of a region: "us-east-1", "us-gov-west-1", "eu-isoe-west-1".
bool is_region_name(std::string_view text);

}  // namespace martlet::gateway
