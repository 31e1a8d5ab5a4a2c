#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/secret_box.h"
#include "services/sts/passed.h"
#include "services/sts/session_tokens.h"

namespace martlet::sts {
namespace {

class SessionTokensTest : public testing::Test {
 protected:
  wire::Caller caller() {
    wire::Caller out;
    out.kind = wire::Caller::Kind::kAssumedRole;
    out.account = "000123456789";
    out.arn = "arn:aws:sts::000123456789:assumed-role/role/session";
    out.user_id = "AROAEXAMPLE:session";
    out.session = std::make_shared<wire::Session>(
        wire::Session{.entity_arn = "arn:aws:iam::000123456789:role/path/role",
                      .issued = from_epoch_ms(1'000'000),
                      .policies = {"{}"},
                      .tags = {{"team", "red"}},
                      .transitive_tag_keys = {"team"},
                      .source_identity = "alice",
                      .confirmed = from_epoch_ms(900'000)});
    return out;
  }

  SecretBox secrets_{std::string(SecretBox::kKeySize, 'k')};
  Ids ids_{1};
  SessionTokens tokens_{secrets_, ids_, Callers::kVerified};
};

TEST_F(SessionTokensTest, AreKnownByThemselves) {
  const auto made = tokens_.issue(caller(), {"arn:aws:iam::aws:policy/ReadOnlyAccess"},
                                  from_epoch_ms(2'000'000), "AIDAEXAMPLE");
  const auto read =
      SessionTokens(secrets_, ids_, Callers::kVerified).open(made.access_key_id, made.session_token);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->secret_access_key, made.secret_access_key);
  EXPECT_EQ(read->expires, from_epoch_ms(2'000'000));
  EXPECT_EQ(read->policy_arns, made.policy_arns);
  EXPECT_EQ(read->caller.arn, caller().arn);
  EXPECT_EQ(read->caller.session->tags, caller().session->tags);
  EXPECT_EQ(read->caller.session->transitive_tag_keys, caller().session->transitive_tag_keys);
  EXPECT_EQ(read->caller.session->source_identity, "alice");
  EXPECT_EQ(read->entity_id, "AIDAEXAMPLE");
  EXPECT_EQ(read->caller.session->issued, from_epoch_ms(1'000'000));
  EXPECT_EQ(read->caller.session->confirmed, from_epoch_ms(900'000));
  // The secret cannot be read off the token.
  EXPECT_EQ(made.session_token.find(made.secret_access_key), std::string::npos);
}

TEST_F(SessionTokensTest, AreGoodForTheirKeyAndServerAlone) {
  const auto one = tokens_.issue(caller(), {}, from_epoch_ms(2'000'000));
  const auto other = tokens_.issue(caller(), {}, from_epoch_ms(2'000'000));
  EXPECT_FALSE(tokens_.open(one.access_key_id, other.session_token));
  std::string changed = one.session_token;
  changed[20] = changed[20] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(tokens_.open(one.access_key_id, changed));
  const SecretBox foreign(std::string(SecretBox::kKeySize, 'x'));
  EXPECT_FALSE(SessionTokens(foreign, ids_, Callers::kVerified).open(one.access_key_id, one.session_token));
}

TEST_F(SessionTokensTest, OfAnOpenServerAreNothingToOneThatVerifies) {
  const SessionTokens open(secrets_, ids_, Callers::kBelieved);
  const auto given = open.issue(caller(), {}, from_epoch_ms(2'000'000));
  EXPECT_TRUE(open.open(given.access_key_id, given.session_token));
  EXPECT_FALSE(tokens_.open(given.access_key_id, given.session_token));
  const auto earned = tokens_.issue(caller(), {}, from_epoch_ms(2'000'000));
  EXPECT_TRUE(open.open(earned.access_key_id, earned.session_token));
}

TEST_F(SessionTokensTest, KeysTellTheirAccount) {
  const auto made = tokens_.issue(caller(), {}, from_epoch_ms(2'000'000));
  EXPECT_EQ(account_in_key(made.access_key_id), "000123456789");
  EXPECT_EQ(account_in_key("AKIAIOSFODNN7EXAMPLE"), "");
  EXPECT_EQ(account_in_key("ASIAAAAAAAAAAAAAAAAA"), "");
}

TEST(Passed, TransitiveTagsAreInherited) {
  const wire::Session session{.tags = {{"team", "red"}, {"own", "x"}}, .transitive_tag_keys = {"team"}};
  Passed passed;
  add_tags(passed, {{.key = "other", .value = "1"}}, {});
  inherit_tags(passed, session);
  EXPECT_EQ(passed.tags.size(), 2U);
  Passed conflicting;
  add_tags(conflicting, {{.key = "Team", .value = "blue"}}, {});
  EXPECT_THROW(inherit_tags(conflicting, session), aws::Error);
}

TEST(Passed, ChecksTags) {
  Passed passed;
  EXPECT_THROW(add_tags(passed, {{.key = "a", .value = ""}, {.key = "A", .value = ""}}, {}), aws::Error);
  Passed absent;
  EXPECT_THROW(add_tags(absent, {}, {"a"}), aws::Error);
}

}  // namespace
}  // namespace martlet::sts
