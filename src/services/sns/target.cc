#include "services/sns/target.h"

#include "services/sns/message.h"

namespace martlet::sns {

Task<> SnsTarget::deliver(store::Txn& txn, const targets::Delivery& delivery) {
  PublishRequest request{.topic = parse_topic_arn(delivery.to.str()),
                         .message = {},
                         .base_url = endpoint_,
                         .trace_header = delivery.trace_header};
  request.message = message_of(delivery, request.topic);
  co_await fan_out_.publish(txn, request);
}

}  // namespace martlet::sns
