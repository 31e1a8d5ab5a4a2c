#pragma once

// Runtimes: which program of this machine serves a runtime identifier such as "python3.12".
//
// An interpreter of exactly that version is taken if the machine has one: from the system, from the
// directories in PATH, from pyenv or nvm. Otherwise the nearest version of the language serves, and the
// server's log says so once. Nothing is looked for before the first function needs it; what was found is
// kept. Lives on the loop.

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/sandbox.h"

namespace martlet::environments {

enum class Language { kPython, kNode, kProvided };

/// A runtime as an environment starts it.
struct Runtime {
  Language language = Language::kProvided;
  /// Program and arguments, as paths inside the environment. Empty for `provided`: the code brings its own.
  std::vector<std::string> command;
  /// What the program needs beside the system root: its own prefix, and /var/runtime.
  std::vector<sandbox::Bind> binds;
  /// "python:3.12.1", for INIT_START.
  std::string version;
  /// Its program can start before the function is known: with MARTLET_PREBOOT=1 it asks the Runtime API for
  /// it (see preboot.h).
  bool preboots = false;
  /// Beginnings of the names of variables that its program reads as it starts ("PYTHON", "NODE_OPTIONS"). A
  /// function that sets one cannot come from a pre-booted program.
  std::vector<std::string> start_variables{};

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

/// Where to look. The defaults are this machine's.
struct RuntimeSearch {
  std::vector<std::string> program_directories;
  /// Directories with one installation per version: ~/.pyenv/versions, ~/.nvm/versions/node.
  std::vector<std::string> pyenv_versions;
  std::vector<std::string> nvm_versions;

  static RuntimeSearch of_this_machine();
};

class Runtimes {
 public:
  /// `directory` holds python/ and nodejs/ with Martlet's part of each runtime.
  Runtimes(std::string directory, RuntimeSearch search);

  /// The runtime of that identifier (empty: that of container images), or why there is none and what to
  /// install.
  std::expected<std::shared_ptr<const Runtime>, std::string> find(const std::string& identifier);

 private:
  std::expected<std::shared_ptr<const Runtime>, std::string> resolve(const std::string& identifier);

  std::string directory_;
  RuntimeSearch search_;
  std::map<std::string, std::shared_ptr<const Runtime>> found_;
};

std::vector<Interpreter> find_pythons(const RuntimeSearch& search);
std::vector<Interpreter> find_nodes(const RuntimeSearch& search);

/// The one to use for the version that was asked for, most significant numbers first: the same, else the
/// nearest, of two equally near ones the newer. Null when there are none.
const Interpreter* nearest(const std::vector<Interpreter>& interpreters, const std::vector<int>& wanted);

}  // namespace martlet::environments
