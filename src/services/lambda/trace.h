#pragma once

// The trace header, X-Amzn-Trace-Id: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;
// Sampled=1;Lineage=a87bd80c:1|68fd508a:5". It follows an event through functions and services; its lineage
// counts how often each function has been run on the way, by which loops are noticed (developer guide, "Use
// Lambda recursive loop detection"). Pure; headers come from callers and may be anything.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace martlet::lambda {

/// Runs of one function on the way of one event; the next one is a loop.
inline constexpr std::uint32_t kMaxRunsOfOneEvent = 16;
/// Functions that a lineage remembers; the first are forgotten first.
inline constexpr std::size_t kMaxLineage = 32;

struct Trace {
  /// "1-", 8 and 24 hexadecimal digits; empty when the header has none that is well-formed.
  std::string root;
  /// 16 hexadecimal digits, or empty.
  std::string parent;
  /// "0", "1", or empty where it is left to the platform.
  std::string sampled;
  /// Functions, by lineage_id(), and how often each was run.
  std::vector<std::pair<std::string, std::uint32_t>> lineage;

  [[nodiscard]] std::string text() const;
  /// Runs of the function with that id.
  [[nodiscard]] std::uint32_t runs(std::string_view id) const;
};

/// What is not well-formed is left out.
Trace parse_trace(std::string_view header);

/// 8 hexadecimal digits that stand for a function (unqualified ARN).
std::string lineage_id(std::string_view function_arn);

/// How often the event behind this header has run that function.
std::uint32_t runs_of(std::string_view header, std::string_view function_arn);

/// The header with one run of that function more.
std::string counted(std::string_view header, std::string_view function_arn);

enum class Tracing { kPassThrough, kActive };

/// The header that a run of the function gets: `header` counted, with what it lacks made up.
std::string trace_for_run(std::string_view header, std::string_view function_arn, Tracing tracing, Ids& ids,
                          TimePoint now);

}  // namespace martlet::lambda
