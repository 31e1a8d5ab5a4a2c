// The small parsers of wire: timestamps, numbers, event stream messages, patterns.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "wire/event_stream.h"
#include "wire/pattern.h"
#include "wire/scalar.h"
#include "wire/timestamp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto time = wire::parse_timestamp(text))
    for (const auto format :
         {wire::TimeFormat::kEpochSeconds, wire::TimeFormat::kDateTime, wire::TimeFormat::kHttpDate})
      static_cast<void>(wire::format_timestamp(*time, format));
  static_cast<void>(wire::parse_double(text));
  static_cast<void>(wire::translate_pattern(text));
  std::string_view rest = text;
  try {
    while (const auto message = wire::decode_event_message(rest))
      static_cast<void>(wire::encode_event_message(*message));
  } catch (const aws::Error&) {
    // refused, as it should be
  }
  return 0;
}
