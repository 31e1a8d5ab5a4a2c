#include "services/sns/http_endpoint.h"

#include "base/crypto.h"
#include "base/strings.h"
#include "net/url.h"

namespace martlet::sns {

std::optional<HttpEndpoint> HttpEndpoint::parse(const std::string& endpoint) {
  HttpEndpoint out{endpoint, {}};
  const std::size_t start = endpoint.find("://");
  if (start == std::string::npos) return std::nullopt;
  const std::size_t host = start + 3;
  const std::size_t at = endpoint.find('@', host);
  if (at != std::string::npos && at < endpoint.find_first_of("/?#", host)) {
    const auto user = percent_decode(std::string_view(endpoint).substr(host, at - host));
    if (!user) return std::nullopt;
    out.authorization = "Basic " + base64_encode(*user);
    out.url.erase(host, at + 1 - host);
  }
  if (!net::Url::parse(out.url)) return std::nullopt;
  return out;
}

}  // namespace martlet::sns
