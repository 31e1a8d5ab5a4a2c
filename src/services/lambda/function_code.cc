// The code of functions: keeping packages as long as something refers to them, and within the account's
// quota.

#include "base/log.h"
#include "services/lambda/errors.h"
#include "services/lambda/functions_store.h"
#include "services/lambda/layers_store.h"
#include "services/lambda/limits.h"
#include "services/lambda/service.h"

namespace martlet::lambda {

namespace {

constexpr std::size_t kSha256Digits = 64;

}  // namespace

Task<FunctionRecord> LambdaService::with_code(std::string zip, std::vector<LayerUse> layers,
                                              std::function<Task<FunctionRecord>(const StoredCode&)> use) {
  const store::BlobRef code = co_await with_.blobs.put(std::move(zip));
  const auto kept = being_kept_.insert(code.sha256);
  std::optional<FunctionRecord> result;
  std::exception_ptr failure;
  try {
    // Holds the unpacked directory until the function that refers to it is stored.
    const auto directory = co_await with_.packages.open(code.sha256, with_.blobs.path_of(code));
    co_await check_size_with_layers(directory, std::move(layers));
    result = co_await use(StoredCode{.zip = code, .image = std::nullopt});
  } catch (...) {
    failure = std::current_exception();
  }
  being_kept_.erase(kept);
  co_await release_code(code);
  if (failure) std::rethrow_exception(failure);
  co_return std::move(*result);
}

Task<FunctionRecord> LambdaService::with_image(std::string uri, std::string architecture,
                                               std::function<Task<FunctionRecord>(const StoredCode&)> use) {
  const ImageUse image = co_await with_.images.fetch(std::move(uri), std::move(architecture));
  const std::vector<store::BlobRef> packages = packages_of(image);
  std::vector<std::multiset<std::string>::iterator> kept;
  for (const store::BlobRef& package : packages) kept.push_back(being_kept_.insert(package.sha256));
  std::optional<FunctionRecord> result;
  std::exception_ptr failure;
  try {
    const auto directory = co_await with_.images.open(image);
    result = co_await use(StoredCode{.zip = {}, .image = image});
  } catch (...) {
    failure = std::current_exception();
  }
  for (const auto& one : kept) being_kept_.erase(one);
  for (const store::BlobRef& package : packages) co_await release_code(package);
  if (failure) std::rethrow_exception(failure);
  co_return std::move(*result);
}

Task<> LambdaService::release_code(store::BlobRef code) {
  const bool in_use = co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<bool> { co_return co_await is_package_in_use(txn, code.sha256); });
  if (in_use || being_kept_.contains(code.sha256)) co_return;
  with_.packages.forget(code.sha256);
  // The directory of an image is a package without a blob: its layers are packages of their own.
  if (code.sha256.size() == kSha256Digits) co_await with_.blobs.erase(code);
}

Task<> LambdaService::check_code_storage(FunctionName name, std::uint64_t bytes) {
  const std::uint64_t used = co_await with_.store.transact([&](store::Txn& txn) -> Task<std::uint64_t> {
    const Usage usage = co_await load_usage(txn, name.account, name.region);
    co_return static_cast<std::uint64_t>(usage.code_bytes) +
        co_await layer_bytes(txn, name.account, name.region);
  });
  if (used + bytes > kMaxCodeStorageBytes) throw code_storage_exceeded();
}

Task<> LambdaService::sweep() {
  const auto in_use = std::make_shared<const std::set<std::string>>(co_await with_.store.transact(
      [&](store::Txn& txn) -> Task<std::set<std::string>> { co_return co_await packages_in_use(txn); }));
  with_.packages.sweep([&](const std::string& sha256_hex) { return in_use->contains(sha256_hex); });
  co_await with_.blobs.sweep(
      [in_use](std::string_view sha256_hex) { return in_use->contains(std::string(sha256_hex)); },
      std::chrono::hours(1));
}

}  // namespace martlet::lambda
