#include "services/lambda/code_signing_store.h"

#include "base/arn.h"
#include "store/key.h"
#include "store/record.h"

namespace martlet::lambda {

namespace {

std::string key_of(const CodeSigningId& id) {
  return store::Key("lambda", "code-signing-config", id.account, id.region, id.id);
}

}  // namespace

std::string CodeSigningId::arn(std::string_view partition) const {
  return "arn:" + std::string(partition) + ":lambda:" + region + ":" + account + ":code-signing-config:" + id;
}

CodeSigningId code_signing_id(std::string_view text) {
  const Arn arn = Arn::parse(text).value_or(Arn{});
  return {arn.account, arn.region, arn.resource.substr(arn.resource.find(':') + 1)};
}

Task<std::optional<CodeSigningRecord>> load_code_signing(store::Txn& txn, CodeSigningId id) {
  co_return co_await store::get_record<CodeSigningRecord>(txn, key_of(id));
}

void save_code_signing(store::Txn& txn, const CodeSigningId& id, const CodeSigningRecord& record) {
  store::put_record(txn, key_of(id), record);
}

void erase_code_signing(store::Txn& txn, const CodeSigningId& id) { txn.erase(key_of(id)); }

Task<std::vector<CodeSigningRecord>> list_code_signing(store::Txn& txn, std::string account,
                                                       std::string region, std::string after,
                                                       std::size_t limit) {
  store::Range range = store::prefix_range("lambda", "code-signing-config", account, region);
  if (!after.empty()) range = store::after(std::move(range), key_of({account, region, after}));
  std::vector<CodeSigningRecord> found;
  for (const auto& [key, value] : co_await txn.scan(std::move(range), {.limit = limit}))
    found.push_back(store::decode<CodeSigningRecord>(value));
  co_return found;
}

}  // namespace martlet::lambda
