#include "net/url.h"

#include <charconv>

namespace martlet::net {

namespace {

bool is_host(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '.' || c == '_' || c == '~';
    if (!good) return false;
  }
  return true;
}

bool is_ipv6(std::string_view text) {
  return text.find(':') != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

std::optional<HostPort> parse_host_port(std::string_view text) {
  HostPort result;
  std::string_view host;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    result.is_ipv6 = true;
    if (!is_ipv6(host)) return std::nullopt;
  } else {
    const auto colon = text.find(':');
    host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    if (!is_host(host)) return std::nullopt;
  }
  result.host = to_lower(host);
  if (rest.empty()) return result;
  result.port = parse_port(rest.substr(1));
  if (rest.front() != ':' || !result.port) return std::nullopt;
  return result;
}

std::string Url::host_field() const {
  std::string field = authority.is_ipv6 ? "[" + authority.host + "]" : authority.host;
  if (authority.port) field += ":" + std::to_string(*authority.port);
  return field;
}

std::optional<Url> Url::parse(std::string_view text) {
  Url url;
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string scheme = to_lower(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") return std::nullopt;
  url.scheme = scheme == "https" ? Scheme::kHttps : Scheme::kHttp;
  text.remove_prefix(colon + 3);
  text = text.substr(0, text.find('#'));
  const auto end = text.find_first_of("/?");
  const auto authority = parse_host_port(text.substr(0, end));
  if (!authority) return std::nullopt;
  url.authority = *authority;
  url.target = end == std::string_view::npos ? "/" : std::string(text.substr(end));
  if (url.target.front() == '?') url.target.insert(0, "/");
  for (const char c : url.target)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return std::nullopt;
  return url;
}

std::optional<Pairs> parse_query(std::string_view query, Plus plus) {
  Pairs pairs;
  if (query.empty()) return pairs;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    auto name = percent_decode(part.substr(0, equals), plus);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : percent_decode(part.substr(equals + 1), plus);
    if (!name || !value) return std::nullopt;
    pairs.emplace_back(std::move(*name), std::move(*value));
  }
  return pairs;
}

std::optional<Pairs> parse_form(std::string_view body) { return parse_query(body, Plus::kSpace); }

std::optional<std::vector<std::string>> path_segments(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<std::string> segments;
  for (const std::string_view part : split(path.substr(1), '/')) {
    auto segment = percent_decode(part);
    if (!segment) return std::nullopt;
    segments.push_back(std::move(*segment));
  }
  return segments;
}

}  // namespace martlet::net
