// Bodies in the coding aws-chunked, with and without signatures.

#include <cstdint>
#include <cstdlib>

#include "base/error.h"
#include "gateway/aws_chunked.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet::gateway;
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  Signature signature;
  signature.signature = std::string(64, '0');
  signature.payload = data[0] % 2 == 0 ? PayloadKind::kChunksTrailer : PayloadKind::kUnsignedTrailer;
  ChunkSigner signer({}, signature);
  try {
    const DecodedBody decoded =
        decode_aws_chunked(body, {.kind = signature.payload, .trailers = {"x-amz-checksum-crc32"}},
                           data[0] % 4 == 0 ? &signer : nullptr);
    if (decoded.data.size() > body.size()) std::abort();
  } catch (const martlet::aws::Error&) {
  }
  return 0;
}
