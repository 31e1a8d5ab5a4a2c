#include "server/runtime_listing.h"

#include <fmt/format.h>

#include <iterator>
#include <vector>

#include "base/strings.h"

namespace martlet::server {

namespace {

struct Row {
  std::string runtime;
  /// Empty where nothing serves, and for runtimes that need no program.
  std::string program;
  std::string version;
  bool exact = false;
  /// Why another version serves, or none; and what to do about it.
  std::string reason;
  std::string remedy;
};

std::vector<Row> rows_of(const environments::RuntimeOptions& options) {
  std::vector<Row> rows;
  environments::RuntimeOptions searched = options;
  if (!searched.found) searched.found = environments::discover(options.search);
  const environments::Runtimes runtimes({}, std::move(searched));
  for (const std::string& identifier : environments::Runtimes::identifiers()) {
    Row row;
    row.runtime = identifier;
    const auto found = runtimes.look_up(identifier);
    if (!found) {
      row.reason = found.error();
      row.remedy = environments::Runtimes::remedy_for(identifier);
    } else if (found->command.empty()) {
      row.exact = true;
    } else {
      row.program = found->command.front();
      const std::string& version = found->version;
      row.version = version.substr(version.find(':') + 1);
      row.exact = found->notice.empty();
      if (!row.exact) row.remedy = environments::Runtimes::remedy_for(identifier);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string told(const Row& row) {
  if (!row.reason.empty())
    return fmt::format("nothing: {} For exactly this version: {}", row.reason, row.remedy);
  if (row.program.empty()) return "the function's own bootstrap";
  std::string text = fmt::format("{:<10} {}", row.version, row.program);
  if (!row.exact) text += fmt::format("  (another version; for this one: {})", row.remedy);
  return text;
}

}  // namespace

std::string runtime_listing_as_text(const environments::RuntimeOptions& options) {
  std::string text;
  for (const Row& row : rows_of(options))
    fmt::format_to(std::back_inserter(text), "{:<16} {}\n", row.runtime, told(row));
  return text;
}

std::string runtime_listing_as_json(const environments::RuntimeOptions& options) {
  const auto or_null = [](const std::string& value) { return value.empty() ? "null" : quote_json(value); };
  std::string text = "[";
  for (const Row& row : rows_of(options))
    fmt::format_to(
        std::back_inserter(text),
        "{}\n  {{\"runtime\": {}, \"program\": {}, \"version\": {}, \"exact\": {}, \"remedy\": {}}}",
        text.size() > 1 ? "," : "", quote_json(row.runtime), or_null(row.program), or_null(row.version),
        row.exact, or_null(row.remedy));
  return text + "\n]\n";
}

}  // namespace martlet::server
