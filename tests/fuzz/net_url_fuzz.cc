// URLs, hosts, queries and paths; what was parsed and is written again parses to the same.

#include <cstdint>
#include <cstdlib>

#include "net/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  net::parse_host_port(text);
  net::path_segments(text);
  net::parse_form(text);
  if (const auto url = net::Url::parse(text)) {
    const std::string scheme = url->scheme == net::Url::Scheme::kHttps ? "https://" : "http://";
    const auto again = net::Url::parse(scheme + url->host_field() + url->target);
    if (!again || again->target != url->target || again->host_field() != url->host_field()) std::abort();
  }
  if (const auto pairs = net::parse_query(text)) {
    std::string written;
    for (const auto& [name, value] : *pairs)
      written += percent_encode(name) + "=" + percent_encode(value) + "&";
    if (net::parse_query(written) != pairs) std::abort();
  }
  return 0;
}
