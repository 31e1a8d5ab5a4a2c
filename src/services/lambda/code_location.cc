// Code.Location and Content.Location: the addresses from which the packages of functions and layers can be
// downloaded for ten minutes, as on AWS. Whoever has the address may download, so it is signed:
// /_martlet/lambda/code/ACCOUNT/REGION/NAME?Expires=SECONDS&Signature=HEX;
// /_martlet/lambda/code/ACCOUNT/REGION/NAME/VERSION?... for published versions;
// /_martlet/lambda/code/layers/ACCOUNT/REGION/NAME/VERSION?... for layers.

#include <charconv>
#include <chrono>

#include "base/crypto.h"
#include "base/strings.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

constexpr std::string_view kPrefix = "/_martlet/lambda/code/";
/// AWS documents a presigned URL that is valid for ten minutes (GetFunction).
constexpr std::chrono::minutes kValidity{10};

std::int64_t seconds_of(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

std::string LambdaService::sign_location(std::string_view path, std::string_view expires) const {
  return to_hex(as_view(hmac_sha256(with_.location_key, std::string(path) + "\n" + std::string(expires))));
}

std::string LambdaService::signed_location(const wire::Context& context, const std::string& path) const {
  const std::string expires = std::to_string(seconds_of(with_.clock.now() + kValidity));
  return context.base_url + path + "?Expires=" + expires + "&Signature=" + sign_location(path, expires);
}

std::string LambdaService::code_location(const wire::Context& context, const FunctionName& name) const {
  const std::string version = is_latest(name.qualifier) ? "" : "/" + name.qualifier;
  return signed_location(context,
                         std::string(kPrefix) + name.account + "/" + name.region + "/" + name.name + version);
}

std::string LambdaService::layer_location(const wire::Context& context, const LayerName& layer,
                                          std::int64_t version) const {
  return signed_location(context, std::string(kPrefix) + "layers/" + layer.account + "/" + layer.region +
                                      "/" + layer.name + "/" + std::to_string(version));
}

Task<std::optional<store::BlobRef>> LambdaService::blob_at(std::string path) {
  const auto parts = split(std::string_view(path).substr(kPrefix.size()), '/');
  std::optional<store::BlobRef> found;
  if (parts.size() == 3 || (parts.size() == 4 && parts[0] != "layers")) {
    const FunctionName name{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]), ""};
    const std::string version = parts.size() == 4 ? std::string(parts[3]) : "$LATEST";
    co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
      if (const auto function = co_await load_version(txn, name, version)) found = function->code;
    });
  } else if (parts.size() == 5 && parts[0] == "layers") {
    const LayerName layer{std::string(parts[1]), std::string(parts[2]), std::string(parts[3])};
    std::int64_t number = 0;
    std::from_chars(parts[4].data(), parts[4].data() + parts[4].size(), number);
    co_await with_.store.transact([&](store::Txn& txn) -> Task<> {
      if (const auto version = co_await load_layer_version(txn, layer, number)) found = version->content;
    });
  }
  co_return found;
}

Task<std::optional<std::string>> LambdaService::download(std::string path, std::string query) {
  const auto parameters = split(query, '&');
  if (!path.starts_with(kPrefix) || parameters.size() != 2) co_return std::nullopt;
  if (!parameters[0].starts_with("Expires=") || !parameters[1].starts_with("Signature="))
    co_return std::nullopt;
  const std::string_view expires = parameters[0].substr(8);
  if (!equal_in_constant_time(sign_location(path, expires), parameters[1].substr(10))) co_return std::nullopt;
  std::int64_t until = 0;
  std::from_chars(expires.data(), expires.data() + expires.size(), until);
  if (until < seconds_of(with_.clock.now())) co_return std::nullopt;

  const auto blob = co_await blob_at(path);
  if (!blob) co_return std::nullopt;
  co_return co_await with_.blobs.read(*blob);
}

}  // namespace martlet::lambda
