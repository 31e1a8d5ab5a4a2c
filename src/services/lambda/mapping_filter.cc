#include "services/lambda/mapping_filter.h"

#include <algorithm>

namespace martlet::lambda {

RecordFilter::RecordFilter(const std::vector<std::string>& patterns, std::string text_field)
    : text_field_(std::move(text_field)) {
  for (const std::string& pattern : patterns)
    patterns_.push_back(patterns::Pattern::parse(pattern, patterns::Dialect::kEventSourceMapping));
}

bool RecordFilter::passes(const sources::Record& record) const {
  if (patterns_.empty()) return true;
  const patterns::Event event = patterns::Event::from_json(record.json, text_field_);
  return std::ranges::any_of(patterns_, [&](const patterns::Pattern& one) { return one.matches(event); });
}

}  // namespace martlet::lambda
