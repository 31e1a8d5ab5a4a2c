#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "patterns/compiler.h"
#include "patterns/dialect.h"
#include "patterns/folding.h"

namespace martlet::patterns {
namespace {

using NodeKind = JsonNode::Kind;

constexpr std::array<std::string_view, 8> kOperators = {
    "prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "exists", "cidr"};

constexpr std::array<std::string_view, 5> kComparisons = {"=", "<", "<=", ">", ">="};
constexpr std::array<std::string_view, 2> kUpperBounds = {"<", "<="};

void narrow(Range& range, std::string_view sign, Millionths bound) {
  if (!sign.starts_with('<')) {
    range.low = sign == ">" ? bound + 1 : bound;
  }
  if (!sign.starts_with('>')) {
    range.high = sign == "<" ? bound - 1 : bound;
  }
}

/// Beyond this a wildcard is refused; AWS tells that there is a bound and what counts, not where it is.
constexpr std::size_t kMaxWildcardComplexity = 100;

}  // namespace

bool LeafCompiler::is_operator(std::string_view name) {
  return std::ranges::find(kOperators, name) != kOperators.end();
}

void LeafCompiler::refuse(std::string_view reason) const { patterns::refuse(dialect_, reason); }

Condition LeafCompiler::compile(const JsonNode& leaf) const {
  std::vector<Alternative> alternatives;
  for (const JsonNode* element : children(tree_, leaf)) {
    alternatives.push_back(element->kind == NodeKind::kObject ? expression(*element) : value(*element));
  }
  if (alternatives.empty()) {
    refuse("Empty arrays are not allowed");
  }
  return Condition(std::move(alternatives));
}

Alternative LeafCompiler::value(const JsonNode& node) const {
  switch (node.kind) {
    case NodeKind::kString:
      return {.kind = Kind::kString, .text = std::string(node.text)};
    case NodeKind::kTrue:
      return {.kind = Kind::kTrue};
    case NodeKind::kFalse:
      return {.kind = Kind::kFalse};
    case NodeKind::kNull:
      return {.kind = Kind::kNull};
    case NodeKind::kNumber: {
      const auto exact = millionths(node.number);
      if (exact && Rules::of(dialect_).exact_numbers == ExactNumbers::kByValue) {
        return {.kind = Kind::kRange, .range = {.low = *exact, .high = *exact}};
      }
      return {.kind = Kind::kNumber, .text = std::string(node.text)};
    }
    default:
      refuse("Match value must be String, number, true, false, or null");
  }
}

Alternative LeafCompiler::expression(const JsonNode& node) const {
  const auto members = children(tree_, node);
  if (members.empty()) {
    refuse("Empty objects are not allowed");
  }
  if (members.size() > 1) {
    refuse("Only one key allowed in match expression");
  }
  const JsonNode& member = *members.front();
  const std::string_view name = member.key;
  if (name == "prefix" || name == "suffix") {
    return affix(member);
  }
  if (name == "numeric") {
    return numeric(member);
  }
  if (name == "anything-but") {
    return anything_but(member);
  }
  if (name == "exists") {
    if (member.kind != NodeKind::kTrue && member.kind != NodeKind::kFalse) {
      refuse("exists match pattern must be either true or false.");
    }
    return {.kind = member.kind == NodeKind::kTrue ? Kind::kExists : Kind::kAbsent};
  }
  const Rules& rules = Rules::of(dialect_);
  if (!is_operator(name) || (name == "wildcard" && rules.wildcard == Allowed::kNo) ||
      (name == "cidr" && rules.cidr == Allowed::kNo)) {
    refuse(fmt::format("Unrecognized match type {}", name));
  }
  if (member.kind != NodeKind::kString) {
    refuse(fmt::format("{} match pattern must be a string", name));
  }
  return text_operator(name, member.text);
}

Alternative LeafCompiler::affix(const JsonNode& member) const {
  const bool prefix = member.key == "prefix";
  if (member.kind == NodeKind::kString) {
    return text_operator(member.key, member.text);
  }
  if (member.kind == NodeKind::kObject && Rules::of(dialect_).affixes_ignoring_case == Allowed::kYes) {
    const auto inner = children(tree_, member);
    if (inner.size() != 1) {
      refuse("Only one key allowed in match expression");
    }
    if (inner.front()->key != "equals-ignore-case") {
      refuse(fmt::format("Unsupported {} pattern: {}", member.key, inner.front()->key));
    }
    if (inner.front()->kind == NodeKind::kString) {
      return {.kind = prefix ? Kind::kPrefixIgnoreCase : Kind::kSuffixIgnoreCase,
              .text = fold_case(inner.front()->text)};
    }
    refuse("equals-ignore-case match pattern must be a string");
  }
  refuse(fmt::format("{} match pattern must be a string", member.key));
}

LeafCompiler::Comparison LeafCompiler::comparison(const std::vector<const JsonNode*>& terms, std::size_t at,
                                                  std::span<const std::string_view> signs) const {
  if (at >= terms.size()) {
    refuse("Invalid member in numeric match: ]");
  }
  if (terms[at]->kind != NodeKind::kString) {
    refuse(fmt::format("Invalid member in numeric match: {}", terms[at]->text));
  }
  const std::string_view sign = terms[at]->text;
  if (std::ranges::find(signs, sign) == signs.end()) {
    refuse(fmt::format("Unrecognized numeric range operator: {}", sign));
  }
  if (at + 1 == terms.size() || terms[at + 1]->kind != NodeKind::kNumber) {
    refuse(fmt::format("Value of {} must be numeric", sign));
  }
  return {.sign = sign, .bound = number(*terms[at + 1])};
}

/// One comparison, or a lower bound and then an upper one.
Alternative LeafCompiler::numeric(const JsonNode& member) const {
  if (member.kind != NodeKind::kArray) {
    refuse("Value of numeric must be an array.");
  }
  const auto terms = children(tree_, member);
  const Millionths limit = millionths(Rules::of(dialect_).number_limit).value_or(0);
  Alternative alternative{.kind = Kind::kRange, .range = {.low = -limit, .high = limit}};
  const Comparison first = comparison(terms, 0, kComparisons);
  narrow(alternative.range, first.sign, first.bound);
  std::size_t used = 2;
  if (first.sign.starts_with('>') && terms.size() > used) {
    const Comparison top = comparison(terms, used, kUpperBounds);
    narrow(alternative.range, top.sign, top.bound);
    used += 2;
    if (first.bound >= top.bound) {
      refuse("Bottom must be less than top");
    }
  }
  if (terms.size() > used) {
    refuse("Too many terms in numeric range expression");
  }
  return alternative;
}

Alternative LeafCompiler::anything_but(const JsonNode& member) const {
  Alternative alternative{.kind = Kind::kAnythingBut};
  if (member.kind == NodeKind::kObject && Rules::of(dialect_).anything_but_operators == Allowed::kYes) {
    alternative.except = excepted_texts(member);
    return alternative;
  }
  if (member.kind != NodeKind::kArray) {
    alternative.except.push_back(excepted_value(member));
    return alternative;
  }
  const auto elements = children(tree_, member);
  if (elements.empty()) {
    refuse("Empty arrays are not allowed");
  }
  for (const JsonNode* element : elements) {
    alternative.except.push_back(excepted_value(*element));
    if (element->kind != elements.front()->kind) {
      refuse("Inside anything but list, either all values are number or string, mixed type is not supported");
    }
  }
  return alternative;
}

Alternative LeafCompiler::excepted_value(const JsonNode& node) const {
  if (node.kind == NodeKind::kString) {
    return value(node);
  }
  if (node.kind != NodeKind::kNumber) {
    refuse("Value of anything-but must be an array or single string/number value.");
  }
  const Millionths exact = number(node);
  return {.kind = Kind::kRange, .range = {.low = exact, .high = exact}};
}

/// {"prefix": "a"} or {"prefix": ["a", "b"]} within anything-but.
std::vector<Alternative> LeafCompiler::excepted_texts(const JsonNode& member) const {
  const auto inner = children(tree_, member);
  if (inner.size() != 1) {
    refuse("Only one key allowed in match expression");
  }
  const JsonNode& operation = *inner.front();
  const std::string_view name = operation.key;
  if (name != "prefix" && name != "suffix" && name != "equals-ignore-case" && name != "wildcard") {
    refuse(fmt::format("Unsupported anything-but pattern: {}", name));
  }
  const auto texts = operation.kind == NodeKind::kArray ? children(tree_, operation)
                                                        : std::vector<const JsonNode*>{&operation};
  std::vector<Alternative> excepted;
  for (const JsonNode* text : texts) {
    if (text->kind != NodeKind::kString) {
      refuse(fmt::format("{} match pattern must be a string", name));
    }
    if (text->text.empty() && name != "equals-ignore-case") {
      refuse("Null prefix/suffix not allowed");
    }
    excepted.push_back(text_operator(name, text->text));
  }
  if (excepted.empty()) {
    refuse("Empty arrays are not allowed");
  }
  return excepted;
}

Alternative LeafCompiler::text_operator(std::string_view name, std::string_view text) const {
  if (name == "prefix") {
    return {.kind = Kind::kPrefix, .text = std::string(text)};
  }
  if (name == "suffix") {
    return {.kind = Kind::kSuffix, .text = std::string(text)};
  }
  if (name == "equals-ignore-case") {
    return {.kind = Kind::kEqualsIgnoreCase, .text = fold_case(text)};
  }
  return name == "wildcard" ? wildcard(text) : cidr(text);
}

Alternative LeafCompiler::wildcard(std::string_view text) const {
  Alternative alternative{.kind = Kind::kWildcard, .text = std::string(text)};
  std::string problem;
  try {
    alternative.wildcard = Wildcard::parse(text);
  } catch (const std::invalid_argument& error) {
    problem = error.what();
  }
  if (problem.empty() && alternative.wildcard.complexity() > kMaxWildcardComplexity) {
    problem =
        "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
        "after a "
        "wildcard character";
  }
  if (!problem.empty()) {
    refuse(problem);
  }
  return alternative;
}

Alternative LeafCompiler::cidr(std::string_view text) const {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.find('/', slash + 1) != std::string_view::npos) {
    refuse("Malformed CIDR, one '/' required");
  }
  const auto address = parse_address(text.substr(0, slash));
  if (!address) {
    refuse("Malformed CIDR, invalid IP address");
  }
  const std::string_view digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    refuse("Malformed CIDR, mask bits must be an integer");
  }
  const unsigned most = address->family == Address::Family::kV4 ? 32 : 128;
  if (bits > most) {
    refuse(fmt::format("Malformed CIDR, mask bits must not be greater than {}", most));
  }
  return {.kind = Kind::kCidr,
          .text = std::string(text),
          .cidr = {.network = masked(*address, bits), .bits = bits}};
}

Millionths LeafCompiler::number(const JsonNode& node) const {
  const Rules& rules = Rules::of(dialect_);
  const auto number = millionths(node.number);
  if (!number || std::abs(node.number) > rules.number_limit) {
    refuse(fmt::format("Value must be between -{0} and {0}, inclusive", rules.number_limit_text));
  }
  return *number;
}

}  // namespace martlet::patterns
