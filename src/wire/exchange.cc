// decode_input and encode_output: the one place that knows which codec belongs to which protocol.

#include "wire/cbor_codec.h"
#include "wire/endpoint.h"
#include "wire/json_codec.h"
#include "wire/query_codec.h"
#include "wire/rest.h"
#include "wire/validation.h"
#include "wire/xml_codec.h"

namespace martlet::wire {
namespace {

/// "<CreateRoleResponse><CreateRoleResult>...</CreateRoleResult><ResponseMetadata>...</CreateRoleResponse>"
std::string query_body(const ServiceModel& service, const Operation& operation, const void* output,
                       std::string_view request_id) {
  const std::string response = std::string(operation.name) + "Response";
  std::string body = '<' + response;
  if (!service.xml_namespace.empty()) body += " xmlns=\"" + escape_xml(service.xml_namespace) + '"';
  body += '>';
  if (output != nullptr) {
    const std::string wrapper(operation.result_wrapper.empty() ? std::string(operation.name) + "Result"
                                                               : std::string(operation.result_wrapper));
    body += '<' + wrapper + '>' + encode_xml_members(*operation.output, output) + "</" + wrapper + '>';
  }
  return body + "<ResponseMetadata><RequestId>" + escape_xml(request_id) +
         "</RequestId></ResponseMetadata></" + response + '>';
}

void decode_form(const ServiceModel& service, const Operation& operation, const RequestView& request,
                 void* input, Decoding& decoding) {
  // A form in the body wins; some callers put everything into the query string.
  const bool in_body = request.body.find("Action=") != std::string_view::npos || request.query.empty();
  QueryForm form(in_body ? request.body : request.query);
  if (!service.path_member.empty() && request.path.size() > 1 &&
      operation.input->find_member(service.path_member) != nullptr)
    form.add_missing(service.path_member, request.path);
  decode_query(*operation.input, form, input, decoding);
}

}  // namespace

Answer start_answer(Protocol protocol, const Operation& operation) {
  Answer answer;
  const bool rest = protocol == Protocol::kRestJson || protocol == Protocol::kRestXml;
  answer.status = rest ? operation.status : 200;
  return answer;
}

void decode_input(Protocol protocol, const ServiceModel& service, const Operation& operation,
                  const RequestView& request, void* input) {
  if (operation.input == nullptr) return;
  Decoding decoding;
  switch (protocol) {
    case Protocol::kAwsJson10:
    case Protocol::kAwsJson11:
      decode_json(*operation.input, JsonMembers::kAll, request.body, input, decoding);
      break;
    case Protocol::kCbor:
      decode_cbor(*operation.input, request.body, input, decoding);
      break;
    case Protocol::kQuery:
      decode_form(service, operation, request, input, decoding);
      break;
    case Protocol::kRestJson:
      decode_rest(operation, RestBody::kJson, request, input, decoding);
      break;
    case Protocol::kRestXml:
      decode_rest(operation, RestBody::kXml, request, input, decoding);
      break;
  }
  validate(service, *operation.input, input, decoding.missing);
}

void encode_output(Protocol protocol, const ServiceModel& service, const Operation& operation,
                   const void* output, std::string_view request_id, Answer& answer) {
  switch (protocol) {
    case Protocol::kAwsJson10:
    case Protocol::kAwsJson11:
      answer.set_header("Content-Type", protocol == Protocol::kAwsJson10 ? "application/x-amz-json-1.0"
                                                                         : "application/x-amz-json-1.1");
      if (output != nullptr)
        answer.body = encode_json(*operation.output, JsonMembers::kAll, output);
      else if (protocol == Protocol::kAwsJson10)
        answer.body = "{}";
      break;
    case Protocol::kCbor:
      answer.set_header("smithy-protocol", "rpc-v2-cbor");
      if (output == nullptr) break;
      answer.set_header("Content-Type", "application/cbor");
      answer.body = encode_cbor(*operation.output, output);
      break;
    case Protocol::kQuery:
      answer.set_header("Content-Type", "text/xml");
      answer.body = query_body(service, operation, output, request_id);
      break;
    case Protocol::kRestJson:
      if (output != nullptr) encode_rest(*operation.output, RestBody::kJson, service, output, answer);
      break;
    case Protocol::kRestXml:
      if (output != nullptr) encode_rest(*operation.output, RestBody::kXml, service, output, answer);
      break;
  }
}

}  // namespace martlet::wire
