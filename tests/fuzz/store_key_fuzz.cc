// A key that the reader accepts is exactly what the writer would have made of its elements.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "store/key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet::store;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    Key key;
    for (const KeyPart& part : unpack_any(bytes))
      std::visit([&](const auto& value) { key.add(value); }, part);
    if (key.str() != bytes) std::abort();
  } catch (const MalformedKey&) {
  }
  return 0;
}
