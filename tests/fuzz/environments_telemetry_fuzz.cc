// A subscribe request comes from inside an environment and may be anything. What is accepted keeps the
// documented bounds and names no destination outside the environment. The same bytes as a printed line have a
// level.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "environments/application_level.h"
#include "environments/telemetry_request.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet::environments;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto interface : {TelemetryInterface::kTelemetry, TelemetryInterface::kLogs}) {
    const auto request = parse_subscribe_request(interface, bytes, 9001);
    if (!request) {
      check(!request.error().empty());
      continue;
    }
    check(!request->types.empty() && request->types.size() <= 3);
    check(request->buffering.max_items >= 1'000 && request->buffering.max_items <= 10'000);
    check(request->buffering.max_bytes >= 262'144 && request->buffering.max_bytes <= 1'048'576);
    check(request->buffering.timeout.count() >= 25 && request->buffering.timeout.count() <= 30'000);
    check(request->destination.port != 0 && request->destination.port != 9001);
    check(request->destination.protocol == TelemetryDestination::Protocol::kTcp ||
          !request->destination.uri.empty());
  }
  level_of_message(bytes);
  is_rfc3339(bytes);
  return 0;
}
