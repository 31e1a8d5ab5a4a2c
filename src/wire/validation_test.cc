#include "wire/validation.h"

#include <gtest/gtest.h>

#include "api/sample/model.h"
#include "api/sample/types.h"
#include "base/error.h"
#include "wire/json_codec.h"

namespace martlet::wire {
namespace {

using Violations = std::vector<std::string>;

/// What is wrong with a PutThing of this document.
Violations violations_of(std::string_view document) {
  const Shape& shape = *sample::model().find_operation("PutThing")->input;
  sample::PutThingRequest input;
  Decoding decoding;
  decode_json(shape, JsonMembers::kAll, document, &input, decoding);
  return find_violations(shape, &input, decoding.missing);
}

TEST(Validation, AcceptsWhatTheModelAllows) {
  EXPECT_EQ(violations_of(R"({"Name":"a-b_9","Tags":[{"Key":"kk"}],"count":10,"Color":"red","Colors":["42"],
                              "Variables":{"ab":""},"Nested":{"Inner":{"Depth":1}}})"),
            Violations());
}

TEST(Validation, MissingMembersAreNull) {
  EXPECT_EQ(violations_of(R"({"Tags":[{"Value":"v"}]})"),
            (Violations{
                "Value null at 'name' failed to satisfy constraint: Member must not be null",
                "Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null"}));
}

TEST(Validation, LengthsAndPatternsAreReportedEach) {
  EXPECT_EQ(violations_of(R"({"Name":"A","Tags":[]})"),
            (Violations{"Value 'A' at 'name' failed to satisfy constraint: "
                        "Member must have length greater than or equal to 2",
                        "Value 'A' at 'name' failed to satisfy constraint: "
                        "Member must satisfy regular expression pattern: [a-z0-9-_]+"}));
}

TEST(Validation, LengthsCountUtf16) {
  EXPECT_EQ(violations_of(R"({"Name":"ab","Tags":[],"Secret":"ääö"})"), Violations());
  EXPECT_EQ(violations_of(R"({"Name":"ab","Tags":[],"Secret":"😹😹"})").size(), 1U);
}

TEST(Validation, RangesEnumsAndNestedPaths) {
  EXPECT_EQ(
      violations_of(R"({"Name":"ab","Tags":[],"count":11,"Color":"blue","Nested":{"Inner":{"Depth":0}}})"),
      (Violations{"Value '11' at 'count' failed to satisfy constraint: "
                  "Member must have value less than or equal to 10",
                  "Value 'blue' at 'color' failed to satisfy constraint: "
                  "Member must satisfy enum value set: [red, dark.blue, 42]",
                  "Value '0' at 'nested.inner.depth' failed to satisfy constraint: "
                  "Member must have value greater than or equal to 1"}));
}

TEST(Validation, OnlyTheFirstLetterOfAMemberIsMadeSmall) {
  EXPECT_EQ(violations_of(R"({"Name":"ab","Tags":[],"KMSKeyArn":"!!"})").at(0).substr(0, 24),
            "Value '!!' at 'kMSKeyArn");
}

TEST(Validation, ListsOfScalarsAndMapsAreReportedOnce) {
  EXPECT_EQ(
      violations_of(R"({"Name":"ab","Tags":[],"Colors":["red","x","y"]})"),
      (Violations{
          "Value '[red, x, y]' at 'colors' failed to satisfy constraint: "
          "Member must satisfy constraint: [Member must satisfy enum value set: [red, dark.blue, 42]]"}));
  EXPECT_EQ(
      violations_of(R"({"Name":"ab","Tags":[],"Variables":{"A B":"1"}})"),
      (Violations{
          "Value '{A B=1}' at 'variables' failed to satisfy constraint: Map keys must satisfy constraint: "
          "[Member must have length less than or equal to 8, Member must have length greater than or equal "
          "to 2, Member must satisfy regular expression pattern: [a-z0-9-_]+]"}));
}

TEST(Validation, SensitiveValuesAreNotShown) {
  EXPECT_EQ(violations_of(R"({"Name":"ab","Tags":[],"Secret":"hidden"})"),
            (Violations{"Value at 'secret' failed to satisfy constraint: "
                        "Member must have length less than or equal to 3"}));
}

TEST(Validation, TheErrorCountsAndJoins) {
  const Shape& shape = *sample::model().find_operation("DeleteThing")->input;
  const sample::DeleteThingRequest input{.name = "A"};
  try {
    validate(sample::model(), shape, &input, {});
    FAIL();
  } catch (const aws::Error& error) {
    EXPECT_EQ(error.code(), "ValidationException");
    EXPECT_TRUE(error.message().starts_with("2 validation errors detected: Value 'A' at 'name' failed"))
        << error.message();
    EXPECT_NE(error.message().find("equal to 2; Value 'A'"), std::string::npos);
  }
}

TEST(Validation, ManyViolationsAreBounded) {
  std::string document = R"({"Name":"ab","Tags":[)";
  for (int i = 0; i < 500; ++i) document += R"({"Key":"!"},)";
  document.back() = ']';
  EXPECT_LE(violations_of(document + "}").size(), 101U);
}

}  // namespace
}  // namespace martlet::wire
