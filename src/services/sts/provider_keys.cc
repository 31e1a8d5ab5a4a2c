#include "services/sts/provider_keys.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "net/url.h"
#include "services/sts/errors.h"

namespace martlet::sts {

namespace {

namespace json = boost::json;

constexpr std::size_t kMaxProviders = 100;
constexpr std::size_t kMaxDocument = 1 << 20;
/// Bounds what a token costs that names no key.
constexpr std::size_t kMaxKeys = 200;
constexpr Duration kKeptFor = std::chrono::hours(1);
/// Tokens with keys that do not exist must not make us ask all the time.
constexpr Duration kAskedAtMostEvery = std::chrono::seconds(2);

std::string text(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  const json::string* string = value == nullptr ? nullptr : value->if_string();
  return string == nullptr ? std::string() : std::string(std::string_view(*string));
}

json::object parse_object(const std::string& document, const std::string& provider) {
  boost::system::error_code failed;
  json::value value = json::parse(document, failed);
  if (failed || !value.is_object()) throw provider_unreachable(provider);
  return std::move(value.get_object());
}

std::vector<PublicKey> keys_of(const json::object& document) {
  std::vector<PublicKey> keys;
  const json::value* list = document.if_contains("keys");
  if (list == nullptr || !list->is_array()) return keys;
  for (const json::value& each : list->get_array()) {
    if (keys.size() == kMaxKeys) break;
    const json::object* key = each.if_object();
    if (key == nullptr || text(*key, "use") == "enc") continue;
    auto made = PublicKey::make({.type = text(*key, "kty"),
                                 .id = text(*key, "kid"),
                                 .n = text(*key, "n"),
                                 .e = text(*key, "e"),
                                 .curve = text(*key, "crv"),
                                 .x = text(*key, "x"),
                                 .y = text(*key, "y")});
    if (made) keys.push_back(std::move(*made));
  }
  return keys;
}

/// Keys that the token may be signed with.
bool may_be(const PublicKey& key, const IdentityToken& token) {
  return token.key_id.empty() || key.id() == token.key_id;
}

}  // namespace

bool is_on_loopback(std::string_view url) {
  const auto authority = net::parse_host_port(url.substr(0, url.find('/')));
  return authority &&
         (authority->host == "localhost" || authority->host == "127.0.0.1" || authority->host == "::1");
}

Task<std::string> ProviderKeys::get(std::string address, std::string provider) {
  const auto url = net::Url::parse(address);
  const std::string_view rest = std::string_view(address).substr(std::min(address.size(), std::size_t{7}));
  if (!url || (url->scheme == net::Url::Scheme::kHttp && !is_on_loopback(rest)))
    throw provider_unreachable(provider);
  try {
    net::Response answer = co_await client_.send({.url = std::move(address)}, kMaxDocument);
    if (answer.status == 200) co_return std::move(answer.body);
  } catch (const net::ClientError&) {  // said below, as every other reason is
  } catch (const net::TooLarge&) {
  }
  throw provider_unreachable(provider);
}

Task<std::vector<PublicKey>> ProviderKeys::fetch(std::string url) {
  const std::string address =
      (is_on_loopback(url) ? "http://" : "https://") + url + "/.well-known/openid-configuration";
  const json::object configuration = parse_object(co_await get(address, url), url);
  co_return keys_of(parse_object(co_await get(text(configuration, "jwks_uri"), url), url));
}

Task<bool> ProviderKeys::verify(std::string url, IdentityToken token) {
  const auto known = kept_.find(url);
  const Duration age = known == kept_.end() ? kKeptFor : clock_.elapsed() - known->second.fetched;
  const bool has_key =
      known != kept_.end() && std::any_of(known->second.keys.begin(), known->second.keys.end(),
                                          [&](const PublicKey& key) { return may_be(key, token); });
  if (age >= kKeptFor || (!has_key && age >= kAskedAtMostEvery)) {
    std::vector<PublicKey> keys = co_await fetch(url);
    if (kept_.size() >= kMaxProviders) kept_.clear();
    kept_[url] = {.fetched = clock_.elapsed(), .keys = std::move(keys)};
  }
  const std::vector<PublicKey>& keys = kept_[url].keys;
  co_return std::any_of(keys.begin(), keys.end(), [&](const PublicKey& key) {
    return may_be(key, token) && key.verifies(token.algorithm, token.signed_part, token.signature);
  });
}

}  // namespace martlet::sts
