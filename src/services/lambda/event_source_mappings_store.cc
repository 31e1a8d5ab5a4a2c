#include "services/lambda/event_source_mappings_store.h"

#include "store/key.h"
#include "store/record.h"

namespace martlet::lambda {

namespace {

std::string mapping_key(const MappingId& id) {
  return store::Key("lambda", "mapping", id.account, id.region, id.uuid);
}

std::string mapping_of_key(const FunctionName& function, const std::string& event_source_arn) {
  return store::Key("lambda", "mapping-of", function.account, function.region, event_source_arn,
                    function.name, function.qualifier);
}

MappingId id_of(const MappingRecord& mapping) { return {mapping.account, mapping.region, mapping.uuid}; }

std::vector<MappingRecord> decode_all(const std::vector<store::KeyValue>& pairs) {
  std::vector<MappingRecord> mappings;
  mappings.reserve(pairs.size());
  for (const auto& [key, value] : pairs) mappings.push_back(store::decode<MappingRecord>(value));
  return mappings;
}

}  // namespace

Task<std::optional<MappingRecord>> load_mapping(store::Txn& txn, MappingId id) {
  co_return co_await store::get_record<MappingRecord>(txn, mapping_key(id));
}

void save_mapping(store::Txn& txn, const MappingRecord& mapping, const std::optional<MappingRecord>& before) {
  if (before && !before->is_being_deleted)
    txn.erase(mapping_of_key(before->function_name(), before->event_source_arn));
  if (!mapping.is_being_deleted)
    txn.put(mapping_of_key(mapping.function_name(), mapping.event_source_arn), mapping.uuid);
  store::put_record(txn, mapping_key(id_of(mapping)), mapping);
}

void erase_mapping(store::Txn& txn, const MappingRecord& mapping) { txn.erase(mapping_key(id_of(mapping))); }

Task<std::optional<std::string>> find_mapping(store::Txn& txn, FunctionName function,
                                              std::string event_source_arn) {
  co_return co_await txn.get(mapping_of_key(function, event_source_arn));
}

Task<std::vector<MappingRecord>> list_mappings(store::Txn& txn, std::string account, std::string region,
                                               std::string after, std::size_t limit) {
  store::Range range = store::prefix_range("lambda", "mapping", account, region);
  if (!after.empty()) range = store::after(std::move(range), mapping_key({account, region, after}));
  co_return decode_all(co_await txn.scan(std::move(range), {.limit = limit}));
}

Task<std::vector<MappingRecord>> list_all_mappings(store::Txn& txn) {
  co_return decode_all(co_await txn.scan(store::prefix_range("lambda", "mapping")));
}

}  // namespace martlet::lambda
