#include "authorization/tags.h"

#include <map>

#include "base/strings.h"

namespace martlet::authorization {

void set_tag_keys(policy::ContextList& keys, std::string_view prefix, const Tags& tags) {
  // Null for what several tags are called.
  std::map<std::string, const std::string*> values;
  for (const auto& [key, value] : tags) {
    const auto [at, is_first] = values.try_emplace(to_lower(key), &value);
    if (!is_first) at->second = nullptr;
  }
  for (const auto& [key, value] : values) {
    if (value != nullptr) keys.set(std::string(prefix) + "/" + key, *value);
  }
}

}  // namespace martlet::authorization
