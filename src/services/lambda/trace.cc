#include "services/lambda/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/strings.h"

namespace martlet::lambda {

namespace {

constexpr std::size_t kIdDigits = 8;

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool is_root(std::string_view text) {
  const auto parts = split(text, '-');
  return parts.size() == 3 && parts[0] == "1" && is_hex(parts[1], 8) && is_hex(parts[2], 24);
}

void add_runs(Trace& trace, std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_hex(text.substr(0, colon), kIdDigits)) return;
  const std::string_view number = text.substr(colon + 1);
  std::uint32_t count = 0;
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), count);
  if (number.empty() || failed != std::errc() || end != number.data() + number.size()) return;
  if (trace.lineage.size() < kMaxLineage) trace.lineage.emplace_back(text.substr(0, colon), count);
}

void count_run(Trace& trace, std::string_view function_arn) {
  const std::string id = lineage_id(function_arn);
  for (auto& [known, count] : trace.lineage) {
    if (known != id) continue;
    if (count < UINT32_MAX) ++count;
    return;
  }
  if (trace.lineage.size() == kMaxLineage) trace.lineage.erase(trace.lineage.begin());
  trace.lineage.emplace_back(id, 1);
}

}  // namespace

std::string Trace::text() const {
  std::string out;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    fmt::format_to(std::back_inserter(out), "{}{}={}", out.empty() ? "" : ";", name, value);
  };
  add("Root", root);
  add("Parent", parent);
  add("Sampled", sampled);
  std::string runs;
  for (const auto& [id, count] : lineage)
    fmt::format_to(std::back_inserter(runs), "{}{}:{}", runs.empty() ? "" : "|", id, count);
  add("Lineage", runs);
  return out;
}

std::uint32_t Trace::runs(std::string_view id) const {
  const auto found = std::ranges::find_if(lineage, [&](const auto& entry) { return entry.first == id; });
  return found == lineage.end() ? 0 : found->second;
}

Trace parse_trace(std::string_view header) {
  Trace trace;
  for (std::string_view field : split(header, ';')) {
    field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = field.substr(0, equals);
    const std::string_view value = field.substr(equals + 1);
    if (name == "Root" && is_root(value)) trace.root = value;
    if (name == "Parent" && is_hex(value, 16)) trace.parent = value;
    if (name == "Sampled" && (value == "0" || value == "1")) trace.sampled = value;
    if (name == "Lineage" && trace.lineage.empty())
      for (const std::string_view entry : split(value, '|')) add_runs(trace, entry);
  }
  return trace;
}

std::string lineage_id(std::string_view function_arn) {
  return to_hex(as_view(sha256(function_arn))).substr(0, kIdDigits);
}

std::uint32_t runs_of(std::string_view header, std::string_view function_arn) {
  if (header.find("Lineage=") == std::string_view::npos) return 0;
  return parse_trace(header).runs(lineage_id(function_arn));
}

std::string counted(std::string_view header, std::string_view function_arn) {
  Trace trace = parse_trace(header);
  count_run(trace, function_arn);
  return trace.text();
}

std::string trace_for_run(std::string_view header, std::string_view function_arn, Tracing tracing, Ids& ids,
                          TimePoint now) {
  Trace trace = parse_trace(header);
  if (trace.root.empty())
    trace.root = fmt::format("1-{:08x}-{}", static_cast<std::uint32_t>(to_epoch_ms(now) / 1000), ids.hex(24));
  if (trace.parent.empty()) trace.parent = ids.hex(16);
  if (trace.sampled.empty()) trace.sampled = tracing == Tracing::kActive ? "1" : "0";
  count_run(trace, function_arn);
  return trace.text();
}

}  // namespace martlet::lambda
