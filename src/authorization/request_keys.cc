#include "authorization/request_keys.h"

#include "base/strings.h"
#include "wire/timestamp.h"

namespace martlet::authorization {

namespace {

using policy::ContextValues;

constexpr std::string_view kPrincipalTag = "aws:principaltag/";

ContextValues some(std::string_view text) { return text.empty() ? ContextValues() : ContextValues(text); }

ContextValues yes_or_no(bool value) { return ContextValues(std::string_view(value ? "true" : "false")); }

const std::string* find_tag(const Tags& tags, std::string_view name) {
  for (const auto& [key, value] : tags)
    if (to_lower(key) == name) return &value;
  return nullptr;
}

}  // namespace

ContextValues RequestKeys::find(std::string_view key) const {
  for (const policy::Context* given : {rule_, resource_}) {
    if (given == nullptr) continue;
    const ContextValues values = given->find(key);
    if (!values.empty()) return values;
  }
  if (key.starts_with(kPrincipalTag)) return principal_tag(key.substr(kPrincipalTag.size()));
  const ContextValues values = of_caller(key);
  return values.empty() && context_ != nullptr ? of_request(key) : values;
}

ContextValues RequestKeys::principal_tag(std::string_view name) const {
  const std::string* value = find_tag(caller_.session_tags, name);
  if (value == nullptr) value = find_tag(identity_tags_, name);
  return value == nullptr ? ContextValues() : ContextValues(std::string_view(*value));
}

ContextValues RequestKeys::of_caller(std::string_view key) const {
  if (key == "aws:sourcearn") return some(caller_.source_arn);
  // The second is what the default policies of topics ask for.
  if (key == "aws:sourceaccount" || key == "aws:sourceowner") return some(caller_.source_account);
  if (key == "lambda:sourcefunctionarn") return some(caller_.function_arn);
  if (key == "aws:sourceidentity") return some(caller_.source_identity);
  if (key == "aws:viaawsservice") return yes_or_no(false);
  if (key == "aws:tokenissuetime" && caller_.token_issued) {
    made_.push_back(wire::format_timestamp(*caller_.token_issued, wire::TimeFormat::kDateTime));
    return ContextValues(std::string_view(made_.back()));
  }
  // Long-term credentials do not have the key at all.
  if (key == "aws:multifactorauthpresent" && caller_.token_issued)
    return yes_or_no(caller_.confirmed_ago.has_value());
  if (key == "aws:multifactorauthage" && caller_.confirmed_ago) {
    made_.push_back(std::to_string(caller_.confirmed_ago->count()));
    return ContextValues(std::string_view(made_.back()));
  }
  return {};
}

ContextValues RequestKeys::of_request(std::string_view key) const {
  if (key == "aws:sourceip") return some(context_->source_ip);
  if (key == "aws:securetransport") return yes_or_no(context_->base_url.starts_with("https:"));
  if (key == "aws:useragent") return some(context_->user_agent);
  if (key == "aws:requestedregion") return some(context_->region);
  return {};
}

}  // namespace martlet::authorization
