// Bodies in every protocol, decoded into inputs of a service with many shapes; what decodes is validated and
// encoded again.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/lambda/model.h"
#include "api/lambda/types.h"
#include "base/error.h"
#include "wire/cbor_codec.h"
#include "wire/json_codec.h"
#include "wire/query_codec.h"
#include "wire/validation.h"
#include "wire/xml_codec.h"

namespace {

using namespace martlet;

void decode(std::uint8_t protocol, std::string_view body) {
  const wire::Shape& shape = *lambda::model().find_operation("CreateFunction")->input;
  lambda::CreateFunctionRequest input;
  wire::Decoding decoding;
  switch (protocol % 4) {
    case 0:
      wire::decode_json(shape, wire::JsonMembers::kAll, body, &input, decoding);
      break;
    case 1:
      wire::decode_cbor(shape, body, &input, decoding);
      break;
    case 2:
      wire::decode_xml_value(shape, body, &input, nullptr, decoding);
      break;
    default:
      wire::decode_query(shape, wire::QueryForm(body), &input, decoding);
  }
  static_cast<void>(wire::find_violations(shape, &input, decoding.missing));
  static_cast<void>(wire::encode_json(shape, wire::JsonMembers::kAll, &input));
  static_cast<void>(wire::encode_xml_members(shape, &input));
  const std::string bytes = wire::encode_cbor(shape, &input);
  lambda::CreateFunctionRequest again;
  wire::Decoding second;
  wire::decode_cbor(shape, bytes, &again, second);  // must not throw: these bytes are ours
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    decode(data[0], body);
  } catch (const martlet::aws::Error&) {
    // refused, as it should be
  }
  return 0;
}
