#pragma once

// The least policy that covers what a function was seen to do, and what its reader should know of it. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "authorization/usage.h"

namespace martlet::authorization {

/// Where a note of a suggestion travels over HTTP.
inline constexpr const char* kNoteHeader = "x-martlet-note";

struct Suggestion {
  /// A policy document: for each set of actions one statement, with all resources that they were done to.
  /// Empty when nothing was seen.
  std::string policy;
  /// Sentences in ASCII.
  std::vector<std::string> notes;
};

/// `function`: its name, which is that of its sessions.
Suggestion suggest(const Usage& usage, std::string_view function);

}  // namespace martlet::authorization
