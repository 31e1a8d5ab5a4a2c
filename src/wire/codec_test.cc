// What the protocol cases do not try: broken, hostile and unusual bodies.

#include <gtest/gtest.h>

#include "api/sample/model.h"
#include "api/sample/types.h"
#include "base/error.h"
#include "wire/cbor.h"
#include "wire/cbor_codec.h"
#include "wire/json_codec.h"
#include "wire/query_codec.h"
#include "wire/xml_codec.h"

namespace martlet::wire {
namespace {

const Shape& put_thing() { return *sample::model().find_operation("PutThing")->input; }

sample::PutThingRequest json(std::string_view text) {
  sample::PutThingRequest input;
  Decoding decoding;
  decode_json(put_thing(), JsonMembers::kAll, text, &input, decoding);
  return input;
}

sample::PutThingRequest cbor(std::string_view bytes) {
  sample::PutThingRequest input;
  Decoding decoding;
  decode_cbor(put_thing(), bytes, &input, decoding);
  return input;
}

sample::PutThingRequest xml(std::string_view text) {
  sample::PutThingRequest input;
  Decoding decoding;
  decode_xml_value(put_thing(), text, &input, nullptr, decoding);
  return input;
}

sample::PutThingRequest query(std::string_view text) {
  sample::PutThingRequest input;
  Decoding decoding;
  decode_query(put_thing(), QueryForm(text), &input, decoding);
  return input;
}

/// "Code: message" of what `call` throws.
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const aws::Error& error) {
    return error.what();
  }
  return "nothing";
}

std::string json_error(std::string_view text) {
  return error_of([&] { json(text); });
}

TEST(JsonCodec, WrongTypesAreNamedAsAwsNamesThem) {
  EXPECT_EQ(json_error(R"({"Name":1})"),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(json_error(R"({"count":"1"})"),
            "SerializationException: STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(json_error(R"({"count":1.5})"),
            "SerializationException: DECIMAL_VALUE can not be converted to an Integer");
  EXPECT_EQ(json_error(R"({"Name":true})"),
            "SerializationException: TRUE_VALUE can not be converted to a String");
  EXPECT_EQ(json_error(R"({"Name":{}})"),
            "SerializationException: Start of structure or map found where not expected.");
  EXPECT_EQ(json_error(R"({"Name":[]})"), "SerializationException: Start of list found where not expected");
  EXPECT_EQ(json_error(R"({"Tags":{}})").substr(0, 22), "SerializationException");
  EXPECT_EQ(json_error("[]").substr(0, 22), "SerializationException");
}

TEST(JsonCodec, BrokenTextIsASerializationException) {
  for (const char* text :
       {"{", "nonsense", "{\"Name\":\"\xff\"}", "{\"Name\":\"a\"}x", "{\"Name\":\"a\",}", "{'Name':1}"})
    EXPECT_EQ(json_error(text).substr(0, 22), "SerializationException") << text;
}

TEST(JsonCodec, NumbersAreBounded) {
  EXPECT_EQ(json(R"({"count":1e1})").count, 10);
  EXPECT_EQ(json_error(R"({"count":2147483648})").substr(0, 22), "SerializationException");
  EXPECT_EQ(json_error(R"({"count":123456789012345678901234567890})").substr(0, 22),
            "SerializationException");
  EXPECT_EQ(json_error(R"({"count":1e999})").substr(0, 22), "SerializationException");
  EXPECT_EQ(json(R"({"When":1e300})").when, TimePoint::max());
  EXPECT_EQ(json_error(R"({"When":"yesterday"})").substr(0, 22), "SerializationException");
}

TEST(JsonCodec, NestingIsBounded) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += R"({"Inner":)";
  deep += "{}" + std::string(5000, '}');
  EXPECT_EQ(json_error(R"({"Nested":)" + deep + "}").substr(0, 22), "SerializationException");
  EXPECT_EQ(json_error(R"({"anything":)" + std::string(100'000, '[') + "}").substr(0, 22),
            "SerializationException");
}

TEST(JsonCodec, TheLastOfTwoEqualKeysWins) { EXPECT_EQ(json(R"({"Name":"a","Name":"b"})").name, "b"); }

TEST(JsonCodec, TextThatIsNotUtf8IsRepairedOnTheWayOut) {
  sample::PutThingResponse output;
  output.name = "a\xff\"\n";
  EXPECT_EQ(encode_json(*sample::model().find_operation("PutThing")->output, JsonMembers::kAll, &output),
            "{\"Name\":\"a\xEF\xBF\xBD\\\"\\n\"}");
}

TEST(CborCodec, ReadsEveryFormOfAnItem) {
  // Indefinite map; an indefinite text; half and double floats that are whole numbers; a tag without meaning.
  EXPECT_EQ(cbor("\xBF\x64Name\x7F\x61x\x61y\xFF\xFF").name, "xy");
  EXPECT_EQ(cbor(std::string_view("\xA1\x65\x63ount\xF9\x42\x00", 10)).count, 3);
  EXPECT_EQ(cbor(std::string_view("\xA1\x65\x63ount\xC1\xFB\x40\x00\x00\x00\x00\x00\x00\x00", 17)).count, 2);
}

TEST(CborCodec, BrokenBytesAreASerializationException) {
  const std::string_view samples[] = {"\xA1",
                                      "\xA1\x64Name",
                                      "\xA1\x64Name\x7F\x61x",
                                      "\xA1\x64Name\x62\xFF\xFE",
                                      "\xA1\x01\x02",
                                      "\x80",
                                      "\xFF",
                                      "\xA1\x64Name\x1C",
                                      "\xBB\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                                      "\xA1\x64Name\x5B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                                      "\xA1\x65\x63ount\x1B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                                      "\xA1\x65\x63ount\x3B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                                      "\xA1\x61z\xFF",
                                      "\xA1\x64When\xC2\x41\x01"};
  for (const std::string_view bytes : samples)
    EXPECT_EQ(error_of([&] { cbor(bytes); }).substr(0, 22), "SerializationException") << bytes;
}

TEST(CborCodec, NestingIsBounded) {
  EXPECT_EQ(error_of([] { cbor("\xA1\x61z" + std::string(100'000, '\x81')); }).substr(0, 22),
            "SerializationException");
  EXPECT_EQ(error_of([] { cbor("\xA1\x61z" + std::string(100'000, '\xC1')); }).substr(0, 22),
            "SerializationException");
}

TEST(CborCodec, IntegersOfEveryLengthComeBack) {
  for (const std::int64_t number : {0L, 23L, 24L, 255L, 256L, 65535L, 65536L, 4294967295L, 4294967296L,
                                    INT64_MAX, -1L, -24L, -25L, -257L, INT64_MIN}) {
    std::string bytes;
    CborWriter(bytes).integer(number);
    EXPECT_EQ(CborReader(bytes).integer(), number);
  }
}

TEST(XmlCodec, ReadsEntitiesPrefixesAndWhiteSpace) {
  EXPECT_EQ(
      xml("<?xml version='1.0'?><x:any xmlns:x='u'><x:Color> a&amp;<![CDATA[<b>]]>&#x41; </x:Color></x:any>")
          .color,
      " a&<b>A ");
  const auto input = xml("<r><Nested><Depth> 7 </Depth></Nested><Color>   </Color></r>");
  EXPECT_EQ(input.nested->depth, 7);
  EXPECT_EQ(input.color, "   ");
}

TEST(XmlCodec, BrokenTextIsASerializationException) {
  for (const char* text :
       {"<", "<a><b></a>", "nothing", "<a><When>x</When></a>", "<a><Color><b/></Color></a>",
        "<a><Variables><entry><key>k</key></entry></Variables></a>", "<a>\xff</a>"})
    EXPECT_EQ(error_of([&] { xml(text); }).substr(0, 22), "SerializationException") << text;
}

TEST(XmlCodec, NestingIsBounded) {
  std::string deep;
  for (int i = 0; i < 50'000; ++i) deep += "<Inner>";
  std::string unclosed = deep;
  for (int i = 0; i < 50'000; ++i) deep += "</Inner>";
  EXPECT_EQ(error_of([&] { xml("<a><Nested>" + deep + "</Nested></a>"); }).substr(0, 22),
            "SerializationException");
  EXPECT_EQ(error_of([&] { xml(unclosed); }).substr(0, 22), "SerializationException");
}

TEST(XmlCodec, EscapesWhatXmlCannotHold) {
  EXPECT_EQ(escape_xml("<a&\"b\">\r\x01\xff"), "&lt;a&amp;&quot;b&quot;&gt;&#xD;\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(QueryCodec, ListsAreOrderedByNumber) {
  const auto input = query("Tags.member.10.Key=j&Tags.member.9.Key=i&Tags.2.Key=ignored");
  ASSERT_EQ(input.tags.size(), 2U);
  EXPECT_EQ(input.tags[0].key, "i");
}

TEST(QueryCodec, BrokenFormsAreRefused) {
  EXPECT_EQ(error_of([] { query("Name=%zz"); }).substr(0, 20), "MalformedQueryString");
  EXPECT_EQ(error_of([] { query("Name=%ff"); }).substr(0, 20), "MalformedQueryString");
  EXPECT_EQ(error_of([] { query("count=x"); }).substr(0, 14), "MalformedInput");
  EXPECT_EQ(error_of([] { query("Name.x=1"); }).substr(0, 14), "MalformedInput");
  EXPECT_EQ(error_of([] { query("Variables.entry.1.key=k"); }).substr(0, 14), "MalformedInput");
  std::string deep = "a";
  for (int i = 0; i < 5000; ++i) deep += ".b";
  EXPECT_EQ(error_of([&] { query(deep + "=1"); }).substr(0, 14), "MalformedInput");
  std::string many;
  for (int i = 0; i < 30'000; ++i) many += "a=1&";
  EXPECT_EQ(error_of([&] { query(many); }).substr(0, 20), "MalformedQueryString");
}

TEST(QueryCodec, PairsWithoutValueOrNameAreHarmless) { EXPECT_EQ(query("&&Name&=x&").name, ""); }

}  // namespace
}  // namespace martlet::wire
