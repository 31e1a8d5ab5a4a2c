// Requests of the Query protocol to SQS: operation, path, query and body, separated by line ends.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/sqs/model.h"
#include "api/sqs/types.h"
#include "base/error.h"
#include "base/strings.h"
#include "wire/endpoint.h"

namespace {

using namespace martlet;

template <class Input>
void decode(const wire::Operation& operation, const wire::RequestView& request) {
  try {
    Input input;
    wire::decode_input(wire::Protocol::kQuery, sqs::model(), operation, request, &input);
  } catch (const aws::Error&) {
    // refused, as it should be
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parts = split({reinterpret_cast<const char*>(data), size}, '\n');
  if (parts.size() < 3) return 0;
  const wire::RequestView request{
      .method = "POST", .path = parts[0], .query = parts[1], .headers = {}, .body = parts[2]};
  static const wire::Endpoint kEndpoint({.model = &sqs::model(), .api = nullptr, .invokers = {}});
  const wire::Operation* operation = kEndpoint.find_operation(wire::Protocol::kQuery, request);
  if (operation == nullptr) return 0;
  if (operation->name == "SendMessage") decode<sqs::SendMessageRequest>(*operation, request);
  if (operation->name == "SendMessageBatch") decode<sqs::SendMessageBatchRequest>(*operation, request);
  if (operation->name == "ReceiveMessage") decode<sqs::ReceiveMessageRequest>(*operation, request);
  if (operation->name == "CreateQueue") decode<sqs::CreateQueueRequest>(*operation, request);
  if (operation->name == "AddPermission") decode<sqs::AddPermissionRequest>(*operation, request);
  if (operation->name == "UntagQueue") decode<sqs::UntagQueueRequest>(*operation, request);
  return 0;
}
