#pragma once

// `martlet --isolation`: what isolates functions from the host and from one another, and how much of it holds
// on this machine.

#include <string>
#include <string_view>

namespace martlet::server {

/// Prints this machine's state and the page. Returns 1 where functions cannot be isolated, after telling why
/// and what to do about it; else 0.
int isolation();

/// docs/isolation.md.
std::string_view isolation_page();

/// A Markdown page for people who read it in a terminal: without marks, links as the words they are on.
std::string as_plain_text(std::string_view markdown);

}  // namespace martlet::server
