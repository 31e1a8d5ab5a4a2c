#include "services/sns/delivery_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <utility>

#include "base/strings.h"
#include "services/sns/errors.h"

namespace martlet::sns {

namespace {

namespace json = boost::json;

constexpr std::string_view kDefaultContentType = "text/plain; charset=UTF-8";
constexpr std::int64_t kMaxDelaySeconds = 3600;
constexpr std::int64_t kMaxRetries = 100;
/// Of all retries together.
constexpr std::chrono::seconds kMaxRetryTime{3600};

constexpr std::array<std::pair<std::string_view, Backoff>, 4> kBackoffs{{
    {"linear", Backoff::kLinear},
    {"arithmetic", Backoff::kArithmetic},
    {"geometric", Backoff::kGeometric},
    {"exponential", Backoff::kExponential},
}};

constexpr std::array<std::string_view, 12> kContentTypes{"application/json",
                                                         "application/atom+xml",
                                                         "application/octet-stream",
                                                         "application/soap+xml",
                                                         "application/xhtml+xml",
                                                         "application/xml",
                                                         "application/x-www-form-urlencoded",
                                                         "text/css",
                                                         "text/csv",
                                                         "text/html",
                                                         "text/plain",
                                                         "text/xml"};

[[noreturn]] void refuse(const std::string& why) { throw invalid_parameter("DeliveryPolicy: " + why); }

/// An object of the policy, with its place in it for error messages.
struct Section {
  const json::object* object = nullptr;
  std::string place;

  /// The member, null where there is none (or a null).
  [[nodiscard]] const json::value* find(std::string_view name) const {
    const json::value* found = object == nullptr ? nullptr : object->if_contains(name);
    return found == nullptr || found->is_null() ? nullptr : found;
  }
  [[nodiscard]] std::string path(std::string_view name) const {
    return place.empty() ? std::string(name) : place + "." + std::string(name);
  }
  [[nodiscard]] std::optional<Section> section(std::string_view name) const {
    const json::value* found = find(name);
    if (found == nullptr) return std::nullopt;
    if (!found->is_object()) refuse(path(name) + " must be an object");
    return Section{&found->as_object(), path(name)};
  }
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name, std::int64_t least,
                                                    std::int64_t most) const {
    const json::value* found = find(name);
    if (found == nullptr) return std::nullopt;
    if (!found->is_int64()) refuse(path(name) + " must be an integer");
    const std::int64_t value = found->as_int64();
    if (value < least) refuse(fmt::format("{} must be greater than or equal to {}", path(name), least));
    if (value > most) refuse(fmt::format("{} must be less than or equal to {}", path(name), most));
    return value;
  }
  void allow(std::initializer_list<std::string_view> names) const {
    for (const auto& member : *object)
      if (std::ranges::find(names, std::string_view(member.key())) == names.end())
        refuse("unrecognized member " + path(member.key()));
  }
};

Backoff backoff_named(const Section& section) {
  const json::value* found = section.find("backoffFunction");
  if (found == nullptr) return Backoff::kLinear;
  if (found->is_string())
    for (const auto& [name, backoff] : kBackoffs)
      if (name == to_lower(std::string_view(found->as_string()))) return backoff;
  refuse(section.path("backoffFunction") + " must be linear, arithmetic, geometric or exponential");
}

std::chrono::milliseconds total_delay(const RetryPolicy& policy) {
  std::chrono::milliseconds total{0};
  for (std::uint32_t retry = 1; retry <= policy.retries; ++retry) total += *policy.delay_before(retry);
  return total;
}

RetryPolicy parse_retry(const Section& section) {
  section.allow({"minDelayTarget", "maxDelayTarget", "numRetries", "numNoDelayRetries", "numMinDelayRetries",
                 "numMaxDelayRetries", "backoffFunction"});
  RetryPolicy policy;
  const auto min_delay = section.integer("minDelayTarget", 1, kMaxDelaySeconds);
  const auto max_delay = section.integer("maxDelayTarget", 1, kMaxDelaySeconds);
  if (min_delay) policy.min_delay = std::chrono::seconds(*min_delay);
  if (max_delay) policy.max_delay = std::chrono::seconds(*max_delay);
  if (policy.min_delay > policy.max_delay)
    refuse(section.path("minDelayTarget") + " must be less than or equal to maxDelayTarget");
  const auto count = [&](std::string_view name, std::uint32_t& into) {
    if (const auto value = section.integer(name, 0, kMaxRetries)) into = static_cast<std::uint32_t>(*value);
  };
  count("numRetries", policy.retries);
  count("numNoDelayRetries", policy.without_delay);
  count("numMinDelayRetries", policy.with_min_delay);
  count("numMaxDelayRetries", policy.with_max_delay);
  if (policy.without_delay + policy.with_min_delay + policy.with_max_delay > policy.retries)
    refuse(section.path("numRetries") +
           " must be greater than or equal to the sum of numNoDelayRetries, numMinDelayRetries and "
           "numMaxDelayRetries");
  policy.backoff = backoff_named(section);
  if (total_delay(policy) > kMaxRetryTime)
    refuse(section.place + " must not retry for more than 3600 seconds in total");
  return policy;
}

std::optional<std::uint32_t> parse_throttle(const Section& section) {
  section.allow({"maxReceivesPerSecond"});
  const auto most = section.integer("maxReceivesPerSecond", 1, INT32_MAX);
  if (!most) return std::nullopt;
  return static_cast<std::uint32_t>(*most);
}

std::optional<std::string> parse_request(const Section& section) {
  section.allow({"headerContentType"});
  const json::value* found = section.find("headerContentType");
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) refuse(section.path("headerContentType") + " must be a string");
  const std::string_view text = found->as_string();
  const std::string_view media = text.substr(0, text.find(';'));
  const bool is_printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (!is_printable || std::ranges::find(kContentTypes, media) == kContentTypes.end())
    refuse(section.path("headerContentType") + " is not a supported content type");
  return std::string(text);
}

/// The document's object; it lives in `document`.
Section parse_document(std::string_view text, json::value& document) {
  boost::system::error_code failed;
  document = json::parse(text, failed);
  if (failed || !document.is_object()) refuse("failed to parse JSON");
  return {&document.as_object(), ""};
}

/// Of two: what `first` has.
template <class T>
const std::optional<T>& either(const std::optional<T>& first, const std::optional<T>& second) {
  return first ? first : second;
}

std::string retry_json(const RetryPolicy& policy) {
  const auto name =
      std::ranges::find(kBackoffs, policy.backoff, [](const auto& pair) { return pair.second; });
  return fmt::format(R"({{"minDelayTarget":{},"maxDelayTarget":{},"numRetries":{},"numMaxDelayRetries":{},)"
                     R"("numNoDelayRetries":{},"numMinDelayRetries":{},"backoffFunction":"{}"}})",
                     policy.min_delay.count(), policy.max_delay.count(), policy.retries,
                     policy.with_max_delay, policy.without_delay, policy.with_min_delay, name->first);
}

std::string throttle_json(std::uint32_t most) {
  return fmt::format(R"({{"maxReceivesPerSecond":{}}})", most);
}

std::string request_json(std::string_view content_type) {
  return R"({"headerContentType":)" + quote_json(content_type) + "}";
}

/// From 0 for the first retry of the back-off phase to 1 for its last.
double growth(Backoff backoff, double position, double steps, double ratio) {
  switch (backoff) {
    case Backoff::kArithmetic:
      return position * position;
    case Backoff::kGeometric:
      return ratio == 1 ? position : (std::pow(ratio, position) - 1) / (ratio - 1);
    case Backoff::kExponential:
      return std::expm1(position * steps * std::log(2)) / std::expm1(steps * std::log(2));
    default:
      return position;
  }
}

}  // namespace

std::optional<std::chrono::milliseconds> RetryPolicy::delay_before(std::uint32_t number) const {
  if (number == 0 || number > retries) return std::nullopt;
  if (number <= without_delay) return std::chrono::milliseconds(0);
  const std::uint32_t early = without_delay + with_min_delay;
  if (number <= early) return min_delay;
  if (number + with_max_delay > retries) return max_delay;
  const std::uint32_t phase = retries - early - with_max_delay;
  if (phase == 1) return min_delay;
  const double steps = phase - 1;
  const double position = (number - early - 1) / steps;
  const auto least = static_cast<double>(min_delay.count());
  const auto most = static_cast<double>(max_delay.count());
  const double seconds = least + (most - least) * growth(backoff, position, steps, most / least);
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

DeliveryPolicy parse_topic_policy(std::string_view text) {
  DeliveryPolicy policy;
  if (text.empty()) return policy;
  json::value document;
  const Section root = parse_document(text, document);
  root.allow({"http"});
  const std::optional<Section> http = root.section("http");
  if (!http) return policy;
  http->allow({"defaultHealthyRetryPolicy", "defaultSicklyRetryPolicy", "defaultThrottlePolicy",
               "defaultRequestPolicy", "disableSubscriptionOverrides"});
  if (const auto retry = http->section("defaultHealthyRetryPolicy")) policy.retry = parse_retry(*retry);
  if (const auto throttle = http->section("defaultThrottlePolicy"))
    policy.max_receives_per_second = parse_throttle(*throttle);
  if (const auto request = http->section("defaultRequestPolicy"))
    policy.content_type = parse_request(*request);
  if (const json::value* overrides = http->find("disableSubscriptionOverrides")) {
    if (!overrides->is_bool()) refuse(http->path("disableSubscriptionOverrides") + " must be a boolean");
    policy.overrides_subscriptions = overrides->as_bool();
  }
  return policy;
}

DeliveryPolicy parse_subscription_policy(std::string_view text) {
  DeliveryPolicy policy;
  if (text.empty()) return policy;
  json::value document;
  const Section root = parse_document(text, document);
  root.allow({"healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"});
  if (const auto retry = root.section("healthyRetryPolicy")) policy.retry = parse_retry(*retry);
  if (const auto throttle = root.section("throttlePolicy"))
    policy.max_receives_per_second = parse_throttle(*throttle);
  if (const auto request = root.section("requestPolicy")) policy.content_type = parse_request(*request);
  return policy;
}

EffectivePolicy effective_policy(const DeliveryPolicy& topic, const DeliveryPolicy& subscription) {
  static const DeliveryPolicy kNothing;
  const DeliveryPolicy& own = topic.overrides_subscriptions ? kNothing : subscription;
  return {either(own.retry, topic.retry).value_or(RetryPolicy{}),
          either(own.max_receives_per_second, topic.max_receives_per_second),
          either(own.content_type, topic.content_type).value_or(std::string(kDefaultContentType))};
}

std::string effective_topic_json(const DeliveryPolicy& topic) {
  const EffectivePolicy policy = effective_policy(topic, {});
  std::string throttle;
  if (policy.max_receives_per_second)
    throttle = R"(,"defaultThrottlePolicy":)" + throttle_json(*policy.max_receives_per_second);
  return fmt::format(
      R"({{"http":{{"defaultHealthyRetryPolicy":{},"disableSubscriptionOverrides":{}{},"defaultRequestPolicy":{}}}}})",
      retry_json(policy.retry), topic.overrides_subscriptions, throttle, request_json(policy.content_type));
}

std::string effective_subscription_json(const EffectivePolicy& policy) {
  return fmt::format(
      R"({{"healthyRetryPolicy":{},"sicklyRetryPolicy":null,"throttlePolicy":{},"requestPolicy":{},"guaranteed":false}})",
      retry_json(policy.retry),
      policy.max_receives_per_second ? throttle_json(*policy.max_receives_per_second) : "null",
      request_json(policy.content_type));
}

}  // namespace martlet::sns
