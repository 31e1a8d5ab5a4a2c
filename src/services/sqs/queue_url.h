#pragma once

// Names and URLs of queues. We give out "http://HOST/ACCOUNT/NAME", with the host by which the caller reached
// us, and understand every form that clients have from elsewhere:
//   http://localhost:4566/ACCOUNT/NAME                 http://localhost:4566/queue/REGION/ACCOUNT/NAME
//   http://sqs.REGION.localhost.localstack.cloud:4566/ACCOUNT/NAME
//   https://sqs.REGION.amazonaws.com/ACCOUNT/NAME      https://REGION.queue.amazonaws.com/ACCOUNT/NAME
//   /ACCOUNT/NAME (the path of a request of the Query protocol)      NAME
// Values only.

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/arn.h"
#include "wire/context.h"

namespace martlet::sqs {

struct QueueName {
  std::string account;
  std::string region;
  std::string name;

  auto operator<=>(const QueueName&) const = default;
};

/// What a queue URL says; what it does not say is empty.
struct QueueAddress {
  std::string region;
  std::string account;
  std::string name;
};

/// nullopt when the text is no queue URL. The name is not checked beyond having no slash.
std::optional<QueueAddress> parse_queue_url(std::string_view url);

/// The queue that a request means by `url`: its region and account where the URL leaves them open. Throws
/// InvalidAddress.
QueueName queue_of_url(const wire::Context& context, const std::string& url);

/// The URL to give to the caller.
std::string url_of(const wire::Context& context, const QueueName& queue);

/// Letters, digits, hyphens and underscores, with or without ".fifo" at the end; 1 to 80 characters.
bool is_queue_name(std::string_view name);
bool is_fifo_name(std::string_view name);

/// "arn:aws:sqs:us-east-1:000000000000:NAME"
std::string arn_of(const std::string& partition, const QueueName& queue);
/// nullopt unless it is the ARN of a queue.
std::optional<QueueName> queue_of_arn(std::string_view arn);
std::optional<QueueName> queue_of_arn(const Arn& arn);

}  // namespace martlet::sqs
