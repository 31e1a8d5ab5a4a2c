#pragma once

// The fields that a matcher's patterns ask for, as numbers, and what an event has of them: one walk through
// the event collects all, and never looks where no pattern does. Owned by a Matcher.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "patterns/conjunctions.h"
#include "patterns/event.h"
#include "patterns/text_hash.h"

namespace martlet::patterns {

using FieldId = std::uint32_t;

class FieldValues {
 public:
  /// The number of the field at `path`; counted, so that release() is called as often.
  FieldId acquire(const Path& path);
  void release(const Path& path);

  /// Forgets the event before and takes in `event`, which must be valid and outlive the use of the values.
  void collect(const Event::Content& event);

  /// The scalars that the event has in that field; none when it is absent.
  [[nodiscard]] const std::vector<const JsonNode*>& of(FieldId field) const { return values_[field]; }
  /// The fields that have any.
  [[nodiscard]] const std::vector<FieldId>& present() const { return present_; }
  /// Whether values come from several objects of an array: then that each term holds does not say that they
  /// hold of one of the objects.
  [[nodiscard]] bool from_arrays_of_objects() const { return from_arrays_of_objects_; }

 private:
  struct Place {
    TextMap<std::unique_ptr<Place>> members;
    std::optional<FieldId> field;
    std::size_t uses = 0;
    /// The object of the walk in which it was found last.
    std::uint64_t found_in = 0;
  };

  static bool release(Place& place, const Path& path, std::size_t depth, std::vector<FieldId>& free);
  void walk_object(Place& place, const JsonNode& object);
  void walk_value(Place& place, const JsonNode& value);
  void walk_elements(Place& place, const JsonNode& array);

  Place root_;
  std::vector<FieldId> free_;
  std::vector<std::vector<const JsonNode*>> values_;
  std::vector<FieldId> present_;
  const JsonTree* tree_ = nullptr;
  std::uint64_t objects_ = 0;
  bool from_arrays_of_objects_ = false;
};

}  // namespace martlet::patterns
