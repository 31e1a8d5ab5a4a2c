#pragma once

// One seed: what is sent when, how the clock leaps and when the server crashes, and then a quiet time in
// which everything must come to its end.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace martlet::sim {

struct Result {
  std::vector<std::string> breaches;
  std::size_t items = 0;
  int crashes = 0;
};

/// `trace`: prints everything that happens.
Result run(std::uint64_t seed, bool trace = false);

}  // namespace martlet::sim
