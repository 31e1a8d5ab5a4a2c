#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/strings.h"
#include "environments/runtimes.h"

namespace martlet::environments {

namespace fs = std::filesystem;

namespace {

/// "3.12.1" → {3, 12, 1}; stops at what is not a number.
std::vector<int> parse_version(std::string_view text) {
  std::vector<int> numbers;
  for (const std::string_view part : split(text, '.')) {
    int number = 0;
    const auto [end, failure] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (failure != std::errc()) break;
    numbers.push_back(number);
    if (end != part.data() + part.size()) break;
  }
  return numbers;
}

/// The program behind `path` with links resolved, if it is one.
std::optional<std::string> program_at(const fs::path& path) {
  std::error_code failure;
  const fs::path real = fs::canonical(path, failure);
  if (failure || !fs::is_regular_file(real, failure)) return std::nullopt;
  if ((fs::status(real, failure).permissions() & fs::perms::owner_exec) == fs::perms::none)
    return std::nullopt;
  return real.string();
}

/// The installation that must be visible for `program` to run; empty when the system root holds it.
std::string prefix_of(const std::string& program) {
  if (program.starts_with("/usr/")) return {};
  return fs::path(program).parent_path().parent_path().string();
}

std::vector<fs::path> entries(const std::string& directory) {
  std::vector<fs::path> found;
  std::error_code failure;
  for (fs::directory_iterator it(directory, failure), end; !failure && it != end; it.increment(failure))
    found.push_back(it->path());
  std::ranges::sort(found);
  return found;
}

void add(std::vector<Interpreter>& found, const fs::path& path, std::vector<int> version) {
  const auto program = program_at(path);
  if (!program || version.empty()) return;
  if (std::ranges::any_of(found, [&](const Interpreter& other) { return other.program == *program; })) return;
  found.push_back({.program = *program, .prefix = prefix_of(*program), .version = std::move(version)});
}

/// The version that the C header beside a Node.js installation states.
std::vector<int> version_of_node_header(const fs::path& program) {
  std::ifstream header(program.parent_path().parent_path() / "include/node/node_version.h");
  std::vector<int> version;
  for (std::string line; std::getline(header, line) && version.size() < 3;)
    for (const std::string_view name : {"MAJOR", "MINOR", "PATCH"}) {
      const std::string start = "#define NODE_" + std::string(name) + "_VERSION ";
      if (line.starts_with(start)) version.push_back(std::atoi(line.c_str() + start.size()));
    }
  return version;
}

/// The version that Debian's package database states for the package nodejs.
std::vector<int> version_of_node_package() {
  std::ifstream database("/var/lib/dpkg/status");
  bool here = false;
  for (std::string line; std::getline(database, line);) {
    if (line.starts_with("Package: ")) here = line == "Package: nodejs";
    if (here && line.starts_with("Version: ")) {
      const auto colon = line.find(':', 9);
      return parse_version(std::string_view(line).substr(colon == std::string::npos ? 9 : colon + 1));
    }
  }
  return {};
}

}  // namespace

RuntimeSearch RuntimeSearch::of_this_machine() {
  RuntimeSearch search{
      .program_directories = {"/usr/bin", "/usr/local/bin"}, .pyenv_versions = {}, .nvm_versions = {}};
  const auto variable = [](const char* name) {
    return std::string(std::getenv(name) ? std::getenv(name) : "");
  };
  for (const std::string_view directory : split(variable("PATH"), ':'))
    // pyenv's shims are scripts that stand for whatever version is current.
    if (directory.starts_with('/') && !directory.ends_with("/shims"))
      search.program_directories.emplace_back(directory);
  const std::string home = variable("HOME");
  if (const std::string root = variable("PYENV_ROOT"); !root.empty())
    search.pyenv_versions.push_back(root + "/versions");
  if (const std::string root = variable("NVM_DIR"); !root.empty())
    search.nvm_versions.push_back(root + "/versions/node");
  if (!home.empty()) {
    search.pyenv_versions.push_back(home + "/.pyenv/versions");
    search.nvm_versions.push_back(home + "/.nvm/versions/node");
  }
  return search;
}

std::vector<std::string> RuntimeSearch::directories() const {
  std::vector<std::string> found = program_directories;
  for (const auto* versions : {&pyenv_versions, &nvm_versions})
    found.insert(found.end(), versions->begin(), versions->end());
  for (const std::string& directory : program_directories) {
    // The system's own lead to nowhere that is closed; they are also the long ones.
    if (directory.starts_with("/usr/") || directory == "/bin" || directory == "/sbin") continue;
    for (const fs::path& path : entries(directory)) {
      std::error_code failure;
      const std::string name = path.filename();
      if (!name.starts_with("python3") && !name.starts_with("node")) continue;
      if (!fs::is_symlink(path, failure)) continue;
      if (const auto program = program_at(path); program && !prefix_of(*program).empty())
        found.push_back(prefix_of(*program));
    }
  }
  return found;
}

std::vector<Interpreter> find_pythons(const RuntimeSearch& search) {
  std::vector<Interpreter> found;
  for (const std::string& directory : search.program_directories)
    for (const fs::path& path : entries(directory)) {
      const std::string name = path.filename();
      if (!name.starts_with("python3.")) continue;
      if (!std::ranges::all_of(name.substr(8), [](unsigned char c) { return std::isdigit(c) != 0; }))
        continue;
      add(found, path, parse_version(std::string_view(name).substr(6)));
    }
  for (const std::string& directory : search.pyenv_versions)
    for (const fs::path& path : entries(directory)) {
      const std::vector<int> version = parse_version(path.filename().string());
      if (version.size() < 2 || version[0] != 3) continue;
      add(found, path / "bin" / ("python3." + std::to_string(version[1])), version);
    }
  return found;
}

std::vector<Interpreter> find_nodes(const RuntimeSearch& search) {
  std::vector<Interpreter> found;
  for (const std::string& directory : search.program_directories)
    if (const auto program = program_at(fs::path(directory) / "node")) {
      std::vector<int> version = version_of_node_header(*program);
      if (version.empty() && program->starts_with("/usr/bin/")) version = version_of_node_package();
      if (version.empty()) version = {0};  // better one of unknown version than none
      add(found, *program, std::move(version));
    }
  for (const std::string& directory : search.nvm_versions)
    for (const fs::path& path : entries(directory)) {
      const std::string name = path.filename();
      if (name.starts_with('v'))
        add(found, path / "bin/node", parse_version(std::string_view(name).substr(1)));
    }
  return found;
}

const Interpreter* nearest(const std::vector<Interpreter>& interpreters, const std::vector<int>& wanted) {
  const Interpreter* best = nullptr;
  const auto distance = [&](const Interpreter& one) {
    std::vector<int> steps;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      steps.push_back(std::abs((i < one.version.size() ? one.version[i] : 0) - wanted[i]));
    return steps;
  };
  for (const Interpreter& one : interpreters) {
    if (best == nullptr || distance(one) < distance(*best)) {
      best = &one;
      continue;
    }
    if (distance(one) != distance(*best)) continue;
    // Equally near: of one version the system's own, which is found first; of two the newer.
    const auto shown = [&](const Interpreter& it) {
      return std::vector<int>(
          it.version.begin(),
          it.version.begin() + static_cast<long>(std::min(wanted.size(), it.version.size())));
    };
    if (shown(one) > shown(*best)) best = &one;
  }
  return best;
}

}  // namespace martlet::environments
