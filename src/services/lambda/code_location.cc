// Code.Location: the address from which a function's package can be downloaded for ten minutes, as on AWS.
// Whoever has the address may download, so it is signed:
// /_martlet/lambda/code/ACCOUNT/REGION/NAME?Expires=SECONDS&Signature=HEX.

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

std::string LambdaService::code_location(const wire::Context& context, const FunctionName& name) const {
  const std::string path = std::string(kPrefix) + name.account + "/" + name.region + "/" + name.name;
  const std::string expires = std::to_string(seconds_of(with_.clock.now() + kValidity));
  return context.base_url + path + "?Expires=" + expires + "&Signature=" + sign_location(path, expires);
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

  const auto parts = split(std::string_view(path).substr(kPrefix.size()), '/');
  if (parts.size() != 3) co_return std::nullopt;
  const FunctionName name{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]), ""};
  const auto function =
      co_await with_.store.transact([&](store::Txn& txn) -> Task<std::optional<FunctionRecord>> {
        co_return co_await load_function(txn, name);
      });
  if (!function) co_return std::nullopt;
  co_return co_await with_.blobs.read(function->code);
}

}  // namespace martlet::lambda
