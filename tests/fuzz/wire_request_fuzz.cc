// Whole REST requests: method, path, query, one header and body, separated by line ends.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/lambda/model.h"
#include "api/lambda/types.h"
#include "base/error.h"
#include "base/strings.h"
#include "wire/endpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace martlet;
  const auto parts = split({reinterpret_cast<const char*>(data), size}, '\n');
  if (parts.size() < 5) return 0;
  const std::vector<wire::HeaderField> headers = {{"X-Amz-Log-Type", std::string(parts[3])},
                                                  {"X-Amz-Target", std::string(parts[3])}};
  const wire::RequestView request{
      .method = parts[0], .path = parts[1], .query = parts[2], .headers = headers, .body = parts[4]};
  static const wire::Endpoint kEndpoint({.model = &lambda::model(), .api = nullptr, .invokers = {}});
  const wire::Protocol protocol = kEndpoint.protocol_of(request);
  const wire::Operation* operation = kEndpoint.find_operation(protocol, request);
  static_cast<void>(
      wire::encode_error(protocol, &kEndpoint.model(), kEndpoint.unknown_operation(protocol, request), "r"));
  if (operation == nullptr || operation->name != "Invoke") return 0;
  try {
    lambda::InvocationRequest input;
    wire::decode_input(protocol, kEndpoint.model(), *operation, request, &input);
  } catch (const aws::Error&) {
    // refused, as it should be
  }
  return 0;
}
