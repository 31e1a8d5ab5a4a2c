#include "policy/request.h"

#include <utility>

#include "base/strings.h"

namespace martlet::policy {

void ContextList::set(std::string_view key, std::string value) {
  std::vector<std::string> values;
  values.push_back(std::move(value));
  set(key, std::move(values));
}

void ContextList::set(std::string_view key, std::vector<std::string> values) {
  values_.insert_or_assign(to_lower(key), std::move(values));
}

ContextValues ContextList::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? ContextValues()
                                : ContextValues(std::span<const std::string>(found->second));
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
