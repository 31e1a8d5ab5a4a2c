#include "policy/request.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace martlet::policy {

void ContextList::set(std::string_view key, std::string value) {
  std::vector<std::string> values;
  values.push_back(std::move(value));
  set(key, std::move(values));
}

void ContextList::set(std::string_view key, std::vector<std::string> values) {
  std::string name = to_lower(key);
  const auto same =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == name; });
  if (same != entries_.end()) {
    same->values = std::move(values);
  } else {
    entries_.push_back({std::move(name), std::move(values)});
  }
}

ContextValues ContextList::find(std::string_view key) const {
  for (const Entry& entry : entries_) {
    if (entry.key == key) return ContextValues(std::span<const std::string>(entry.values));
  }
  return {};
}

std::string_view resource_account(const Request& request) {
  if (!request.resource_account.empty()) return request.resource_account;
  std::string_view rest = request.resource;
  for (int part = 0; part < 4; ++part) {
    const auto colon = rest.find(':');
    if (colon == std::string_view::npos) return request.principal->account;
    rest.remove_prefix(colon + 1);
  }
  const std::string_view account = rest.substr(0, rest.find(':'));
  return account.empty() ? std::string_view(request.principal->account) : account;
}

}  // namespace martlet::policy
