#pragma once

// Metrics: counters, gauges and histograms, and their text for Prometheus (GET /metrics). A handle is looked
// up once and then costs an addition. Lives on the loop; handles live as long as the registry.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet::metrics {

/// Names and values in a fixed order: {{"service", "sqs"}, {"operation", "SendMessage"}}.
using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void add(std::uint64_t by = 1) { value_ += by; }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

/// Counts observations by upper bounds.
class Histogram {
 public:
  /// `bounds` ascending; what exceeds the last one is counted too.
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);

  [[nodiscard]] const std::vector<double>& bounds() const { return bounds_; }
  /// Observations at most the bound of that index; one past the last bound: all of them.
  [[nodiscard]] std::uint64_t cumulative(std::size_t index) const;
  [[nodiscard]] double sum() const { return sum_; }

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

/// 100 microseconds to 10 seconds, in seconds.
const std::vector<double>& duration_bounds();

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// The counter of that name and those labels, made at first use. Names that count end in "_total". `help`
  /// is one line; that of the first call for a name is kept.
  Counter& counter(const std::string& name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(const std::string& name, std::string_view help, const Labels& labels = {},
                       const std::vector<double>& bounds = duration_bounds());
  /// A value that is asked for when the metrics are read. Replaces one of the same name and labels.
  void gauge(const std::string& name, std::string_view help, std::function<double()> value,
             const Labels& labels = {});

  /// A count that someone else keeps; otherwise as gauge().
  void total(const std::string& name, std::string_view help, std::function<double()> value,
             const Labels& labels = {});

  /// All metrics in Prometheus' text format (version 0.0.4).
  [[nodiscard]] std::string text() const;

 private:
  struct Family;
  Family& family(const std::string& name, std::string_view help, std::string_view type);
  std::map<std::string, std::unique_ptr<Family>> families_;
};

}  // namespace martlet::metrics
