#include "wire/errors.h"

#include <memory>

#include "base/crypto.h"
#include "base/strings.h"
#include "wire/cbor_codec.h"
#include "wire/json_codec.h"
#include "wire/rest.h"
#include "wire/scalar.h"
#include "wire/storage.h"
#include "wire/xml_codec.h"

namespace martlet::wire {
namespace {

/// An error that no model has.
struct Unmodelled {};
constexpr Shape kUnmodelled{.name = "Error", .is_exception = true, .storage = &kStorage<Unmodelled>};

bool is_message(std::string_view member) { return to_lower(member) == "message"; }

/// An error with its struct filled in.
class Rendered {
 public:
  Rendered(Protocol protocol, const ServiceModel* service, const aws::Error& error) : error_(error) {
    // XML has an element of its own for the message, whatever the model calls it.
    const bool xml = protocol == Protocol::kQuery || protocol == Protocol::kRestXml;
    const bool rpc =
        protocol == Protocol::kAwsJson10 || protocol == Protocol::kAwsJson11 || protocol == Protocol::kCbor;
    rpc_status_ = rpc && service != nullptr && service->query_compatible;
    const Shape* shape = service == nullptr ? nullptr : service->find_error(error.code());
    shape_ = shape != nullptr && shape->storage != nullptr ? shape : &kUnmodelled;
    value_ = shape_->storage->make(*shape_);
    for (const Member& member : shape_->members) {
      if (xml || !is_message(member.name)) continue;
      fill(member, error.message());
      has_message_ = true;
    }
    for (const auto& [name, text] : error.members())
      if (const Member* member = shape_->find_member(name); member != nullptr && !(xml && is_message(name)))
        fill(*member, text);
  }
  ~Rendered() { shape_->storage->drop(*shape_, value_); }
  Rendered(const Rendered&) = delete;
  Rendered& operator=(const Rendered&) = delete;

  [[nodiscard]] const Shape& shape() const { return *shape_; }
  [[nodiscard]] const void* value() const { return value_; }
  /// Whether the shape has a place for the message.
  [[nodiscard]] bool has_message() const { return has_message_; }
  [[nodiscard]] const std::string& message() const { return error_.message(); }
  [[nodiscard]] int status() const {
    if (shape_->error == nullptr) return error_.status();
    // A status that belongs to a Query code is not used by the service's newer protocols.
    if (rpc_status_ && has_query_code()) return shape_->error->sender_fault ? 400 : 500;
    return shape_->error->status;
  }
  /// The shape's name: what the JSON and CBOR protocols call it.
  [[nodiscard]] std::string name() const {
    return shape_->error == nullptr ? error_.code() : std::string(shape_->name);
  }
  [[nodiscard]] bool has_query_code() const {
    return shape_->error != nullptr && !shape_->error->code.empty();
  }
  /// What the Query protocol calls it.
  [[nodiscard]] std::string code() const {
    return has_query_code() ? std::string(shape_->error->code) : name();
  }
  [[nodiscard]] const char* fault() const {
    const bool sender =
        shape_->error == nullptr ? error_.fault() == aws::Fault::kSender : shape_->error->sender_fault;
    return sender ? "Sender" : "Receiver";
  }

 private:
  void fill(const Member& member, const std::string& text) {
    if (member.access == nullptr) return;
    const Shape& shape = *member.shape;
    void* target = member.access->emplace(member.slot(value_), shape);
    if (shape.kind == Kind::kBlob)
      *static_cast<std::string*>(target) = text;
    else if (is_scalar(shape.kind))
      static_cast<void>(parse_scalar(shape, text, target));
    else
      fill_from_json(member, text, target);
  }

  static void fill_from_json(const Member& member, const std::string& text, void* target) {
    try {
      Decoding decoding;
      decode_json_value(*member.shape, member.time_format, text, target, nullptr, decoding);
    } catch (const aws::Error&) {
      // The error itself matters more than a detail of it that its thrower spelt wrong.
    }
  }

  const aws::Error& error_;
  const Shape* shape_;
  void* value_;
  bool has_message_ = false;
  bool rpc_status_ = false;
};

std::string json_body(const Rendered& error, JsonMembers which, bool with_type) {
  std::string out = "{";
  if (with_type) out += "\"__type\":" + quote_json(error.name()) + ',';
  encode_json_members(error.shape(), which, error.value(), out);
  if (!error.has_message() && !error.message().empty())
    out += "\"message\":" + quote_json(error.message()) + ',';
  if (out.back() == ',') out.pop_back();
  return out + '}';
}

std::string cbor_body(const Rendered& error) {
  std::vector<std::pair<std::string_view, std::string>> extra{{"__type", error.name()}};
  if (!error.has_message() && !error.message().empty()) extra.emplace_back("message", error.message());
  return encode_cbor(error.shape(), error.value(), extra);
}

/// The inside of an <Error> element.
std::string xml_error(const Rendered& error, bool with_type) {
  std::string out;
  if (with_type) out += std::string("<Type>") + error.fault() + "</Type>";
  out += "<Code>" + escape_xml(error.code()) + "</Code>";
  if (!error.message().empty()) out += "<Message>" + escape_xml(error.message()) + "</Message>";
  return out + encode_xml_members(error.shape(), error.value());
}

std::string xml_body(const Rendered& error, const ServiceModel* service, std::string_view request_id) {
  const std::string id = escape_xml(request_id);
  // S3 leaves out the wrapper that the other XML services have.
  if (service != nullptr && service->name == "s3")
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>" + xml_error(error, false) + "<RequestId>" +
           id + "</RequestId></Error>";
  std::string space;
  if (service != nullptr && !service->xml_namespace.empty())
    space = " xmlns=\"" + escape_xml(service->xml_namespace) + '"';
  return "<ErrorResponse" + space + "><Error>" + xml_error(error, true) + "</Error><RequestId>" + id +
         "</RequestId></ErrorResponse>";
}

void put_body(Protocol protocol, const Rendered& error, const ServiceModel* service,
              std::string_view request_id, Answer& answer) {
  switch (protocol) {
    case Protocol::kAwsJson10:
    case Protocol::kAwsJson11:
      answer.set_header("Content-Type", protocol == Protocol::kAwsJson10 ? "application/x-amz-json-1.0"
                                                                         : "application/x-amz-json-1.1");
      answer.body = json_body(error, JsonMembers::kAll, true);
      break;
    case Protocol::kRestJson:
      answer.set_header("Content-Type", "application/json");
      answer.set_header("x-amzn-ErrorType", error.name());
      answer.body = json_body(error, JsonMembers::kBody, false);
      encode_rest_headers(error.shape(), error.value(), answer);
      break;
    case Protocol::kRestXml:
      answer.set_header("Content-Type", "application/xml");
      answer.body = xml_body(error, service, request_id);
      encode_rest_headers(error.shape(), error.value(), answer);
      break;
    case Protocol::kQuery:
      answer.set_header("Content-Type", "text/xml");
      answer.body = xml_body(error, service, request_id);
      break;
    case Protocol::kCbor:
      answer.set_header("Content-Type", "application/cbor");
      answer.set_header("smithy-protocol", "rpc-v2-cbor");
      answer.body = cbor_body(error);
      break;
  }
}

}  // namespace

void set_request_id(Protocol protocol, std::string_view request_id, Answer& answer) {
  answer.set_header("x-amzn-RequestId", std::string(request_id));
  if (protocol != Protocol::kRestXml) return;
  answer.set_header("x-amz-request-id", std::string(request_id));
  answer.set_header("x-amz-id-2", base64_encode(as_view(sha256(request_id))));
}

Answer encode_error(Protocol protocol, const ServiceModel* service, const aws::Error& error,
                    std::string_view request_id) {
  const Rendered rendered(protocol, service, error);
  Answer answer;
  answer.status = rendered.status();
  put_body(protocol, rendered, service, request_id, answer);
  if (service != nullptr && service->query_compatible && protocol != Protocol::kQuery &&
      rendered.has_query_code())
    answer.set_header("x-amzn-query-error", rendered.code() + ';' + rendered.fault());
  for (const auto& [name, value] : error.headers()) answer.set_header(name, value);
  set_request_id(protocol, request_id, answer);
  return answer;
}

}  // namespace martlet::wire
