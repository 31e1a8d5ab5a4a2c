// Tags of the resource in conditions: which keys they are, and when they are read.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <vector>

#include "authorization/authorizer.h"
#include "base/async_test.h"
#include "base/clock.h"

namespace martlet::authorization {
namespace {

using std::string;

constexpr const char* kUser = "arn:aws:iam::123456789012:user/u";
constexpr const char* kBlue = "arn:aws:sample:eu-west-1:123456789012:thing/blue";
constexpr const char* kRed = "arn:aws:sample:eu-west-1:123456789012:thing/red";
constexpr const char* kBare = "arn:aws:sample:eu-west-1:123456789012:thing/bare";

string statement(const string& effect, const string& condition, const string& more = "") {
  return R"({"Version": "2012-10-17", "Statement": {"Effect": ")" + effect +
         R"(", "Action": "sample:*", "Resource": "*", "Condition": {)" + condition + "}" + more + "}}";
}

class FakeIdentities final : public IdentityPolicies {
 public:
  Identity only{.id = "AIDAU", .policies = {}, .boundary = {}, .tags = {{"team", "blue"}}};
  std::uint64_t current = 1;

  [[nodiscard]] std::uint64_t version() const override { return current; }
  Task<std::optional<Identity>> find(string) override { co_return only; }
};

class FakePolicies final : public ResourcePolicies {
 public:
  std::optional<string> only;

  [[nodiscard]] std::uint64_t version() const override { return 1; }
  Task<std::optional<string>> find(string) override { co_return only; }
};

class FakeTags final : public ResourceTags {
 public:
  std::map<string, TaggedResource> all;
  std::uint64_t current = 1;
  int reads = 0;
  /// Something changes while it is read.
  bool changes_meanwhile = false;

  [[nodiscard]] std::uint64_t version() const override { return current; }
  Task<TaggedResource> find(string arn) override {
    ++reads;
    const auto found = all.find(arn);
    TaggedResource resource = found == all.end() ? TaggedResource() : found->second;
    if (changes_meanwhile) ++current;
    co_return resource;
  }
};

class ResourceTagsTest : public testing::Test {
 protected:
  ResourceTagsTest() {
    tags_.all[kBlue] = {.tags = {{"Team", "blue"}, {"empty", ""}}, .own_key = "sample:ResourceTag"};
    tags_.all[kRed] = {.tags = {{"team", "red"}}};
    caller_.principal = {.kind = policy::PrincipalKind::kUser,
                         .arn = kUser,
                         .account = "123456789012",
                         .user_id = "AIDAU",
                         .user_name = "u",
                         .entity_arn = kUser};
  }

  void run(const std::function<Task<>(Authorizer&)>& body) {
    run_async([&](Executor executor) -> Task<> {
      const auto clock = make_simulated_clock(executor, from_epoch_ms(1'700'000'000'000));
      Authorizer authorizer(*clock, Mode::kEnforce, identities_);
      authorizer.add_resource_policies("sample", policies_);
      authorizer.add_resource_tags("sample", tags_);
      co_await body(authorizer);
    });
  }
  Task<bool> may(Authorizer& authorizer, string resource) {
    const auto refusal = co_await authorizer.refusal(caller_, {.action = "sample:Put", .resource = resource});
    co_return !refusal.has_value();
  }
  /// Which of the things, in the order blue, red, bare.
  string may_use() {
    string answer;
    run([&](Authorizer& authorizer) -> Task<> {
      for (const char* thing : {kBlue, kRed, kBare}) answer += co_await may(authorizer, thing) ? "y" : "n";
    });
    return answer;
  }
  string may_use(const string& condition) {
    identities_.only.policies = {{.document = statement("Allow", condition)}};
    return may_use();
  }

  FakeIdentities identities_;
  FakePolicies policies_;
  FakeTags tags_;
  Caller caller_;
};

TEST_F(ResourceTagsTest, HaveTheValuesOfTheResource) {
  struct Row {
    const char* condition;
    const char* blue_red_bare;
  };
  for (const Row& row : {
           Row{R"("StringEquals": {"aws:ResourceTag/team": "blue"})", "ynn"},
           Row{R"("StringEquals": {"AWS:resourcetag/TEAM": "blue"})", "ynn"},
           Row{R"("StringEquals": {"aws:ResourceTag/team": ["red", "blue"]})", "yyn"},
           Row{R"("StringEquals": {"aws:ResourceTag/team": "Blue"})", "nnn"},
           Row{R"("StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"})", "ynn"},
           Row{R"("StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"})", "ynn"},
           Row{R"("StringNotEquals": {"aws:ResourceTag/team": "blue"})", "nyy"},
           Row{R"("StringLike": {"aws:ResourceTag/team": "r*"})", "nyn"},
           Row{R"("StringEqualsIfExists": {"aws:ResourceTag/team": "blue"})", "yny"},
           Row{R"("Null": {"aws:ResourceTag/team": "true"})", "nny"},
           Row{R"("Null": {"aws:ResourceTag/team": "false"})", "yyn"},
           Row{R"("StringEquals": {"aws:ResourceTag/empty": ""})", "ynn"},
           Row{R"("StringEquals": {"sample:ResourceTag/team": "blue"})", "ynn"},
           Row{R"("Null": {"sample:ResourceTag/team": "false"})", "ynn"},
           Row{R"("Null": {"other:ResourceTag/team": "false"})", "nnn"},
           Row{R"("Null": {"aws:ResourceTag/": "false"})", "nnn"},
       })
    EXPECT_EQ(may_use(row.condition), row.blue_red_bare) << row.condition;
}

TEST_F(ResourceTagsTest, CountInEveryKindOfPolicy) {
  const string is_blue = R"("StringEquals": {"aws:ResourceTag/team": "blue"})";
  const string anything = statement("Allow", "");
  identities_.only.policies = {{.document = anything}, {.document = statement("Deny", is_blue)}};
  EXPECT_EQ(may_use(), "nyy");
  identities_.only.policies = {{.document = anything}};
  identities_.only.boundary = {.document = statement("Allow", is_blue)};
  EXPECT_EQ(may_use(), "ynn");
  identities_.only.boundary.reset();
  caller_.session_policies = {anything, statement("Deny", is_blue)};
  EXPECT_EQ(may_use(), "nyy");
  caller_.session_policies.clear();
  policies_.only = statement("Deny", is_blue, R"(, "Principal": "*")");
  EXPECT_EQ(may_use(), "nyy");
}

TEST_F(ResourceTagsTest, MayBePartOfAResourcesName) {
  identities_.only.policies = {{.document = R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
      "Action": "*", "Resource": "arn:aws:sample:*:*:thing/${aws:ResourceTag/team}"}})"}};
  EXPECT_EQ(may_use(), "yyn");
}

TEST_F(ResourceTagsTest, KeysThatDifferInCaseAloneHaveNoValue) {
  tags_.all[kRed].tags = {{"team", "red"}, {"Team", "red"}, {"stage", "test"}};
  EXPECT_EQ(may_use(R"("StringEquals": {"aws:ResourceTag/team": "red"})"), "nnn");
  EXPECT_EQ(may_use(R"("StringEquals": {"aws:ResourceTag/stage": "test"})"), "nyn");
}

TEST_F(ResourceTagsTest, AreReadOnlyWhenAPolicyAsksForThem) {
  EXPECT_EQ(may_use(R"("StringEquals": {"aws:PrincipalTag/team": "blue"})"), "yyy");
  EXPECT_EQ(tags_.reads, 0);
  EXPECT_EQ(may_use(R"("Null": {"aws:ResourceTag/team": "false"})"), "yyn");
  EXPECT_EQ(tags_.reads, 3);
}

TEST_F(ResourceTagsTest, AreReadAgainOnlyWhenTheyHaveChanged) {
  identities_.only.policies = {
      {.document = statement("Allow", R"("StringEquals": {"aws:ResourceTag/team": "blue"})")}};
  run([&](Authorizer& authorizer) -> Task<> {
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(co_await may(authorizer, kBlue));
      EXPECT_FALSE(co_await may(authorizer, kBare));
    }
    EXPECT_EQ(tags_.reads, 2);
    tags_.all[kBare].tags = {{"team", "blue"}};
    ++tags_.current;
    EXPECT_TRUE(co_await may(authorizer, kBare));
    EXPECT_EQ(tags_.reads, 3);
  });
}

TEST_F(ResourceTagsTest, WhatWasReadWhileItChangedIsNotKept) {
  identities_.only.policies = {
      {.document = statement("Allow", R"("StringEquals": {"aws:ResourceTag/team": "blue"})")}};
  run([&](Authorizer& authorizer) -> Task<> {
    tags_.changes_meanwhile = true;
    EXPECT_TRUE(co_await may(authorizer, kBlue));
    EXPECT_TRUE(co_await may(authorizer, kBlue));
    EXPECT_EQ(tags_.reads, 2);
  });
}

TEST_F(ResourceTagsTest, NamesOfAnyLengthAreNotKept) {
  identities_.only.policies = {
      {.document = statement("Allow", R"("Null": {"aws:ResourceTag/team": "true"})")}};
  run([&](Authorizer& authorizer) -> Task<> {
    const string longest = kBare + string(4096, 'x');
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(co_await may(authorizer, longest));
    EXPECT_EQ(tags_.reads, 3);
  });
}

TEST_F(ResourceTagsTest, ServicesWithoutTagsHaveNone) {
  identities_.only.policies = {{.document = R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
      "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:ResourceTag/team": "true"}}}})"}};
  run([&](Authorizer& authorizer) -> Task<> {
    for (const char* resource : {"*", "arn:aws:other:eu-west-1:123456789012:thing/blue", "", "arn"})
      EXPECT_TRUE(co_await may(authorizer, resource)) << resource;
    EXPECT_FALSE(co_await may(authorizer, kBlue));
  });
}

}  // namespace
}  // namespace martlet::authorization
