#include "gateway/host.h"

#include <algorithm>
#include <vector>

#include "base/strings.h"

namespace martlet::gateway {

namespace {

/// Below these, names follow AWS's scheme. Longer ones first, so that none hides another.
constexpr std::string_view kDomains[] = {".localhost.localstack.cloud",
                                         ".amazonaws.com.cn",
                                         ".amazonaws.com",
                                         ".localhost",
                                         ".api.aws",
                                         ".on.aws"};

bool is_lower(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::string join(const std::vector<std::string_view>& labels) {
  std::string out;
  for (const std::string_view label : labels) {
    if (!out.empty()) out += '.';
    out += label;
  }
  return out;
}

/// Old names: "queue" for SQS, "us-east-1.queue", and "s3-us-west-2" with the region in the same label.
void modernise(std::vector<std::string_view>& labels, std::string& region) {
  if (labels.empty()) return;
  std::string_view& last = labels.back();
  if (last == "queue") last = "sqs";
  for (const std::string_view prefix : {"s3-website-", "s3-"}) {
    if (!last.starts_with(prefix) || !is_region_name(last.substr(prefix.size()))) continue;
    region = last.substr(prefix.size());
    last = "s3";
    return;
  }
  if (last.ends_with("-fips")) last.remove_suffix(5);
}

}  // namespace

bool is_region_name(std::string_view text) {
  const auto parts = split(text, '-');
  if (parts.size() < 3 || parts[0].size() != 2 || !is_lower(parts[0])) return false;
  if (parts.back().size() != 1 || parts.back()[0] < '0' || parts.back()[0] > '9') return false;
  return std::all_of(parts.begin() + 1, parts.end() - 1, is_lower);
}

HostName parse_host_name(std::string_view host) {
  HostName result;
  const std::string lower = to_lower(host);
  std::string_view name = lower;
  const auto* const domain = std::find_if(std::begin(kDomains), std::end(kDomains),
                                          [&](std::string_view d) { return name.ends_with(d); });
  if (domain == std::end(kDomains)) return result;
  name.remove_suffix(domain->size());
  std::vector<std::string_view> labels = split(name, '.');
  // The region is the last label of that form; what lies between it and the service is how, not where.
  for (std::size_t i = labels.size(); i-- > 0;) {
    if (!is_region_name(labels[i])) continue;
    result.region = labels[i];
    labels.erase(labels.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  std::erase(labels, "dualstack");
  modernise(labels, result.region);
  result.service_part = join(labels);
  return result;
}

}  // namespace martlet::gateway
