// The messages of the warden's sockets: whatever arrives, decoding ends with a message or with nothing, and
// what was decoded can be encoded and decoded again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet::sandbox;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto request = decode_request(bytes)) {
    check_policy(request->policy);
    check_finish(request->finish);
    check_program(request->program);
    // Environments are sorted and free of repetitions once decoded, so the second round is the one that is
    // stable.
    const auto again = decode_request(encode(*request));
    if (!again || encode(*again) != encode(*request)) std::abort();
  }
  if (const auto order = decode_order(bytes)) {
    const auto again = decode_order(encode(*order));
    if (!again || encode(*again) != encode(*order)) std::abort();
  }
  if (const auto reply = decode_reply(bytes); reply && !decode_reply(encode(*reply))) std::abort();
  if (const auto report = decode_report(bytes); report && encode(*report) != bytes) std::abort();
  return 0;
}
