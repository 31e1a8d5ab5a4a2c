#include "authorization/rules.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "api/sample/model.h"
#include "api/sample/types.h"
#include "base/async_test.h"

namespace martlet::authorization {
namespace {

using std::string;

/// Completes names as "KIND/value", and nothing as "KIND/own"; with "nothing" all of them as nothing.
class Shouting final : public Naming {
 public:
  Task<string> complete(Call call, std::string_view kind, string value) override {
    if (kind == "nothing") co_return string();
    co_return call.context.arn("sample", string(kind) + "/" + (value.empty() ? "own" : value));
  }
};

string told(const policy::ContextValues& values) {
  string text;
  for (std::size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ",") + string(values[i]);
  return text;
}

class RulesTest : public testing::Test {
 protected:
  RulesTest() {
    context_.region = "eu-west-1";
    context_.account = "123456789012";
    input_.name = "n1";
    input_.tags = {{.key = "team", .value = "blue"}, {.key = "Stage", .value = {}}};
  }

  std::vector<Need> needs(std::vector<ActionRule> actions, string tags = {}) {
    const Rules rules(sample::model(), {.arn_service = "sample",
                                        .operations = {{"PutThing", std::move(actions), tags}},
                                        .naming = &naming_});
    const wire::Operation& operation = *sample::model().find_operation("PutThing");
    EXPECT_TRUE(rules.covers(operation));
    std::vector<Need> found;
    run_async([&](Executor) -> Task<> {
      found = co_await rules.needs({.context = context_, .operation = operation, .input = &input_});
    });
    return found;
  }
  string resources(const char* text) {
    string all;
    for (const Need& need : needs({{"sample:Put", text}})) all += (all.empty() ? "" : " ") + need.resource;
    return all;
  }
  string key(const char* value) {
    return told(needs({{"sample:Put", "*", {{"sample:Key", value}}}})[0].keys.find("sample:key"));
  }

  Shouting naming_;
  wire::Context context_;
  sample::PutThingRequest input_;
};

TEST_F(RulesTest, ResourcesAreMadeOfMembers) {
  EXPECT_EQ(resources("*"), "*");
  EXPECT_EQ(resources("thing/{Name}"), "arn:aws:sample:eu-west-1:123456789012:thing/n1");
  EXPECT_EQ(resources("thing/{Name}:{Count}"), "arn:aws:sample:eu-west-1:123456789012:thing/n1:*");
  input_.count = 7;
  EXPECT_EQ(resources("thing/{Name}:{Count}"), "arn:aws:sample:eu-west-1:123456789012:thing/n1:7");
  EXPECT_EQ(resources("{Name}"), "n1") << "a member that is the ARN";
}

TEST_F(RulesTest, ArnsAreOfTheCallersPartition) {
  input_.color = "arn:aws-cn:sample:eu-west-1:123456789012:thing/n1";
  EXPECT_EQ(resources("{Color}"), "arn:aws:sample:eu-west-1:123456789012:thing/n1");
}

TEST_F(RulesTest, ListsGiveAResourceEach) {
  EXPECT_EQ(resources("{Colors?}"), "");
  EXPECT_EQ(resources("{Colors}"), "*");
  input_.colors = {"red", "42"};
  EXPECT_EQ(resources("{Colors?}"), "red 42");
  EXPECT_EQ(resources("{Tags.Key}"), "team Stage");
}

TEST_F(RulesTest, OptionalMembersDecideWhetherAnActionIsNeeded) {
  EXPECT_EQ(resources("{Nested.Depth?}"), "");
  input_.nested.emplace().depth = 3;
  EXPECT_EQ(resources("{Nested.Depth?}"), "3");
}

TEST_F(RulesTest, ActionsForAMember) {
  const std::vector<ActionRule> actions{{"sample:Put"}, {"sample:Paint", "*", {}, "Color"}};
  EXPECT_EQ(needs(actions).size(), 1);
  input_.color = "red";
  EXPECT_EQ(needs(actions).size(), 2);
}

TEST_F(RulesTest, ServicesCompleteNames) {
  EXPECT_EQ(resources("{Name|thing}"), "arn:aws:sample:eu-west-1:123456789012:thing/n1");
  EXPECT_EQ(resources("{Color|thing}"), "arn:aws:sample:eu-west-1:123456789012:thing/own");
  EXPECT_EQ(resources("{Color?|thing}"), "");
  EXPECT_EQ(resources("{|thing}"), "arn:aws:sample:eu-west-1:123456789012:thing/own");
  EXPECT_EQ(needs({{"sample:Put", "{Name?|nothing}"}}).size(), 0) << "optional, and nothing: not needed";
  EXPECT_EQ(needs({{"sample:Put", "{Name|nothing}"}}).size(), 1) << "whatever it is called, it is needed";
}

TEST_F(RulesTest, KeysHaveValuesWhereMembersAreThere) {
  EXPECT_EQ(key("literal"), "literal");
  EXPECT_EQ(key("{Name}"), "n1");
  EXPECT_EQ(key("{Color}"), "");
  EXPECT_EQ(key("{default}"), "");
  input_.default_ = true;
  EXPECT_EQ(key("{default}"), "true");
  EXPECT_EQ(key("{Name|thing}"), "arn:aws:sample:eu-west-1:123456789012:thing/n1");
}

TEST_F(RulesTest, TagsOfRequests) {
  const Need need = needs({{"sample:Put"}}, "Tags")[0];
  EXPECT_EQ(told(need.keys.find("aws:requesttag/team")), "blue");
  EXPECT_EQ(told(need.keys.find("aws:tagkeys")), "team,Stage");
  input_.variables = {{"a", "1"}, {"b", "2"}};
  const Need map = needs({{"sample:Put"}}, "Variables")[0];
  EXPECT_EQ(told(map.keys.find("aws:requesttag/b")), "2");
  input_.variables = {{"a", "1"}, {"A", "2"}, {"c", ""}};
  const Need cases = needs({{"sample:Put"}}, "Variables")[0];
  EXPECT_TRUE(cases.keys.find("aws:requesttag/a").empty()) << "either one or the other, but not both";
  EXPECT_EQ(cases.keys.find("aws:requesttag/c").size(), 1u);
  EXPECT_EQ(told(cases.keys.find("aws:tagkeys")), "A,a,c");
  input_.colors = {"red"};
  const Need keys = needs({{"sample:Put"}}, "Colors")[0];
  EXPECT_EQ(told(keys.keys.find("aws:tagkeys")), "red");
  EXPECT_TRUE(keys.keys.find("aws:requesttag/red").empty());
}

TEST_F(RulesTest, TablesMustFitTheModel) {
  const auto make = [](const char* operation, const char* resource) {
    return Rules(sample::model(),
                 {.arn_service = "sample", .operations = {{operation, {{"a:b", resource}}}}});
  };
  EXPECT_NO_THROW(make("PutThing", "{Name}"));
  EXPECT_THROW(make("Put", "*"), std::logic_error);
  EXPECT_THROW(make("PutThing", "{Nome}"), std::logic_error);
  EXPECT_THROW(make("PutThing", "{Nested.Dept}"), std::logic_error);
  EXPECT_THROW(make("PutThing", "{Name"), std::logic_error);
  EXPECT_THROW(make("Rest", "{Name}"), std::logic_error);
  EXPECT_FALSE(make("PutThing", "*").covers(*sample::model().find_operation("DeleteThing")));
}

}  // namespace
}  // namespace martlet::authorization
