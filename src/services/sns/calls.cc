#include "services/sns/calls.h"

#include "base/crypto.h"
#include "services/sns/errors.h"

namespace martlet::sns {

TopicName called_topic(const wire::Context& context, const std::string& arn) {
  TopicName topic = parse_topic_arn(arn);
  if (is_signed(context) && topic.region != context.region) throw invalid_parameter("TopicArn");
  return topic;
}

TopicName place_of(const wire::Context& context) {
  return {context.partition, context.account, context.region, {}};
}

bool is_signed(const wire::Context& context) { return !context.caller.access_key_id.empty(); }

std::string write_token(const std::string& last) { return base64_encode(last); }

std::string read_token(const std::optional<std::string>& token) {
  if (!token || token->empty()) return {};
  std::optional<std::string> last = base64_decode(*token);
  if (!last || last->empty()) throw invalid_parameter("NextToken");
  return std::move(*last);
}

}  // namespace martlet::sns
