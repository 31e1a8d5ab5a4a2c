#pragma once

// The attributes of topics: which there are, what they may say, and how they are shown. Plain functions.

#include <cstdint>
#include <map>
#include <string>

#include "services/sns/names.h"
#include "services/sns/records.h"

namespace martlet::sns {

using Attributes = std::map<std::string, std::string>;

/// Throws InvalidParameter unless `value` may be the attribute `name` of that topic; an empty value is the
/// default. FifoTopic is none that can be set.
void check_topic_attribute(const TopicName& topic, const std::string& name, const std::string& value);

/// Puts it into the record; an empty value takes it out. Checks it first.
void set_topic_attribute(const TopicName& topic, TopicRecord& record, const std::string& name,
                         const std::string& value);

/// The policy that a topic has when none was set.
std::string default_policy(const TopicName& topic);
/// The policy it has.
std::string policy_of(const TopicName& topic, const TopicRecord& record);

struct SubscriptionCounts {
  std::uint64_t confirmed = 0;
  std::uint64_t pending = 0;
};

/// As GetTopicAttributes shows them.
Attributes describe_topic(const TopicName& topic, const TopicRecord& record, SubscriptionCounts counts);

}  // namespace martlet::sns
