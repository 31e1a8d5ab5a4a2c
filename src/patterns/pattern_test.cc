// Rules of EventBridge's patterns, by operator.

#include "patterns/pattern.h"

#include <gtest/gtest.h>

#include "patterns/tables_test.h"

namespace martlet::patterns {
namespace {

constexpr Dialect kDialect = Dialect::kEventBridge;

TEST(Pattern, ComparesExactly) {
  constexpr Row kRows[] = {
      {R"({"a":["x"]})", R"({"a":"x"})", kYes},
      {R"({"a":["x"]})", R"({"a":"X"})", kNo},
      {R"({"a":["x"]})", R"({"a":"x "})", kNo},
      {R"({"a":["x"]})", R"({"b":"x"})", kNo},
      {R"({"a":["x"]})", R"({})", kNo},
      {R"({"a":["x"]})", R"({"A":"x"})", kNo},
      {R"({"a":["x","y"]})", R"({"a":"y"})", kYes},
      {R"({"a":["x","y"]})", R"({"a":"z"})", kNo},
      {R"({"a":["x"],"b":["y"]})", R"({"a":"x","b":"y"})", kYes},
      {R"({"a":["x"],"b":["y"]})", R"({"b":"y","a":"x","c":1})", kYes},
      {R"({"a":["x"],"b":["y"]})", R"({"a":"x","b":"z"})", kNo},
      {R"({"a":["x"],"b":["y"]})", R"({"a":"x"})", kNo},
      {R"({"a":{"b":{"c":["x"]}}})", R"({"a":{"b":{"c":"x"}}})", kYes},
      {R"({"a":{"b":{"c":["x"]}}})", R"({"a":{"c":{"b":"x"}}})", kNo},
      {R"({"a":{"b":["x"]}})", R"({"a":"x"})", kNo},
      {R"({"a":{"b":["x"]}})", R"({"a.b":"x"})", kNo},
      {R"({"a.b":["x"]})", R"({"a":{"b":"x"}})", kNo},
      {R"({"a.b":["x"]})", R"({"a.b":"x"})", kYes},
      {R"({"a":["x"]})", R"({"a":{"b":"x"}})", kNo},
      {R"({"a":["1"]})", R"({"a":1})", kNo},
      {R"({"a":[1]})", R"({"a":"1"})", kNo},
      {R"({"a":["true"]})", R"({"a":true})", kNo},
      {R"({"a":[true]})", R"({"a":true})", kYes},
      {R"({"a":[true]})", R"({"a":"true"})", kNo},
      {R"({"a":[true]})", R"({"a":false})", kNo},
      {R"({"a":[false]})", R"({"a":false})", kYes},
      {R"({"a":["\u0041"]})", R"({"a":"A"})", kYes},
      {R"({"a":["A"]})", R"({"a":"\u0041"})", kYes},
      {R"({"\u0061":["A"]})", R"({"a":"A"})", kYes},
      {R"({"a":["é"]})", R"({"a":"\u00e9"})", kYes},
      {R"({"a":["é"]})", R"({"a":"e\u0301"})", kNo},
      {R"({"":["x"]})", R"({"":"x"})", kYes},
  };
  expect_rows(kDialect, kRows);
}

TEST(Pattern, ComparesNumbersAsTheyAreWritten) {
  constexpr Row kRows[] = {
      {R"({"a":[300]})", R"({"a":300})", kYes},
      {R"({"a":[300]})", R"({"a":300.0})", kNo},
      {R"({"a":[300]})", R"({"a":3.0e2})", kNo},
      {R"({"a":[300.0]})", R"({"a":300.0})", kYes},
      {R"({"a":[3.0e2]})", R"({"a":3.0e2})", kYes},
      {R"({"a":[300.0]})", R"({"a":300})", kNo},
      {R"({"a":[-1]})", R"({"a":-1})", kYes},
      {R"({"a":[-1]})", R"({"a":1})", kNo},
      {R"({"a":[0]})", R"({"a":-0})", kNo},
      {R"({"a":[12345678901234567890123]})", R"({"a":12345678901234567890123})", kYes},
      {R"({"a":[12345678901234567890123]})", R"({"a":12345678901234567890124})", kNo},
      {R"({"a":[1,2,3]})", R"({"a":2})", kYes},
      {R"({"a":[1,"2",3]})", R"({"a":"2"})", kYes},
      {R"({"a":[1,"2",3]})", R"({"a":2})", kNo},
  };
  expect_rows(kDialect, kRows);
}

TEST(Pattern, TellsNullEmptyAndAbsentApart) {
  constexpr Row kRows[] = {
      {R"({"a":[null]})", R"({"a":null})", kYes},
      {R"({"a":[null]})", R"({"a":""})", kNo},
      {R"({"a":[null]})", R"({"a":"null"})", kNo},
      {R"({"a":[null]})", R"({})", kNo},
      {R"({"a":[""]})", R"({"a":""})", kYes},
      {R"({"a":[""]})", R"({"a":null})", kNo},
      {R"({"a":[""]})", R"({"a":" "})", kNo},
      {R"({"a":[""]})", R"({"a":[]})", kNo},
      {R"({"a":["",null]})", R"({"a":null})", kYes},
      {R"({"a":["",null,{"exists":false}]})", R"({})", kYes},
      {R"({"a":["",null,{"exists":false}]})", R"({"a":""})", kYes},
      {R"({"a":["",null,{"exists":false}]})", R"({"a":"b"})", kNo},
  };
  expect_rows(kDialect, kRows);
}

TEST(Pattern, KnowsBeginningsAndEnds) {
  constexpr Row kRows[] = {
      {R"({"a":[{"prefix":"us-"}]})", R"({"a":"us-east-1"})", kYes},
      {R"({"a":[{"prefix":"us-"}]})", R"({"a":"us-"})", kYes},
      {R"({"a":[{"prefix":"us-"}]})", R"({"a":"us"})", kNo},
      {R"({"a":[{"prefix":"us-"}]})", R"({"a":"US-east-1"})", kNo},
      {R"({"a":[{"prefix":"us-"}]})", R"({"a":"eu-us-"})", kNo},
      {R"({"a":[{"prefix":""}]})", R"({"a":"x"})", kYes},
      {R"({"a":[{"prefix":""}]})", R"({"a":1})", kNo},
      {R"({"a":[{"prefix":"1"}]})", R"({"a":12})", kNo},
      {R"({"a":[{"prefix":"t"}]})", R"({"a":true})", kNo},
      {R"({"a":[{"prefix":"n"}]})", R"({"a":null})", kNo},
      {R"({"a":[{"prefix":"us-"},"eu"]})", R"({"a":"eu"})", kYes},
      {R"({"a":[{"prefix":{"equals-ignore-case":"EventB"}}]})", R"({"a":"eventbridge"})", kYes},
      {R"({"a":[{"prefix":{"equals-ignore-case":"eventb"}}]})", R"({"a":"EVENTBRIDGE"})", kYes},
      {R"({"a":[{"prefix":{"equals-ignore-case":"eventb"}}]})", R"({"a":"my-eventb"})", kNo},
      {R"({"a":[{"suffix":".png"}]})", R"({"a":"x.png"})", kYes},
      {R"({"a":[{"suffix":".png"}]})", R"({"a":".png"})", kYes},
      {R"({"a":[{"suffix":".png"}]})", R"({"a":"png"})", kNo},
      {R"({"a":[{"suffix":".png"}]})", R"({"a":"x.PNG"})", kNo},
      {R"({"a":[{"suffix":".png"}]})", R"({"a":"x.png "})", kNo},
      {R"({"a":[{"suffix":"5"}]})", R"({"a":15})", kNo},
      {R"({"a":[{"suffix":{"equals-ignore-case":".png"}}]})", R"({"a":"x.PnG"})", kYes},
      {R"({"a":[{"suffix":{"equals-ignore-case":".PNG"}}]})", R"({"a":"x.png"})", kYes},
      {R"({"a":[{"suffix":{"equals-ignore-case":".PNG"}}]})", R"({"a":"x.jpg"})", kNo},
      {R"({"a":[{"prefix":"ab"},{"suffix":"yz"}]})", R"({"a":"abc"})", kYes},
      {R"({"a":[{"prefix":"ab"},{"suffix":"yz"}]})", R"({"a":"xyz"})", kYes},
      {R"({"a":[{"prefix":"ab"},{"suffix":"yz"}]})", R"({"a":"xab"})", kNo},
  };
  expect_rows(kDialect, kRows);
}

TEST(Pattern, IgnoresCaseWhereAsked) {
  constexpr Row kRows[] = {
      {R"({"a":[{"equals-ignore-case":"alice"}]})", R"({"a":"Alice"})", kYes},
      {R"({"a":[{"equals-ignore-case":"ALICE"}]})", R"({"a":"alice"})", kYes},
      {R"({"a":[{"equals-ignore-case":"alice"}]})", R"({"a":"alices"})", kNo},
      {R"({"a":[{"equals-ignore-case":"alice"}]})", R"({"a":"malice"})", kNo},
      {R"({"a":[{"equals-ignore-case":"1"}]})", R"({"a":1})", kNo},
      {R"({"a":[{"equals-ignore-case":"ÄRGER"}]})", R"({"a":"ärger"})", kYes},
      {R"({"a":[{"equals-ignore-case":"σοφία"}]})", R"({"a":"ΣΟΦία"})", kYes},
      {R"({"a":[{"equals-ignore-case":"ЁЖИК"}]})", R"({"a":"ёжик"})", kYes},
      {R"({"a":[{"equals-ignore-case":"łódź"}]})", R"({"a":"ŁÓDŹ"})", kYes},
      {R"({"a":[{"equals-ignore-case":"日本"}]})", R"({"a":"日本"})", kYes},
      {R"({"a":[{"equals-ignore-case":"[]"}]})", R"({"a":"{}"})", kNo},
      {R"({"a":[{"equals-ignore-case":"@"}]})", R"({"a":"`"})", kNo},
  };
  expect_rows(kDialect, kRows);
}

TEST(Pattern, KnowsWildcards) {
  constexpr Row kRows[] = {
      {R"({"a":[{"wildcard":"*.png"}]})", R"({"a":"x.png"})", kYes},
      {R"({"a":[{"wildcard":"*.png"}]})", R"({"a":".png"})", kYes},
      {R"({"a":[{"wildcard":"*.png"}]})", R"({"a":"x.png."})", kNo},
      {R"({"a":[{"wildcard":"dir/*.png"}]})", R"({"a":"dir/a/b.png"})", kYes},
      {R"({"a":[{"wildcard":"dir/*.png"}]})", R"({"a":"dir/.png"})", kYes},
      {R"({"a":[{"wildcard":"dir/*.png"}]})", R"({"a":"dir.png"})", kNo},
      {R"({"a":[{"wildcard":"ab*ba"}]})", R"({"a":"aba"})", kNo},
      {R"({"a":[{"wildcard":"ab*ba"}]})", R"({"a":"abba"})", kYes},
      {R"({"a":[{"wildcard":"*/lib/*"}]})", R"({"a":"/usr/lib/x"})", kYes},
      {R"({"a":[{"wildcard":"*/lib/*"}]})", R"({"a":"/lib/"})", kYes},
      {R"({"a":[{"wildcard":"*/lib/*"}]})", R"({"a":"/libx/"})", kNo},
      {R"({"a":[{"wildcard":"a*b*c"}]})", R"({"a":"abc"})", kYes},
      {R"({"a":[{"wildcard":"a*b*c"}]})", R"({"a":"aXbbYc"})", kYes},
      {R"({"a":[{"wildcard":"a*b*c"}]})", R"({"a":"acb"})", kNo},
      {R"({"a":[{"wildcard":"a*b*c"}]})", R"({"a":"ac"})", kNo},
      {R"({"a":[{"wildcard":"*ab*ab*"}]})", R"({"a":"abab"})", kYes},
      {R"({"a":[{"wildcard":"*ab*ab*"}]})", R"({"a":"xaba"})", kNo},
      {R"({"a":[{"wildcard":"*"}]})", R"({"a":""})", kYes},
      {R"({"a":[{"wildcard":"*"}]})", R"({"a":"x"})", kYes},
      {R"({"a":[{"wildcard":"*"}]})", R"({"a":1})", kNo},
      {R"({"a":[{"wildcard":"*"}]})", R"({"a":null})", kNo},
      {R"({"a":[{"wildcard":"abc"}]})", R"({"a":"abc"})", kYes},
      {R"({"a":[{"wildcard":"abc"}]})", R"({"a":"abcd"})", kNo},
      {R"({"a":[{"wildcard":"a\\*b"}]})", R"({"a":"a*b"})", kYes},
      {R"({"a":[{"wildcard":"a\\*b"}]})", R"({"a":"axb"})", kNo},
      {R"({"a":[{"wildcard":"a\\\\*"}]})", R"({"a":"a\\b"})", kYes},
      {R"({"a":[{"wildcard":"a\\\\*"}]})", R"({"a":"a*"})", kNo},
      {R"({"a":[{"wildcard":"*\\**"}]})", R"({"a":"x*y"})", kYes},
      {R"({"a":[{"wildcard":"*\\**"}]})", R"({"a":"xy"})", kNo},
  };
  expect_rows(kDialect, kRows);
}

TEST(Pattern, KnowsAnythingBut) {
  constexpr Row kRows[] = {
      {R"({"a":[{"anything-but":"x"}]})", R"({"a":"y"})", kYes},
      {R"({"a":[{"anything-but":"x"}]})", R"({"a":"x"})", kNo},
      {R"({"a":[{"anything-but":"x"}]})", R"({"a":"X"})", kYes},
      {R"({"a":[{"anything-but":"x"}]})", R"({})", kNo},
      {R"({"a":[{"anything-but":"x"}]})", R"({"a":{"b":1}})", kNo},
      {R"({"a":[{"anything-but":"x"}]})", R"({"a":[]})", kNo},
      {R"({"a":[{"anything-but":"x"}]})", R"({"a":1})", kYes},
      {R"({"a":[{"anything-but":"x"}]})", R"({"a":null})", kYes},
      {R"({"a":[{"anything-but":"x"}]})", R"({"a":["x","y"]})", kYes},
      {R"({"a":[{"anything-but":"x"}]})", R"({"a":["x","x"]})", kNo},
      {R"({"a":[{"anything-but":["x","y"]}]})", R"({"a":"z"})", kYes},
      {R"({"a":[{"anything-but":["x","y"]}]})", R"({"a":"y"})", kNo},
      {R"({"a":[{"anything-but":["x","y"]}]})", R"({"a":["x","y"]})", kNo},
      {R"({"a":[{"anything-but":["x","y"]}]})", R"({"a":["x","z"]})", kYes},
      {R"({"a":[{"anything-but":123}]})", R"({"a":123})", kNo},
      {R"({"a":[{"anything-but":123}]})", R"({"a":123.0})", kNo},
      {R"({"a":[{"anything-but":123}]})", R"({"a":124})", kYes},
      {R"({"a":[{"anything-but":123}]})", R"({"a":"123"})", kYes},
      {R"({"a":[{"anything-but":[100,200]}]})", R"({"a":200})", kNo},
      {R"({"a":[{"anything-but":[100,200]}]})", R"({"a":300})", kYes},
      {R"({"a":[{"anything-but":{"prefix":"init"}}]})", R"({"a":"initializing"})", kNo},
      {R"({"a":[{"anything-but":{"prefix":"init"}}]})", R"({"a":"running"})", kYes},
      {R"({"a":[{"anything-but":{"prefix":"init"}}]})", R"({"a":7})", kYes},
      {R"({"a":[{"anything-but":{"prefix":"init"}}]})", R"({})", kNo},
      {R"({"a":[{"anything-but":{"prefix":["a","b"]}}]})", R"({"a":"bx"})", kNo},
      {R"({"a":[{"anything-but":{"prefix":["a","b"]}}]})", R"({"a":"cx"})", kYes},
      {R"({"a":[{"anything-but":{"suffix":".png"}}]})", R"({"a":"a.png"})", kNo},
      {R"({"a":[{"anything-but":{"suffix":".png"}}]})", R"({"a":"a.jpg"})", kYes},
      {R"({"a":[{"anything-but":{"suffix":[".png",".jpg"]}}]})", R"({"a":"a.jpg"})", kNo},
      {R"({"a":[{"anything-but":{"equals-ignore-case":"initializing"}}]})", R"({"a":"INITIALIZING"})", kNo},
      {R"({"a":[{"anything-but":{"equals-ignore-case":"initializing"}}]})", R"({"a":"x"})", kYes},
      {R"({"a":[{"anything-but":{"equals-ignore-case":["a","b"]}}]})", R"({"a":"B"})", kNo},
      {R"({"a":[{"anything-but":{"wildcard":"*/lib/*"}}]})", R"({"a":"/usr/lib/x"})", kNo},
      {R"({"a":[{"anything-but":{"wildcard":"*/lib/*"}}]})", R"({"a":"/usr/bin/x"})", kYes},
      {R"({"a":[{"anything-but":{"wildcard":["*/lib/*","*/bin/*"]}}]})", R"({"a":"/usr/bin/x"})", kNo},
      {R"({"a":["x",{"anything-but":["x","y"]}]})", R"({"a":"x"})", kYes},
      {R"({"a":["x",{"anything-but":["x","y"]}]})", R"({"a":"y"})", kNo},
  };
  expect_rows(kDialect, kRows);
}

TEST(Pattern, ComparesNumbers) {
  constexpr Row kRows[] = {
      {R"({"a":[{"numeric":["=",100]}]})", R"({"a":100})", kYes},
      {R"({"a":[{"numeric":["=",100]}]})", R"({"a":1e2})", kYes},
      {R"({"a":[{"numeric":["=",3.018e2]}]})", R"({"a":301.8})", kYes},
      {R"({"a":[{"numeric":["=",100]}]})", R"({"a":"100"})", kNo},
      {R"({"a":[{"numeric":["=",0]}]})", R"({"a":null})", kNo},
      {R"({"a":[{"numeric":["=",0]}]})", R"({"a":-0.0})", kYes},
      {R"({"a":[{"numeric":["<",10]}]})", R"({"a":9.999999})", kYes},
      {R"({"a":[{"numeric":["<",10]}]})", R"({"a":10})", kNo},
      {R"({"a":[{"numeric":["<",10]}]})", R"({"a":-4000000000})", kYes},
      {R"({"a":[{"numeric":["<=",10]}]})", R"({"a":10})", kYes},
      {R"({"a":[{"numeric":["<=",10]}]})", R"({"a":10.000001})", kNo},
      {R"({"a":[{"numeric":[">",0]}]})", R"({"a":0})", kNo},
      {R"({"a":[{"numeric":[">",0]}]})", R"({"a":0.000001})", kYes},
      {R"({"a":[{"numeric":[">=",0]}]})", R"({"a":0})", kYes},
      {R"({"a":[{"numeric":[">=",0]}]})", R"({"a":-1})", kNo},
      {R"({"a":[{"numeric":[">",0,"<=",5]}]})", R"({"a":5})", kYes},
      {R"({"a":[{"numeric":[">",0,"<=",5]}]})", R"({"a":0})", kNo},
      {R"({"a":[{"numeric":[">",0,"<=",5]}]})", R"({"a":6})", kNo},
      {R"({"a":[{"numeric":[">=",0,"<",5]}]})", R"({"a":5})", kNo},
      {R"({"a":[{"numeric":[">=",0,"<",5]}]})", R"({"a":0})", kYes},
      {R"({"a":[{"numeric":["<",0]},{"numeric":[">",10]}]})", R"({"a":11})", kYes},
      {R"({"a":[{"numeric":["<",0]},{"numeric":[">",10]}]})", R"({"a":5})", kNo},
      {R"({"a":[{"numeric":[">",0]}]})", R"({"a":[-1,1]})", kYes},
      {R"({"a":[{"numeric":[">",0]}]})", R"({"a":5000000000})", kYes},
      {R"({"a":[{"numeric":[">",0]}]})", R"({"a":5000000001})", kNo},
      {R"({"a":[{"numeric":[">",0]}]})", R"({"a":1e400})", kNo},
      {R"({"a":[{"numeric":["=",-5.0e9]}]})", R"({"a":-5000000000})", kYes},
      {R"({"a":[{"numeric":[">",5.0e9]}]})", R"({"a":5000000000})", kNo},
  };
  expect_rows(kDialect, kRows);
}

TEST(Pattern, KnowsPresence) {
  constexpr Row kRows[] = {
      {R"({"a":[{"exists":true}]})", R"({"a":"x"})", kYes},
      {R"({"a":[{"exists":true}]})", R"({"a":null})", kYes},
      {R"({"a":[{"exists":true}]})", R"({"a":""})", kYes},
      {R"({"a":[{"exists":true}]})", R"({"a":[1]})", kYes},
      {R"({"a":[{"exists":true}]})", R"({"b":1})", kNo},
      {R"({"a":[{"exists":true}]})", R"({"a":{"b":1}})", kNo},
      {R"({"a":[{"exists":false}]})", R"({"b":1})", kYes},
      {R"({"a":[{"exists":false}]})", R"({"a":1})", kNo},
      {R"({"a":[{"exists":false}]})", R"({"a":null})", kNo},
      {R"({"a":[{"exists":false}]})", R"({"a":{"b":1}})", kYes},
      {R"({"a":{"b":[{"exists":false}]}})", R"({"a":{"c":1}})", kYes},
      {R"({"a":{"b":[{"exists":false}]}})", R"({"a":{"b":1}})", kNo},
      {R"({"a":{"b":[{"exists":false}]}})", R"({"c":1})", kYes},
      {R"({"a":{"b":[{"exists":false}]}})", R"({"a":1})", kYes},
      {R"({"a":{"b":[{"exists":false}],"c":[1]}})", R"({"a":{"c":1}})", kYes},
      {R"({"a":{"b":[{"exists":false}],"c":[1]}})", R"({"a":{"b":1,"c":1}})", kNo},
      {R"({"a":[{"exists":false},"x"]})", R"({"a":"x"})", kYes},
      {R"({"a":[{"exists":false},"x"]})", R"({"a":"y"})", kNo},
      {R"({"a":[{"exists":false},"x"]})", R"({})", kYes},
  };
  expect_rows(kDialect, kRows);
}

TEST(Pattern, KnowsAddresses) {
  constexpr Row kRows[] = {
      {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.0.7"})", kYes},
      {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.0.255"})", kYes},
      {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.1.0"})", kNo},
      {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.0"})", kNo},
      {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"10.0.0.7/32"})", kNo},
      {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":"host"})", kNo},
      {R"({"a":[{"cidr":"10.0.0.0/24"}]})", R"({"a":10})", kNo},
      {R"({"a":[{"cidr":"10.0.0.0/31"}]})", R"({"a":"10.0.0.2"})", kNo},
      {R"({"a":[{"cidr":"10.0.0.9/24"}]})", R"({"a":"10.0.0.1"})", kYes},
      {R"({"a":[{"cidr":"10.0.0.1/32"}]})", R"({"a":"10.0.0.1"})", kYes},
      {R"({"a":[{"cidr":"10.0.0.1/32"}]})", R"({"a":"10.0.0.2"})", kNo},
      {R"({"a":[{"cidr":"0.0.0.0/0"}]})", R"({"a":"255.1.2.3"})", kYes},
      {R"({"a":[{"cidr":"0.0.0.0/0"}]})", R"({"a":"::1"})", kNo},
      {R"({"a":[{"cidr":"2001:db8::/32"}]})", R"({"a":"2001:db8:1::1"})", kYes},
      {R"({"a":[{"cidr":"2001:db8::/32"}]})", R"({"a":"2001:DB8:0:0:0:0:0:1"})", kYes},
      {R"({"a":[{"cidr":"2001:db8::/32"}]})", R"({"a":"2001:db9::1"})", kNo},
      {R"({"a":[{"cidr":"2001:db8::/33"}]})", R"({"a":"2001:db8:8000::1"})", kNo},
  };
  expect_rows(kDialect, kRows);
}

TEST(Pattern, KnowsOr) {
  constexpr Row kRows[] = {
      {R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"a":1})", kYes},
      {R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"b":2})", kYes},
      {R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"a":2,"b":1})", kNo},
      {R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({})", kNo},
      {R"({"c":[3],"$or":[{"a":[1]},{"b":[2]}]})", R"({"b":2})", kNo},
      {R"({"c":[3],"$or":[{"a":[1]},{"b":[2]}]})", R"({"b":2,"c":3})", kYes},
      {R"({"c":[3],"$or":[{"a":[1],"d":[4]},{"b":[2]}]})", R"({"a":1,"c":3})", kNo},
      {R"({"c":[3],"$or":[{"a":[1],"d":[4]},{"b":[2]}]})", R"({"a":1,"c":3,"d":4})", kYes},
      {R"({"x":{"$or":[{"a":[1]},{"b":[2]}]}})", R"({"x":{"b":2}})", kYes},
      {R"({"x":{"$or":[{"a":[1]},{"b":[2]}]}})", R"({"b":2})", kNo},
      {R"({"$or":[{"a":[1]},{"$or":[{"b":[2]},{"c":[3]}]}]})", R"({"c":3})", kYes},
      {R"({"$or":[{"a":[1]},{"$or":[{"b":[2]},{"c":[3]}]}]})", R"({"c":4})", kNo},
      {R"({"$or":[{"a":[{"exists":false}]},{"a":[1]}]})", R"({})", kYes},
      {R"({"$or":[{"a":[{"exists":false}]},{"a":[1]}]})", R"({"a":2})", kNo},
      {R"({"a":["x"],"$or":[{"a":["x"]},{"b":["y"]}]})", R"({"a":"x"})", kYes},
      {R"({"a":["x"],"$or":[{"a":["z"]},{"b":["y"]}]})", R"({"a":"x"})", kNo},
      {R"({"$or":["x"]})", R"({"$or":"x"})", kYes},
      {R"({"$or":["x","y"]})", R"({"$or":"y"})", kYes},
      {R"({"$or":[{"prefix":"x"},{"prefix":"y"}]})", R"({"$or":"yes"})", kYes},
      {R"({"$or":{"a":["x"]}})", R"({"$or":{"a":"x"}})", kYes},
  };
  expect_rows(kDialect, kRows);
}

}  // namespace
}  // namespace martlet::patterns
