#include <algorithm>
#include <array>
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

std::vector<fs::path> entries(const fs::path& directory) {
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

/// The first version in the name of an installation: "v22.11.0", "cpython-3.13.1-linux", "temurin-25-jdk".
std::vector<int> version_in(std::string_view name) {
  for (std::size_t at = 0; at < name.size(); ++at)
    if (std::isdigit(static_cast<unsigned char>(name[at])) != 0) return parse_version(name.substr(at));
  return {};
}

/// The version that the C header beside a Node.js installation states.
std::vector<int> version_of_node_header(const fs::path& prefix) {
  std::ifstream header(prefix / "include/node/node_version.h");
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

/// The version that the file `release` of a Java installation states; "1.8.0_402" is 8.
std::vector<int> version_of_java(const fs::path& prefix) {
  std::ifstream release(prefix / "release");
  constexpr std::string_view kStart = "JAVA_VERSION=\"";
  for (std::string line; std::getline(release, line);)
    if (line.starts_with(kStart)) {
      std::vector<int> version = parse_version(std::string_view(line).substr(kStart.size()));
      if (version.size() > 1 && version[0] == 1) version.erase(version.begin());
      return version;
    }
  return version_in(prefix.filename().string());
}

/// {3, 3} for /usr/lib/ruby/3.3.0 beside the program, the newest.
std::vector<int> version_of_ruby(const fs::path& prefix) {
  std::vector<int> newest;
  for (const fs::path& path : entries(prefix / "lib/ruby")) {
    std::vector<int> version = parse_version(path.filename().string());
    if (version.size() < 2) continue;
    version.resize(2);
    newest = std::max(newest, version);
  }
  return newest;
}

/// Whether `name` is `start` and then a number, as in "python3.12" and "ruby3.1".
bool is_numbered(const std::string& name, const std::string& start) {
  return name.starts_with(start) && name.size() > start.size() &&
         std::ranges::all_of(name.substr(start.size()),
                             [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
}

/// Programs called "python3.12" or "ruby3.1" in a directory.
void add_numbered(std::vector<Interpreter>& found, const fs::path& directory, const std::string& start) {
  const std::size_t letters = start.find_first_of("0123456789");
  for (const fs::path& path : entries(directory)) {
    const std::string name = path.filename();
    if (is_numbered(name, start)) add(found, path, parse_version(std::string_view(name).substr(letters)));
  }
}

void add_node(std::vector<Interpreter>& found, const fs::path& program) {
  const auto real = program_at(program);
  if (!real) return;
  const fs::path prefix = fs::path(*real).parent_path().parent_path();
  std::vector<int> version = version_of_node_header(prefix);
  if (version.empty() && real->starts_with("/usr/bin/")) version = version_of_node_package();
  if (version.empty()) version = version_in(prefix.filename().string());
  if (version.empty()) version = {0};  // better one of unknown version than none
  add(found, *real, std::move(version));
}

/// Martlet's part is compiled for Java 11.
void add_java(std::vector<Interpreter>& found, const fs::path& program) {
  const auto real = program_at(program);
  if (!real) return;
  std::vector<int> version = version_of_java(fs::path(*real).parent_path().parent_path());
  if (!version.empty() && version[0] >= 11) add(found, *real, std::move(version));
}

void add_ruby(std::vector<Interpreter>& found, const fs::path& program) {
  const auto real = program_at(program);
  if (!real) return;
  const fs::path prefix = fs::path(*real).parent_path().parent_path();
  std::vector<int> version = version_in(prefix.filename().string());
  if (version.size() < 2) version = version_of_ruby(prefix);
  add(found, *real, std::move(version));
}

/// What of the language is in a directory with programs.
void add_programs(std::vector<Interpreter>& found, const fs::path& directory, Language language) {
  switch (language) {
    case Language::kPython:
      add_numbered(found, directory, "python3.");
      break;
    case Language::kNode:
      add_node(found, directory / "node");
      break;
    case Language::kJava:
      add_java(found, directory / "java");
      break;
    case Language::kRuby:
      add_numbered(found, directory, "ruby3.");
      add_ruby(found, directory / "ruby");
      break;
    case Language::kProvided:
      break;
  }
}

/// The patch number of a Python that only the name of its installation states ("3.12.1").
void take_version_from_prefix(std::vector<Interpreter>& found, std::size_t from, const fs::path& prefix) {
  const std::vector<int> named = version_in(prefix.filename().string());
  for (std::size_t i = from; i < found.size(); ++i)
    if (std::vector<int>& version = found[i].version;
        named.size() > version.size() && std::equal(version.begin(), version.end(), named.begin()))
      version = named;
}

void add_installation(std::vector<Interpreter>& found, const fs::path& prefix, Language language) {
  const std::size_t before = found.size();
  add_programs(found, prefix / "bin", language);
  take_version_from_prefix(found, before, prefix);
}

}  // namespace

RuntimeSearch RuntimeSearch::of_this_machine(std::vector<std::string> configured) {
  const auto variable = [](const char* name) {
    return std::string(std::getenv(name) ? std::getenv(name) : "");
  };
  RuntimeSearch search{.configured = std::move(configured),
                       .program_directories = {"/usr/bin", "/usr/local/bin"},
                       .installations = {}};
  for (const std::string_view directory : split(variable("PATH"), ':'))
    // The shims of pyenv and rbenv are scripts that stand for whatever version is current.
    if (directory.starts_with('/') && !directory.ends_with("/shims"))
      search.program_directories.emplace_back(directory);
  const auto add_root = [&](const std::string& root, const char* below) {
    if (root.starts_with('/')) search.installations.push_back(root + below);
  };
  add_root(variable("PYENV_ROOT"), "/versions");
  add_root(variable("NVM_DIR"), "/versions/node");
  add_root(variable("RBENV_ROOT"), "/versions");
  const std::string home = variable("HOME");
  for (const char* below :
       {"/.pyenv/versions", "/.nvm/versions/node", "/.rbenv/versions", "/.sdkman/candidates/java"})
    add_root(home, below);
  search.installations.emplace_back("/usr/lib/jvm");
  return search;
}

std::vector<std::string> RuntimeSearch::directories() const {
  std::vector<std::string> found = program_directories;
  for (const auto* more : {&configured, &installations})
    found.insert(found.end(), more->begin(), more->end());
  for (const std::string& directory : program_directories) {
    // The system's own lead to nowhere that is closed; they are also the long ones.
    if (directory.starts_with("/usr/") || directory == "/bin" || directory == "/sbin") continue;
    for (const fs::path& path : entries(directory)) {
      std::error_code failure;
      const std::string name = path.filename();
      const auto is_start = [&](std::string_view start) { return name.starts_with(start); };
      if (std::ranges::none_of(std::array{"python3", "node", "java", "ruby"}, is_start)) continue;
      if (!fs::is_symlink(path, failure)) continue;
      if (const auto program = program_at(path); program && !prefix_of(*program).empty())
        found.push_back(prefix_of(*program));
    }
  }
  return found;
}

std::vector<Interpreter> discover(const RuntimeSearch& search, Language language) {
  std::vector<Interpreter> found;
  for (const std::string& directory : search.configured) {
    add_installation(found, directory, language);
    for (const fs::path& prefix : entries(directory)) add_installation(found, prefix, language);
  }
  for (const std::string& directory : search.program_directories) add_programs(found, directory, language);
  for (const std::string& directory : search.installations)
    for (const fs::path& prefix : entries(directory)) add_installation(found, prefix, language);
  return found;
}

Interpreters discover(const RuntimeSearch& search) {
  Interpreters found;
  for (const Language language : {Language::kPython, Language::kNode, Language::kJava, Language::kRuby})
    found[language] = discover(search, language);
  return found;
}

bool is_version(const Interpreter& interpreter, const std::vector<int>& wanted) {
  return interpreter.version.size() >= wanted.size() &&
         std::equal(wanted.begin(), wanted.end(), interpreter.version.begin());
}

const Interpreter* nearest(const std::vector<Interpreter>& interpreters, const std::vector<int>& wanted) {
  // As much of a version as was asked for.
  const auto shown = [&](const Interpreter& one) {
    std::vector<int> version = one.version;
    version.resize(wanted.size());
    return version;
  };
  const Interpreter* best = nullptr;
  for (const Interpreter& one : interpreters) {
    if (best == nullptr) {
      best = &one;
      continue;
    }
    // From the wanted one upwards the lowest is best, and any of those is better than the highest below.
    const bool newer = shown(one) >= wanted;
    const bool best_newer = shown(*best) >= wanted;
    if (newer != best_newer ? newer : newer ? shown(one) < shown(*best) : shown(one) > shown(*best))
      best = &one;
  }
  return best;
}

}  // namespace martlet::environments
