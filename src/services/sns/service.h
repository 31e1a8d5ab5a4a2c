#pragma once

// Amazon SNS: topics and their subscriptions. Its operations are grouped by noun: topics.cc,
// subscriptions.cc, publish.cc, permissions.cc, tags.cc, sms.cc. Owned by the server; lives on the loop.

#include <memory>
#include <string>

#include "api/sns/api.h"
#include "net/http.h"
#include "services/sns/authorization.h"
#include "services/sns/dependencies.h"
#include "services/sns/fan_out.h"
#include "services/sns/http_deliveries.h"
#include "services/sns/outbox.h"
#include "services/sns/signing.h"
#include "services/sns/sns_metrics.h"
#include "services/sns/target.h"
#include "services/sns/topic_cache.h"

namespace martlet::sns {

class SnsService final : public Api {
 public:
  explicit SnsService(Dependencies with);

  // Topics
  Task<CreateTopicResponse> CreateTopic(wire::Context& context, CreateTopicInput input) override;
  Task<> DeleteTopic(wire::Context& context, DeleteTopicInput input) override;
  Task<ListTopicsResponse> ListTopics(wire::Context& context, ListTopicsInput input) override;
  Task<GetTopicAttributesResponse> GetTopicAttributes(wire::Context& context,
                                                      GetTopicAttributesInput input) override;
  Task<> SetTopicAttributes(wire::Context& context, SetTopicAttributesInput input) override;
  Task<> AddPermission(wire::Context& context, AddPermissionInput input) override;
  Task<> RemovePermission(wire::Context& context, RemovePermissionInput input) override;

  // Subscriptions
  Task<SubscribeResponse> Subscribe(wire::Context& context, SubscribeInput input) override;
  Task<ConfirmSubscriptionResponse> ConfirmSubscription(wire::Context& context,
                                                        ConfirmSubscriptionInput input) override;
  Task<> Unsubscribe(wire::Context& context, UnsubscribeInput input) override;
  Task<GetSubscriptionAttributesResponse> GetSubscriptionAttributes(
      wire::Context& context, GetSubscriptionAttributesInput input) override;
  Task<> SetSubscriptionAttributes(wire::Context& context, SetSubscriptionAttributesInput input) override;
  Task<ListSubscriptionsResponse> ListSubscriptions(wire::Context& context,
                                                    ListSubscriptionsInput input) override;
  Task<ListSubscriptionsByTopicResponse> ListSubscriptionsByTopic(
      wire::Context& context, ListSubscriptionsByTopicInput input) override;

  // Messages
  Task<PublishResponse> Publish(wire::Context& context, PublishInput input) override;
  Task<PublishBatchResponse> PublishBatch(wire::Context& context, PublishBatchInput input) override;

  // Tags
  Task<TagResourceResponse> TagResource(wire::Context& context, TagResourceRequest input) override;
  Task<UntagResourceResponse> UntagResource(wire::Context& context, UntagResourceRequest input) override;
  Task<ListTagsForResourceResponse> ListTagsForResource(wire::Context& context,
                                                        ListTagsForResourceRequest input) override;

  // Text messages
  Task<SetSMSAttributesResponse> SetSMSAttributes(wire::Context& context,
                                                  SetSMSAttributesInput input) override;
  Task<GetSMSAttributesResponse> GetSMSAttributes(wire::Context& context,
                                                  GetSMSAttributesInput input) override;
  Task<CheckIfPhoneNumberIsOptedOutResponse> CheckIfPhoneNumberIsOptedOut(
      wire::Context& context, CheckIfPhoneNumberIsOptedOutInput input) override;
  Task<ListPhoneNumbersOptedOutResponse> ListPhoneNumbersOptedOut(
      wire::Context& context, ListPhoneNumbersOptedOutInput input) override;
  Task<OptInPhoneNumberResponse> OptInPhoneNumber(wire::Context& context,
                                                  OptInPhoneNumberInput input) override;
  Task<GetSMSSandboxAccountStatusResult> GetSMSSandboxAccountStatus(
      wire::Context& context, GetSMSSandboxAccountStatusInput input) override;
  Task<CreateSMSSandboxPhoneNumberResult> CreateSMSSandboxPhoneNumber(
      wire::Context& context, CreateSMSSandboxPhoneNumberInput input) override;
  Task<VerifySMSSandboxPhoneNumberResult> VerifySMSSandboxPhoneNumber(
      wire::Context& context, VerifySMSSandboxPhoneNumberInput input) override;
  Task<DeleteSMSSandboxPhoneNumberResult> DeleteSMSSandboxPhoneNumber(
      wire::Context& context, DeleteSMSSandboxPhoneNumberInput input) override;
  Task<ListSMSSandboxPhoneNumbersResult> ListSMSSandboxPhoneNumbers(
      wire::Context& context, ListSMSSandboxPhoneNumbersInput input) override;
  Task<ListOriginationNumbersResult> ListOriginationNumbers(wire::Context& context,
                                                            ListOriginationNumbersRequest input) override;

  /// The policies of topics.
  authorization::ResourcePolicies& policies() { return policies_; }
  authorization::ResourceTags& resource_tags() { return tags_; }
  /// Events for topics are published there.
  targets::Target& target() { return target_; }
  /// Where the URLs in messages lead that no request has caused.
  void set_endpoint(std::string url) { target_.set_endpoint(std::move(url)); }

  /// GET kCertificateFolder...: the certificate that belongs to the signatures.
  Task<> answer_certificate(net::Request& request, net::ResponseWriter& answer);
  /// GET and DELETE /_martlet/outbox: email and text messages.
  Task<> answer_outbox(net::Request& request, net::ResponseWriter& answer);

  /// Takes up the deliveries that the store holds from before. Once, before anything else is called.
  Task<> restore();
  /// Forgets what memory holds (when the store is cleared).
  void reset();
  /// Ends deliveries under way.
  Task<> stop();

 private:
  struct NewSubscription;
  /// Sends what asks the endpoint to confirm, as part of `txn`.
  Task<> ask_for_confirmation(store::Txn& txn, TopicName topic, SubscriptionRecord subscription,
                              std::string base_url, std::string type);
  Task<Envelope> confirmation_envelope(const Notification& notification, std::string base_url);
  Task<SubscriptionRecord> subscribe(store::Txn& txn, const NewSubscription& wanted);
  [[nodiscard]] bool is_gone(const SubscriptionRecord& subscription) const;

  Task<Published> publish(PublishRequest request);
  Task<Published> send_text_message(const wire::Context& context, Message message, std::string number);

  Dependencies with_;
  PolicySource policies_{with_.store};
  TagSource tags_{with_.store};
  Signing signing_;
  TopicCache topics_;
  SnsMetrics metrics_;
  Outbox outbox_;
  HttpDeliveries http_;
  FanOut fan_out_;
  SnsTarget target_;
};

}  // namespace martlet::sns
