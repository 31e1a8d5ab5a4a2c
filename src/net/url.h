#pragma once

// The parts of URLs: hosts with ports, paths, queries, forms. Everything here takes bytes from outside and
// never throws.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"

namespace martlet::net {

struct HostPort {
  /// Lower case, an IPv6 address without its brackets.
  std::string host;
  std::optional<std::uint16_t> port;
  bool is_ipv6 = false;
};

/// Splits "localhost", "localhost:4566", "[::1]:4566"; nullopt when it is none of these.
std::optional<HostPort> parse_host_port(std::string_view text);

/// An absolute http or https URL.
struct Url {
  enum class Scheme { kHttp, kHttps };
  Scheme scheme = Scheme::kHttp;
  HostPort authority;
  /// Path and query, still encoded; at least "/".
  std::string target;

  [[nodiscard]] std::uint16_t port() const {
    return authority.port.value_or(scheme == Scheme::kHttps ? 443 : 80);
  }
  /// The value of a Host field: "[::1]:8080", "example.com".
  [[nodiscard]] std::string host_field() const;
  /// nullopt unless `text` is an http or https URL. A fragment is dropped; user information is refused.
  static std::optional<Url> parse(std::string_view text);
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// The pairs of "a=1&b=%20&c" in order, decoded; a name without '=' has an empty value. nullopt when an
/// escape is malformed.
std::optional<Pairs> parse_query(std::string_view query, Plus plus = Plus::kLiteral);

/// An application/x-www-form-urlencoded body: a query in which '+' is a space.
std::optional<Pairs> parse_form(std::string_view body);

/// The decoded segments of "/a/b%2Fc/": {"a", "b/c", ""}. nullopt when an escape is malformed or the first
/// character is no slash.
std::optional<std::vector<std::string>> path_segments(std::string_view path);

}  // namespace martlet::net
