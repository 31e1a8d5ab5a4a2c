// Calls operations of the sample service through every protocol.

#include "wire/endpoint.h"

#include <gtest/gtest.h>

#include "api/sample/bind.h"
#include "api/sample/values.h"
#include "base/async_test.h"
#include "wire/cbor_codec.h"
#include "wire/testing/sample.h"

namespace martlet::wire {
namespace testing {

Task<> Sample::DeleteThing(Context&, sample::DeleteThingRequest input) {
  throw aws::Error("ThingNotFound", "No " + input.name)
      .with("Type", "User")
      .with("Wait", "7")
      .with("Detail", R"({"Reason": "gone"})")
      .with_header("X-Extra", "yes");
}

Task<sample::PutThingResponse> Sample::PutThing(Context& context, sample::PutThingRequest input) {
  context.response_headers.emplace_back("X-Seen", "1");
  seen = input;
  co_return sample::PutThingResponse{.size = input.count, .name = input.name, .nested = input.nested};
}

Task<> Sample::Rest(Context&) {
  ++rests;
  co_return;
}

}  // namespace testing

namespace {

class EndpointTest : public ::testing::Test {
 protected:
  /// The answer, errors included.
  Answer send(const RequestView& request) {
    Answer answer;
    const Protocol protocol = endpoint.protocol_of(request);
    context.request_id = "id-1";
    try {
      const Operation* operation = endpoint.find_operation(protocol, request);
      if (operation == nullptr) throw endpoint.unknown_operation(protocol, request);
      run_async([&](Executor) -> Task<> {
        answer = co_await endpoint.call(*operation, protocol, request, context);
      });
    } catch (const aws::Error& error) {
      answer = encode_error(protocol, &endpoint.model(), error, context.request_id);
    }
    return answer;
  }

  static std::string header(const Answer& answer, std::string_view name) {
    for (const auto& [field, value] : answer.headers)
      if (same_header(field, name)) return value;
    return "(none)";
  }

  testing::Sample service;
  Endpoint endpoint{sample::bind(service)};
  Context context;
};

TEST_F(EndpointTest, BindKnowsWhatIsOverridden) {
  EXPECT_TRUE(endpoint.service().implements(*endpoint.model().find_operation("PutThing")));
  EXPECT_FALSE(endpoint.service().implements(*endpoint.model().find_operation("Unfinished")));
  EXPECT_EQ(endpoint.model().find_operation("Nothing"), nullptr);
}

TEST_F(EndpointTest, RestJsonBindsPathQueryAndBody) {
  const Answer answer = send(
      {.method = "PUT",
       .path = "/things/a%2Db",
       .query = "count=3",
       .body =
           R"({"Tags":[{"Key":"kk","Value":"v","Unknown":{"x":[1]}}],"Flags":[true,false],"Holes":[1,null,2],
                   "Nested":{"Depth":1,"Inner":{"Depth":2}},"Variables":{"aa":"b"},"When":1398796238.5,"default":true,
                   "Color":null,"anything":{"any":[1,"two"]}})"});
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, R"({"Name":"a-b","Nested":{"Depth":1,"Inner":{"Depth":2}}})");
  EXPECT_EQ(header(answer, "x-size"), "3");
  EXPECT_EQ(header(answer, "x-seen"), "1");
  EXPECT_EQ(header(answer, "x-amzn-requestid"), "id-1");
  EXPECT_EQ(header(answer, "content-type"), "application/json");
  const sample::PutThingRequest& seen = service.seen;
  EXPECT_EQ(seen.count, 3);
  EXPECT_EQ(seen.tags.at(0).value, "v");
  EXPECT_EQ(seen.flags, (std::deque<bool>{true, false}));
  EXPECT_EQ(seen.holes, (std::vector<std::optional<std::int32_t>>{1, std::nullopt, 2}));
  EXPECT_EQ(seen.nested->inner->depth, 2);
  EXPECT_EQ(seen.variables->at("aa"), "b");
  EXPECT_EQ(seen.when, TimePoint(std::chrono::milliseconds(1398796238500)));
  EXPECT_TRUE(seen.default_.value());
  EXPECT_FALSE(seen.color.has_value());
  EXPECT_EQ(seen.anything->json, R"({"any":[1,"two"]})");
}

TEST_F(EndpointTest, AwsJsonTakesTheOperationFromTheTarget) {
  const std::vector<HeaderField> headers = {{"x-amz-target", "Sample_2020.PutThing"},
                                            {"Content-Type", "application/x-amz-json-1.1"}};
  const Answer answer = send(
      {.method = "POST", .path = "/", .headers = headers, .body = R"({"Name":"ab","count":2,"Tags":[]})"});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"x-size":2,"Name":"ab"})");
  EXPECT_EQ(header(answer, "content-type"), "application/x-amz-json-1.1");
}

TEST_F(EndpointTest, QueryTakesTheActionFromTheFormOrTheUrl) {
  const std::vector<HeaderField> headers = {
      {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  const std::string form =
      "Action=PutThing&Version=2020-01-01&Name=ab&Tags.member.2.Key=tt&Tags.member.1.Key=ss"
      "&Variables.entry.1.key=kk&Variables.entry.1.value=a+b%21";
  const Answer answer = send({.method = "POST", .path = "/", .headers = headers, .body = form});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(
      answer.body,
      R"(<PutThingResponse xmlns="https://sample.example.com/"><PutThingResult><Name>ab</Name></PutThingResult>)"
      "<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></PutThingResponse>");
  EXPECT_EQ(service.seen.tags.at(0).key, "ss");
  EXPECT_EQ(service.seen.variables->at("kk"), "a b!");
  EXPECT_EQ(send({.method = "GET", .path = "/", .query = form}).status, 200);
}

TEST_F(EndpointTest, CborTakesTheOperationFromThePath) {
  const std::vector<HeaderField> headers = {{"smithy-protocol", "rpc-v2-cbor"}};
  const std::string body = "\xA2\x64Name\x62xy\x64Tags\x80";
  const Answer answer = send({.method = "POST",
                              .path = "/service/Sample_2020/operation/PutThing",
                              .headers = headers,
                              .body = body});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "\xA1\x64Name\x62xy");
  EXPECT_EQ(header(answer, "smithy-protocol"), "rpc-v2-cbor");
}

TEST_F(EndpointTest, OperationsMayHaveNeitherInputNorOutput) {
  const Answer answer = send({.method = "POST", .path = "/rest/", .body = "ignored"});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(service.rests, 1);
}

TEST_F(EndpointTest, AnOperationThatIsNotOverriddenSaysSo) {
  const Answer answer = send({.method = "GET", .path = "/unfinished"});
  EXPECT_EQ(answer.status, 501);
  EXPECT_EQ(header(answer, "x-amzn-errortype"), "NotImplemented");
  EXPECT_NE(answer.body.find("Unfinished"), std::string::npos);
}

TEST_F(EndpointTest, ErrorsFollowTheModel) {
  const Answer rest = send({.method = "DELETE", .path = "/things/ab"});
  EXPECT_EQ(rest.status, 404);
  EXPECT_EQ(rest.body, R"({"Message":"No ab","Type":"User","Detail":{"Reason":"gone"}})");
  EXPECT_EQ(header(rest, "Retry-After"), "7");
  EXPECT_EQ(header(rest, "X-Extra"), "yes");
  EXPECT_EQ(header(rest, "x-amzn-ErrorType"), "ThingNotFound");

  const std::vector<HeaderField> form = {{"Content-Type", "application/x-www-form-urlencoded"}};
  const Answer query =
      send({.method = "POST", .path = "/", .headers = form, .body = "Action=DeleteThing&Name=ab"});
  EXPECT_EQ(query.status, 404);
  EXPECT_EQ(query.body,
            R"(<ErrorResponse xmlns="https://sample.example.com/"><Error><Type>Sender</Type>)"
            "<Code>Sample.NoSuchThing</Code><Message>No ab</Message><Type>User</Type>"
            "<Detail><Reason>gone</Reason></Detail></Error><RequestId>id-1</RequestId></ErrorResponse>");

  const std::vector<HeaderField> target = {{"X-Amz-Target", "Sample_2020.DeleteThing"}};
  const Answer json = send({.method = "POST", .path = "/", .headers = target, .body = R"({"Name":"ab"})"});
  EXPECT_EQ(json.status, 400);
  EXPECT_EQ(header(json, "x-amzn-query-error"), "Sample.NoSuchThing;Sender");
  EXPECT_NE(json.body.find(R"("__type":"ThingNotFound")"), std::string::npos);
}

TEST_F(EndpointTest, UnknownOperationsGetTheProtocolsOwnError) {
  EXPECT_EQ(send({.method = "PATCH", .path = "/things/ab"}).status, 404);
  const std::vector<HeaderField> target = {{"X-Amz-Target", "Sample_2020.Nothing"}};
  EXPECT_NE(send({.method = "POST", .path = "/", .headers = target}).body.find("UnknownOperationException"),
            std::string::npos);
  const std::vector<HeaderField> form = {{"Content-Type", "application/x-www-form-urlencoded"}};
  EXPECT_NE(send({.method = "POST", .path = "/", .headers = form, .body = "Action=Nothing"})
                .body.find("InvalidAction"),
            std::string::npos);
  EXPECT_NE(send({.method = "POST", .path = "/", .headers = form}).body.find("MissingAction"),
            std::string::npos);
}

TEST_F(EndpointTest, ErrorsOfAnUnknownServiceAreStillErrors) {
  const Answer answer =
      encode_error(Protocol::kRestXml, nullptr, aws::Error("AccessDenied", "No <way>", 403), "r");
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.body.find("<Code>AccessDenied</Code><Message>No &lt;way&gt;</Message>"),
            std::string::npos);
  EXPECT_EQ(header(answer, "x-amz-request-id"), "r");
}

TEST_F(EndpointTest, DocumentsAreForCallsFromInside) {
  std::string output;
  run_async([&](Executor) -> Task<> {
    const Operation& operation = *endpoint.model().find_operation("PutThing");
    output = co_await endpoint.call_document(operation, R"({"Name":"ab","Tags":[]})", context);
  });
  EXPECT_EQ(output, R"({"Name":"ab"})");
}

TEST(Values, EnumerationsBecomeConstants) {
  EXPECT_EQ(sample::values::Color::kRed, "red");
  EXPECT_EQ(sample::values::Color::kDarkBlue, "dark.blue");
  EXPECT_EQ(sample::values::Color::k42, "42");
}

}  // namespace
}  // namespace martlet::wire
