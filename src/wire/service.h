#pragma once

// What one AWS service is: its operations and how it is spoken to (ServiceModel, a generated constant), and
// an object of ours that answers it (BoundService). Services hand a BoundService to the gateway, which calls
// any operation without knowing its types.

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/task.h"
#include "wire/admission.h"
#include "wire/context.h"
#include "wire/tables.h"

namespace martlet::wire {

enum class Protocol : std::uint8_t { kAwsJson10, kAwsJson11, kRestJson, kRestXml, kQuery, kCbor };

/// One call, seen from the operation's side: fills the input and takes the output. Its implementations are
/// the codecs.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// Decodes and validates into a default-constructed input struct. Throws aws::Error.
  virtual void read(void* input) = 0;
  /// Takes the output struct; called at most once, and never for operations without output.
  virtual void write(const void* output) = 0;
};

struct Operation {
  /// As AWS spells it: "CreateFunction".
  std::string_view name = {};
  std::string_view method = {};
  /// Path template and constant query: "/2015-03-31/functions/{FunctionName}", "/{Bucket}/{Key+}?tagging".
  std::string_view uri = {};
  /// HTTP status of success; a member with Location::kStatusCode overrides it.
  int status = 200;
  /// Null for none.
  const Shape* input = nullptr;
  const Shape* output = nullptr;
  /// Element around the result in Query answers; empty for the usual one ("CreateRoleResult").
  std::string_view result_wrapper = {};
  /// Name and namespace of the root element of a REST-XML body, where the operation sets them.
  std::string_view input_xml_name = {};
  const XmlNamespace* input_xml_namespace = nullptr;
  /// "stream-", "{AccountId}."; empty for none.
  std::string_view host_prefix = {};
  /// May be called without a signature.
  bool unsigned_allowed = false;

  /// The member of the output that is an event stream; null for most operations.
  [[nodiscard]] const Member* event_stream() const {
    if (output == nullptr) return nullptr;
    for (const Member& member : output->members)
      if (member.event_stream) return &member;
    return nullptr;
  }
};

/// Decodes the input, calls one operation of the service's Api at `api`, and gives its output to the
/// exchange.
using Invoker = Task<> (*)(void* api, Context& context, Exchange& exchange);

struct ServiceModel {
  /// Name of the service's folder and model: "lambda".
  std::string_view name = {};
  /// "2015-03-31"
  std::string_view api_version = {};
  /// "CloudWatch Logs"
  std::string_view service_id = {};
  /// First part of AWS host names: "monitoring".
  std::string_view endpoint_prefix = {};
  /// Service in the SigV4 credential scope.
  std::string_view signing_name = {};
  /// Before the dot of X-Amz-Target; service name in CBOR paths: "Logs_20140328".
  std::string_view target_prefix = {};
  /// In the order in which AWS prefers them.
  std::span<const Protocol> protocols = {};
  /// Errors carry their Query code in x-amzn-query-error.
  bool query_compatible = false;
  std::string_view xml_namespace = {};
  /// Error code of failed validation: "ValidationException".
  std::string_view validation_code = {};
  /// Query protocol: a path other than "/" gives this member of the input where the form lacks it
  /// ("QueueUrl").
  std::string_view path_member = {};
  /// Sorted by name.
  std::span<const Operation> operations = {};
  /// Error shapes, sorted by name.
  std::span<const Shape* const> errors = {};

  /// Null when there is none of that name.
  [[nodiscard]] const Operation* find_operation(std::string_view operation) const;
  /// The shape of an error that has this name or, in the Query protocol, this code.
  [[nodiscard]] const Shape* find_error(std::string_view code) const;
  [[nodiscard]] bool speaks(Protocol protocol) const;
  /// Index in `operations`.
  [[nodiscard]] std::size_t index_of(const Operation& operation) const {
    return static_cast<std::size_t>(&operation - operations.data());
  }
};

/// A service with the object that answers it. Made by the generated bind() of each service.
struct BoundService {
  const ServiceModel* model = nullptr;
  /// The generated Api of that service.
  void* api = nullptr;
  /// One for each operation of the model; null for those that the object does not override.
  std::span<const Invoker> invokers = {};

  [[nodiscard]] bool implements(const Operation& operation) const {
    return invokers[model->index_of(operation)] != nullptr;
  }
};

namespace detail {

template <class Api, class Impl, class Result, class Input>
Task<> invoke(Task<Result> (Impl::*operation)(Context&, Input), void* api, Context& context,
              Exchange& exchange) {
  auto& target = static_cast<Impl&>(*static_cast<Api*>(api));
  Input input;
  exchange.read(&input);
  if (context.admission != nullptr) co_await context.admission->admit(&input);
  if constexpr (std::is_void_v<Result>) {
    co_await (target.*operation)(context, std::move(input));
  } else {
    const Result output = co_await (target.*operation)(context, std::move(input));
    exchange.write(&output);
  }
}

template <class Api, class Impl, class Result>
Task<> invoke(Task<Result> (Impl::*operation)(Context&), void* api, Context& context, Exchange& exchange) {
  auto& target = static_cast<Impl&>(*static_cast<Api*>(api));
  if (context.admission != nullptr) co_await context.admission->admit(nullptr);
  if constexpr (std::is_void_v<Result>) {
    co_await (target.*operation)(context);
  } else {
    const Result output = co_await (target.*operation)(context);
    exchange.write(&output);
  }
}

template <class Api, class Class, class Result, class... Arguments>
constexpr bool is_override(Result (Class::*)(Arguments...)) {
  return !std::is_same_v<Api, Class>;
}

}  // namespace detail

/// The invoker of `operation`, a member function found through an implementation; null when it is Api's own.
template <class Api, auto operation>
constexpr Invoker invoker() {
  if constexpr (detail::is_override<Api>(operation)) {
    return [](void* api, Context& context, Exchange& exchange) {
      return detail::invoke<Api>(operation, api, context, exchange);
    };
  } else {
    return nullptr;
  }
}

}  // namespace martlet::wire
