#include "patterns/condition.h"

#include <fmt/format.h>

#include <algorithm>

#include "patterns/folding.h"

namespace martlet::patterns {
namespace {

using Kind = Alternative::Kind;

bool accepts_text(const Alternative& alternative, std::string_view text) {
  switch (alternative.kind) {
    case Kind::kString:
      return text == alternative.text;
    case Kind::kPrefix:
      return text.starts_with(alternative.text);
    case Kind::kSuffix:
      return text.ends_with(alternative.text);
    case Kind::kWildcard:
      return alternative.wildcard.matches(text);
    case Kind::kEqualsIgnoreCase:
      return fold_case(text) == alternative.text;
    case Kind::kPrefixIgnoreCase:
      return fold_case(text).starts_with(alternative.text);
    case Kind::kSuffixIgnoreCase:
      return fold_case(text).ends_with(alternative.text);
    case Kind::kCidr: {
      const auto address = parse_address(text);
      return address && alternative.cidr.contains(*address);
    }
    default:
      return false;
  }
}

bool accepts_number(const Alternative& alternative, const JsonNode& value) {
  if (alternative.kind == Kind::kNumber) {
    return value.text == alternative.text;
  }
  if (alternative.kind != Kind::kRange) {
    return false;
  }
  const auto number = millionths(value.number);
  return number && alternative.range.low <= *number && *number <= alternative.range.high;
}

/// Lengths before texts, so that no text can look like another alternative.
std::string identity_of(const Alternative& alternative) {
  std::string identity =
      fmt::format("{}:{}:{}", static_cast<int>(alternative.kind), alternative.text.size(), alternative.text);
  if (alternative.kind == Kind::kRange) {
    fmt::format_to(std::back_inserter(identity), "{},{}", alternative.range.low, alternative.range.high);
  }
  std::vector<std::string> parts;
  for (const Alternative& excepted : alternative.except) {
    parts.push_back(identity_of(excepted));
  }
  std::ranges::sort(parts);
  for (const std::string& part : parts) {
    fmt::format_to(std::back_inserter(identity), "-{}:{}", part.size(), part);
  }
  return identity;
}

/// Classes in steps of 1000, so that the number of alternatives orders those within a class.
int breadth_of(Kind kind) {
  switch (kind) {
    case Kind::kString:
    case Kind::kNumber:
    case Kind::kEqualsIgnoreCase:
      return 0;
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kNull:
    case Kind::kPrefix:
    case Kind::kSuffix:
    case Kind::kPrefixIgnoreCase:
    case Kind::kSuffixIgnoreCase:
    case Kind::kWildcard:
    case Kind::kCidr:
    case Kind::kRange:
      return 1000;
    case Kind::kExists:
      return 2000;
    case Kind::kAnythingBut:
      return 3000;
    case Kind::kAbsent:
      return 4000;
  }
  return 0;
}

}  // namespace

std::optional<Millionths> millionths(double number) {
  constexpr double kLimit = 5.0e9;
  if (!(std::abs(number) <= kLimit)) {
    return std::nullopt;
  }
  return std::llround(number * 1e6);
}

bool Alternative::accepts(const JsonNode& value) const {
  if (kind == Kind::kExists) {
    return true;
  }
  if (kind == Kind::kAnythingBut) {
    return std::ranges::none_of(except, [&](const Alternative& each) { return each.accepts(value); });
  }
  switch (value.kind) {
    case JsonNode::Kind::kString:
      return accepts_text(*this, value.text);
    case JsonNode::Kind::kNumber:
      return accepts_number(*this, value);
    case JsonNode::Kind::kTrue:
      return kind == Kind::kTrue;
    case JsonNode::Kind::kFalse:
      return kind == Kind::kFalse;
    case JsonNode::Kind::kNull:
      return kind == Kind::kNull;
    default:
      return false;
  }
}

Condition::Condition(std::vector<Alternative> alternatives) : alternatives_(std::move(alternatives)) {
  std::vector<std::string> parts;
  for (const Alternative& alternative : alternatives_) {
    parts.push_back(identity_of(alternative));
    accepts_absence_ = accepts_absence_ || alternative.kind == Kind::kAbsent;
  }
  std::ranges::sort(parts);
  for (const std::string& part : parts) {
    fmt::format_to(std::back_inserter(identity_), "|{}:{}", part.size(), part);
  }
}

bool Condition::accepts(const JsonNode& value) const {
  return std::ranges::any_of(alternatives_, [&](const Alternative& each) { return each.accepts(value); });
}

int Condition::breadth() const {
  int widest = 0;
  for (const Alternative& alternative : alternatives_) {
    widest = std::max(widest, breadth_of(alternative.kind));
  }
  return widest + static_cast<int>(std::min<std::size_t>(alternatives_.size(), 999));
}

}  // namespace martlet::patterns
