#include "services/sqs/message_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/crypto.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "services/sqs/errors.h"
#include "services/sqs/limits.h"

namespace martlet::sqs {

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.';
}

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxAttributeName || !std::all_of(name.begin(), name.end(), is_word))
    return false;
  const std::string lower = to_lower(name);
  return !name.starts_with('.') && !name.ends_with('.') && name.find("..") == std::string_view::npos &&
         !lower.starts_with("aws.") && !lower.starts_with("amazon.");
}

bool is_of(std::string_view type, std::string_view base) {
  return type.starts_with(base) && (type.size() == base.size() || type[base.size()] == '.');
}

/// Digits with an optional sign, fraction and exponent; at most 38 digits, and of a bounded size.
bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  double size = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (failed != std::errc() || size > kLargestNumber || (size != 0 && size < kSmallestNumber)) return false;
  std::size_t digits = 0;
  const auto take_digits = [&] {
    std::size_t taken = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      text.remove_prefix(1);
      ++taken;
    }
    return taken;
  };
  digits = take_digits();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += take_digits();
  }
  if (digits == 0 || digits > kMaxNumberDigits) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const std::size_t exponent = take_digits();
    if (exponent == 0 || exponent > 3) return false;
  }
  return text.empty();
}

void check_type(std::string_view kind, const std::string& name, const std::string& type) {
  if (type.empty())
    throw invalid_parameter(fmt::format(
        "The message {}attribute '{}' must contain non-empty message attribute type.", kind, name));
  if (type.size() > kMaxAttributeName || !std::all_of(type.begin(), type.end(), is_word) ||
      (!is_of(type, "String") && !is_of(type, "Number") && !is_of(type, "Binary")))
    throw invalid_parameter(fmt::format(
        "The message {}attribute '{}' has an invalid message attribute type, the set of supported "
        "type prefixes is Binary, Number, and String.",
        kind, name));
}

/// Text or bytes of one attribute; `Value` is either kind of attribute value.
template <class Value>
AttributeRecord checked(std::string_view kind, const std::string& name, Value given) {
  check_type(kind, name, given.data_type);
  if ((given.string_list_values && !given.string_list_values->empty()) ||
      (given.binary_list_values && !given.binary_list_values->empty()))
    throw unsupported_operation("Message attribute list values are not supported.");
  const bool binary = is_binary(given.data_type);
  auto& value = binary ? given.binary_value : given.string_value;
  const std::string_view base = std::string_view(given.data_type).substr(0, given.data_type.find('.'));
  if (!value || value->empty())
    throw invalid_parameter(fmt::format(
        "The message {}attribute '{}' must contain a non-empty value of type '{}'.", kind, name, base));
  if (!binary && !is_message_text(*value)) throw invalid_message_contents();
  if (is_of(given.data_type, "Number") && !is_number(*value))
    throw invalid_parameter(
        fmt::format("Can't cast the value of message {}attribute '{}' to a number.", kind, name));
  return {.type = std::move(given.data_type), .value = std::move(*value)};
}

void append_length(std::string& out, std::size_t length) {
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(length >> shift & 0xff);
}

void append_text(std::string& out, std::string_view text) {
  append_length(out, text.size());
  out += text;
}

}  // namespace

bool is_binary(std::string_view type) { return is_of(type, "Binary"); }

bool is_message_text(std::string_view text) {
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte < 0x80) {
      if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return false;
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = utf8_sequence_length(text);
    // U+FFFE and U+FFFF are no characters of XML.
    if (length == 0 || text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF")) return false;
    text.remove_prefix(length);
  }
  return true;
}

Attributes checked_attributes(std::map<std::string, MessageAttributeValue> given) {
  if (given.size() > kMaxMessageAttributes)
    throw invalid_parameter(fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].",
                                        given.size(), kMaxMessageAttributes));
  Attributes attributes;
  for (auto& [name, value] : given) {
    if (!is_name(name))
      throw invalid_parameter(
          fmt::format("The message attribute name '{}' is invalid. Attribute names contain A-Z, a-z, 0-9, "
                      "underscore, hyphen and single periods inside, up to {} characters, and do not start "
                      "with 'AWS.' or 'Amazon.'.",
                      name.substr(0, kMaxAttributeName), kMaxAttributeName));
    attributes.emplace(name, checked("(user) ", name, std::move(value)));
  }
  return attributes;
}

std::string checked_trace_header(const std::map<std::string, MessageSystemAttributeValue>& given) {
  std::string header;
  for (const auto& [name, value] : given) {
    if (name != "AWSTraceHeader")
      throw invalid_parameter(fmt::format("Message system attribute name '{}' is invalid.", name));
    AttributeRecord attribute = checked("system ", name, value);
    if (attribute.type != "String")
      throw invalid_parameter("The message system attribute 'AWSTraceHeader' must be of type 'String'.");
    header = std::move(attribute.value);
  }
  return header;
}

std::string md5_of_attributes(const Attributes& attributes) {
  constexpr char kText = 1;
  constexpr char kBytes = 2;
  std::string bytes;
  for (const auto& [name, attribute] : attributes) {
    append_text(bytes, name);
    append_text(bytes, attribute.type);
    bytes += is_binary(attribute.type) ? kBytes : kText;
    append_text(bytes, attribute.value);
  }
  return to_hex(as_view(md5(bytes)));
}

std::size_t size_of(const Attributes& attributes) {
  std::size_t bytes = 0;
  for (const auto& [name, attribute] : attributes)
    bytes += name.size() + attribute.type.size() + attribute.value.size();
  return bytes;
}

Attributes select(const Attributes& attributes, const std::vector<std::string>& names) {
  Attributes selected;
  for (const std::string& name : names) {
    if (name == "All" || name == ".*") return attributes;
    if (name.ends_with(".*")) {
      const std::string prefix = name.substr(0, name.size() - 2);
      for (auto at = attributes.lower_bound(prefix); at != attributes.end() && at->first.starts_with(prefix);
           ++at)
        selected.insert(*at);
    } else if (const auto found = attributes.find(name); found != attributes.end()) {
      selected.insert(*found);
    }
  }
  return selected;
}

std::map<std::string, MessageAttributeValue> to_wire(const Attributes& attributes) {
  std::map<std::string, MessageAttributeValue> out;
  for (const auto& [name, attribute] : attributes) {
    MessageAttributeValue& value = out[name];
    value.data_type = attribute.type;
    (is_binary(attribute.type) ? value.binary_value : value.string_value) = attribute.value;
  }
  return out;
}

}  // namespace martlet::sqs
