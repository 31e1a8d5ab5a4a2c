#include "patterns/field_values.h"

namespace martlet::patterns {

FieldId FieldValues::acquire(const Path& path) {
  Place* place = &root_;
  for (const std::string& name : path) {
    std::unique_ptr<Place>& member = place->members[name];
    if (!member) {
      member = std::make_unique<Place>();
    }
    place = member.get();
  }
  ++place->uses;
  if (!place->field) {
    if (free_.empty()) {
      free_.push_back(static_cast<FieldId>(values_.size()));
      values_.emplace_back();
    }
    place->field = free_.back();
    free_.pop_back();
  }
  return *place->field;
}

void FieldValues::release(const Path& path) { release(root_, path, 0, free_); }

/// True when nothing uses the place any more.
bool FieldValues::release(Place& place, const Path& path, std::size_t depth, std::vector<FieldId>& free) {
  if (depth == path.size()) {
    if (--place.uses == 0) {
      free.push_back(*place.field);
      place.field.reset();
    }
  } else if (const auto member = place.members.find(path[depth]);
             release(*member->second, path, depth + 1, free)) {
    place.members.erase(member);
  }
  return place.uses == 0 && place.members.empty();
}

void FieldValues::collect(const Event::Content& event) {
  for (const FieldId field : present_) {
    values_[field].clear();
  }
  present_.clear();
  from_arrays_of_objects_ = false;
  tree_ = &event.tree;
  walk_object(root_, event.tree[event.root]);
}

void FieldValues::walk_object(Place& place, const JsonNode& object) {
  // For a few names looking through the object's members costs less than hashing these.
  constexpr std::size_t kFew = 4;
  if (place.members.size() <= kFew) {
    for (const auto& [name, member] : place.members) {
      if (const JsonNode* value = tree_->find(object, name)) {
        walk_value(*member, *value);
      }
    }
    return;
  }
  const std::uint64_t number = ++objects_;
  for (const JsonNode* value = tree_->first(object); value != nullptr; value = tree_->next(*value)) {
    const auto member = place.members.find(value->key);
    // Of members of one name the last counts, which comes first here.
    if (member != place.members.end() && member->second->found_in != number) {
      member->second->found_in = number;
      walk_value(*member->second, *value);
    }
  }
}

void FieldValues::walk_value(Place& place, const JsonNode& value) {
  if (place.field) {
    std::vector<const JsonNode*>& values = values_[*place.field];
    const bool known = !values.empty();
    any_scalar(*tree_, value, [&](const JsonNode& scalar) {
      values.push_back(&scalar);
      return false;
    });
    if (!known && !values.empty()) {
      present_.push_back(*place.field);
    }
  }
  if (!place.members.empty()) {
    if (value.kind == JsonNode::Kind::kObject) {
      walk_object(place, value);
    } else if (value.kind == JsonNode::Kind::kArray) {
      walk_elements(place, value);
    }
  }
}

void FieldValues::walk_elements(Place& place, const JsonNode& array) {
  for (const JsonNode* element = tree_->first(array); element != nullptr; element = tree_->next(*element)) {
    if (element->kind == JsonNode::Kind::kObject) {
      from_arrays_of_objects_ = true;
      walk_object(place, *element);
    } else if (element->kind == JsonNode::Kind::kArray) {
      walk_elements(place, *element);
    }
  }
}

}  // namespace martlet::patterns
