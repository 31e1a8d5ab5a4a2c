// The documents of container images, what names images, and layers come from outside. The first byte says
// what the rest is. Whatever a layer contains, nothing is written outside the directory it is unpacked into.

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "services/lambda/image_documents.h"
#include "services/lambda/image_reference.h"
#include "services/lambda/image_unpack.h"
#include "services/lambda/registry_credentials.h"

namespace {

namespace fs = std::filesystem;
using namespace martlet::lambda;

/// A directory with the place to unpack into and nothing beside it.
struct Place {
  Place() {
    std::string pattern = (fs::temp_directory_path() / "martlet-fuzz-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    root = pattern;
  }
  ~Place() { fs::remove_all(root); }
  fs::path root;
};

void unpack(std::string_view bytes) {
  const Place place;
  std::ofstream(place.root / "layer.tar", std::ios::binary) << bytes;
  try {
    unpack_image({place.root / "layer.tar"}, place.root / "out");
  } catch (const std::exception&) {
    if (fs::exists(place.root / "out")) std::abort();
  }
  for (const auto& entry : fs::directory_iterator(place.root))
    if (entry.path().filename() != "layer.tar" && entry.path().filename() != "out") std::abort();
}

template <class Parse>
void must_not_crash(Parse parse) {
  try {
    parse();
  } catch (const MalformedImage&) {  // refused, as it should be
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      must_not_crash([&] { parse_image_document(bytes); });
      break;
    case 1:
      must_not_crash([&] { parse_image_config(bytes); });
      break;
    case 2:
      must_not_crash([&] { parse_docker_archive(bytes); });
      break;
    case 3:
      parse_image_reference(bytes);
      break;
    case 4:
      find_credentials(bytes, "localhost:5000");
      break;
    default:
      unpack(bytes);
  }
  return 0;
}
