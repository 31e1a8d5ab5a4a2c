#include "environments/security_groups.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace martlet::environments {
namespace {

using Kind = sandbox::Egress::Kind;
using Ranges = std::vector<std::string>;

TEST(SecurityGroups, WithoutGroupsTheDefaultHolds) {
  EXPECT_EQ(SecurityGroups().egress_for({})->kind, Kind::kNone);
  const auto nat = SecurityGroups(DefaultEgress::kNat).egress_for({});
  EXPECT_EQ(nat->kind, Kind::kNetwork);
  EXPECT_EQ(nat->allowed, Ranges{"0.0.0.0/0"});
}

TEST(SecurityGroups, GroupsAreAddedUp) {
  SecurityGroups groups(DefaultEgress::kNat);
  groups.add("sg-1=10.0.0.0/8:443,192.0.2.7");
  groups.add("sg-1=10.0.0.0/8:5432");
  groups.add("sg-2=203.0.113.0/24:1024-65535");
  groups.add("sg-none=");
  EXPECT_EQ(groups.egress_for({"sg-1"})->allowed, (Ranges{"10.0.0.0/8:443", "192.0.2.7", "10.0.0.0/8:5432"}));
  EXPECT_EQ(groups.egress_for({"sg-2", "sg-1"})->allowed.size(), 4U);
  EXPECT_EQ(groups.egress_for({"sg-1"})->kind, Kind::kNetwork);
  EXPECT_EQ(groups.egress_for({"sg-none"})->kind, Kind::kNone);
}

TEST(SecurityGroups, UnknownOnesAreNamed) {
  const auto egress = SecurityGroups(DefaultEgress::kNat).egress_for({"sg-9"});
  ASSERT_FALSE(egress);
  EXPECT_NE(egress.error().find("sg-9"), std::string::npos);
}

TEST(SecurityGroups, MistakesAreRefused) {
  SecurityGroups groups;
  for (const char* text : {"", "sg-1", "web=10.0.0.0/8", "sg-=10.0.0.0/8", "sg-1=somewhere",
                           "sg-1=10.0.0.0/99", "sg-1=10.0.0.0/8:http", "sg-1=::/0"})
    EXPECT_THROW(groups.add(text), std::runtime_error) << text;
}

}  // namespace
}  // namespace martlet::environments
