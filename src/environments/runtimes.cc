#include "environments/runtimes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/log.h"

namespace martlet::environments {

namespace {

using Found = std::expected<std::shared_ptr<const Runtime>, std::string>;

struct Family {
  Language language;
  const char* prefix;
  const char* name;
  /// Of the folder with Martlet's part, and in Runtime::version.
  const char* folder;
  const char* package;
  /// How a certain version is had; {} is the version.
  const char* remedy;
};

constexpr Family kFamilies[] = {
    {Language::kPython, "python3.", "Python", "python", "python3", "pyenv install {}"},
    {Language::kNode, "nodejs", "Node.js", "nodejs", "nodejs", "nvm install {}"},
    {Language::kJava, "java", "Java", "java", "openjdk-17-jre-headless", "a JDK {} in /usr/lib/jvm"},
    {Language::kRuby, "ruby", "Ruby", "ruby", "ruby", "rbenv install {}"},
};

const Family* family_of(const std::string& identifier) {
  const auto* found =
      std::ranges::find_if(kFamilies, [&](const Family& one) { return identifier.starts_with(one.prefix); });
  return found == std::end(kFamilies) ? nullptr : found;
}

/// The numbers in "3.12", "20.x", "8.al2"; what is not a number ends them.
std::vector<int> numbers_of(std::string_view text) {
  std::vector<int> numbers;
  const char* at = text.data();
  const char* end = at + text.size();
  for (int number = 0; at != end; ++at) {
    const auto [after, failure] = std::from_chars(at, end, number);
    if (failure != std::errc()) break;
    numbers.push_back(number);
    if (after == end || *after != '.') break;
    at = after;
  }
  return numbers;
}

std::vector<int> version_of(const std::string& identifier, const Family& family) {
  const std::string_view text = std::string_view(identifier).substr(std::string_view(family.folder).size());
  return numbers_of(text);
}

std::string text_of(const std::vector<int>& version) { return fmt::format("{}", fmt::join(version, ".")); }

std::vector<sandbox::Bind> binds_of(const Interpreter& interpreter, const std::string& folder) {
  std::vector<sandbox::Bind> binds{{.source = folder, .target = "/var/runtime"}};
  if (!interpreter.prefix.empty())
    binds.push_back({.source = interpreter.prefix, .target = interpreter.prefix});
  return binds;
}

/// What every program reads: the dynamic loader's and the C library's settings.
std::vector<std::string> start_variables(std::initializer_list<const char*> more) {
  std::vector<std::string> names{"LD_",   "MALLOC_",  "GLIBC_TUNABLES", "LC_",
                                 "LANG=", "LANGUAGE", "OPENSSL_",       "SSL_CERT_"};
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

void python(Runtime& runtime) {
  // Without the site module, which takes as long as everything else; bootstrap.py does what functions need of
  // it.
  runtime.command.insert(runtime.command.end(), {"-S", "-X", "utf8", "/var/runtime/bootstrap.py"});
  runtime.variables = {{"PYTHONPATH", "/var/runtime"}};
  runtime.start_variables = start_variables({"PYTHON"});
}

void node(Runtime& runtime) {
  runtime.command.emplace_back("/var/runtime/bootstrap.cjs");
  runtime.variables = {
      {"NODE_PATH", "/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"}};
  runtime.start_variables = start_variables(
      {"NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "NODE_ICU_DATA", "NODE_DEBUG", "NODE_V8_COVERAGE",
       "NODE_NO_WARNINGS", "NODE_PENDING_DEPRECATION", "NODE_PRESERVE_SYMLINKS", "NODE_REDIRECT_WARNINGS",
       "NODE_COMPILE_CACHE", "NODE_DISABLE_", "NODE_USE_", "UV_"});
  // Node.js does not see the sandbox's memory limit; without these it would collect garbage too late. The
  // heap of a running process cannot be limited any more, but it can be made to start small and grow slowly.
  runtime.heap_options = {"--max-old-space-size={}"};
  runtime.preboot_options = {"--initial-old-space-size=32"};
}

void java(Runtime& runtime) {
  // Functions live too short for the second compiler, and one processor gains nothing from another collector.
  runtime.command.insert(runtime.command.end(),
                         {"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData",
                          "-Dfile.encoding=UTF-8", "-jar", "/var/runtime/bootstrap.jar"});
  // Java takes the encoding of variables and file names from here; en_US.UTF-8 is not on every system.
  runtime.variables = {{"LC_ALL", "C.UTF-8"}};
  runtime.start_variables = start_variables({"JAVA_", "JDK_", "_JAVA_OPTIONS", "CLASSPATH"});
  runtime.heap_options = {"-Xmx{}m"};
  runtime.heap_percent = 75;  // classes and compiled code are beside the heap
  // Room for the largest function, which the sandbox's limit bounds; little of it is free at any time.
  runtime.preboot_options = {"-Xmx9g", "-Xms48m", "-XX:MinHeapFreeRatio=20", "-XX:MaxHeapFreeRatio=40"};
}

void ruby(Runtime& runtime, const std::vector<int>& wanted, const std::vector<int>& has) {
  // Without gems, whose loading takes as long as everything else: bootstrap.rb loads them when they are
  // needed.
  runtime.command.insert(runtime.command.end(), {"--disable-gems", "/var/runtime/bootstrap.rb"});
  std::vector<std::string> places;
  for (const auto* version : {&wanted, &has}) {
    if (version->size() < 2) continue;
    const std::string abi = fmt::format("{}.{}.0", (*version)[0], (*version)[1]);
    for (const std::string& place : {"/var/task/vendor/bundle/ruby/" + abi, "/opt/ruby/gems/" + abi})
      if (std::ranges::find(places, place) == places.end()) places.push_back(place);
  }
  runtime.variables = {{"GEM_PATH", fmt::format("{}", fmt::join(places, ":"))},
                       {"RUBYLIB", "/var/task:/var/runtime/lib:/opt/ruby/lib"}};
  runtime.start_variables = start_variables({"RUBY"});
}

/// "Python 3.13", for people.
std::string title(const Family& family, const std::vector<int>& version) {
  return std::string(family.name) + " " + text_of(version);
}

std::string remedy(const Family& family, const std::vector<int>& wanted) {
  return fmt::format(fmt::runtime(family.remedy), text_of(wanted));
}

Runtime make(const std::string& identifier, const Family& family, const Interpreter& chosen,
             const std::string& folder) {
  const std::vector<int> wanted = version_of(identifier, family);
  Runtime runtime{.language = family.language,
                  .command = {chosen.program},
                  .binds = binds_of(chosen, folder),
                  .version = fmt::format("{}:{}", family.folder, text_of(chosen.version)),
                  .preboots = true};
  if (!is_version(chosen, wanted))
    runtime.notice = fmt::format("{} runs this {} function: this machine has no {}",
                                 title(family, chosen.version), identifier, title(family, wanted));
  switch (family.language) {
    case Language::kPython:
      python(runtime);
      break;
    case Language::kNode:
      node(runtime);
      break;
    case Language::kJava:
      java(runtime);
      break;
    case Language::kRuby:
      ruby(runtime, wanted, chosen.version);
      break;
    case Language::kProvided:
      break;
  }
  return runtime;
}

std::vector<std::string> with_options(std::vector<std::string> command,
                                      const std::vector<std::string>& options, std::uint32_t heap_mb) {
  if (command.empty()) return command;
  std::vector<std::string> made;
  for (const std::string& option : options) made.push_back(fmt::format(fmt::runtime(option), heap_mb));
  command.insert(command.begin() + 1, made.begin(), made.end());
  return command;
}

}  // namespace

std::vector<std::string> Runtime::command_for(std::uint32_t memory_mb) const {
  return with_options(command, heap_options, heap_mb(memory_mb));
}

std::vector<std::string> Runtime::preboot_command() const {
  return with_options(command, preboot_options, 0);
}

bool Runtime::may_preboot(const std::map<std::string, std::string>& function_variables) const {
  return preboots && std::ranges::none_of(function_variables, [&](const auto& variable) {
           return std::ranges::any_of(start_variables, [&](const std::string& beginning) {
             return (variable.first + "=").starts_with(beginning);
           });
         });
}

Runtimes::Runtimes(std::string directory, RuntimeOptions options)
    : directory_(std::move(directory)), options_(std::move(options)) {}

const std::vector<std::string>& Runtimes::identifiers() {
  static const std::vector<std::string> all{
      "python3.8",  "python3.9",  "python3.10",   "python3.11",     "python3.12", "python3.13",
      "python3.14", "nodejs18.x", "nodejs20.x",   "nodejs22.x",     "nodejs24.x", "java8.al2",
      "java11",     "java17",     "java21",       "java25",         "ruby3.2",    "ruby3.3",
      "ruby3.4",    "provided",   "provided.al2", "provided.al2023"};
  return all;
}

std::string Runtimes::remedy_for(const std::string& identifier) {
  const Family* family = family_of(identifier);
  return family == nullptr ? std::string() : remedy(*family, version_of(identifier, *family));
}

Found Runtimes::find(const std::string& identifier) {
  if (const auto known = found_.find(identifier); known != found_.end()) return known->second;
  // A failure is not kept: the missing package may be installed by the next call.
  auto looked_up = look_up(identifier);
  if (!looked_up) return std::unexpected(std::move(looked_up.error()));
  if (looked_up->language == Language::kJava &&
      ::access((directory_ + "/java/bootstrap.jar").c_str(), R_OK) != 0)
    return std::unexpected(
        "This Martlet was built without a JDK and has no part that runs " + identifier +
        " functions. Install the Debian package openjdk-17-jdk-headless and build it again.");
  if (!looked_up->notice.empty())
    log::warning(
        "another version runs these functions: this machine has none of the one they ask for",
        {{"runtime", identifier}, {"program", looked_up->command.front()}, {"version", looked_up->version}});
  return found_.emplace(identifier, std::make_shared<const Runtime>(std::move(*looked_up))).first->second;
}

std::expected<Runtime, std::string> Runtimes::look_up(const std::string& identifier) const {
  if (identifier == "provided" || identifier.starts_with("provided."))
    return Runtime{.language = Language::kProvided, .command = {}, .binds = {}, .version = identifier};
  if (identifier.empty())  // a container image
    return Runtime{.language = Language::kProvided, .command = {}, .binds = {}, .version = {}};
  const Family* family = family_of(identifier);
  if (family == nullptr)
    return std::unexpected("Martlet runs python, nodejs, java, ruby and provided runtimes; it has none for " +
                           identifier + ".");
  const std::vector<int> wanted = version_of(identifier, *family);
  const auto interpreters =
      options_.found ? options_.found->at(family->language) : discover(options_.search, family->language);
  const Interpreter* chosen = nearest(interpreters, wanted);
  if (chosen == nullptr)
    return std::unexpected(
        fmt::format("There is no {} on this machine to run {} functions. Install the Debian package {}.",
                    family->name, identifier, family->package));
  if (options_.strict && !is_version(*chosen, wanted))
    return std::unexpected(
        fmt::format("This machine has no {} to run {} functions (the nearest is {}), and --strict-runtimes "
                    "refuses another "
                    "version. Get it with: {}",
                    title(*family, wanted), identifier, text_of(chosen->version), remedy(*family, wanted)));
  return make(identifier, *family, *chosen, directory_ + "/" + family->folder);
}

}  // namespace martlet::environments
