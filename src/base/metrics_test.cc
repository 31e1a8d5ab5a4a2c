#include "base/metrics.h"

#include <gtest/gtest.h>

namespace martlet::metrics {
namespace {

TEST(Metrics, CountersKeepTheirHandles) {
  Registry registry;
  Counter& counter = registry.counter("requests_total", "Requests.", {{"service", "sqs"}});
  counter.add();
  registry.counter("requests_total", "Other words.", {{"service", "sqs"}}).add(2);
  registry.counter("requests_total", "", {{"service", "sns"}}).add();
  EXPECT_EQ(counter.value(), 3U);
  EXPECT_EQ(registry.text(),
            "# HELP requests_total Requests.\n# TYPE requests_total counter\n"
            "requests_total{service=\"sns\"} 1\nrequests_total{service=\"sqs\"} 3\n");
}

TEST(Metrics, GaugesAreAskedWhenRead) {
  Registry registry;
  double open = 1;
  registry.gauge("connections_open", "Open connections.", [&] { return open; });
  open = 2.5;
  EXPECT_EQ(
      registry.text(),
      "# HELP connections_open Open connections.\n# TYPE connections_open gauge\nconnections_open 2.5\n");
}

TEST(Metrics, HistogramsAccumulate) {
  Registry registry;
  Histogram& histogram = registry.histogram("seconds", "Time.", {{"a", "b"}}, {0.5, 1});
  for (const double value : {0.25, 0.5, 0.75, 8.0}) histogram.observe(value);
  EXPECT_EQ(registry.text(),
            "# HELP seconds Time.\n# TYPE seconds histogram\n"
            "seconds_bucket{a=\"b\",le=\"0.5\"} 2\nseconds_bucket{a=\"b\",le=\"1\"} 3\n"
            "seconds_bucket{a=\"b\",le=\"+Inf\"} 4\nseconds_sum{a=\"b\"} 9.5\nseconds_count{a=\"b\"} 4\n");
}

TEST(Metrics, TextIsEscaped) {
  Registry registry;
  registry.counter("x_total", "Line\nand \\ and \"", {{"path", "a\"b\\c\nd"}}).add();
  EXPECT_EQ(
      registry.text(),
      "# HELP x_total Line\\nand \\\\ and \"\n# TYPE x_total counter\nx_total{path=\"a\\\"b\\\\c\\nd\"} 1\n");
}

}  // namespace
}  // namespace martlet::metrics
