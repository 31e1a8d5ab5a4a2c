#pragma once

// An HTTP request and an answer as the codecs see them. The gateway makes one from the other room's types;
// this room does not know how bytes get here.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::wire {

using HeaderField = std::pair<std::string, std::string>;

/// All of it must outlive the call.
struct RequestView {
  std::string_view method;
  /// Percent-encoded, without the query.
  std::string_view path;
  /// Percent-encoded, without the question mark.
  std::string_view query = {};
  std::span<const HeaderField> headers = {};
  std::string_view body = {};

  /// The first value of a header; names compare without regard to case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

struct Answer {
  int status = 200;
  std::vector<HeaderField> headers;
  std::string body;

  /// Replaces all fields of that name.
  void set_header(std::string_view name, std::string value);
};

/// Whether two header names are the same.
bool same_header(std::string_view a, std::string_view b);

/// The decoded pairs of a query string in their order; pairs that cannot be decoded are kept as they are.
std::vector<std::pair<std::string, std::string>> parse_query_string(std::string_view query);

}  // namespace martlet::wire
