#include "patterns/group.h"

#include <algorithm>

#include "patterns/event.h"

namespace martlet::patterns {
namespace {

/// What was found of a group in one object (or of a field).
struct Finding {
  bool matches = true;
  /// Whether any field that the group asks for is there.
  bool touched = false;
};

class Search {
 public:
  explicit Search(const Event::Content& event) : event_(event) {}

  Finding in_root(const Group& group) const {
    return in_object(group, event_.tree[event_.root], Place::kRoot);
  }

 private:
  enum class Place : bool { kRoot, kNested };

  Finding in_object(const Group& group, const JsonNode& object, Place place) const {
    Finding all;
    for (const Field& field : group.fields) {
      all = both(all, of_field(field, object, place));
      if (!all.matches && !group.accepts_absence) {
        return all;
      }
    }
    for (const std::vector<Group>& choices : group.any_of) {
      Finding one{.matches = false};
      for (const Group& choice : choices) {
        const Finding found = in_object(choice, object, place);
        one = {.matches = one.matches || found.matches, .touched = one.touched || found.touched};
      }
      all = both(all, one);
    }
    return all;
  }

  Finding of_field(const Field& field, const JsonNode& object, Place place) const {
    if (place == Place::kRoot && !fits_embedded(field)) {
      return {.matches = false, .touched = true};
    }
    const JsonNode* value = event_.tree.find(object, field.name);
    if (field.condition) {
      return of_leaf(*field.condition, value);
    }
    if (value == nullptr) {
      return {.matches = field.group->accepts_absence};
    }
    return value->kind == JsonNode::Kind::kObject ? in_object(*field.group, *value, Place::kNested)
                                                  : in_elements(*field.group, *value);
  }

  Finding of_leaf(const Condition& condition, const JsonNode* value) const {
    if (value == nullptr) {
      return {.matches = condition.accepts_absence()};
    }
    bool scalar = false;
    const bool accepted = any_scalar(event_.tree, *value, [&](const JsonNode& each) {
      scalar = true;
      return condition.accepts(each);
    });
    // An object is no leaf: to a leaf of a pattern it is as if nothing were there.
    return {.matches = scalar ? accepted : condition.accepts_absence(), .touched = scalar};
  }

  /// One element must be as the group says, all of it. That fields are absent is said of all elements, unless
  /// other fields of the group pick one.
  Finding in_elements(const Group& group, const JsonNode& value) const {
    Finding found{.matches = false};
    visit_elements(group, value, found);
    if (!found.touched) {
      return {.matches = group.accepts_absence};
    }
    return found;
  }

  void visit_elements(const Group& group, const JsonNode& value, Finding& found) const {
    if (value.kind != JsonNode::Kind::kArray) {
      return;
    }
    for (const JsonNode* element = event_.tree.first(value); element != nullptr && !found.matches;
         element = event_.tree.next(*element)) {
      if (element->kind != JsonNode::Kind::kObject) {
        visit_elements(group, *element, found);
        continue;
      }
      const Finding here = in_object(group, *element, Place::kNested);
      found.matches = here.matches && here.touched;
      found.touched = found.touched || here.touched;
    }
  }

  /// A plain string is dropped by a pattern for fields of it, fields by a pattern for a plain string.
  [[nodiscard]] bool fits_embedded(const Field& field) const {
    if (event_.embedded == Embedded::kNone || field.name != event_.embedded_field) {
      return true;
    }
    return (event_.embedded == Embedded::kPlain) == (field.condition != nullptr);
  }

  static Finding both(Finding one, Finding other) {
    return {.matches = one.matches && other.matches, .touched = one.touched || other.touched};
  }

  const Event::Content& event_;
};

}  // namespace

bool matches(const Group& root, const Event::Content& event) { return Search(event).in_root(root).matches; }

}  // namespace martlet::patterns
