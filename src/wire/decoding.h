#pragma once

// What every decoder keeps while it walks: where it is, how deep, and which required members did not come. A
// missing member is not an error yet: the validator reports it together with everything else that is wrong.

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "wire/tables.h"

namespace martlet::wire {

/// One step from the input structure towards the value at hand; lives on the stack of the walk.
struct Path {
  const Path* parent = nullptr;
  enum class Step : std::uint8_t { kMember, kElement, kKey };
  Step step = Step::kMember;
  /// Member name or map key.
  std::string_view name = {};
  /// Of a list element, counted from 1.
  std::size_t index = 0;
};

/// As AWS writes it: "environment.variables", "tags.1.member.key"; `last` is appended to `path`.
std::string path_text(const Path* path, std::string_view last = {});

/// Structures that contain each other deeper than this are refused.
inline constexpr int kMaxDepth = 96;

/// Members of one structure that were found.
class Seen {
 public:
  void add(std::size_t index) {
    if (index < 64 * words_.size()) words_[index / 64] |= std::uint64_t{1} << (index % 64);
  }
  [[nodiscard]] bool has(std::size_t index) const {
    return index >= 64 * words_.size() || (words_[index / 64] >> (index % 64) & 1) != 0;
  }

 private:
  std::array<std::uint64_t, 4> words_{};
};

/// The record of one decoding.
struct Decoding {
  /// Paths of required members that are missing.
  std::set<std::string> missing;

  /// Notes the required members of `shape` that are not in `seen`.
  void note_missing(const Shape& shape, const Seen& seen, const Path* path);
};

/// The errors of unreadable input. Code SerializationException; MalformedInput in the Query protocol.
aws::Error serialization_error(std::string message);
/// "STRING_VALUE can not be converted to an Integer"
aws::Error mismatch(std::string_view found, Kind wanted);
void check_depth(int depth);

}  // namespace martlet::wire
