// A record that is read comes back the same when it is written and read again.

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/record.h"

namespace {

struct Part {
  std::string text;
  std::int64_t number = 0;
  void fields(auto& f) {
    f(1, text);
    f(2, number);
  }
};

struct Sample {
  static constexpr std::uint32_t kVersion = 2;
  std::string text;
  std::int32_t number = 0;
  bool flag = false;
  double weight = 0;
  std::optional<Part> part;
  std::vector<Part> parts;
  std::vector<std::uint64_t> numbers;
  std::map<std::string, Part> named;
  void fields(auto& f) {
    f(1, text);
    f(2, number);
    f(3, flag);
    f(4, weight);
    f(5, part);
    f(6, parts);
    f(7, numbers);
    f(8, named);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet::store;
  try {
    const std::string once = encode(decode<Sample>({reinterpret_cast<const char*>(data), size}));
    if (encode(decode<Sample>(once)) != once) std::abort();
  } catch (const MalformedRecord&) {
  }
  return 0;
}
