#include "services/logs/filter_pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace martlet::logs {
namespace {

bool matches(std::string_view pattern, std::string_view message) {
  return FilterPattern::compile(pattern).matches(message);
}

/// The message of the error that `pattern` causes; empty when it is accepted.
std::string refusal(std::string_view pattern) {
  try {
    FilterPattern::compile(pattern);
    return {};
  } catch (const aws::Error& error) {
    EXPECT_EQ(error.code(), "InvalidParameterException");
    EXPECT_TRUE(error.message().starts_with("Invalid filter pattern")) << error.message();
    return error.message();
  }
}

constexpr std::string_view kAccess =
    R"(127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534)";

constexpr std::string_view kTrail = R"({
  "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111",
  "arrayKey": ["value", "another value"],
  "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
  "SomeObject": null, "ThisFlag": true, "OtherFlag": false
})";

constexpr std::string_view kUsers = R"({
  "user": {"id": 1, "email": "John.Stiles@example.com"},
  "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
  "actions": ["GET", "PUT", "DELETE"],
  "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]]
})";

TEST(FilterPatternTerms, EmptyMatchesEverything) {
  EXPECT_TRUE(FilterPattern().matches("x"));
  EXPECT_TRUE(FilterPattern::compile("").matches_everything());
  EXPECT_TRUE(FilterPattern::compile("  \t ").matches_everything());
  EXPECT_TRUE(matches("\"\"", "anything"));
}

TEST(FilterPatternTerms, TermIsFoundAnywhereAndInItsCase) {
  EXPECT_TRUE(matches("ERROR", "[ERROR] A fatal exception has occurred"));
  EXPECT_TRUE(matches("ERROR", "Exiting with ERRORCODE: -1"));
  EXPECT_FALSE(matches("ERROR", "error"));
}

TEST(FilterPatternTerms, AllTermsMustOccur) {
  EXPECT_TRUE(matches("ERROR Exception", "[ERROR] Caught IllegalArgumentException"));
  EXPECT_FALSE(matches("ERROR Exception", "[ERROR] Failed"));
  EXPECT_TRUE(
      matches("Failed to process the request", "[ERROR] Unable to continue: Failed to process the request"));
}

TEST(FilterPatternTerms, ExcludedTermsMustNot) {
  EXPECT_FALSE(matches("\"ERROR\" -\"Exiting\"", "Exiting with ERRORCODE: -1"));
  EXPECT_FALSE(matches("\"ERROR\" - \"Exiting\"", "Exiting with ERRORCODE: -1"));
  EXPECT_TRUE(matches("ERROR -Exiting", "[ERROR] fatal"));
  EXPECT_TRUE(matches("-ERROR", "fine"));
  EXPECT_FALSE(matches("-ERROR", "an ERROR"));
}

TEST(FilterPatternTerms, AnyOfTheOptionalTerms) {
  for (const std::string_view message : {"ERROR WARN message", "ERROR message", "WARN message"}) {
    EXPECT_TRUE(matches("?ERROR ?WARN", message)) << message;
  }
  EXPECT_FALSE(matches("?ERROR ?WARN", "INFO message"));
  EXPECT_TRUE(matches("?\"a b\" ?c", "a b"));
}

TEST(FilterPatternTerms, OptionalTermsDoNotCountBesideOthers) {
  EXPECT_TRUE(matches("?ERROR ?ARGUMENTS REQUEST", "[INFO] REQUEST FAILED"));
  EXPECT_FALSE(matches("?ERROR ?ARGUMENTS REQUEST", "[ERROR] ARGUMENTS"));
}

TEST(FilterPatternTerms, PhrasesKeepTheirSpacesAndEscapes) {
  EXPECT_TRUE(matches("\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR"));
  EXPECT_FALSE(matches("\"INTERNAL SERVER ERROR\"", "INTERNAL  SERVER ERROR"));
  EXPECT_TRUE(matches(R"("say \"hi\" \\ now")", R"(say "hi" \ now)"));
  EXPECT_TRUE(matches("\"REPORT RequestId:\"", "REPORT RequestId: 8f1"));
}

TEST(FilterPatternTerms, RegularExpressions) {
  EXPECT_TRUE(matches("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST"));
  EXPECT_TRUE(matches("%AUTHORIZED%", "[SUCCESS 200] AUTHORIZED REQUEST"));
  EXPECT_TRUE(matches("%^[hc]at%", "hat stand"));
  EXPECT_FALSE(matches("%^[hc]at%", "that"));
  EXPECT_TRUE(matches("%[hc]at$%", "a cat"));
  EXPECT_TRUE(matches("%colou?r%", "color"));
  EXPECT_FALSE(matches("%^a{3,5}$%", "aa"));
  EXPECT_TRUE(matches("%gray|grey%", "dark grey"));
  EXPECT_TRUE(matches(R"(%10\.10\.0\.1%)", "from 10.10.0.1"));
  EXPECT_FALSE(matches(R"(%10\.10\.0\.1%)", "from 10010x0.1"));
  EXPECT_TRUE(matches(R"(%\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}%)", "ip=192.168.1.20"));
}

TEST(FilterPatternTerms, Malformed) {
  EXPECT_EQ(refusal("foo:bar"), "Invalid filter pattern: invalid character(s) in term 'foo:bar'");
  for (const std::string_view pattern : {"\"open", "%open", "%%", "%something!%", "%(a)%", "%caf\xC3\xA9%",
                                         "%a**[%", "-", "?", "a -", "caf\xC3\xA9", "a\"b"}) {
    EXPECT_NE(refusal(pattern), "") << pattern;
  }
  EXPECT_NE(refusal(std::string(1025, 'a')), "");
  EXPECT_EQ(refusal(std::string(1024, 'a')), "");
}

TEST(FilterPatternJson, ExamplesOfTheGuide) {
  EXPECT_TRUE(matches("{ $.eventType = \"UpdateTrail\" }", kTrail));
  EXPECT_TRUE(matches("{ $.sourceIPAddress != 123.123.* }", kTrail));
  EXPECT_FALSE(matches("{ $.sourceIPAddress != 111.111.* }", kTrail));
  EXPECT_TRUE(matches("{ $.arrayKey[0] = \"value\" }", kTrail));
  EXPECT_TRUE(matches("{ $.objectList[1].id = 2 }", kTrail));
  EXPECT_TRUE(matches("{ $.SomeObject IS NULL }", kTrail));
  EXPECT_TRUE(matches("{ $.SomeOtherObject NOT EXISTS }", kTrail));
  EXPECT_TRUE(matches("{ $.ThisFlag IS TRUE }", kTrail));
  EXPECT_TRUE(matches("{ $.OtherFlag IS FALSE }", kTrail));
  EXPECT_FALSE(matches("{ $.OtherFlag IS TRUE }", kTrail));
  EXPECT_FALSE(matches("{ $.ThisFlag IS NULL }", kTrail));
  EXPECT_FALSE(matches("{ $.SomeObject NOT EXISTS }", kTrail));
  EXPECT_FALSE(matches("{ $.nowhere IS NULL }", kTrail));
}

TEST(FilterPatternJson, AndBindsTighterThanOr) {
  EXPECT_TRUE(matches(R"({ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") })", kUsers));
  EXPECT_FALSE(
      matches(R"({ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" })", kUsers));
  EXPECT_TRUE(matches(
      R"({ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch })",
      kUsers));
  EXPECT_FALSE(matches(
      R"({ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch })",
      kUsers));
  EXPECT_TRUE(matches("{ $.coordinates[1][2] = 6 }", kUsers));
}

TEST(FilterPatternJson, OnlyValuesAreCompared) {
  EXPECT_FALSE(matches("{ $.users = 1 }", R"({"users": [1, 2, 3]})"));
  EXPECT_FALSE(matches("{ $.users != 1 }", R"({"users": [1, 2, 3]})"));
  EXPECT_FALSE(matches("{ $.missing != 1 }", R"({"users": [1, 2, 3]})"));
  EXPECT_FALSE(matches("{ $.arrayKey[9] = \"value\" }", kTrail));
  EXPECT_FALSE(matches("{ $.eventType[0] = \"value\" }", kTrail));
  EXPECT_FALSE(matches("{ $.objectList[0].name.deeper = 1 }", kTrail));
  EXPECT_TRUE(matches("{ $.flag = true }", R"({"flag": true})"));
}

TEST(FilterPatternJson, Numbers) {
  const std::string_view message =
      R"({"latency": 1000.5, "numbers": [0.005, 9999], "code": 400, "big": 9007199254740993, "neg": -3,
          "huge": 18446744073709551615, "text": "400", "tenth": 0.1})";
  for (const std::string_view pattern :
       {"{ $.latency >= 500 }", "{ $.numbers[1] < 10e3 }", "{ $.numbers[0] < 10e-3 }",
        "{ $.latency <= 1000.5 }", "{ $.code = 400 }", "{ $.code != 500 }", "{ $.latency > +1000 }",
        "{ $.neg < -2.5 }", "{ $.code = 4e2 }", "{ $.big = 9007199254740993 }", "{ $.huge > 1e19 }",
        "{ $.tenth = 0.1 }", "{ $.tenth >= .1 }", "{ $.code = 4* }", "{ $.code = \"400\" }",
        "{ $.text = 400 }", "{ $.code = * }", "{ $.code = %^4% }"}) {
    EXPECT_TRUE(matches(pattern, message)) << pattern;
  }
  for (const std::string_view pattern :
       {"{ $.latency < 500 }", "{ $.code = 401 }", "{ $.big = 9007199254740992 }", "{ $.tenth > 0.1 }",
        "{ $.code = \"40\" }", "{ $.text > 300 }", "{ $.text != 400 }", "{ $.code != 400 }"}) {
    EXPECT_FALSE(matches(pattern, message)) << pattern;
  }
}

TEST(FilterPatternJson, Wildcards) {
  const auto event = [](std::string_view name) { return "{\"e\": \"" + std::string(name) + "\"}"; };
  EXPECT_TRUE(matches("{ $.e = *Event }", event("PutEvent")));
  EXPECT_FALSE(matches("{ $.e = *Event }", event("EventId")));
  EXPECT_TRUE(matches("{ $.e = \"Event*\" }", event("EventId")));
  EXPECT_TRUE(matches("{ $.e = \"*UnauthorizedOperation\" }", event("Client.UnauthorizedOperation")));
  EXPECT_TRUE(matches("{ $.e = *vent* }", event("EventId")));
  EXPECT_TRUE(matches("{ $.e = Ev*ent }", event("Ev*ent")));
  EXPECT_FALSE(matches("{ $.e = Ev*ent }", event("Event")));
  EXPECT_TRUE(matches("{ $.e = \"*\" }", event("")));
}

TEST(FilterPatternJson, WildcardsOfSelectors) {
  EXPECT_TRUE(matches("{ $.objectList[*].id = 2 }", kTrail));
  EXPECT_FALSE(matches("{ $.objectList[*].id = 3 }", kTrail));
  EXPECT_TRUE(matches("{ $.user.* = 1 }", kUsers));
  EXPECT_TRUE(matches("{ $.objectList[*].other NOT EXISTS }", kTrail));
}

TEST(FilterPatternJson, SecurityPatternsInWideUse) {
  const std::string_view root = R"({"userIdentity": {"type": "Root"}, "eventType": "AwsApiCall"})";
  const std::string_view pattern =
      R"({ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" })";
  EXPECT_TRUE(matches(pattern, root));
  EXPECT_FALSE(
      matches(pattern, R"({"userIdentity": {"type": "Root", "invokedBy": "x"}, "eventType": "AwsApiCall"})"));
  EXPECT_TRUE(
      matches("{($.eventSource = kms.amazonaws.com) && "
              "(($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) }",
              R"({"eventSource": "kms.amazonaws.com", "eventName": "ScheduleKeyDeletion"})"));
  EXPECT_TRUE(matches("{ $.sourceIPAddress = %111\\.1[0-9]{2}\\..*% }", kTrail));
}

TEST(FilterPatternJson, OnlyJsonMessages) {
  EXPECT_TRUE(matches("{ $.a NOT EXISTS }", "{}"));
  EXPECT_FALSE(matches("{ $.a NOT EXISTS }", "plain text"));
  EXPECT_FALSE(matches("{ $.a NOT EXISTS }", "{\"a\": "));
  EXPECT_FALSE(matches("{ $.a NOT EXISTS }", ""));
  EXPECT_TRUE(matches("{ $.a = 1 }", " {\"a\": 1}\n"));
  EXPECT_FALSE(matches("{ $.a = 1 }", std::string(100000, '[')));
}

TEST(FilterPatternJson, Malformed) {
  for (const std::string_view pattern : {"{",
                                         "{}",
                                         "{ }",
                                         "{ $ }",
                                         "{ $. = 1 }",
                                         "{ $.a }",
                                         "{ $.a = }",
                                         "{ $.a = 1",
                                         "{ $.a = 1 } x",
                                         "{ a = 1 }",
                                         "{ $.a == 1 }",
                                         "{ $.a > x }",
                                         "{ $.a > \"1\" }",
                                         "{ $.a IS }",
                                         "{ $.a IS 1 }",
                                         "{ $.a NOT 1 }",
                                         "{ ($.a = 1 }",
                                         "{ $.a = 1 && }",
                                         "{ $.a = 1 & $.b = 2 }",
                                         "{ $.a[x] = 1 }",
                                         "{ $.a[1 = 1 }",
                                         "{ $.a = a@b }",
                                         "{ $.a[99999999999999999999] = 1 }",
                                         "{ $.a = %x% && $.a = %y% && $.a = %z% }",
                                         "{ $.a = \"x }"}) {
    EXPECT_NE(refusal(pattern), "") << pattern;
  }
  EXPECT_NE(refusal("{" + std::string(500, '(') + "$.a = 1" + std::string(500, ')') + "}"), "");
}

TEST(FilterPatternFields, EveryFieldIsNamed) {
  EXPECT_TRUE(matches("[ip, user, username, timestamp, request, status_code, bytes]", kAccess));
  EXPECT_TRUE(matches("[ip, user, username, timestamp, request, status_code, bytes > 1000]", kAccess));
  EXPECT_TRUE(matches("[ip, user, username, timestamp, request, status_code = 200, bytes]", kAccess));
  EXPECT_FALSE(matches("[ip, user, username, timestamp, request, status_code = 4*, bytes]", kAccess));
  EXPECT_TRUE(matches("[ip, user, username, timestamp, request = *gif*, status_code = 2*, bytes]", kAccess));
  EXPECT_TRUE(matches("[,,,,,,]", kAccess));
  EXPECT_FALSE(matches("[ip, user]", kAccess));
  EXPECT_FALSE(matches("[ip, user, username, timestamp, request, status_code, bytes, more]", kAccess));
}

TEST(FilterPatternFields, Ellipsis) {
  EXPECT_TRUE(matches("[..., status_code, bytes]", kAccess));
  EXPECT_TRUE(matches("[ip, user, ..., status_code = 200, bytes = 1534]", kAccess));
  EXPECT_TRUE(matches("[ip = 127.0.0.*, user, ...]", kAccess));
  EXPECT_TRUE(matches("[..., request=*.gif*, status_code=2*,]", kAccess));
  EXPECT_FALSE(matches("[..., status_code=4*,]", kAccess));
  EXPECT_TRUE(matches("[...]", ""));
  EXPECT_FALSE(matches("[a, ..., b]", "one"));
  EXPECT_TRUE(matches("[a = one, ..., b = two]", "one two"));
}

TEST(FilterPatternFields, AndOr) {
  const std::string_view either =
      "[ip, user, username, timestamp, request, status = 403 || status = 404, bytes]";
  EXPECT_FALSE(matches(either, kAccess));
  EXPECT_TRUE(matches(either, R"(::1 - - [t] "GET /" 404 -)"));
  EXPECT_TRUE(matches("[..., status = 2* && status != 201, bytes > 1000 && bytes < 2e3]", kAccess));
  EXPECT_TRUE(matches("[..., (status = 1 || status = 200) && status != 201, bytes]", kAccess));
  EXPECT_TRUE(matches("[w1=ERROR, w2]", "ERROR message"));
  EXPECT_FALSE(matches("[w1=ERROR, w2]", "ERROR WARN message"));
  EXPECT_TRUE(matches("[w1=ERROR || w1=WARN, w2]", "WARN message"));
  EXPECT_FALSE(matches("[w1!=ERROR&&w1!=WARN, w2]", "WARN message"));
}

TEST(FilterPatternFields, TextAndNumbersAndRegularExpressions) {
  EXPECT_FALSE(matches("[a > 5]", "-"));
  EXPECT_TRUE(matches("[a != 5]", "-"));
  EXPECT_TRUE(matches("[a = 5]", "5.0"));
  EXPECT_FALSE(matches("[a = \"5\"]", "5.0"));
  EXPECT_TRUE(matches("[a = \"x y\"]", "\"x y\""));
  EXPECT_TRUE(matches("[a = %^x[0-9]$%, b]", "x7 rest"));
  EXPECT_TRUE(matches("[a, b]", "\"unclosed [too"));
}

TEST(FilterPatternFields, Malformed) {
  for (const std::string_view pattern :
       {"[", "[a", "[a, ", "[..., a, ...]", "[a] b", "[a = ]", "[a b]", "[a = 1 || b = 2]", "[a > x]",
        "[\"a\"]", "[a = 1 &&]", "[ERROR] text", "[a = %(%]"}) {
    EXPECT_NE(refusal(pattern), "") << pattern;
  }
}

}  // namespace
}  // namespace martlet::logs
