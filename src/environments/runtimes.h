#pragma once

// Runtimes: which program of this machine serves a runtime identifier such as "python3.12".
//
// An interpreter of exactly that version is taken if the machine has one: from the directories that were
// configured, the system, PATH, pyenv, nvm, rbenv, /usr/lib/jvm or SDKMAN. Otherwise the nearest newer
// version of the language serves, and without one the nearest older; the server's log says so once, and
// Runtime::notice is what the function's own log says.
//
// Looking around is cheap (directories are listed, nothing is started) and a pure function of RuntimeSearch:
// discover() may run once, early, with rights that the server gives up later, and what it found be handed to
// Runtimes. Without that nothing is looked for before the first function of a language needs it. What was
// found is kept; what was missing is looked for again. Lives on the loop.

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/sandbox.h"

namespace martlet::environments {

enum class Language { kPython, kNode, kJava, kRuby, kProvided };

/// A runtime as an environment starts it.
struct Runtime {
  Language language = Language::kProvided;
  /// Program and arguments, as paths inside the environment. Empty for `provided`: the code brings its own.
  std::vector<std::string> command;
  /// What the program needs beside the system root: its own prefix, and /var/runtime.
  std::vector<sandbox::Bind> binds;
  /// "python:3.12.1", for INIT_START.
  std::string version;
  /// Variables that functions of this language start with and may replace: PYTHONPATH, NODE_PATH, ...
  std::map<std::string, std::string> variables = {};
  /// What the function's log says when another version than the one asked for runs it; empty otherwise.
  std::string notice = {};
  /// A process may be started before its function is known (MARTLET_PREBOOT, see runtimes/README.md).
  bool preboots = false;
  /// Beginnings of "NAME=" of the variables that the program reads when it starts: a function that sets one
  /// of them cannot use a process that was started before. may_preboot() compares.
  std::vector<std::string> start_variables = {};
  /// Options between program and arguments: with "{}" for the MiB its heap may have, and for a process whose
  /// function is not known.
  std::vector<std::string> heap_options = {};
  std::vector<std::string> preboot_options = {};
  /// How much of a function's memory its heap may take.
  std::uint32_t heap_percent = 90;

  /// MiB that the heap of a function with that much memory may have; also the preboot protocol's heap_mb.
  [[nodiscard]] std::uint32_t heap_mb(std::uint32_t memory_mb) const {
    return memory_mb * heap_percent / 100;
  }
  /// `command` for a function with that much memory.
  [[nodiscard]] std::vector<std::string> command_for(std::uint32_t memory_mb) const;
  /// `command` for a process that waits for its function.
  [[nodiscard]] std::vector<std::string> preboot_command() const;
  /// Whether a process that was started before can become a function with these variables of its own.
  [[nodiscard]] bool may_preboot(const std::map<std::string, std::string>& function_variables) const;
};

/// An interpreter on this machine.
struct Interpreter {
  std::string program;
  /// Its installation, where that is outside /usr.
  std::string prefix;
  /// {3, 12, 1}, {20, 11, 0}; numbers that are not known are absent.
  std::vector<int> version;
};

/// Where to look. First found, first taken among equal versions.
struct RuntimeSearch {
  /// Installations (each with a bin/), or directories of installations: what the user configured.
  std::vector<std::string> configured = {};
  /// Directories with programs.
  std::vector<std::string> program_directories = {};
  /// Directories with one installation per version: ~/.pyenv/versions, ~/.nvm/versions/node, /usr/lib/jvm,
  /// ...
  std::vector<std::string> installations = {};

  /// This machine's places, after those in `configured`.
  static RuntimeSearch of_this_machine(std::vector<std::string> configured = {});
  /// All of these, and the installations that links in a directory of programs lead to: what has to be seen
  /// to find interpreters.
  [[nodiscard]] std::vector<std::string> directories() const;
};

/// What there is, by language.
using Interpreters = std::map<Language, std::vector<Interpreter>>;

struct RuntimeOptions {
  RuntimeSearch search = RuntimeSearch::of_this_machine();
  /// What discover(search) found earlier; nullopt: look when needed.
  std::optional<Interpreters> found = std::nullopt;
  /// Another version than the one asked for is refused.
  bool strict = false;
};

class Runtimes {
 public:
  /// `directory` holds python/, nodejs/, ... with Martlet's part of each runtime.
  Runtimes(std::string directory, RuntimeOptions options);

  /// The runtime of that identifier (empty: that of container images), or why there is none and what to
  /// install.
  std::expected<std::shared_ptr<const Runtime>, std::string> find(const std::string& identifier);
  /// The same without keeping or logging anything, and as if Martlet's own part were there.
  [[nodiscard]] std::expected<Runtime, std::string> look_up(const std::string& identifier) const;

  /// The identifiers that AWS has and this program knows, oldest first within a language.
  static const std::vector<std::string>& identifiers();
  /// What to install so that exactly that version serves; empty for `provided`.
  static std::string remedy_for(const std::string& identifier);

 private:
  std::string directory_;
  RuntimeOptions options_;
  std::map<std::string, std::shared_ptr<const Runtime>> found_;
};

/// The interpreters of one language, or of all. Blocks for as long as it takes to list some directories.
std::vector<Interpreter> discover(const RuntimeSearch& search, Language language);
Interpreters discover(const RuntimeSearch& search);

/// The one to use for the version that was asked for, most significant numbers first: the same, else the
/// nearest newer, else the nearest older. Null when there are none.
const Interpreter* nearest(const std::vector<Interpreter>& interpreters, const std::vector<int>& wanted);

/// Whether it has the version that was asked for, as far as that goes.
bool is_version(const Interpreter& interpreter, const std::vector<int>& wanted);

}  // namespace martlet::environments
