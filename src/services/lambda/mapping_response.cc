#include "services/lambda/mapping_response.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <set>
#include <string>

namespace martlet::lambda {

namespace {

/// The identifiers that the answer names; nullopt when it is not one that a function may give.
std::optional<std::set<std::string, std::less<>>> identifiers_in(std::string_view answer) {
  std::set<std::string, std::less<>> none;
  if (answer.empty() || answer == "null" || answer == "{}" || answer == "\"\"") return none;
  boost::system::error_code failed;
  const boost::json::value parsed = boost::json::parse(answer, failed);
  if (failed) return std::nullopt;
  if (parsed.is_null()) return none;
  const auto* const document = parsed.if_object();
  if (!document) return std::nullopt;
  const boost::json::value* const failures = document->if_contains("batchItemFailures");
  if (!failures || failures->is_null()) return none;
  const auto* const list = failures->if_array();
  if (!list) return std::nullopt;
  for (const boost::json::value& item : *list) {
    const auto* const entry = item.if_object();
    const boost::json::value* const identifier = entry ? entry->if_contains("itemIdentifier") : nullptr;
    const auto* const text = identifier ? identifier->if_string() : nullptr;
    if (!text || text->empty()) return std::nullopt;
    none.emplace(text->c_str(), text->size());
  }
  return none;
}

}  // namespace

Handled split_by_answer(std::vector<HeldRecord> batch, std::string_view answer) {
  const auto named = identifiers_in(answer);
  Handled handled;
  if (!named) {
    handled.failed = std::move(batch);
    return handled;
  }
  std::size_t found = 0;
  for (const HeldRecord& held : batch)
    if (named->contains(held.record.id)) ++found;
  if (found < named->size()) {
    handled.failed = std::move(batch);
    return handled;
  }
  for (HeldRecord& held : batch) {
    const bool has_failed = named->contains(held.record.id);
    (has_failed ? handled.failed : handled.succeeded).push_back(std::move(held));
  }
  return handled;
}

}  // namespace martlet::lambda
