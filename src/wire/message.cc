#include "wire/message.h"

#include <algorithm>

#include "base/strings.h"

namespace martlet::wire {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool same_header(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> RequestView::header(std::string_view name) const {
  for (const auto& [field, value] : headers)
    if (same_header(field, name)) return value;
  return std::nullopt;
}

void Answer::set_header(std::string_view name, std::string value) {
  std::erase_if(headers, [&](const HeaderField& field) { return same_header(field.first, name); });
  headers.emplace_back(name, std::move(value));
}

std::vector<std::pair<std::string, std::string>> parse_query_string(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (query.empty()) return pairs;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view key = part.substr(0, equals);
    const std::string_view value = equals < part.size() ? part.substr(equals + 1) : "";
    pairs.emplace_back(percent_decode(key, Plus::kSpace).value_or(std::string(key)),
                       percent_decode(value, Plus::kSpace).value_or(std::string(value)));
  }
  return pairs;
}

}  // namespace martlet::wire
