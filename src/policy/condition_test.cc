#include "policy/condition.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "policy/policy_test_support_test.h"

namespace martlet::policy {
namespace {

using namespace testing;
using Values = std::vector<std::string>;

/// The values of the key "t:key" in the request.
const std::vector<std::string> kMissing{"<missing>"};

bool holds(std::string_view how, const Values& policy, const Values& request,
           const std::vector<std::pair<std::string, Values>>& others = {}) {
  const auto parsed = Operator::parse(how);
  EXPECT_TRUE(parsed) << how;
  if (!parsed) return false;
  const Condition condition(*parsed, "t:Key", policy, Variables::kExpanded);
  ContextList context;
  if (request != kMissing) context.set("T:key", request);
  for (const auto& [key, values] : others) context.set(key, values);
  const Principal ann = user("ann");
  const Request asked{.principal = &ann, .action = "t:Do", .context = &context};
  KeyReader reader(asked);
  return condition.holds(reader);
}

struct Row {
  const char* how;
  Values policy;
  Values request;
  bool holds;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(holds(row.how, row.policy, row.request), row.holds)
        << row.how << " " << ::testing::PrintToString(row.policy) << " of "
        << ::testing::PrintToString(row.request);
  }
}

TEST(Condition, Strings) {
  check_rows({
      {"StringEquals", {"a"}, {"a"}, true},
      {"StringEquals", {"a"}, {"A"}, false},
      {"StringEquals", {"a"}, {"ab"}, false},
      {"StringEquals", {"a", "b"}, {"b"}, true},
      {"StringEquals", {"a*"}, {"ab"}, false},
      {"StringEquals", {"a*"}, {"a*"}, true},
      {"StringEquals", {""}, {""}, true},
      {"StringEquals", {}, {"a"}, false},
      {"StringNotEquals", {"a"}, {"b"}, true},
      {"StringNotEquals", {"a"}, {"a"}, false},
      {"StringNotEquals", {"a", "b"}, {"b"}, false},
      {"StringNotEquals", {"a", "b"}, {"c"}, true},
      {"StringEqualsIgnoreCase", {"Alpha"}, {"aLPHA"}, true},
      {"StringEqualsIgnoreCase", {"Alpha"}, {"Beta"}, false},
      {"StringNotEqualsIgnoreCase", {"Alpha"}, {"aLPHA"}, false},
      {"StringNotEqualsIgnoreCase", {"Alpha"}, {"Beta"}, true},
      {"StringLike", {"home/*"}, {"home/ann"}, true},
      {"StringLike", {"home/*"}, {"home/"}, true},
      {"StringLike", {"home/*"}, {"Home/ann"}, false},
      {"StringLike", {"?at"}, {"cat"}, true},
      {"StringLike", {"?at"}, {"at"}, false},
      {"StringLike",
       {"?at"},
       {"\xc3\xa9"
        "at"},
       true},
      {"StringLike", {"*"}, {""}, true},
      {"StringLike", {"a", "b*"}, {"bc"}, true},
      {"StringLike", {"*a*b*c*"}, {"xaybzc"}, true},
      {"StringLike", {"*a*b*c*"}, {"xcybza"}, false},
      {"StringNotLike", {"home/*"}, {"home/ann"}, false},
      {"StringNotLike", {"home/*"}, {"away"}, true},
      {"StringNotLike", {"home/*", "a*"}, {"away"}, false},
      {"stringlike", {"a*"}, {"ab"}, true},
  });
}

TEST(Condition, Numbers) {
  check_rows({
      {"NumericEquals", {"10"}, {"10"}, true},
      {"NumericEquals", {"10"}, {"10.0"}, true},
      {"NumericEquals", {"1e1"}, {"10"}, true},
      {"NumericEquals", {"10"}, {"11"}, false},
      {"NumericEquals", {"9007199254740993"}, {"9007199254740992"}, false},
      {"NumericEquals", {"10", "11"}, {"11"}, true},
      {"NumericEquals", {"-5"}, {"-5"}, true},
      {"NumericEquals", {"+5"}, {"5"}, true},
      {"NumericNotEquals", {"10"}, {"11"}, true},
      {"NumericNotEquals", {"10"}, {"10"}, false},
      {"NumericNotEquals", {"10", "11"}, {"11"}, false},
      {"NumericLessThan", {"10"}, {"9.99"}, true},
      {"NumericLessThan", {"10"}, {"10"}, false},
      {"NumericLessThanEquals", {"10"}, {"10"}, true},
      {"NumericLessThanEquals", {"10"}, {"10.01"}, false},
      {"NumericGreaterThan", {"10"}, {"11"}, true},
      {"NumericGreaterThan", {"10"}, {"10"}, false},
      {"NumericGreaterThan", {"10"}, {"9"}, false},
      {"NumericGreaterThanEquals", {"10"}, {"10"}, true},
      {"NumericGreaterThanEquals", {"10"}, {"9"}, false},
      {"NumericEquals", {"ten"}, {"ten"}, false},
      {"NumericEquals", {"nan"}, {"nan"}, false},
      {"NumericLessThan", {"inf"}, {"1"}, false},
      {"NumericEquals", {"10"}, {"10 "}, false},
      {"NumericEquals", {""}, {""}, false},
      {"NumericNotEquals", {"10"}, {"ten"}, true},
  });
}

TEST(Condition, Dates) {
  check_rows({
      {"DateEquals", {"2026-01-02T03:04:05Z"}, {"2026-01-02T03:04:05Z"}, true},
      {"DateEquals", {"2026-01-02T03:04:05Z"}, {"2026-01-02T05:04:05+02:00"}, true},
      {"DateEquals", {"2026-01-02T03:04:05Z"}, {"2026-01-01T22:34:05-04:30"}, true},
      {"DateEquals", {"2026-01-02T03:04:05Z"}, {"2026-01-02T03:04:05.000Z"}, true},
      {"DateEquals", {"2026-01-02T03:04:05Z"}, {"2026-01-02T03:04:05.001Z"}, false},
      {"DateEquals", {"2026-01-02T03:04:05Z"}, {"20260102T030405Z"}, true},
      {"DateEquals", {"2026-01-02T03:04Z"}, {"2026-01-02T03:04:00Z"}, true},
      {"DateEquals", {"2026-01-02"}, {"2026-01-02T00:00:00Z"}, true},
      {"DateEquals", {"2026-01"}, {"2026-01-01"}, true},
      {"DateEquals", {"2026"}, {"2026-01-01"}, true},
      {"DateEquals", {"1767323045"}, {"2026-01-02T03:04:05Z"}, true},
      {"DateEquals", {"2026-01-02T03:04:05Z"}, {"1767323045"}, true},
      {"DateNotEquals", {"2026"}, {"2027"}, true},
      {"DateNotEquals", {"2026"}, {"2026"}, false},
      {"DateLessThan", {"2026-01-02"}, {"2026-01-01T23:59:59Z"}, true},
      {"DateLessThan", {"2026-01-02"}, {"2026-01-02"}, false},
      {"DateLessThanEquals", {"2026-01-02"}, {"2026-01-02"}, true},
      {"DateLessThanEquals", {"2026-01-02"}, {"2026-01-03"}, false},
      {"DateGreaterThan", {"2026-01-02"}, {"2026-01-02T00:00:01Z"}, true},
      {"DateGreaterThan", {"2026-01-02"}, {"2026-01-02"}, false},
      {"DateGreaterThanEquals", {"2026-01-02"}, {"2026-01-02"}, true},
      {"DateGreaterThanEquals", {"2026-01-02"}, {"2026-01-01"}, false},
      {"DateEquals", {"2026-02-30"}, {"2026-02-30"}, false},
      {"DateEquals", {"2026-13"}, {"2026-13"}, false},
      {"DateEquals", {"2026-01-02T03:04:05"}, {"2026-01-02T03:04:05"}, false},
      {"DateEquals", {"2026-01-02T25:00Z"}, {"2026-01-02T25:00Z"}, false},
      {"DateEquals", {"yesterday"}, {"yesterday"}, false},
  });
}

TEST(Condition, TruthValues) {
  check_rows({
      {"Bool", {"true"}, {"true"}, true},
      {"Bool", {"true"}, {"True"}, true},
      {"Bool", {"TRUE"}, {"true"}, true},
      {"Bool", {"true"}, {"false"}, false},
      {"Bool", {"false"}, {"false"}, true},
      {"Bool", {"true", "false"}, {"false"}, true},
  });
}

TEST(Condition, Binaries) {
  check_rows({
      {"BinaryEquals", {"QmluYXJ5"}, {"Binary"}, true},
      {"BinaryEquals", {"QmluYXJ5"}, {"QmluYXJ5"}, false},
      {"BinaryEquals", {"AP8="}, {std::string("\0\xff", 2)}, true},
      {"BinaryEquals", {"not base64!"}, {"not base64!"}, false},
  });
}

TEST(Condition, Addresses) {
  check_rows({
      {"IpAddress", {"203.0.113.0/24"}, {"203.0.113.7"}, true},
      {"IpAddress", {"203.0.113.0/24"}, {"203.0.114.7"}, false},
      {"IpAddress", {"203.0.113.9/24"}, {"203.0.113.7"}, true},
      {"IpAddress", {"203.0.113.7"}, {"203.0.113.7"}, true},
      {"IpAddress", {"203.0.113.7"}, {"203.0.113.8"}, false},
      {"IpAddress", {"203.0.113.0/25"}, {"203.0.113.127"}, true},
      {"IpAddress", {"203.0.113.0/25"}, {"203.0.113.128"}, false},
      {"IpAddress", {"203.0.113.8/29"}, {"203.0.113.15"}, true},
      {"IpAddress", {"203.0.113.8/29"}, {"203.0.113.16"}, false},
      {"IpAddress", {"203.0.113.8/29"}, {"203.0.113.24"}, false},
      {"IpAddress", {"203.0.113.8/29"}, {"203.0.113.72"}, false},
      {"IpAddress", {"0.0.0.0/0"}, {"198.51.100.1"}, true},
      {"IpAddress", {"0.0.0.0/0"}, {"2001:db8::1"}, false},
      {"IpAddress", {"::/0"}, {"198.51.100.1"}, false},
      {"IpAddress", {"2001:DB8:1234:5678::/64"}, {"2001:db8:1234:5678::9"}, true},
      {"IpAddress", {"2001:DB8:1234:5678::/64"}, {"2001:db8:1234:5679::9"}, false},
      {"IpAddress", {"2001:db8::/33"}, {"2001:db8:7fff::1"}, true},
      {"IpAddress", {"2001:db8::/33"}, {"2001:db8:8000::1"}, false},
      {"IpAddress", {"203.0.113.0/24"}, {"::ffff:203.0.113.7"}, true},
      {"IpAddress", {"203.0.113.0/24", "2001:db8::/32"}, {"2001:db8::1"}, true},
      {"NotIpAddress", {"203.0.113.0/24"}, {"203.0.113.7"}, false},
      {"NotIpAddress", {"203.0.113.0/24"}, {"198.51.100.1"}, true},
      {"NotIpAddress", {"203.0.113.0/24", "198.51.100.0/24"}, {"198.51.100.1"}, false},
      {"IpAddress", {"203.0.113.0/33"}, {"203.0.113.0"}, false},
      {"IpAddress", {"203.0.113.0/"}, {"203.0.113.0"}, false},
      {"IpAddress", {"203.0.113"}, {"203.0.113"}, false},
      {"IpAddress", {"0.0.0.0/0"}, {"nowhere"}, false},
      {"NotIpAddress", {"0.0.0.0/0"}, {"nowhere"}, true},
  });
}

TEST(Condition, Arns) {
  const char* value =
      "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt";
  for (const char* how : {"ArnEquals", "ArnLike"}) {
    check_rows({
        {how, {"arn:aws:sns:eu-west-1:111122223333:news"}, {"arn:aws:sns:eu-west-1:111122223333:news"}, true},
        {how,
         {"arn:aws:sns:eu-west-1:111122223333:news"},
         {"arn:aws:sns:eu-west-1:111122223333:News"},
         false},
        {how, {"arn:aws:sns:*:*:news"}, {"arn:aws:sns:eu-west-1:111122223333:news"}, true},
        {how, {"arn:*:*:*:*:*"}, {"arn:aws:sns:eu-west-1:111122223333:news"}, true},
        {how, {"arn:aws:sns:eu-*-1:*:n?ws"}, {"arn:aws:sns:eu-west-1:111122223333:news"}, true},
        {how, {"arn:aws:s3:::bucket/*"}, {"arn:aws:s3:::bucket/a/b:c"}, true},
        {how, {"arn:aws:someservice:*:111122223333:finance/*"}, {value}, false},
        {how, {"arn:aws:someservice:*:*:*finance/*"}, {value}, true},
        {how, {"arn:aws:sns:*:*"}, {"arn:aws:sns:eu-west-1:111122223333:news"}, false},
        {how, {"arn:aws:sns:*"}, {"arn:aws:sns:eu-west-1:111122223333:news"}, false},
        {how, {"*"}, {"arn:aws:sns:eu-west-1:111122223333:news"}, true},
        {how, {"arn:aws:*:*:*:*"}, {"arn:aws:sns"}, false},
        {how, {"news"}, {"news"}, false},
        {how, {"arn:a", "arn:aws:*:*:*:*"}, {"arn:aws:s3:::b"}, true},
    });
  }
  for (const char* how : {"ArnNotEquals", "ArnNotLike"}) {
    check_rows({
        {how, {"arn:aws:sns:*:*:news"}, {"arn:aws:sns:eu-west-1:111122223333:news"}, false},
        {how, {"arn:aws:sns:*:*:news"}, {"arn:aws:sns:eu-west-1:111122223333:other"}, true},
        {how, {"arn:aws:a:*:*:x", "arn:aws:b:*:*:y"}, {"arn:aws:b:::y"}, false},
    });
  }
  EXPECT_TRUE(holds("StringLike", {"arn:aws:someservice:*:111122223333:finance/*"}, {value}));
}

TEST(Condition, KeysThatAreNotThere) {
  for (const char* how : {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "NumericEquals",
                          "NumericLessThan", "NumericGreaterThanEquals", "DateEquals", "DateGreaterThan",
                          "Bool", "BinaryEquals", "IpAddress", "ArnEquals", "ArnLike"}) {
    EXPECT_FALSE(holds(how, {"1"}, kMissing)) << how;
    EXPECT_TRUE(holds(std::string(how) + "IfExists", {"1"}, kMissing)) << how;
    EXPECT_TRUE(holds("ForAllValues:" + std::string(how), {"1"}, kMissing)) << how;
    EXPECT_FALSE(holds("ForAnyValue:" + std::string(how), {"1"}, kMissing)) << how;
    EXPECT_TRUE(holds("ForAnyValue:" + std::string(how) + "IfExists", {"1"}, kMissing)) << how;
  }
  for (const char* how : {"StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "NumericNotEquals",
                          "DateNotEquals", "NotIpAddress", "ArnNotEquals", "ArnNotLike"}) {
    EXPECT_TRUE(holds(how, {"1"}, kMissing)) << how;
    EXPECT_TRUE(holds(std::string(how) + "IfExists", {"1"}, kMissing)) << how;
    EXPECT_TRUE(holds("ForAllValues:" + std::string(how), {"1"}, kMissing)) << how;
    EXPECT_FALSE(holds("ForAnyValue:" + std::string(how), {"1"}, kMissing)) << how;
  }
  check_rows({
      {"StringEqualsIfExists", {"a"}, {"a"}, true},
      {"StringEqualsIfExists", {"a"}, {"b"}, false},
      {"StringNotEqualsIfExists", {"a"}, {"a"}, false},
      {"ForAllValues:StringEqualsIfExists", {"a"}, {"a", "b"}, false},
      {"NumericLessThanIfExists", {"3"}, {"4"}, false},
  });
}

TEST(Condition, Null) {
  check_rows({
      {"Null", {"true"}, kMissing, true},
      {"Null", {"true"}, {"a"}, false},
      {"Null", {"false"}, kMissing, false},
      {"Null", {"false"}, {"a"}, true},
      {"Null", {"False"}, {"a"}, true},
      {"Null", {"true"}, {}, true},
      {"Null", {"false"}, {""}, false},
      {"Null", {"true", "false"}, {"a"}, true},
      {"Null", {"maybe"}, {"a"}, false},
  });
}

// The tables of "Single-valued vs. multivalued context keys" and of negated set operators.
TEST(Condition, SetOperators) {
  const Values listed{"PostDateTime", "Message", "Tags"};
  check_rows({
      {"ForAllValues:StringLike", listed, {"PostDateTime", "Message"}, true},
      {"ForAllValues:StringLike", listed, {"PostDateTime", "UserName"}, false},
      {"ForAllValues:StringLike", listed, {"UserName"}, false},
      {"ForAllValues:StringLike", listed, {}, true},
      {"ForAllValues:StringLike", listed, {""}, true},
      {"ForAnyValue:StringLike", listed, {"PostDateTime", "UserName"}, true},
      {"ForAnyValue:StringLike", listed, {"UserName"}, false},
      {"ForAnyValue:StringLike", listed, {}, false},
      {"ForAnyValue:StringLike", {"*"}, {""}, false},
      {"ForAllValues:StringNotEquals", {"a", "b"}, {"c", "d"}, true},
      {"ForAllValues:StringNotEquals", {"a", "b"}, {"a", "c"}, false},
      {"ForAllValues:StringNotEquals", {"a", "b"}, {}, true},
      {"ForAnyValue:StringNotEquals", {"a", "b"}, {"a", "c"}, true},
      {"ForAnyValue:StringNotEquals", {"a", "b"}, {"a", "b"}, false},
      {"ForAnyValue:StringNotEquals", {"a", "b"}, {}, false},
      {"ForAllValues:NumericLessThan", {"10"}, {"1", "2"}, true},
      {"ForAllValues:NumericLessThan", {"10"}, {"1", "20"}, false},
      {"ForAnyValue:IpAddress", {"10.0.0.0/8"}, {"192.0.2.1", "10.1.1.1"}, true},
      {"ForAllValues:ArnLike", {"arn:aws:s3:::*"}, {"arn:aws:s3:::a", "arn:aws:sqs:::a"}, false},
      {"StringEquals", {"a"}, {"b", "a"}, true},
      {"StringNotEquals", {"a"}, {"b", "a"}, false},
  });
}

TEST(Condition, Variables) {
  struct Variable {
    const char* how;
    const char* policy;
    const char* request;
    bool holds;
  };
  const std::vector<std::pair<std::string, Values>> others{{"aws:PrincipalTag/Team", {"red"}},
                                                           {"aws:PrincipalTag/Star", {"*"}},
                                                           {"aws:PrincipalTag/Bytes", {"\xff"}},
                                                           {"aws:TagKeys", {"a", "b"}},
                                                           {"t:arn", {"arn:aws:sns:r:1:t"}}};
  for (const Variable& row : {
           Variable{"StringEquals", "${aws:username}", "ann", true},
           Variable{"StringEquals", "${AWS:UserName}", "ann", true},
           Variable{"StringEquals", "${aws:username}", "bob", false},
           Variable{"StringLike", "home/${aws:username}/*", "home/ann/x", true},
           Variable{"StringLike", "home/${aws:username}/*", "home/annette/x", false},
           Variable{"StringEquals", "${aws:PrincipalTag/Team}-${aws:username}", "red-ann", true},
           Variable{"StringEquals", "${aws:principaltag/team}", "red", true},
           Variable{"StringEqualsIgnoreCase", "${aws:PrincipalTag/Team}", "RED", true},
           Variable{"StringLike", "${aws:PrincipalTag/Star}", "anything", false},
           Variable{"StringLike", "${aws:PrincipalTag/Star}", "*", true},
           Variable{"StringLike", "${aws:PrincipalTag/Bytes}", "anything", false},
           Variable{"StringEquals", "${aws:PrincipalTag/None}", "", false},
           Variable{"StringNotEquals", "${aws:PrincipalTag/None}", "x", true},
           Variable{"StringNotLike", "${aws:PrincipalTag/None}*", "x", true},
           Variable{"StringEquals", "${aws:PrincipalTag/None, 'blue'}", "blue", true},
           Variable{"StringEquals", "${aws:PrincipalTag/None,'blue'}", "blue", true},
           Variable{"StringEquals", "${aws:PrincipalTag/Team, 'blue'}", "red", true},
           Variable{"StringEquals", "${aws:PrincipalTag/Team, 'blue'}", "blue", false},
           Variable{"StringLike", "${aws:PrincipalTag/None, '*'}", "anything", false},
           Variable{"StringEquals", "${aws:TagKeys}", "a", false},
           Variable{"StringEquals", "${aws:TagKeys, 'c'}", "c", true},
           Variable{"StringLike", "a${*}b", "a*b", true},
           Variable{"StringLike", "a${*}b", "axb", false},
           Variable{"StringLike", "a${?}*", "a?b", true},
           Variable{"StringLike", "a${?}*", "axb", false},
           Variable{"StringLike", "${$}{x}", "${x}", true},
           Variable{"StringEquals", "${", "${", true},
           Variable{"StringEquals", "${aws:username", "${aws:username", true},
           Variable{"StringEquals", "${a, b}", "${a, b}", true},
           Variable{"StringEquals", "$x", "$x", true},
           Variable{"StringEquals", "${}", "${}", false},
           Variable{"ArnLike", "arn:aws:iam::111122223333:user/${aws:username}",
                    "arn:aws:iam::111122223333:user/ann", true},
           Variable{"ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:user/*",
                    "arn:aws:iam::111122223333:user/ann", true},
           Variable{"ArnEquals", "${t:arn}", "arn:aws:sns:r:1:t", true},
           Variable{"NumericEquals", "${aws:EpochTime}", "0", false},
           Variable{"DateEquals", "${aws:CurrentTime}", "1970-01-01", false},
       }) {
    EXPECT_EQ(holds(row.how, {row.policy}, {row.request}, others), row.holds)
        << row.how << " " << row.policy << " of " << row.request;
  }
  // Earlier versions of the language have none.
  const Condition old(*Operator::parse("StringEquals"), "t:Key", {"${aws:username}"}, Variables::kText);
  ContextList context;
  context.set("t:key", "${aws:username}");
  const Principal ann = user("ann");
  const Request asked{.principal = &ann, .context = &context};
  KeyReader reader(asked);
  EXPECT_TRUE(old.holds(reader));
}

TEST(Condition, TheTimeOfTheRequest) {
  using namespace std::chrono;
  const Principal ann = user("ann");
  const Request asked{.principal = &ann, .now = sys_days{year{2026} / 3 / 4} + 5h + 6min + 7s + 8ms};
  const auto at = [&](const char* how, const char* key, const char* value) {
    KeyReader reader(asked);
    return Condition(*Operator::parse(how), key, {value}, Variables::kExpanded).holds(reader);
  };
  EXPECT_TRUE(at("DateEquals", "aws:CurrentTime", "2026-03-04T05:06:07Z"));
  EXPECT_TRUE(at("DateLessThan", "aws:CurrentTime", "2026-03-04T05:06:08Z"));
  EXPECT_FALSE(at("DateGreaterThan", "aws:CurrentTime", "2026-03-05"));
  EXPECT_TRUE(at("DateEquals", "aws:EpochTime", "2026-03-04T05:06:07Z"));
  EXPECT_TRUE(at("NumericEquals", "aws:EpochTime", "1772600767"));
}

TEST(Condition, OperatorsThatDoNotExist) {
  for (const char* how :
       {"", "Equals", "StringEqual", "NullIfExists", "ForAllValues:", "ForEachValue:StringEquals",
        "StringEquals:ForAllValues", "ForAllValues:ForAnyValue:StringEquals", "IfExists",
        "StringEqualsIfExistsIfExists", "BinaryNotEquals", "BoolNot"}) {
    EXPECT_FALSE(Operator::parse(how)) << how;
  }
}

}  // namespace
}  // namespace martlet::policy
