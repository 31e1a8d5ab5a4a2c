#pragma once

// A compiled pattern: what it says of the fields of one object, nested as the events are. Immutable; shared
// by the copies of a Pattern.

#include <memory>
#include <string>
#include <vector>

#include "patterns/condition.h"
#include "patterns/pattern.h"

namespace martlet::patterns {

struct Group;

struct Field {
  std::string name;
  /// Of a leaf; else null.
  std::shared_ptr<const Condition> condition{};
  /// Of a field that is an object.
  std::unique_ptr<const Group> group{};
};

/// All of the fields must be as they say, and of each list of `any_of` ("$or") one group.
struct Group {
  std::vector<Field> fields;
  std::vector<std::vector<Group>> any_of;
  /// Whether an object without any of the fields is as the group says.
  bool accepts_absence = true;
};

struct Pattern::Content {
  Dialect dialect = Dialect::kEventBridge;
  Group root;
};

/// Whether the event, which is valid, is as the group says.
bool matches(const Group& root, const Event::Content& event);

}  // namespace martlet::patterns
