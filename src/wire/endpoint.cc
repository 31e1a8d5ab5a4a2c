#include "wire/endpoint.h"

#include "wire/event_stream.h"
#include "wire/json_codec.h"
#include "wire/validation.h"

namespace martlet::wire {
namespace {

/// "Logs_20140328.PutLogEvents" names PutLogEvents.
std::optional<std::string_view> json_action(const RequestView& request) {
  const auto target = request.header("X-Amz-Target");
  if (!target) return std::nullopt;
  const std::size_t dot = target->rfind('.');
  return dot == std::string_view::npos ? *target : target->substr(dot + 1);
}

/// "/service/Name/operation/Action"
std::optional<std::string_view> cbor_action(const RequestView& request) {
  constexpr std::string_view kMarker = "/operation/";
  const std::size_t at = request.path.rfind(kMarker);
  if (at == std::string_view::npos || request.path.find("/service/") > at) return std::nullopt;
  return request.path.substr(at + kMarker.size());
}

std::optional<std::string> query_action(const RequestView& request) {
  for (const std::string_view form : {request.body, request.query})
    for (auto& [key, value] : parse_query_string(form.substr(0, 64 * 1024)))
      if (key == "Action") return std::move(value);
  return std::nullopt;
}

bool is_json(Protocol protocol) {
  return protocol == Protocol::kAwsJson10 || protocol == Protocol::kAwsJson11;
}

/// The exchange of a request that came over HTTP.
class HttpExchange final : public Exchange {
 public:
  HttpExchange(Protocol protocol, const ServiceModel& service, const Operation& operation,
               const RequestView& request, const Context& context, Answer& answer)
      : protocol_(protocol),
        service_(service),
        operation_(operation),
        request_(request),
        context_(context),
        answer_(answer) {}

  void read(void* input) override { decode_input(protocol_, service_, operation_, request_, input); }
  void write(const void* output) override {
    encode_output(protocol_, service_, operation_, output, context_.request_id, answer_);
  }

 private:
  Protocol protocol_;
  const ServiceModel& service_;
  const Operation& operation_;
  const RequestView& request_;
  const Context& context_;
  Answer& answer_;
};

/// The exchange of a call from inside.
class DocumentExchange final : public Exchange {
 public:
  DocumentExchange(const ServiceModel& service, const Operation& operation, std::string_view input,
                   std::string& output)
      : service_(service), operation_(operation), input_(input), output_(output) {}

  void read(void* input) override {
    Decoding decoding;
    decode_json(*operation_.input, JsonMembers::kAll, input_, input, decoding);
    validate(service_, *operation_.input, input, decoding.missing);
  }
  void write(const void* output) override {
    output_ = encode_json(*operation_.output, JsonMembers::kAll, output);
  }

 private:
  const ServiceModel& service_;
  const Operation& operation_;
  std::string_view input_;
  std::string& output_;
};

/// The exchange of an operation that answers through its EventWriter.
class StreamingExchange final : public Exchange, public EventWriter {
 public:
  StreamingExchange(Protocol protocol, const ServiceModel& service, const Operation& operation,
                    const RequestView& request, const Context& context, StreamTransport& transport)
      : protocol_(protocol),
        service_(service),
        operation_(operation),
        request_(request),
        context_(context),
        transport_(transport) {}

  void read(void* input) override { decode_input(protocol_, service_, operation_, request_, input); }
  /// Everything has been sent by then.
  void write(const void*) override {}

  Task<> begin(const void* output) override {
    Answer head = start_answer(protocol_, operation_);
    encode_output(protocol_, service_, operation_, output, context_.request_id, head);
    for (const auto& [name, value] : context_.response_headers) head.set_header(name, value);
    if (head.status == 200) head.set_header("Content-Type", kEventStreamContentType);
    set_request_id(protocol_, context_.request_id, head);
    co_await transport_.start(std::move(head));
  }
  Task<> send(std::string_view event, const void* value) override {
    const RestBody format = protocol_ == Protocol::kRestXml ? RestBody::kXml : RestBody::kJson;
    co_await transport_.write(encode_event(*operation_.event_stream()->shape, event, value, format));
  }

 private:
  Protocol protocol_;
  const ServiceModel& service_;
  const Operation& operation_;
  const RequestView& request_;
  const Context& context_;
  StreamTransport& transport_;
};

/// How to call `operation`; throws the error of those that are not there.
Invoker invoker_of(const BoundService& service, const Operation& operation) {
  const Invoker invoker = service.invokers[service.model->index_of(operation)];
  if (invoker == nullptr)
    throw aws::not_implemented(std::string(service.model->name), std::string(operation.name));
  return invoker;
}

}  // namespace

Endpoint::Endpoint(BoundService service) : service_(service), router_(*service.model) {}

Protocol Endpoint::protocol_of(const RequestView& request) const {
  const auto protocols = model().protocols;
  const auto smithy = request.header("smithy-protocol");
  if (smithy && *smithy == "rpc-v2-cbor" && model().speaks(Protocol::kCbor)) return Protocol::kCbor;
  if (const auto type = request.header("Content-Type"); request.header("X-Amz-Target") && type)
    for (const Protocol protocol : protocols)
      if (is_json(protocol)) return type->ends_with("1.0") ? Protocol::kAwsJson10 : Protocol::kAwsJson11;
  for (const Protocol protocol : protocols)
    if (is_json(protocol) && request.header("X-Amz-Target")) return protocol;
  if (model().speaks(Protocol::kQuery)) {
    const auto type = request.header("Content-Type");
    const bool form = type && type->starts_with("application/x-www-form-urlencoded");
    if (form || protocols.size() == 1 || query_action(request)) return Protocol::kQuery;
  }
  return protocols.front();
}

const Operation* Endpoint::find_operation(Protocol protocol, const RequestView& request) const {
  switch (protocol) {
    case Protocol::kAwsJson10:
    case Protocol::kAwsJson11: {
      const auto action = json_action(request);
      return action ? model().find_operation(*action) : nullptr;
    }
    case Protocol::kQuery: {
      const auto action = query_action(request);
      return action ? model().find_operation(*action) : nullptr;
    }
    case Protocol::kCbor: {
      const auto action = cbor_action(request);
      return action ? model().find_operation(*action) : nullptr;
    }
    default:
      return router_.match(request);
  }
}

aws::Error Endpoint::unknown_operation(Protocol protocol, const RequestView& request) const {
  switch (protocol) {
    case Protocol::kQuery: {
      const auto action = query_action(request);
      if (!action) return {"MissingAction", "The request must contain the parameter Action.", 400};
      return {"InvalidAction",
              "Could not find operation " + *action + " for version " + std::string(model().api_version),
              400};
    }
    case Protocol::kRestXml:
      return {"MethodNotAllowed", "The specified method is not allowed against this resource.", 405};
    case Protocol::kRestJson:
      return {"UnknownOperationException",
              "No operation of " + std::string(model().service_id) + " has this method and path.", 404};
    default:
      return {"UnknownOperationException",
              "The request names no operation of " + std::string(model().service_id) + ".", 400};
  }
}

Task<Answer> Endpoint::call(const Operation& operation, Protocol protocol, RequestView request,
                            Context& context) const {
  const Invoker invoker = invoker_of(service_, operation);
  Answer answer = start_answer(protocol, operation);
  HttpExchange exchange(protocol, model(), operation, request, context, answer);
  co_await invoker(service_.api, context, exchange);
  if (operation.output == nullptr)
    encode_output(protocol, model(), operation, nullptr, context.request_id, answer);
  for (const auto& [name, value] : context.response_headers) answer.set_header(name, value);
  set_request_id(protocol, context.request_id, answer);
  co_return answer;
}

Task<> Endpoint::call_streaming(const Operation& operation, Protocol protocol, RequestView request,
                                Context& context, StreamTransport& transport) const {
  const Invoker invoker = invoker_of(service_, operation);
  if (protocol != Protocol::kRestJson && protocol != Protocol::kRestXml)
    throw aws::not_implemented(std::string(model().name), std::string(operation.name));
  StreamingExchange exchange(protocol, model(), operation, request, context, transport);
  context.events = &exchange;
  co_await invoker(service_.api, context, exchange);
}

Task<std::string> Endpoint::call_document(const Operation& operation, std::string document,
                                          Context& context) const {
  const Invoker invoker = invoker_of(service_, operation);
  if (operation.event_stream() != nullptr)
    throw aws::not_implemented(std::string(model().name), std::string(operation.name) + " from inside");
  std::string output = "{}";
  DocumentExchange exchange(model(), operation, document, output);
  co_await invoker(service_.api, context, exchange);
  co_return output;
}

}  // namespace martlet::wire
