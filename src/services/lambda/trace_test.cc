#include "services/lambda/trace.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace martlet::lambda {
namespace {

using std::string;

constexpr const char* kArn = "arn:aws:lambda:us-east-1:000000000000:function:f";
constexpr const char* kHeader =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:"
    "5";

TEST(Trace, ComesBackAsItWas) {
  const Trace trace = parse_trace(kHeader);
  EXPECT_EQ(trace.text(), kHeader);
  EXPECT_EQ(trace.runs("68fd508a"), 5U);
  EXPECT_EQ(trace.runs("00000000"), 0U);
  EXPECT_EQ(parse_trace("Self=x; Root=1-5759e988-bd862e3fe1be46a994272793").text(),
            "Root=1-5759e988-bd862e3fe1be46a994272793");
}

TEST(Trace, WhatIsNotWellFormedIsLeftOut) {
  for (const char* header : {"", ";;;", "Root", "Root=1-5759e988", "Root=2-5759e988-bd862e3fe1be46a994272793",
                             "Parent=53995c3f42cd8adg", "Sampled=?", "Lineage=:1", "Lineage=a87bd80c",
                             "Lineage=a87bd80c:", "Lineage=a87bd80c:-1", "Lineage=a87bd80c:99999999999"})
    EXPECT_EQ(parse_trace(header).text(), "") << header;
}

TEST(Trace, EveryRunIsCounted) {
  Ids ids(1);
  string header = kHeader;
  for (std::uint32_t run = 1; run <= 3; ++run) {
    header = trace_for_run(header, kArn, Tracing::kPassThrough, ids, from_epoch_ms(0));
    EXPECT_EQ(runs_of(header, kArn), run);
  }
  EXPECT_TRUE(header.starts_with(kHeader)) << header;
  EXPECT_EQ(runs_of(header, string(kArn) + "2"), 0U);
  EXPECT_EQ(runs_of(counted("", kArn), kArn), 1U);
}

TEST(Trace, IsMadeWhereThereIsNone) {
  Ids ids(1);
  const Trace made =
      parse_trace(trace_for_run("", kArn, Tracing::kPassThrough, ids, from_epoch_ms(1'465'510'280'000)));
  EXPECT_TRUE(made.root.starts_with("1-5759e988-")) << made.root;
  EXPECT_EQ(made.parent.size(), 16U);
  EXPECT_EQ(made.sampled, "0");
  const Trace sampled = parse_trace(trace_for_run("", kArn, Tracing::kActive, ids, from_epoch_ms(0)));
  EXPECT_EQ(sampled.sampled, "1");
}

TEST(Trace, TheLineageIsBounded) {
  string header;
  for (int i = 0; i < 100; ++i) header = counted(header, kArn + std::to_string(i));
  EXPECT_EQ(parse_trace(header).lineage.size(), kMaxLineage);
  EXPECT_EQ(runs_of(header, string(kArn) + "99"), 1U);
  EXPECT_EQ(runs_of(header, string(kArn) + "0"), 0U);
}

}  // namespace
}  // namespace martlet::lambda
