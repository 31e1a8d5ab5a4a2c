#pragma once

// What a run leaves to chance. The same seed gives the same run.

#include <cstdint>
#include <random>

namespace martlet::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  /// 0 to `end`, not included.
  std::uint64_t below(std::uint64_t end) { return engine_() % end; }
  /// True with this probability.
  bool chance(double probability) {
    return probability > 0 && static_cast<double>(engine_() >> 11U) * 0x1.0p-53 < probability;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace martlet::sim
