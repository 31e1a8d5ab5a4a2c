// Runs the protocol cases of botocore (derived from Smithy's protocol tests) in the server's direction:
// requests are decoded into the parameters they stand for, results and errors are encoded into what the given
// response says. The folder is named by MARTLET_PROTOCOL_TESTS; where it is absent the test is skipped.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "base/crypto.h"
#include "wire/cbor_codec.h"
#include "wire/endpoint.h"
#include "wire/json_codec.h"
#include "wire/testing/dynamic_model.h"
#include "wire/xml_codec.h"

#ifndef MARTLET_SOURCE_DIR
#define MARTLET_SOURCE_DIR "."
#endif

namespace martlet::wire {
namespace {

namespace json = boost::json;
using testing::DynamicModel;
using testing::DynamicValue;

using Reasons = std::map<std::string_view, std::string_view, std::less<>>;

constexpr std::string_view kCompressed = "the case gives no body: it is about a client's compression";
constexpr std::string_view kToken = "clients fill in idempotency tokens; a server receives them";
constexpr std::string_view kErrorForms =
    "clients have to understand this old form of an error; we send the current one";
constexpr std::string_view kUnexpected = "clients have to bear an output that no model has";
constexpr std::string_view kAllInMap =
    "clients leave bound parameters out of the map, servers put all into it";

/// Cases that have no meaning for a server.
const Reasons kSkipped = {
    {"SDKAppliedContentEncoding_awsJson1_0", kCompressed},
    {"SDKAppliedContentEncoding_awsJson1_1", kCompressed},
    {"SDKAppliedContentEncoding_awsQuery", kCompressed},
    {"SDKAppliedContentEncoding_restJson1", kCompressed},
    {"SDKAppliedContentEncoding_restXml", kCompressed},
    {"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0", kCompressed},
    {"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1", kCompressed},
    {"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery", kCompressed},
    {"SDKAppendedGzipAfterProvidedEncoding_restJson1", kCompressed},
    {"SDKAppendedGzipAfterProvidedEncoding_restXml", kCompressed},
    {"QueryProtocolIdempotencyTokenAutoFill", kToken},
    {"RestJsonQueryIdempotencyTokenAutoFill", kToken},
    {"QueryIdempotencyTokenAutoFill", kToken},
    {"RestJsonHostWithPath", "the path belongs to an endpoint that only the client knows"},
    {"RestXmlHostWithPath", "the path belongs to an endpoint that only the client knows"},
    {"HostWithPathOperation", "the path belongs to an endpoint that only the client knows"},
    {"RestJsonQueryPrecedence", kAllInMap},
    {"RestXmlQueryPrecedence", kAllInMap},
    {"RestJsonQueryParamsStringListMap", kAllInMap},
    {"RestXmlQueryParamsStringListMap", kAllInMap},
    {"handles_unexpected_json_output", kUnexpected},
    {"AwsJson10HandlesUnexpectedJsonOutput", kUnexpected},
    {"AwsJson11FooErrorUsingXAmznErrorType", kErrorForms},
    {"AwsJson11FooErrorUsingXAmznErrorTypeWithUri", kErrorForms},
    {"AwsJson11FooErrorUsingXAmznErrorTypeWithUriAndNamespace", kErrorForms},
    {"AwsJson11FooErrorUsingCode", kErrorForms},
    {"AwsJson11FooErrorUsingCodeAndNamespace", kErrorForms},
    {"AwsJson11FooErrorUsingCodeUriAndNamespace", kErrorForms},
    {"AwsJson10FooErrorUsingXAmznErrorType", kErrorForms},
    {"AwsJson10FooErrorUsingXAmznErrorTypeWithUri", kErrorForms},
    {"AwsJson10FooErrorUsingXAmznErrorTypeWithUriAndNamespace", kErrorForms},
    {"AwsJson10FooErrorUsingCode", kErrorForms},
    {"AwsJson10FooErrorUsingCodeAndNamespace", kErrorForms},
    {"AwsJson10FooErrorUsingCodeUriAndNamespace", kErrorForms},
    {"RestJsonFooErrorUsingXAmznErrorTypeWithUri", kErrorForms},
    {"RestJsonFooErrorUsingXAmznErrorTypeWithUriAndNamespace", kErrorForms},
    {"RestJsonFooErrorUsingCode", kErrorForms},
    {"RestJsonFooErrorUsingCodeAndNamespace", kErrorForms},
    {"RestJsonFooErrorUsingCodeUriAndNamespace", kErrorForms},
    {"RestJsonFooErrorWithDunderType", kErrorForms},
    {"RestJsonFooErrorWithDunderTypeAndNamespace", kErrorForms},
    {"RestJsonFooErrorWithDunderTypeUriAndNamespace", kErrorForms},
};

/// Requests in which something empty is not written at all, or written although it is not there, so that a
/// server cannot tell: these are compared without what is empty.
const std::set<std::string_view> kEmptyIsAbsent = {
    "QueryEmptyQueryMaps",
    "RestJsonHttpPrefixHeadersAreNotPresent",
    "HttpPrefixHeadersAreNotPresent",
    "RestJsonOmitsEmptyListQueryValues",
    "RestJsonHttpWithEmptyStructurePayload",
    "RestJsonHttpWithHeadersButNoPayload",
};

/// Responses that say the same as ours in another form (a time with an offset, an unknown member, another
/// order): these are compared after decoding.
const std::set<std::string_view> kByMeaning = {
    "AwsJson11DateTimeWithNegativeOffset",
    "AwsJson11DateTimeWithPositiveOffset",
    "RestJsonDateTimeWithNegativeOffset",
    "RestJsonDateTimeWithPositiveOffset",
    "RestXmlDateTimeWithNegativeOffset",
    "RestXmlDateTimeWithPositiveOffset",
    "AwsQueryDateTimeWithNegativeOffset",
    "AwsQueryDateTimeWithPositiveOffset",
    "AwsJson11DeserializeIgnoreType",
    "AwsJson10DeserializeIgnoreType",
    "RestJsonDeserializeIgnoreType",
    "QueryXmlNamespaces",
    "InvalidGreetingError",
    "ComplexError",
};

/// Requests whose parameters leave out the map of all query parameters, although a server fills it.
const std::set<std::string_view> kWithoutMap = {
    "AllQueryStringTypes",
    "RestXmlQueryStringEscaping",
    "RestXmlSupportsNaNFloatQueryValues",
    "RestXmlSupportsInfinityFloatQueryValues",
    "RestXmlSupportsNegativeInfinityFloatQueryValues",
    "RestXmlZeroAndFalseQueryValues",
};

std::filesystem::path folder() {
  if (const char* named = std::getenv("MARTLET_PROTOCOL_TESTS")) return named;
  return std::filesystem::path(MARTLET_SOURCE_DIR) / ".." / "shared" / "protocol-tests";
}

json::value read_json(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return json::parse(text.str());
}

std::string text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? "" : std::string(value->as_string());
}

/// Counts of one file, and what it skipped.
struct Tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::vector<std::string> skipped;
};

std::vector<HeaderField> headers_of(const json::object& message) {
  std::vector<HeaderField> headers;
  if (const json::value* given = message.if_contains("headers"))
    for (const auto& [name, value] : given->as_object()) headers.emplace_back(name, value.as_string());
  return headers;
}

/// CBOR bodies are written in base64.
std::string body_of(const json::object& message, Protocol protocol) {
  std::string body = text(message, "body");
  if (protocol == Protocol::kCbor) body = base64_decode(body).value_or(body);
  return body;
}

json::value without_empty(const json::value& value) {
  json::object kept;
  for (const auto& [name, item] : value.as_object()) {
    const bool empty =
        (item.is_object() && item.get_object().empty()) || (item.is_array() && item.get_array().empty());
    if (!empty) kept[name] = item;
  }
  return kept;
}

/// The empty text when the case passes, otherwise what is wrong.
std::string run_input(const json::object& suite, const json::object& test) {
  const DynamicModel model(suite, test.at("given").as_object());
  const Endpoint endpoint(BoundService{.model = &model.service(), .api = nullptr, .invokers = {}});
  const json::object& sent = test.at("serialized").as_object();
  const std::string uri = text(sent, "uri");
  auto headers = headers_of(sent);
  const Protocol expected = model.service().protocols.front();
  const std::string body = body_of(sent, expected);
  const bool json = expected == Protocol::kAwsJson10 || expected == Protocol::kAwsJson11;
  if (json &&
      RequestView{.method = {}, .path = {}, .headers = headers}.header("X-Amz-Target") == std::nullopt)
    headers.emplace_back("X-Amz-Target",
                         "Any." + std::string(model.operation().name));  // some cases leave it out
  const std::size_t question = std::min(uri.find('?'), uri.size());
  const RequestView request{.method = std::string_view(sent.at("method").as_string()),
                            .path = std::string_view(uri).substr(0, question),
                            .query = question < uri.size() ? std::string_view(uri).substr(question + 1) : "",
                            .headers = headers,
                            .body = body};
  const Protocol protocol = endpoint.protocol_of(request);
  if (protocol != expected) return "the protocol was not recognised";
  if (endpoint.find_operation(protocol, request) != &model.operation()) return "the operation was not found";
  if (model.operation().input == nullptr) return "";
  const DynamicValue input(*model.operation().input);
  try {
    decode_input(protocol, model.service(), model.operation(), request, input.get());
  } catch (const aws::Error& error) {
    return error.what();
  }
  json::value wanted = test.at("params");
  json::value found = input.to_json();
  if (kWithoutMap.contains(text(test, "id"))) found.as_object().erase("queryParamsMapOfStrings");
  if (kEmptyIsAbsent.contains(text(test, "id"))) {
    wanted = without_empty(wanted);
    found = without_empty(found);
  }
  return testing::same_meaning(found, wanted)
             ? ""
             : json::serialize(found) + " instead of " + json::serialize(wanted);
}

/// An XML element without what has no meaning: white space between elements, the order of attributes and of
/// elements with different names.
std::string canonical(const pugi::xml_node& node, bool root) {
  std::vector<std::string> attributes;
  for (const auto& attribute : node.attributes())
    if (!root || attribute.name() != std::string_view("xmlns"))  // the cases do not say which the service has
      attributes.push_back(std::string(attribute.name()) + '=' + attribute.value());
  std::ranges::sort(attributes);
  std::vector<std::string> children;
  std::string content;
  for (const auto& child : node.children()) {
    if (child.type() != pugi::node_element)
      content += child.value();
    else if (child.name() != std::string_view("ResponseMetadata"))  // left out by the cases
      children.push_back(canonical(child, false));
  }
  std::ranges::sort(children);
  std::string out = std::string("<") + node.name();
  for (const auto& attribute : attributes) out += ' ' + attribute;
  const bool blank =
      content.find('\n') != std::string::npos && content.find_first_not_of(" \n") == std::string::npos;
  out += '>' + (children.empty() && !blank ? content : "");
  for (const auto& child : children) out += child;
  return out + "</>";
}

std::string canonical_xml(const std::string& text) {
  pugi::xml_document document;
  if (!document.load_string(text.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single))
    return "broken: " + text;
  return canonical(document.document_element(), true);
}

/// The element of an XML body that has the members.
std::string unwrapped(const Operation& operation, const Shape& shape, Protocol protocol,
                      const std::string& body) {
  if (protocol == Protocol::kRestXml && !shape.is_exception) return body;
  pugi::xml_document document;
  document.load_string(body.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  std::ostringstream out;
  const std::string wrapper = shape.is_exception ? "Error" : std::string(operation.name) + "Result";
  document.document_element().child(wrapper.c_str()).print(out, "", pugi::format_raw);
  return out.str();
}

/// The members of a body as JSON, read by our own decoder.
json::value meaning(const Operation& operation, const Shape& shape, Protocol protocol,
                    const std::string& body) {
  const DynamicValue value(shape);
  Decoding decoding;
  Seen seen;
  switch (protocol) {
    case Protocol::kCbor:
      decode_cbor(shape, body, value.get(), decoding);
      break;
    case Protocol::kQuery:
    case Protocol::kRestXml:
      decode_xml_members(shape, unwrapped(operation, shape, protocol, body), value.get(), seen, decoding);
      break;
    default:
      decode_json(shape, JsonMembers::kBody, body, value.get(), decoding);
  }
  return value.to_json();
}

/// An error's name without its namespace.
json::value plain_type(json::value body) {
  json::object* object = body.if_object();
  json::value* type = object == nullptr ? nullptr : object->if_contains("__type");
  if (type == nullptr) return body;
  std::string name(type->as_string());
  name.erase(0, name.find('#') + 1);
  *type = name.substr(0, name.find(':'));
  return body;
}

bool same_json(const std::string& a, const std::string& b) {
  boost::system::error_code error_a;
  boost::system::error_code error_b;
  const json::value x = json::parse(a.empty() ? "{}" : a, error_a);
  const json::value y = json::parse(b.empty() ? "{}" : b, error_b);
  return !error_a && !error_b && testing::same_meaning(plain_type(x), plain_type(y));
}

/// Whether the bodies are the same in the terms of their protocol.
bool same_bodies(const Operation& operation, const Shape* shape, Protocol protocol, const std::string& found,
                 const std::string& wanted, bool by_meaning) {
  static constexpr Shape kEmpty{.name = "Empty"};
  const Shape& known = shape == nullptr ? kEmpty : *shape;
  const auto decoded_same = [&] {
    return testing::same_meaning(meaning(operation, known, protocol, found),
                                 meaning(operation, known, protocol, wanted));
  };
  if (found == wanted) return true;
  if (by_meaning || protocol == Protocol::kCbor) return decoded_same();
  if (protocol != Protocol::kRestXml && protocol != Protocol::kQuery) return same_json(found, wanted);
  if (canonical_xml(found) != canonical_xml(wanted)) return false;
  return known.payload >= 0 || known.is_exception || decoded_same();
}

std::string compare_headers(const Answer& answer, const json::object& wanted) {
  for (const auto& [name, value] : headers_of(wanted)) {
    // Some cases give a type to no bytes, or repeat a header of the request.
    if (same_header(name, "Content-Length") || same_header(name, "X-Amz-Target")) continue;
    if (same_header(name, "Content-Type") && answer.body.empty()) continue;
    const auto found = std::ranges::find_if(
        answer.headers, [&](const auto& field) { return same_header(field.first, name); });
    if (found == answer.headers.end()) return "header " + name + " is missing";
    if (found->second != value) return "header " + name + ": " + found->second + " instead of " + value;
  }
  return "";
}

Answer answer_error(const DynamicModel& model, const json::object& test, Protocol protocol) {
  const Shape* shape = model.service().find_error(text(test, "errorCode"));
  aws::Error error(text(test, "errorCode"), text(test, "errorMessage"), 500);
  for (const auto& [name, value] : test.at("error").as_object()) {
    if (shape == nullptr || shape->find_member(name) == nullptr) continue;
    std::string content;
    if (value.is_object()) {
      const Member& member = *shape->find_member(name);
      DynamicValue nested(*member.shape);
      nested.fill(value);
      content = encode_json_value(*member.shape, member.time_format, nested.get());
    } else {
      content = value.as_string();
    }
    error = aws::Error(std::move(error).with(std::string(name), content));
  }
  return encode_error(protocol, &model.service(), error, "foo-id");
}

std::string run_output(const json::object& suite, const json::object& test) {
  const DynamicModel model(suite, test.at("given").as_object());
  const Protocol protocol = model.service().protocols.front();
  const json::object& wanted = test.at("response").as_object();
  const Operation& operation = model.operation();
  const bool is_error = test.contains("error");
  Answer answer;
  const Shape* shape = operation.output;
  if (is_error) {
    answer = answer_error(model, test, protocol);
    shape = model.service().find_error(text(test, "errorCode"));
  } else {
    answer = start_answer(protocol, operation);
    if (operation.output == nullptr) {
      encode_output(protocol, model.service(), operation, nullptr, "foo-id", answer);
    } else {
      DynamicValue output(*operation.output);
      output.fill(test.at("result"));
      encode_output(protocol, model.service(), operation, output.get(), "foo-id", answer);
    }
  }
  const auto wanted_headers = headers_of(wanted);
  const RequestView expected{.method = {}, .path = {}, .headers = wanted_headers};
  set_request_id(protocol, expected.header("X-Amzn-RequestId").value_or("foo-id"), answer);
  if (answer.status != wanted.at("status_code").to_number<int>())
    return "status " + std::to_string(answer.status);
  if (std::string difference = compare_headers(answer, wanted); !difference.empty()) return difference;
  if (!wanted.contains("body")) return "";
  const std::string body = body_of(wanted, protocol);
  const bool same =
      same_bodies(operation, shape, protocol, answer.body, body, kByMeaning.contains(text(test, "id")));
  return same ? "" : "body " + answer.body + " instead of " + body;
}

Tally run_file(const std::filesystem::path& file,
               std::string (*run)(const json::object&, const json::object&)) {
  Tally tally;
  for (const json::value& suite : read_json(file).as_array()) {
    for (const json::value& test : suite.at("cases").as_array()) {
      const std::string id = text(test.as_object(), "id");
      if (const auto skip = kSkipped.find(id); skip != kSkipped.end()) {
        tally.skipped.push_back(id + ": " + std::string(skip->second));
        continue;
      }
      std::string wrong;
      try {
        wrong = run(suite.as_object(), test.as_object());
      } catch (const std::exception& error) {
        wrong = error.what();
      }
      if (wrong.empty()) {
        ++tally.passed;
      } else {
        ++tally.failed;
        ADD_FAILURE() << file.filename().string() << " " << id << ": " << wrong;
      }
    }
  }
  return tally;
}

void run_folder(const std::string& name, std::string (*run)(const json::object&, const json::object&)) {
  const auto path = folder() / name;
  if (!std::filesystem::is_directory(path))
    GTEST_SKIP() << path.string() << " does not exist; name the protocol cases with MARTLET_PROTOCOL_TESTS";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& file : files) {
    const Tally tally = run_file(file, run);
    std::cout << name << '/' << file.stem().string() << ": " << tally.passed << " passed, "
              << tally.skipped.size() << " skipped, " << tally.failed << " failed\n";
    for (const std::string& reason : tally.skipped) std::cout << "  skipped " << reason << '\n';
  }
}

TEST(Protocol, RequestsAreDecodedIntoTheParametersTheyStandFor) { run_folder("input", run_input); }
TEST(Protocol, ResultsAreEncodedIntoTheGivenResponses) { run_folder("output", run_output); }

}  // namespace
}  // namespace martlet::wire
