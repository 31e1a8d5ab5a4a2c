// Page tokens, which come back from outside: what is accepted and written again reads as the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "services/logs/tokens.h"

namespace {

template <class Read>
void check(std::string_view text, Read read) {
  std::string once;
  try {
    once = martlet::logs::write_token(read(text));
  } catch (const martlet::aws::Error&) {
    return;  // not a token
  }
  if (martlet::logs::write_token(read(once)) != once) std::abort();  // an error here is a fault, too
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, martlet::logs::read_stream_token);
  check(text, martlet::logs::read_search_token);
  check(text, martlet::logs::read_list_token);
  return 0;
}
