#include "services/sqs/queue_url.h"

#include <algorithm>
#include <vector>

#include "base/strings.h"
#include "services/sqs/errors.h"
#include "services/sqs/limits.h"

namespace martlet::sqs {

namespace {

constexpr std::string_view kFifoSuffix = ".fifo";

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "us-east-1", "us-gov-west-1"
bool is_region(std::string_view text) {
  const auto parts = split(text, '-');
  if (parts.size() < 3 || text.size() > 32 || parts.front().size() != 2) return false;
  const bool clean =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
  return clean && parts.back().find_first_not_of("0123456789") == std::string_view::npos &&
         !parts.back().empty();
}

/// The region in a host that is SQS's: "sqs.eu-west-1.amazonaws.com:443", "eu-west-1.queue.localhost".
std::string region_of_host(std::string_view host) {
  const std::string lower = to_lower(host.substr(0, host.find(':')));
  const auto labels = split(lower, '.');
  const bool is_sqs = std::any_of(labels.begin(), labels.end(), [](std::string_view label) {
    return label == "sqs" || label == "queue" || label == "sqs-fips";
  });
  if (!is_sqs) return {};
  const auto region = std::find_if(labels.begin(), labels.end(), is_region);
  if (region != labels.end()) return std::string(*region);
  // The oldest endpoint of all.
  return lower == "queue.amazonaws.com" ? "us-east-1" : std::string();
}

}  // namespace

std::optional<QueueAddress> parse_queue_url(std::string_view url) {
  QueueAddress found;
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    const std::string name = to_lower(url.substr(0, scheme));
    if (name != "http" && name != "https") return std::nullopt;
    url.remove_prefix(scheme + 3);
    const std::size_t slash = url.find('/');
    if (slash == 0 || slash == std::string_view::npos) return std::nullopt;
    found.region = region_of_host(url.substr(0, slash));
    url.remove_prefix(slash);
  }
  auto parts = split(url.starts_with('/') ? url.substr(1) : url, '/');
  if (parts.size() == 4 && parts[0] == "queue" && is_region(parts[1])) {
    found.region = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  if (parts.size() > 2 || parts.back().empty()) return std::nullopt;
  if (parts.size() == 2) {
    if (!is_account(parts.front())) return std::nullopt;
    found.account = parts.front();
  }
  found.name = parts.back();
  return found;
}

QueueName queue_of_url(const wire::Context& context, const std::string& url) {
  auto found = parse_queue_url(url);
  if (!found) throw invalid_address(url);
  return {.account = found->account.empty() ? context.account : std::move(found->account),
          .region = found->region.empty() ? context.region : std::move(found->region),
          .name = std::move(found->name)};
}

std::string url_of(const wire::Context& context, const QueueName& queue) {
  return context.base_url + '/' + queue.account + '/' + queue.name;
}

bool is_fifo_name(std::string_view name) { return name.ends_with(kFifoSuffix); }

bool is_queue_name(std::string_view name) {
  if (name.size() > kMaxQueueName) return false;
  if (is_fifo_name(name)) name.remove_suffix(kFifoSuffix.size());
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string arn_of(const std::string& partition, const QueueName& queue) {
  return Arn{.partition = partition,
             .service = "sqs",
             .region = queue.region,
             .account = queue.account,
             .resource = queue.name}
      .str();
}

std::optional<QueueName> queue_of_arn(std::string_view arn) {
  const auto parsed = Arn::parse(arn);
  return parsed ? queue_of_arn(*parsed) : std::nullopt;
}

std::optional<QueueName> queue_of_arn(const Arn& arn) {
  if (arn.service != "sqs" || arn.region.empty() || !is_account(arn.account) || !is_queue_name(arn.resource))
    return std::nullopt;
  return QueueName{.account = arn.account, .region = arn.region, .name = arn.resource};
}

}  // namespace martlet::sqs
