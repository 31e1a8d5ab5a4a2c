#include "environments/security_groups.h"

#include <algorithm>
#include <stdexcept>

#include "base/strings.h"
#include "sandbox/network.h"

namespace martlet::environments {

void SecurityGroups::add(std::string_view text) {
  const auto equals = text.find('=');
  const std::string_view id = text.substr(0, equals);
  const bool named = id.starts_with("sg-") && id.size() > 3 && id.size() <= 1024 &&
                     std::ranges::all_of(id.substr(3), [](unsigned char c) { return std::isalnum(c) != 0; });
  if (equals == std::string_view::npos || !named)
    throw std::runtime_error(
        "a security group is written sg-ID=CIDR[:PORTS],... with letters and digits as ID, "
        "such as sg-1=10.0.0.0/8:443, not '" +
        std::string(text) + "'");
  auto& ranges = groups_[std::string(id)];
  for (const std::string_view range : split(text.substr(equals + 1), ',')) {
    // A group that allows nothing is one as well.
    if (range.empty()) continue;
    sandbox::parse_allowed(std::string(range));
    ranges.emplace_back(range);
  }
}

std::expected<sandbox::Egress, std::string> SecurityGroups::egress_for(
    const std::vector<std::string>& ids) const {
  using Kind = sandbox::Egress::Kind;
  if (ids.empty())
    return default_ == DefaultEgress::kNat ? sandbox::Egress{Kind::kNetwork, {"0.0.0.0/0"}}
                                           : sandbox::Egress{};
  sandbox::Egress egress;
  for (const std::string& id : ids) {
    const auto found = groups_.find(id);
    if (found == groups_.end()) return std::unexpected("The security group " + id + " does not exist.");
    egress.allowed.insert(egress.allowed.end(), found->second.begin(), found->second.end());
  }
  // Groups that allow nothing need no network.
  if (!egress.allowed.empty()) egress.kind = Kind::kNetwork;
  return egress;
}

}  // namespace martlet::environments
