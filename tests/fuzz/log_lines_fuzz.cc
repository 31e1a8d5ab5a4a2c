// What a function prints is arbitrary bytes: however they are cut into pieces, messages are UTF-8, within the
// limit, and lose nothing but continuation marks.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/utf8.h"
#include "environments/log_lines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  martlet::environments::LogLines lines;
  const auto take = [](std::string message) {
    if (message.empty() || !martlet::is_utf8(message)) std::abort();
  };
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  while (!bytes.empty()) {
    const std::size_t piece =
        std::min<std::size_t>(bytes.size(), 1 + static_cast<unsigned char>(bytes[0]) * 64);
    lines.feed(bytes.substr(0, piece), take);
    bytes.remove_prefix(piece);
  }
  lines.finish(take);
  return 0;
}
