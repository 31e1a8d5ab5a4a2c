#pragma once

// What a subscription is made of: which endpoints its protocol has, which attributes there are, what they may
// say, and how they are shown. Plain functions.

#include <string>

#include "services/sns/delivery_policy.h"
#include "services/sns/names.h"
#include "services/sns/records.h"
#include "services/sns/topic_attributes.h"

namespace martlet::sns {

/// Throws InvalidParameter unless the endpoint is one of its protocol that may subscribe to the topic, and
/// NotImplemented for protocols whose service is not here.
void check_endpoint(const TopicName& topic, const std::string& protocol, const std::string& endpoint);

/// Puts the attribute into the record; an empty value takes it out. Throws InvalidParameter for names that
/// are none.
void set_subscription_attribute(SubscriptionRecord& record, const std::string& name,
                                const std::string& value);

/// Throws InvalidParameter unless all attributes are what they may be, one by one and together.
void check_subscription(const TopicName& topic, const SubscriptionRecord& record);

/// The queue of its RedrivePolicy; empty when it has none.
std::string dead_letter_queue(const SubscriptionRecord& record);

/// As GetSubscriptionAttributes shows them.
Attributes describe_subscription(const TopicName& topic, const SubscriptionRecord& record,
                                 const DeliveryPolicy& topic_policy);

}  // namespace martlet::sns
