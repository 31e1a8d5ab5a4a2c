#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace martlet::metrics {

namespace {

std::string escape(std::string_view text, bool with_quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && with_quotes)
      out += "\\\"";
    else
      out += c;
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

/// {a="1",b="2"}; nothing when there are no labels.
std::string braces(const std::string& inside) { return inside.empty() ? std::string() : "{" + inside + "}"; }

std::string label_text(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name + "=\"" + escape(value, true) + "\"";
  }
  return out;
}

void append_histogram(std::string& out, const std::string& name, const std::string& labels,
                      const Histogram& histogram) {
  const std::string before = labels.empty() ? std::string() : labels + ",";
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) {
    const double bound =
        i < histogram.bounds().size() ? histogram.bounds()[i] : std::numeric_limits<double>::infinity();
    out += fmt::format("{}_bucket{{{}le=\"{}\"}} {}\n", name, before, number(bound), histogram.cumulative(i));
  }
  out += fmt::format("{}_sum{} {}\n", name, braces(labels), number(histogram.sum()));
  out +=
      fmt::format("{}_count{} {}\n", name, braces(labels), histogram.cumulative(histogram.bounds().size()));
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  ++counts_[static_cast<std::size_t>(at - bounds_.begin())];
  sum_ += value;
}

std::uint64_t Histogram::cumulative(std::size_t index) const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= index && i < counts_.size(); ++i) total += counts_[i];
  return total;
}

const std::vector<double>& duration_bounds() {
  static const std::vector<double> bounds = {0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10};
  return bounds;
}

struct Registry::Family {
  std::string help;
  std::string type;
  // By the text of their labels.
  std::map<std::string, std::unique_ptr<Counter>> counters;
  std::map<std::string, std::unique_ptr<Histogram>> histograms;
  /// Gauges, and counts that someone else keeps.
  std::map<std::string, std::function<double()>> gauges;
};

Registry::Registry() = default;
Registry::~Registry() = default;

Registry::Family& Registry::family(const std::string& name, std::string_view help, std::string_view type) {
  auto& found = families_[name];
  if (found == nullptr) found = std::make_unique<Family>(std::string(help), std::string(type));
  return *found;
}

Counter& Registry::counter(const std::string& name, std::string_view help, const Labels& labels) {
  auto& found = family(name, help, "counter").counters[label_text(labels)];
  if (found == nullptr) found = std::make_unique<Counter>();
  return *found;
}

Histogram& Registry::histogram(const std::string& name, std::string_view help, const Labels& labels,
                               const std::vector<double>& bounds) {
  auto& found = family(name, help, "histogram").histograms[label_text(labels)];
  if (found == nullptr) found = std::make_unique<Histogram>(bounds);
  return *found;
}

void Registry::gauge(const std::string& name, std::string_view help, std::function<double()> value,
                     const Labels& labels) {
  family(name, help, "gauge").gauges[label_text(labels)] = std::move(value);
}

void Registry::total(const std::string& name, std::string_view help, std::function<double()> value,
                     const Labels& labels) {
  family(name, help, "counter").gauges[label_text(labels)] = std::move(value);
}

std::string Registry::text() const {
  std::string out;
  for (const auto& [name, family] : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escape(family->help, false), name, family->type);
    for (const auto& [labels, counter] : family->counters)
      out += fmt::format("{}{} {}\n", name, braces(labels), counter->value());
    for (const auto& [labels, value] : family->gauges)
      out += fmt::format("{}{} {}\n", name, braces(labels), number(value()));
    for (const auto& [labels, histogram] : family->histograms)
      append_histogram(out, name, labels, *histogram);
  }
  return out;
}

}  // namespace martlet::metrics
