#include "environments/runtimes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "base/log.h"

namespace martlet::environments {

namespace {

using Found = std::expected<std::shared_ptr<const Runtime>, std::string>;

std::vector<sandbox::Bind> binds_of(const Interpreter& interpreter, const std::string& folder) {
  std::vector<sandbox::Bind> binds{{.source = folder, .target = "/var/runtime"}};
  if (!interpreter.prefix.empty())
    binds.push_back({.source = interpreter.prefix, .target = interpreter.prefix});
  return binds;
}

/// Warns once for a runtime that another version serves; the caller keeps the result.
void warn_if_other(const std::string& identifier, const Interpreter& chosen, const std::vector<int>& wanted) {
  if (chosen.version.size() >= wanted.size() &&
      std::equal(wanted.begin(), wanted.end(), chosen.version.begin()))
    return;
  log::warning("this machine has no interpreter of that version; another one runs these functions",
               {{"runtime", identifier},
                {"program", chosen.program},
                {"version", fmt::format("{}", fmt::join(chosen.version, "."))}});
}

Found python(const std::string& identifier, const std::string& directory, const RuntimeSearch& search) {
  const std::vector<int> wanted{3, std::atoi(identifier.c_str() + std::string_view("python3.").size())};
  const auto interpreters = find_pythons(search);
  const Interpreter* chosen = nearest(interpreters, wanted);
  if (chosen == nullptr)
    return std::unexpected("There is no Python on this machine to run " + identifier +
                           " functions. Install the Debian package python3.");
  warn_if_other(identifier, *chosen, wanted);
  // Without the site module, which takes as long as everything else; bootstrap.py does what functions need of
  // it.
  return std::make_shared<const Runtime>(
      Runtime{.language = Language::kPython,
              .command = {chosen->program, "-S", "-X", "utf8", "/var/runtime/bootstrap.py"},
              .binds = binds_of(*chosen, directory + "/python"),
              .version = fmt::format("python:{}", fmt::join(chosen->version, ".")),
              .preboots = true,
              .start_variables = {"PYTHON", "LD_"}});
}

Found node(const std::string& identifier, const std::string& directory, const RuntimeSearch& search) {
  const std::vector<int> wanted{std::atoi(identifier.c_str() + std::string_view("nodejs").size())};
  const auto interpreters = find_nodes(search);
  const Interpreter* chosen = nearest(interpreters, wanted);
  if (chosen == nullptr)
    return std::unexpected("There is no Node.js on this machine to run " + identifier +
                           " functions. Install the Debian package nodejs.");
  warn_if_other(identifier, *chosen, wanted);
  return std::make_shared<const Runtime>(
      Runtime{.language = Language::kNode,
              .command = {chosen->program, "/var/runtime/bootstrap.cjs"},
              .binds = binds_of(*chosen, directory + "/nodejs"),
              .version = fmt::format("nodejs:{}", fmt::join(chosen->version, "."))});
}

}  // namespace

std::vector<std::string> Runtime::preboot_command() const { return command; }

bool Runtime::may_preboot(const std::map<std::string, std::string>& function_variables) const {
  return preboots && std::ranges::none_of(function_variables, [&](const auto& variable) {
           return std::ranges::any_of(start_variables, [&](const std::string& beginning) {
             return (variable.first + "=").starts_with(beginning);
           });
         });
}

Runtimes::Runtimes(std::string directory, RuntimeSearch search)
    : directory_(std::move(directory)), search_(std::move(search)) {}

Found Runtimes::find(const std::string& identifier) {
  if (const auto known = found_.find(identifier); known != found_.end()) return known->second;
  // A failure is not kept: the missing package may be installed by the next call.
  Found result = resolve(identifier);
  if (result) found_.emplace(identifier, *result);
  return result;
}

Found Runtimes::resolve(const std::string& identifier) {
  if (identifier.starts_with("python3.")) return python(identifier, directory_, search_);
  if (identifier.starts_with("nodejs")) return node(identifier, directory_, search_);
  if (identifier == "provided" || identifier.starts_with("provided."))
    return std::make_shared<const Runtime>(
        Runtime{.language = Language::kProvided, .command = {}, .binds = {}, .version = identifier});
  if (identifier.empty())  // a container image
    return std::make_shared<const Runtime>(
        Runtime{.language = Language::kProvided, .command = {}, .binds = {}, .version = {}});
  return std::unexpected("Martlet runs python, nodejs and provided runtimes; it has none for " + identifier +
                         ".");
}

}  // namespace martlet::environments
