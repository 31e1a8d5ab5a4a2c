#pragma once

// What SNS counts, by the names that CloudWatch has for it. Lives on the loop.

#include <cstdint>

#include "base/metrics.h"

namespace martlet::sns {

struct SnsMetrics {
  explicit SnsMetrics(metrics::Registry& registry)
      : published(registry.counter("martlet_sns_messages_published_total",
                                   "Messages published to topics (NumberOfMessagesPublished).")),
        delivered(registry.counter("martlet_sns_notifications_delivered_total",
                                   "Notifications that endpoints took (NumberOfNotificationsDelivered).")),
        failed(registry.counter("martlet_sns_notifications_failed_total",
                                "Notifications given up (NumberOfNotificationsFailed).")),
        filtered(registry.counter(
            "martlet_sns_notifications_filtered_total",
            "Notifications that a filter policy held back (NumberOfNotificationsFilteredOut).")),
        redriven(registry.counter(
            "martlet_sns_notifications_redriven_total",
            "Notifications moved to a dead-letter queue (NumberOfNotificationsRedrivenToDlq).")),
        not_redriven(registry.counter("martlet_sns_notifications_redrive_failures_total",
                                      "Notifications that a dead-letter queue did not take "
                                      "(NumberOfNotificationsFailedToRedriveToDlq).")),
        retried(registry.counter("martlet_sns_http_retries_total",
                                 "Deliveries to HTTP endpoints that were put off to be tried again.")) {}

  metrics::Counter& published;
  metrics::Counter& delivered;
  metrics::Counter& failed;
  metrics::Counter& filtered;
  metrics::Counter& redriven;
  metrics::Counter& not_redriven;
  metrics::Counter& retried;
};

}  // namespace martlet::sns
