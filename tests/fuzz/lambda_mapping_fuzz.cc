// What a function answers to a batch may be anything. Whatever it is, every record of the batch has either
// succeeded or failed, and the order of each is that of the batch.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "services/lambda/mapping_response.h"

namespace {

using namespace martlet;

void check(bool holds) {
  if (!holds) std::abort();
}

/// Ids of records in one of the parts; each a letter, in order.
std::string ids_of(const std::vector<lambda::HeldRecord>& part) {
  std::string ids;
  for (const lambda::HeldRecord& held : part) {
    check(ids.empty() || ids.back() < held.record.id.front());
    ids += held.record.id;
  }
  return ids;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  std::vector<lambda::HeldRecord> batch(3);
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].record.id = static_cast<char>('a' + i);
  const lambda::Handled handled = lambda::split_by_answer(std::move(batch), answer);
  check(ids_of(handled.succeeded).size() + ids_of(handled.failed).size() == 3);
  return 0;
}
