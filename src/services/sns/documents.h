#pragma once

// The documents in which messages reach their endpoints, exactly as AWS writes them. Plain functions.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "services/sns/records.h"

namespace martlet::sns {

/// "2026-01-31T08:15:00.123Z"
std::string iso8601(std::int64_t epoch_ms);

/// What a document says besides its message.
struct Envelope {
  /// Empty for confirmations.
  std::string subscription_arn = {};
  /// Where URLs lead: "http://localhost:4566".
  std::string base_url = {};
  /// Empty: the document is not signed (FIFO topics).
  std::string signature = {};
  std::string signature_version = "1";
  std::string certificate_url = {};
};

/// GET it, without a signature, to confirm.
std::string subscribe_url(std::string_view base_url, const std::string& topic_arn, const std::string& token);
/// GET it, without a signature, to unsubscribe.
std::string unsubscribe_url(std::string_view base_url, const std::string& subscription_arn);

/// The JSON document of SQS, HTTP and email-json endpoints, also of confirmations.
std::string notification_document(const Notification& notification, const Envelope& envelope);
/// The event of Lambda endpoints.
std::string lambda_event(const Notification& notification, const Envelope& envelope);
/// The text of an email.
std::string email_text(const Notification& notification, const Envelope& envelope);
/// The Message of a SubscriptionConfirmation.
std::string confirmation_message(const std::string& topic_arn);
/// The Message of an UnsubscribeConfirmation.
std::string farewell_message(const std::string& subscription_arn);

}  // namespace martlet::sns
